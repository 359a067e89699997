"""What days of serving used: seconds watched and pages made, from the log."""

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from walras.base.clock import DAY_MS
from walras.events import all_rows
from walras.insight.books.querying import rows_over
from walras.schema import Usage

# Days that are looked at: of a history that was brought along, nothing was served here.
DAYS = 7


def used_days(home: Path, zone: str, now_ms: int, days: int = DAYS) -> list[Usage]:
    """Days that are over, oldest first; those on which nobody was here are left out.

    Args:
        home: where the log lies.
        zone: of the books.
        now_ms: the present instant; its own day is not over.
        days: how many are looked at.
    """
    today = datetime.fromtimestamp(now_ms / 1000, ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    first = today - timedelta(days=days)
    local = f"CAST(timezone('{zone}', make_timestamptz(time_ms * 1000)) AS DATE)"
    sql = (
        f"SELECT {local} AS day, coalesce(sum(value) FILTER (WHERE outcome = 'watch'), 0), "
        "count(*) FILTER (WHERE kind = 'page') FROM all_rows "
        f"WHERE time_ms >= {int(first.timestamp() * 1000)} AND time_ms < {int(today.timestamp() * 1000)} "
        "AND (kind = 'page' OR outcome = 'watch') GROUP BY day ORDER BY day"
    )
    found = rows_over(all_rows(home / "log"), sql)
    return [
        Usage(day=f"{day}", time_ms=_begin_of(f"{day}", zone) + DAY_MS - 1, watched_s=float(watched), pages=int(pages))
        for day, watched, pages in found
    ]


def _begin_of(day: str, zone: str) -> int:
    return int(datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)
