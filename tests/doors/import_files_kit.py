"""What the tests of importing share: a log that remembers, small files of every format, and a runner."""

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from walras.base.clock import SetClock
from walras.doors.files import ImportReport, Mapping, import_files
from walras.events import Imported, Registry
from walras.events.imports import with_ids
from walras.schema import Batch, Entry, Event, EventColumns, Item, ItemPut, Person, PersonPut, Receipt

NOW_MS = 1_790_000_000_000


@dataclass
class RememberingLog:
    """Keeps events by id and changes in order; the real log's bulk path in memory."""

    events: dict[str, dict[str, object]] = field(default_factory=dict)
    changes: list[Entry] = field(default_factory=list)
    seq: int = 0
    fail_after: int = 10**9  # calls of append_segment

    def append(self, entries: Sequence[Entry]) -> list[Receipt]:
        self.changes += entries
        self.seq += len(entries)
        return []

    def append_segment(self, frame: pl.DataFrame) -> Imported:
        if self.fail_after <= 0:
            raise OSError("the power went out")
        self.fail_after -= 1
        rows = with_ids(frame).to_dicts()
        before = len(self.events)
        for row in rows:
            self.events.setdefault(str(row["id"]), row)
        fresh = len(self.events) - before
        self.seq += fresh
        return Imported(fresh, len(rows) - fresh, self.seq)

    def position(self) -> int:
        return self.seq

    def read(self, after: int, limit: int = 50_000) -> Batch | None:
        if after >= self.seq:
            return None
        none = pl.Series(dtype=pl.Int64).to_numpy()
        empty = EventColumns(none, none, [], [], [], [], none.astype(float), [], [], none.astype("int32"))
        return Batch(self.seq, tuple(self.changes), empty, ())

    @property
    def items(self) -> dict[str, Item]:
        return {change.item.id: change.item for change in self.changes if isinstance(change, ItemPut)}

    @property
    def people(self) -> dict[str, Person]:
        return {change.person.id: change.person for change in self.changes if isinstance(change, PersonPut)}

    def said(self, *names: str) -> list[tuple[object, ...]]:
        """Columns of all events in the order in which they came."""
        return [tuple(row[name] for name in names) for row in self.events.values()]


def bring(
    home: Path,
    *paths: Path,
    log: object = None,
    format: str | None = None,
    mapping: Mapping | None = None,
    **more: object,
) -> tuple[ImportReport, RememberingLog]:
    """Import files into a log at the kit's instant."""
    log = log if log is not None else RememberingLog()
    report = import_files(
        paths, log, format=format, mapping=mapping, registry=Registry(), clock=SetClock(NOW_MS), home=home, **more
    )  # type: ignore[arg-type]
    return report, log  # type: ignore[return-value]


def put(path: Path, text: str | bytes, *, encoding: str = "utf-8") -> Path:
    """Write a file, packed where its name says so."""
    raw = text if isinstance(text, bytes) else text.encode(encoding)
    path.write_bytes(gzip.compress(raw) if path.suffix == ".gz" else raw)
    return path


def put_lines(path: Path, rows: Sequence[dict[str, object]]) -> Path:
    """Write lines of JSON."""
    return put(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def rejects(report: ImportReport) -> list[dict[str, str]]:
    """The rejects file of the only file of a report."""
    path = report.files[-1].rejects
    return [] if path is None else pl.read_csv(path, infer_schema=False).to_dicts()


def as_event(row: dict[str, object]) -> Event:
    """A row of the bulk path as the event it stands for."""
    return Event(**{name: value for name, value in row.items() if name != "context"})  # type: ignore[arg-type]
