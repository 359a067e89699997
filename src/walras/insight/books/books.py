"""The books: a quarter's figures beside those of a quarter and a year before, each opening to query and rows."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from walras.base.clock import Clock
from walras.base.errors import NotFound, nearest
from walras.events import all_rows
from walras.insight.books.figures import FIGURES, Figure, make, parts_of
from walras.insight.books.querying import Owners, Question, Span, span_of
from walras.ledger import Ledger, Written, before, period_of, quarter_of
from walras.ledger.exports import all_postings

# A report that is asked for again within this time is given as it was, so that a screen that is reloaded costs nothing.
FRESH_MS = 10_000
_KEPT = 16


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A figure with what it is compared to. Money is in fen, shares are of one."""

    name: str
    unit: str
    group: str
    value: float | None
    before: float | None  # a quarter before
    year_before: float | None
    on_quarter: float | None  # change as a share; of shares, the difference
    on_year: float | None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A quarter."""

    quarter: str
    from_ms: int
    until_ms: int
    is_over: bool
    closed: tuple[str, ...]  # months that are closed
    figures: tuple[Shown, ...]
    log_position: int
    ledger_position: int
    made_ms: int


class Rows(msgspec.Struct, frozen=True, kw_only=True):
    """What is behind one part of a figure."""

    figure: str
    query: str
    rows_query: str
    value: float | None
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    count: int


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """A figure, opened: what it is made of, and the rows of each part."""

    quarter: str
    figure: str
    unit: str
    value: float | None
    rule: str
    of: tuple[str, ...]
    parts: tuple[Rows, ...]


class Traced(msgspec.Struct, frozen=True, kw_only=True):
    """An event or an entry, and every figure it counts for."""

    id: str
    quarters: tuple[str, ...]
    entries: tuple[str, ...]  # keys
    figures: dict[str, tuple[str, ...]]  # by quarter


class Books:
    """Reads log and ledger; safe to use from several threads."""

    def __init__(self, home: Path, ledger: Ledger, clock: Clock, owners: Owners | None = None) -> None:
        """Nothing is read yet.

        Args:
            home: where the log and the journal's files lie.
            ledger: of the platform.
            clock: what time it is.
            owners: owner by item.
        """
        self._log, self._journal = home / "log", home / "books"
        self._ledger, self._clock, self._owners = ledger, clock, owners
        self._kept: dict[str, Report] = {}
        self._turn = threading.Lock()

    @property
    def ledger(self) -> Ledger:
        """What the money is read from."""
        return self._ledger

    def now(self) -> str:
        """The quarter that runs."""
        return quarter_of(period_of(self._clock.now_ms(), self._ledger.zone))

    def report(self, quarter: str = "") -> Report:
        """The figures of a quarter; of the one that runs where none is named.

        Raises:
            Invalid: it is no quarter.
        """
        quarter = quarter or self.now()
        before(quarter)
        with self._turn:
            kept = self._kept.get(quarter)
            if kept is not None and self._clock.now_ms() - kept.made_ms < FRESH_MS:
                return kept
            made = self._report(quarter)
            while len(self._kept) >= _KEPT:
                self._kept.pop(next(iter(self._kept)))
            self._kept[quarter] = made
            return made

    def open(self, quarter: str, name: str, most: int = 100, offset: int = 0) -> Opened:
        """What is behind a figure.

        Args:
            quarter: such as 2026-Q4.
            name: of the figure.
            most: rows of each part.
            offset: rows that are passed over.

        Raises:
            NotFound: there is no such figure.
            Invalid: it is no quarter.
        """
        figure = figure_named(name)
        with self._asking(quarter) as question:
            values = values_of(question, name)
            parts = tuple(self._rows(question, FIGURES[part], most, offset) for part in parts_of(name))
        return Opened(
            quarter=quarter,
            figure=name,
            unit=figure.unit,
            value=values[name],
            rule=figure.rule,
            of=figure.of,
            parts=parts,
        )

    def trace(self, id: str) -> Traced:
        """Every figure that an event, or an entry by its key, counts for.

        Raises:
            NotFound: neither the log nor the ledger has it.
        """
        entries = [*self._ledger.entries_of(id), *self._entry(id)]
        keys = tuple(dict.fromkeys(one.entry.key for one in entries))
        figures: dict[str, tuple[str, ...]] = {}
        for quarter in self._quarters_of(id, entries):
            with self._asking(quarter) as question:
                counted = [f.name for f in FIGURES.values() if f.source != "made" and question.holds(f, id)]
            made = [f.name for f in FIGURES.values() if f.source == "made" and set(parts_of(f.name)) & set(counted)]
            figures[quarter] = (*counted, *made)
        if not figures:
            hint = "Give the id of an event or the key of a journal entry."
            raise NotFound("neither the log nor the ledger has it", field="id", value=id, hint=hint)
        return Traced(id=id, quarters=tuple(figures), entries=keys, figures=figures)

    @contextmanager
    def _asking(self, quarter: str) -> Iterator[Question]:
        span = span_of(quarter, self._ledger.zone, self._clock.now_ms())
        question = self._question(span)
        try:
            yield question
        finally:
            question.close()

    def _question(self, span: Span) -> Question:
        log, journal = all_rows(self._log), all_postings(self._ledger, self._journal)
        return Question(span, self._ledger.zone, log, journal, self._owners)

    def _report(self, quarter: str) -> Report:
        zone, now_ms = self._ledger.zone, self._clock.now_ms()
        log, journal = all_rows(self._log), all_postings(self._ledger, self._journal)
        quarters = (quarter, before(quarter), before(quarter, 4))
        values = []
        for each in quarters:
            question = Question(span_of(each, zone, now_ms), zone, log, journal, self._owners)
            try:
                values.append(values_of(question))
            finally:
                question.close()
        span = span_of(quarter, zone, now_ms)
        return Report(
            quarter=quarter,
            from_ms=span.from_ms,
            until_ms=span.until_ms,
            is_over=span.is_over,
            closed=tuple(month for month in self._ledger.months() if month in span.months),
            figures=tuple(_shown(figure, *values) for figure in FIGURES.values() if figure.is_shown),
            log_position=log.position,
            ledger_position=journal.position,
            made_ms=now_ms,
        )

    def _rows(self, question: Question, figure: Figure, most: int, offset: int) -> Rows:
        columns, rows, count = question.rows(figure, most, offset)
        return Rows(
            figure=figure.name,
            query=figure.value,
            rows_query=figure.rows.strip(),
            value=question.value(figure),
            columns=tuple(columns),
            rows=tuple(tuple(row) for row in rows),
            count=count,
        )

    def _entry(self, key: str) -> list[Written]:
        try:
            return [self._ledger.entry(key)]
        except NotFound:
            return []

    def _quarters_of(self, id: str, entries: Sequence[Written]) -> list[str]:
        quarters = {quarter_of(one.period) for one in entries}
        with self._asking(self.now()) as question:
            found = question.ask(f"SELECT time_ms FROM all_rows WHERE kind = 'event' AND id = '{_safe(id)}'")
        return sorted(quarters | {quarter_of(period_of(row[0], self._ledger.zone)) for row in found})


def values_of(question: Question, *names: str) -> dict[str, float | None]:
    """Figures of a quarter by name, with those that they are made of; all of them where none is named."""
    wanted = names or tuple(FIGURES)
    values = question.values(list(dict.fromkeys(part for name in wanted for part in parts_of(name))))
    # A figure stands behind those that it is made of.
    for figure in FIGURES.values():
        if figure.source == "made" and set(parts_of(figure.name)) <= set(values):
            values[figure.name] = make(figure, values)
    return values


def figure_named(name: str) -> Figure:
    """The figure of this name.

    Raises:
        NotFound: there is none.
    """
    found = FIGURES.get(name)
    if found is None:
        raise NotFound("no such figure", field="figure", value=name, hint=nearest(name, FIGURES))
    return found


def _shown(figure: Figure, *values: dict[str, float | None]) -> Shown:
    now, quarter_before, year_before = (each[figure.name] for each in values)
    return Shown(
        name=figure.name,
        unit=figure.unit,
        group=figure.group,
        value=now,
        before=quarter_before,
        year_before=year_before,
        on_quarter=change(figure.unit, now, quarter_before),
        on_year=change(figure.unit, now, year_before),
    )


def change(unit: str, now: float | None, then: float | None) -> float | None:
    """How much more than then, as a share; of shares the difference; None where there is nothing to compare with."""
    if now is None or then is None:
        return None
    if unit == "share":
        return now - then
    return (now - then) / abs(then) if then else None


def _safe(id: str) -> str:
    return id.replace("'", "''")
