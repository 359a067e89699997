"""Seconds that count for pay: what was watched in a month, after stated rules that take out invalid traffic.

The rules, in this order, each on what the ones before it left (docs/ledger.md says why):
1. `own`: one's own videos do not count, and nothing of a video that nobody owns.
2. `repeats`: of one video a person and day, at most three times its length count; ten minutes where it is not known.
3. `hour`: in one hour a person can watch an hour.
4. `day`: in one day sixteen hours count.
5. `farm`: ten hours and more in the month by somebody who did nothing but watch, and only videos of one maker.
"""

from collections.abc import Mapping
from pathlib import Path

import duckdb
import msgspec
import polars as pl

from walras.events import AllRows, all_rows
from walras.insight.books.querying import Owners, month_span, opened, view_rows

RULES = ("own", "repeats", "hour", "day", "farm")
REPEATS, UNKNOWN_MS = 3, 600_000
HOUR_MS_MAX, DAY_MS_MAX = 3_600_000, 57_600_000
FARM_MS_MIN = 36_000_000
# What somebody does who is more than a player that runs.
_LIVELY = "'like', 'comment', 'share', 'save', 'follow', 'search', 'skip', 'dislike', 'order', 'gift'"


class Counted(msgspec.Struct, frozen=True):
    """A video's time in a month."""

    item: str
    owner: str
    counted_ms: int
    dropped_ms: int


class Month(msgspec.Struct, frozen=True, kw_only=True):
    """All videos' time in a month, and what each rule took out."""

    month: str
    videos: tuple[Counted, ...]  # in the order of their ids
    dropped_ms: dict[str, int]  # by rule


def counted_month(home: Path, month: str, zone: str, owners: Owners, lengths_ms: Mapping[str, int]) -> Month:
    """Count a month.

    Args:
        home: where the log lies.
        month: such as 2026-11.
        zone: of the books.
        owners: owner by item, for events that name none.
        lengths_ms: length by video, where known.

    Raises:
        Invalid: it is no month.
    """
    return count(all_rows(home / "log"), month, zone, owners, lengths_ms)


def count(log: AllRows, month: str, zone: str, owners: Owners, lengths_ms: Mapping[str, int]) -> Month:
    """The same over rows that are at hand."""
    from_ms, until_ms = month_span(month, zone)
    db = opened()
    try:
        view_rows(db, log)
        where = f"kind = 'event' AND time_ms >= {from_ms} AND time_ms < {until_ms}"
        items = [str(row[0]) for row in db.execute(f"SELECT DISTINCT item FROM all_rows WHERE {where}").fetchall()]
        _register(db, "owners", owners(items), pl.String)
        _register(db, "lengths", {item: lengths_ms[item] for item in items if item in lengths_ms}, pl.Int64)
        rows = db.execute(_SQL.format(where=where, zone=zone)).fetchall()
    finally:
        db.close()
    videos = tuple(Counted(str(item), str(owner), int(kept), int(gone)) for item, owner, kept, gone, *_ in rows)
    dropped = {rule: sum(int(row[4 + n]) for row in rows) for n, rule in enumerate(RULES)}
    return Month(month=month, videos=videos, dropped_ms=dropped)


def _register(
    db: duckdb.DuckDBPyConnection, name: str, values: Mapping[str, object], kind: type[pl.String] | type[pl.Int64]
) -> None:
    frame = pl.DataFrame({"item": list(values), "of": list(values.values())}, schema={"item": pl.String, "of": kind})
    db.register(name, frame.to_arrow())


_SQL = f"""
WITH watched AS (
  SELECT seq, person, item, coalesce(nullif(owner, ''), owners.of, '') AS owner,
    CAST(round(value * 1000) AS BIGINT) AS ms, time_ms // 3600000 AS hour,
    CAST(timezone('{{zone}}', make_timestamptz(time_ms * 1000)) AS DATE) AS day,
    coalesce({REPEATS} * lengths.of, {UNKNOWN_MS}) AS most_ms
  FROM all_rows LEFT JOIN owners USING (item) LEFT JOIN lengths USING (item)
  WHERE {{where}} AND outcome = 'watch'),
foreign_to AS (SELECT *, CASE WHEN owner IN ('', person) THEN 0 ELSE ms END AS a FROM watched),
repeated AS (SELECT *, greatest(0, least(a, most_ms - (sum(a) OVER (
  PARTITION BY person, item, day ORDER BY seq) - a))) AS b FROM foreign_to),
hourly AS (SELECT *, greatest(0, least(b, {HOUR_MS_MAX} - (sum(b) OVER (
  PARTITION BY person, hour ORDER BY seq) - b))) AS c FROM repeated),
daily AS (SELECT *, greatest(0, least(c, {DAY_MS_MAX} - (sum(c) OVER (
  PARTITION BY person, day ORDER BY seq) - c))) AS d FROM hourly),
lively AS (SELECT DISTINCT person FROM all_rows WHERE {{where}} AND outcome IN ({_LIVELY})),
farms AS (SELECT person FROM daily WHERE d > 0 AND person NOT IN (SELECT person FROM lively)
  GROUP BY person HAVING sum(d) >= {FARM_MS_MIN} AND count(DISTINCT owner) = 1),
final AS (SELECT *, CASE WHEN person IN (SELECT person FROM farms) THEN 0 ELSE d END AS e FROM daily)
SELECT item, max(owner), sum(e), sum(ms) - sum(e), sum(ms) - sum(a), sum(a) - sum(b), sum(b) - sum(c),
  sum(c) - sum(d), sum(d) - sum(e) FROM final GROUP BY item ORDER BY item
"""
