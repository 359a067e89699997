"""Import files into the log: read, check and append them stretch by stretch, so that breaking off loses nothing."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

import msgspec
import polars as pl

from walras.base.clock import Clock, elapsed_s
from walras.doors.files.ahead import ahead
from walras.doors.files.catalogue import items_of, merged, named_items, people_of
from walras.doors.files.events import Found, read_events
from walras.doors.files.formats import Part
from walras.doors.files.journal import Journal
from walras.doors.files.mapping import Mapping
from walras.doors.files.plan import plan
from walras.doors.files.reports import FileReport, ImportReport, Progress, report_of
from walras.doors.files.seen import first_seen
from walras.doors.files.shapes import read
from walras.doors.files.sink import ImportLog, append_events, item_mark, known_items, ready_events
from walras.doors.files.source import fingerprint
from walras.doors.files.tables import Fault, Table
from walras.events import Ready, Registry
from walras.schema import Change, Item, ItemPut, Person, PersonPut

# A table, the events of its rows, the same made ready for the log, and the items that these are the first to name.
_Checked: TypeAlias = tuple[Table, Found | None, pl.DataFrame | Ready, list[Item]]
# Puts of one flush of the log.
_PUTS = 5_000


def import_files(
    paths: Sequence[Path],
    log: ImportLog,
    *,
    format: str | None = None,
    mapping: Mapping | None = None,
    registry: Registry,
    clock: Clock,
    home: Path,
    progress: Callable[[Progress], None] | None = None,
    dry_run: bool = False,
) -> ImportReport:
    """Import files into the log. Doing it again changes nothing; doing it after it broke off goes on.

    Args:
        paths: the files, in any order.
        log: where behaviour, items and people go.
        format: name of a public format; None guesses.
        mapping: columns by meaning, for files of no public format; None guesses.
        registry: known outcomes.
        clock: tells which times lie in the future.
        home: refused rows and the journal are written into its folder `imports`.
        progress: is told after each stretch.
        dry_run: check everything, write nothing.

    Returns:
        What came of each file.

    Raises:
        Invalid: a file cannot be read or is not what was said; nothing of it was written.
    """
    began = elapsed_s()
    parts = plan([Path(path) for path in paths], format, mapping)
    for part in parts:
        _must_know_outcomes(part.mapping, registry)
    run = _Run(parts, log, registry, clock, home, progress, dry_run)
    return ImportReport(tuple(run.files()), elapsed_s() - began)


def _must_know_outcomes(mapping: Mapping, registry: Registry) -> None:
    named = {mark.outcome for mark in mapping.all_marks()} | set(mapping.outcomes.values()) | {mapping.other_outcome}
    for outcome in named - {"", "-"}:
        registry.named(outcome)


class _Run:
    """One import: its files in order, and the items put so far."""

    def __init__(
        self,
        parts: Sequence[Part],
        log: ImportLog,
        registry: Registry,
        clock: Clock,
        home: Path,
        progress: Callable[[Progress], None] | None,
        dry_run: bool,
    ) -> None:
        """Take what `import_files` was given."""
        self.parts, self.log, self.registry, self.clock = parts, log, registry, clock
        self.home, self.progress, self.dry_run = home, progress, dry_run

    def files(self) -> Iterator[FileReport]:
        """Import each file."""
        items = [part for part in self.parts if part.kind == "items"]
        if len(items) > 1:  # several files tell of the same items; one put must say it all
            yield from self._catalogue(items)
        for part in self.parts:
            if part.kind != "items" or len(items) == 1:
                yield self._file(part)

    @cached_property
    def put(self) -> dict[str, int]:
        """Items in the log by id, each with the mark of what was put last."""
        return known_items(self.log)

    def _journal(self, part: Part) -> Journal:
        reading = msgspec.json.encode([part.format, part.layout.shape, msgspec.to_builtins(part.mapping)])
        digest = hashlib.blake2b(reading, digest_size=6).hexdigest()
        return Journal(self.home, part.path, fingerprint(part.path), digest)

    def _file(self, part: Part) -> FileReport:
        journal = self._journal(part)
        resumed = not self.dry_run and journal.open(self.log.position())
        if journal.entry.done:
            return report_of(part, journal, already=True)
        entry = journal.entry
        if part.kind != "people":
            assert self.put is not None  # read once, before a second thread asks for it
        tables = read(part, start=entry.offset, line=entry.line)
        for checked in ahead(self._checked(part, table) for table in tables):
            table, faults = checked[0], self._stretch(part, checked, journal)
            entry.offset, entry.line = table.after, table.line
            if not self.dry_run:
                journal.reject(faults)
                entry.position = self.log.position()
                journal.keep()
            else:
                entry.rejected += len(faults)
            self._tell(part, table, journal)
        entry.done = True
        if not self.dry_run:
            journal.keep()
        return report_of(part, journal, resumed=resumed)

    def _tell(self, part: Part, table: Table, journal: Journal) -> None:
        if self.progress is not None:
            total, entry = part.path.stat().st_size, journal.entry
            self.progress(Progress(part.path, table.done_bytes, total, entry.rows, entry.rejected))

    def _checked(self, part: Part, table: Table) -> _Checked:
        """A table, the events of its rows and the items they name; done while the log writes the table before."""
        if part.kind not in {"events", "mixed"} or not len(table.rows):
            return table, None, pl.DataFrame(), []
        found = read_events(table.rows, part.mapping, self.registry, self.clock.now_ms())
        prepared = found.events if self.dry_run else ready_events(self.log, found.events)
        return table, found, prepared, list(named_items(table.rows, found.events, part.mapping, self.put))

    def _stretch(self, part: Part, checked: _Checked, journal: Journal) -> list[Fault]:
        """Append one table; gives the rows refused."""
        (table, found, prepared, named), entry = checked, journal.entry
        entry.rows += len(table.rows) + len(table.faults) + len(table.items) + len(table.people)
        if part.kind == "items":
            items, faults = items_of(table.rows, part.mapping)
            entry.items += self._put_items(self._dated(merged(items)))
        elif part.kind == "people":
            people, faults = people_of(table.rows, part.mapping)
            entry.people += self._put_people(people)
        else:
            entry.items += self._put_items(table.items)
            entry.people += self._put_people(table.people)
            # Items of the table before were put since these were named.
            entry.items += self._put_items(item for item in named if item.id not in self.put)
            faults = self._events(found, prepared, journal) if found is not None else []
        return sorted([*table.faults, *faults], key=lambda fault: fault.line)

    def _events(self, found: Found, prepared: pl.DataFrame | Ready, journal: Journal) -> list[Fault]:
        entry, events = journal.entry, found.events
        entry.passed_over += found.passed_over
        if len(events):
            entry.events += len(events)
            entry.fresh += 0 if self.dry_run else append_events(self.log, prepared)
            first, last = int(events["time_ms"].min()), int(events["time_ms"].max())  # type: ignore[arg-type]
            entry.first_ms = min(entry.first_ms or first, first)
            entry.last_ms = max(entry.last_ms, last)
        return list(found.faults)

    def _put_items(self, items: Iterable[Item]) -> int:
        """Put items that are not in the log as they are; gives how many."""
        count, puts = 0, []
        for item in items:
            mark = item_mark(item)
            if self.put.get(item.id) == mark:
                continue
            self.put[item.id] = mark
            puts.append(ItemPut(item=item, time_ms=item.created_ms or self.clock.now_ms()))
            count += 1
            if len(puts) == _PUTS:
                self._append(puts)
                puts = []
        self._append(puts)
        return count

    def _put_people(self, people: Sequence[Person]) -> int:
        now_ms = self.clock.now_ms()
        for first in range(0, len(people), _PUTS):
            self._append([PersonPut(person=person, time_ms=now_ms) for person in people[first : first + _PUTS]])
        return len(people)

    def _append(self, changes: Sequence[Change]) -> None:
        if changes and not self.dry_run:
            self.log.append(changes)

    def _dated(self, items: list[Item]) -> list[Item]:
        """Give items whose making nobody dates the time at which the files' behaviour first names them."""
        if all(item.created_ms for item in items):
            return items
        first = self._first_seen
        oldest = min(first.values(), default=0)
        return [item if item.created_ms else msgspec.structs.replace(item, created_ms=first.get(item.id, oldest))
                for item in items]  # fmt: skip

    @cached_property
    def _first_seen(self) -> dict[str, int]:
        return first_seen([part for part in self.parts if part.kind == "events"])

    def _catalogue(self, parts: Sequence[Part]) -> Iterator[FileReport]:
        """Import several files of items as one catalogue, and report on each."""
        journals = [self._journal(part) for part in parts]
        for journal in journals:
            if not self.dry_run:
                journal.open(self.log.position())
        if all(journal.entry.done for journal in journals):
            yield from (report_of(part, journal, already=True) for part, journal in zip(parts, journals, strict=True))
            return
        found: list[Item] = []
        for part, journal in zip(parts, journals, strict=True):
            journal.begin()
            found = merged([*found, *self._read_items(part, journal)])
        count = self._put_items(self._dated(found))
        for number, (part, journal) in enumerate(zip(parts, journals, strict=True)):
            journal.entry.items = count if number == 0 else 0
            journal.entry.done, journal.entry.position = True, self.log.position()
            if not self.dry_run:
                journal.keep()
            yield report_of(part, journal)

    def _read_items(self, part: Part, journal: Journal) -> Iterator[Item]:
        for table in read(part):
            items, faults = items_of(table.rows, part.mapping)
            journal.entry.rows += len(table.rows) + len(table.faults)
            if self.dry_run:
                journal.entry.rejected += len(faults) + len(table.faults)
            else:
                journal.reject([*table.faults, *faults])
            self._tell(part, table, journal)
            yield from items
