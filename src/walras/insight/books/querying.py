"""Lets figures be asked: DuckDB over the log's files and the journal's, with what is newer than both beside them.

The views: `quarter_events` (with `day` and `month` in the zone of the books), `follow_events` of all time, and
`quarter_postings`. Nothing is copied but what is not in a file yet.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import msgspec
import polars as pl

from walras.base.clock import DAY_MS
from walras.events import AllRows
from walras.insight.books.figures import FIGURES, Figure
from walras.ledger import month_after, months_of
from walras.ledger.exports import AllPostings

# Rows of other systems, kept for comparison only, are no behaviour of ours.
_FOREIGN = "shown_by_other"
# One query may not take the whole machine from those who serve.
THREADS = 2
MEMORY = "2GB"
Owners = Callable[[Sequence[str]], Mapping[str, str]]


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """A quarter as far as it has come."""

    quarter: str
    months: tuple[str, ...]
    from_ms: int
    until_ms: int  # its end, or now where that is earlier
    is_over: bool
    days_begun: int
    months_begun: int


def span_of(quarter: str, zone: str, now_ms: int) -> Span:
    """A quarter in the zone of the books.

    Raises:
        Invalid: it is none.
    """
    months = months_of(quarter)
    begins = [_begin(month, zone) for month in months]
    end_ms = _begin(month_after(months[-1]), zone)
    until_ms = max(min(end_ms, now_ms), begins[0])
    return Span(
        quarter=quarter,
        months=months,
        from_ms=begins[0],
        until_ms=until_ms,
        is_over=now_ms >= end_ms,
        days_begun=-(-(until_ms - begins[0]) // DAY_MS),
        months_begun=sum(begin < until_ms for begin in begins),
    )


def month_span(month: str, zone: str) -> tuple[int, int]:
    """The first millisecond of a month and of the next.

    Raises:
        Invalid: it is none.
    """
    after = month_after(month)
    return _begin(month, zone), _begin(after, zone)


def _begin(month: str, zone: str) -> int:
    return int(datetime.fromisoformat(f"{month}-01").replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


def opened() -> duckdb.DuckDBPyConnection:
    """A connection that keeps to its share of the machine and says nothing by itself."""
    db = duckdb.connect(config={"threads": THREADS, "memory_limit": MEMORY})
    db.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
    return db


def rows_over(log: AllRows, sql: str) -> list[tuple[Any, ...]]:
    """The answer to a question over `all_rows` of the log."""
    db = opened()
    try:
        view_rows(db, log)
        return db.execute(sql).fetchall()
    finally:
        db.close()


def view_rows(db: duckdb.DuckDBPyConnection, log: AllRows) -> None:
    """Make `all_rows` in a connection."""
    db.register("hot_rows", log.hot.to_arrow())
    columns = ", ".join(log.hot.columns)
    cold = f"SELECT {columns} FROM read_parquet({_listed(log.files)}) UNION ALL " if log.files else ""
    db.execute(f"CREATE VIEW all_rows AS {cold}SELECT {columns} FROM hot_rows")


class Question:
    """One connection over one moment of log and journal, for one quarter."""

    def __init__(self, span: Span, zone: str, log: AllRows, journal: AllPostings, owners: Owners | None = None) -> None:
        """Set up the views.

        Args:
            span: the quarter.
            zone: of the books.
            log: its rows.
            journal: its postings.
            owners: owner by item, for follows that name none.
        """
        self.span = span
        self._db = opened()
        self._macros()
        self._events(zone, log)
        self._follows(owners)
        self._postings(journal)

    def close(self) -> None:
        """Let go of the connection."""
        self._db.close()

    def values(self, names: Sequence[str]) -> dict[str, float | None]:
        """Figures of the log and the ledger; those of the ledger are asked for in one pass over the journal."""
        found: dict[str, float | None] = {}
        ledger = [FIGURES[name] for name in names if FIGURES[name].source == "ledger"]
        if ledger:
            conditions = (_filtered(figure) for figure in ledger)
            # Every condition is one of the account, and there are few accounts.
            sums = "(SELECT account, sum(home) AS home FROM quarter_postings GROUP BY account)"
            row = self._one(f"SELECT {', '.join(conditions)} FROM {sums}")
            found |= {figure.name: int(value) for figure, value in zip(ledger, row, strict=True)}
        for name in names:
            if FIGURES[name].source == "log":
                found[name] = _number(self._one(FIGURES[name].value)[0])
        return found

    def value(self, figure: Figure) -> float | None:
        """A figure by its own query, as it is shown."""
        return _number(self._one(figure.value)[0])

    def rows(self, figure: Figure, most: int, offset: int = 0) -> tuple[list[str], list[tuple[Any, ...]], int]:
        """Names of columns, rows behind a figure, and how many there are in all."""
        count = self._one(f"SELECT count(*) FROM ({figure.rows})")[0]
        found = self._db.execute(f"{figure.rows} LIMIT {int(most)} OFFSET {int(offset)}")
        names = [column[0] for column in found.description or ()]
        return names, found.fetchall(), int(count)

    def holds(self, figure: Figure, id: str) -> int:
        """How often an event, or an entry's key, counts for a figure."""
        where = "event = $id OR key = $id" if figure.source == "ledger" else "event = $id"
        row = self._db.execute(f"SELECT count(*) FROM ({figure.members}) WHERE {where}", {"id": id}).fetchone()
        return int(row[0]) if row else 0

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """Any other question over the views."""
        return self._db.execute(sql).fetchall()

    # ------------------------------------------------------------ views

    def _macros(self) -> None:
        for name in ("until_ms", "days_begun", "months_begun"):
            self._db.execute(f"CREATE MACRO {name}() AS {getattr(self.span, name)}")

    def _events(self, zone: str, log: AllRows) -> None:
        view_rows(self._db, log)
        local = f"timezone('{zone}', make_timestamptz(time_ms * 1000))"
        self._db.execute(
            f"CREATE VIEW quarter_rows AS SELECT *, CAST({local} AS DATE) AS day, "
            f"CAST(date_trunc('month', {local}) AS DATE) AS month FROM all_rows "
            f"WHERE time_ms >= {self.span.from_ms} AND time_ms < {self.span.until_ms}"
        )
        self._db.execute(
            f"CREATE VIEW quarter_events AS SELECT * FROM quarter_rows WHERE kind = 'event' AND outcome <> '{_FOREIGN}'"
        )

    def _follows(self, owners: Owners | None) -> None:
        follows = "kind = 'event' AND outcome IN ('follow', 'unfollow')"
        bare = f"SELECT DISTINCT item FROM all_rows WHERE {follows} AND coalesce(owner, '') = ''"
        items = [str(row[0]) for row in self._db.execute(bare).fetchall() if row[0]]
        known = owners(items) if owners and items else {}
        frame = pl.DataFrame(
            {"item": list(known), "of": list(known.values())}, schema={"item": pl.String, "of": pl.String}
        )
        self._db.register("owners", frame.to_arrow())
        self._db.execute(
            "CREATE VIEW follow_events AS SELECT seq, id, time_ms, person, outcome, "
            "coalesce(nullif(owner, ''), of, '') AS owner FROM all_rows LEFT JOIN owners USING (item) WHERE " + follows
        )

    def _postings(self, journal: AllPostings) -> None:
        self._db.register("newest_postings", journal.newest.to_arrow())
        columns = ", ".join(journal.newest.columns)
        cold = f"SELECT {columns} FROM read_parquet({_listed(journal.files)}) UNION ALL " if journal.files else ""
        self._db.execute(f"CREATE VIEW postings AS {cold}SELECT {columns} FROM newest_postings")
        months = ", ".join(f"'{month}'" for month in self.span.months)
        self._db.execute(f"CREATE VIEW quarter_postings AS SELECT * FROM postings WHERE period IN ({months})")

    def _one(self, sql: str) -> tuple[Any, ...]:
        row = self._db.execute(sql).fetchone()
        assert row is not None, sql
        return tuple(row)


def _filtered(figure: Figure) -> str:
    """The figure's own query as one column of a pass over all of them."""
    what, where = figure.value.removeprefix("SELECT ").split(" FROM quarter_postings WHERE ")
    inner = what.removeprefix("coalesce(").removesuffix(", 0)")
    return f"coalesce({inner} FILTER (WHERE {where}), 0)"


def _listed(files: Sequence[Path]) -> str:
    return "[" + ", ".join("'" + str(path).replace("'", "''") + "'" for path in files) + "]"


def _number(value: Any) -> float | None:
    if value is None:
        return None
    return int(value) if float(value).is_integer() else float(value)
