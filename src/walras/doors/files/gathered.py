"""Everything a check looks at, laid down as Parquet in a folder that goes away, so that memory stays bounded."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from walras.doors.files.catalogue import items_of
from walras.doors.files.events import read_events
from walras.doors.files.formats import Part
from walras.doors.files.leaks import leaks
from walras.doors.files.shapes import read
from walras.doors.files.sink import ImportLog
from walras.doors.files.tables import Fault, Table
from walras.events import Registry
from walras.schema import Item, ItemPut

# Columns a check reads.
_KEPT = ("person", "item", "outcome", "time_ms", "value")
# Rows looked at for columns that give the outcome away; more of them would say the same.
_LEAK_ROWS = 50_000


@dataclass(slots=True)
class Gathered:
    """What was read: events as Parquet files, and counts of the rest."""

    folder: Path
    rows: int = 0
    passed_over: int = 0
    rejected: Counter[str] = field(default_factory=Counter)  # by reason
    items: int = 0  # described
    titled: int = 0  # with a title or a text
    garbled: int = 0  # with signs of a wrong encoding
    leaking: list[tuple[str, float]] = field(default_factory=list)  # columns and how surely they tell
    _files: int = 0

    def add_events(self, events: pl.DataFrame) -> None:
        """Lay down events in the order in which they stood."""
        if len(events):
            self._files += 1
            events.select(_KEPT).write_parquet(self.folder / f"events-{self._files:06d}.parquet", compression="lz4")

    def add_items(self, items: Sequence[Item]) -> None:
        """Count items as they are described."""
        self.items += len(items)
        self.titled += sum(bool(item.title or item.text) for item in items)
        self.garbled += sum("\ufffd" in item.title or "Ã" in item.title for item in items)

    def add_faults(self, faults: Sequence[Fault]) -> None:
        """Count refused rows by their reason."""
        self.rejected.update(f"{fault.field} {fault.reason}" for fault in faults)

    @property
    def has_events(self) -> bool:
        """Whether any row was behaviour."""
        return self._files > 0


def gather_parts(parts: Sequence[Part], folder: Path, registry: Registry, now_ms: int) -> Gathered:
    """Read files as an import would, and write nothing into the log."""
    found = Gathered(folder)
    for part in parts:
        for number, table in enumerate(read(part)):
            found.rows += len(table.rows) + len(table.faults) + len(table.items) + len(table.people)
            found.add_faults(table.faults)
            found.add_items(table.items)
            _add_rows(found, part, table, registry, now_ms)
            if number == 0 and part.kind == "events":
                found.leaking += leaks(part, _LEAK_ROWS)
    return found


def _add_rows(found: Gathered, part: Part, table: Table, registry: Registry, now_ms: int) -> None:
    if part.kind == "items":
        items, faults = items_of(table.rows, part.mapping)
        found.add_items(items)
        found.add_faults(faults)
    elif part.kind != "people" and len(table.rows):
        read_rows = read_events(table.rows, part.mapping, registry, now_ms)
        found.add_events(read_rows.events)
        found.add_faults(read_rows.faults)
        found.passed_over += read_rows.passed_over
        if part.mapping.title:
            described = table.rows.unique(part.mapping.item, keep="first")
            found.add_items(items_of(described, part.mapping)[0])


def gather_log(log: ImportLog, folder: Path) -> Gathered:
    """Read a log from its beginning."""
    found = Gathered(folder)
    items: dict[str, Item] = {}
    for events, puts in _stretches(log):
        found.rows += len(events)
        found.add_events(events)
        items.update((put.item.id, put.item) for put in puts)
    found.add_items(list(items.values()))
    return found


def _stretches(log: ImportLog) -> Iterator[tuple[pl.DataFrame, list[ItemPut]]]:
    position = 0
    while (batch := log.read(position)) is not None:
        position = batch.position
        events = batch.events
        columns = {"person": events.person, "item": events.item, "outcome": events.outcome}
        frame = pl.DataFrame(
            {name: pl.Series(list(cells), dtype=pl.String) for name, cells in columns.items()}
        ).with_columns(time_ms=pl.Series(events.time_ms), value=pl.Series(events.value))
        yield frame, [change for change in batch.changes if isinstance(change, ItemPut)]
