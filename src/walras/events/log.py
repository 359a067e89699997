"""The log: one durable sequence of everything that happened, read by everybody who keeps something in memory."""

import contextlib
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Protocol

import polars as pl
import pyarrow as pa

from walras.base import limits
from walras.base.clock import DAY_MS, Clock, SystemClock
from walras.base.errors import Unable
from walras.events import spool, trouble
from walras.events.commit import GroupCommit
from walras.events.compaction import compact, forget
from walras.events.hot import HotRows
from walras.events.imports import Imported, Ready, append_segment, ready
from walras.events.intake import named
from walras.events.lots import Lot, Written, lot_of
from walras.events.outcomes import Registry
from walras.events.rows import ROW_PAGE, Row, event_of, keyed_row, page_key, page_of
from walras.events.segments import (
    STRETCH,
    ColdReader,
    frame_batch,
    missing_segment,
    open_segment,
    person_rows,
    remove_orphans,
    stored_rows,
)
from walras.events.stretches import batch_of_parts
from walras.schema import Batch, Entry, Event, PageRecord, Receipt

READ_ROWS = 50_000


class Log(Protocol):
    """An append-only sequence of entries, each with its `seq`. Safe to use from several threads."""

    def append(self, entries: Sequence[Entry]) -> list[Receipt]:
        """Write entries; they are durable when this returns.

        An event or a page whose id was written before is not written again, and its receipt says so.

        Raises:
            TooMuch: more than is ever taken at once.
            Unable: the disk is full or does not answer, or the queue is full; nothing was acknowledged.
        """
        ...

    def submit(self, entries: Sequence[Entry]) -> "Future[list[Receipt]]":
        """The same without waiting, for asynchronous doors: `await asyncio.wrap_future(log.submit(entries))`."""
        ...

    def keep_page(self, page: PageRecord) -> None:
        """Write a page off the answer's path: it survives the death of the process, and is in the log soon after.

        It is durable before any event that names it is acknowledged.

        Raises:
            Unable: it cannot be kept, and so must not be answered.
        """
        ...

    def read(self, after: int, limit: int = READ_ROWS) -> Batch | None:
        """The next stretch behind seq `after`, None where nothing is there; the empty case costs microseconds."""
        ...

    def position(self) -> int:
        """The highest seq that has a row, 0 for an empty log."""
        ...

    def page(self, page_id: str) -> PageRecord | None:
        """A page's record, also before it has reached the log."""
        ...

    def history(self, person: str, limit: int) -> list[Event]:
        """A person's events, newest first, at most `limit`."""
        ...

    def close(self) -> None:
        """Write what waits and let go of every file."""
        ...


class SqliteLog:
    """The log on this machine's disk: SQLite for what is new, Parquet for closed days. Several processes may share it.

    `<home>/log/` holds `log.sqlite`, the spools of waiting pages under `spool/` and the closed days under `cold/`.
    """

    def __init__(self, folder: Path, registry: Registry, clock: Clock | None = None, disk_free_mb_min: int = 0) -> None:
        """Open the log, making it where it does not exist, and move in the pages of processes that died.

        Args:
            folder: the log's folder, `<home>/log`.
            registry: known outcomes.
            clock: what time it is.
            disk_free_mb_min: free disk, in MB, below which nothing is taken.

        Raises:
            Corrupt: the database is damaged.
            Unavailable: the folder cannot be used.
        """
        self.folder = folder
        self.registry = registry
        self._clock = clock or SystemClock()
        self._free_mb_min = disk_free_mb_min
        self._spools = folder / "spool"
        try:
            self._spools.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise trouble.of_disk(error, folder) from error
        # Each job has its own connection, so that a long look into history never holds up a page.
        self._writer, self._tail, self._look = HotRows(folder), HotRows(folder), HotRows(folder)
        self._tail_lock, self._look_lock = threading.Lock(), threading.Lock()
        self._cold = ColdReader(folder, STRETCH)
        self._lot_events_min = limits.LOT_EVENTS_MIN
        self._empty_at: tuple[int, int] = (-1, sys.maxsize)  # version and seq at which nothing was there
        self._writer.check()
        remove_orphans(folder, self._writer)
        self._other_spools = spool.OtherSpools(self._spools)
        self._move_left_overs()
        self._pages = spool.PageSpool(self._spools)
        self._written = 0  # rows since the ids were last looked after
        self._commits = GroupCommit(self._write, self._sweep)

    def append(self, entries: Sequence[Entry]) -> list[Receipt]:
        """Write entries; they are durable when this returns. See `Log`."""
        return self.submit(entries).result()

    def submit(self, entries: Sequence[Entry]) -> "Future[list[Receipt]]":
        """Queue entries for the next flush. See `Log`."""
        now_ms = self._clock.now_ms()
        whole = [named(e, now_ms) if type(e) is Event else e for e in entries]
        events = [e for e in whole if type(e) is Event]
        if len(events) == len(whole) and self._lot_events_min <= len(whole) <= limits.FLUSH_QUEUE_MAX:
            return self._commits.submit(lot_of(events, now_ms))
        return self._commits.submit([keyed_row(entry, now_ms) for entry in whole])

    def keep_page(self, page: PageRecord) -> None:
        """Keep a page in this process's spool. See `Log`."""
        self._pages.keep(page, self._clock.now_ms())

    def read(self, after: int, limit: int = READ_ROWS) -> Batch | None:
        """The next stretch behind `after`. See `Log`."""
        with self._tail_lock:
            version = self._tail.version()
            if version == self._empty_at[0] and after >= self._empty_at[1]:
                return None
            batch = self._read(after, limit)
            if batch is None:
                self._empty_at = (version, after)
            return batch

    def _read(self, after: int, limit: int) -> Batch | None:
        with self._tail.snapshot():
            segment = self._tail.segment_after(after)
            parts = self._tail.parts(after, segment.first_seq if segment else sys.maxsize, limit)
        if parts or segment is None:
            return batch_of_parts(parts)
        try:
            return frame_batch(self._cold.read(segment, after, limit))
        except FileNotFoundError:
            # The file was rewritten, to forget somebody, between our two looks; or it is gone for good.
            if self._tail.segment_after(after) == segment:
                raise missing_segment(self.folder, segment) from None
            return self._read(after, limit)

    def position(self) -> int:
        """The highest seq that has a row."""
        with self._tail_lock:
            return self._tail.position()

    def page(self, page_id: str) -> PageRecord | None:
        """A page's record. See `Log`."""
        # Looked for twice in the log: it may be moved there while the spools are being read.
        return (
            self._pages.find(page_id)
            or self._logged_page(page_id)
            or self._other_spools.find(page_id)
            or self._logged_page(page_id)
        )

    def history(self, person: str, limit: int) -> list[Event]:
        """A person's events, newest first. See `Log`."""
        with self._look_lock:
            hot = self._look.newest_of(person, limit)
            segments = self._look.segments()
        cold: list[Row] = []
        for segment in reversed(segments):
            newer = len(cold) + sum(row[0] > segment.last_seq for row in hot)
            if newer >= limit:
                break
            cold += stored_rows(person_rows(self.folder, segment, person))
        rows = sorted(hot + cold, key=lambda row: row[0], reverse=True)[:limit]
        return [event_of(row) for row in rows]

    # ------------------------------------------------------------ the cold part

    def compact(self, after_days: int = 1) -> int:
        """Move closed days of arrival into Parquet. Reads give the same before, meanwhile and after.

        Args:
            after_days: days after which a day is closed; 1 leaves today and moves everything older.

        Returns:
            How many rows were moved.

        Raises:
            Unable: the disk is full or does not answer; the log is whole all the same.
        """
        today_ms = self._clock.now_ms() // DAY_MS * DAY_MS
        return compact(self.folder, today_ms - (after_days - 1) * DAY_MS)

    def ready_segment(self, frame: pl.DataFrame | pa.Table) -> Ready:
        """Make up to a million valid events ready for `append_segment`, in any thread. See `imports.ready`."""
        return ready(frame, self.registry)

    def append_segment(self, given: pl.DataFrame | pa.Table | Ready) -> Imported:
        """Write up to a million valid events at once, as an import does. See `imports.append_segment`."""
        made = given if isinstance(given, Ready) else self.ready_segment(given)
        return append_segment(self.folder, made, self._clock.now_ms())

    def check(self) -> None:
        """Read every page of the database, and the end of every segment; `walras doctor` does it on demand.

        Raises:
            Corrupt: something is not what was written.
        """
        with self._look_lock:
            self._look.check(whole=True)
            segments = self._look.segments()
        for segment in segments:
            try:
                open_segment(self.folder, segment).close()
            except FileNotFoundError as error:
                raise missing_segment(self.folder, segment) from error

    def forget(self, person: str) -> int:
        """Delete every row about a person, but the one that says she left; how many there were.

        Pages of hers that another process keeps in its spool at this moment reach the log later: call it again then.

        Raises:
            Unable: the disk is full or does not answer; calling it again goes on.
        """
        self.append([])
        return forget(self.folder, person)

    def close(self) -> None:
        """Write what waits and let go of every file. Closing twice is harmless."""
        self._commits.close()
        self._pages.close()
        for connection in (self._writer, self._tail, self._look):
            connection.close()

    # ------------------------------------------------------------ on the writer's thread

    def _write(self, lots: Sequence[Written]) -> list[bool]:
        """Write a group, behind every page that waits: so an event's page is durable no later than the event."""
        trouble.refuse_when_low(self.folder, self._free_mb_min)
        if any(map(_about_pages, lots)):
            self._other_spools.make_durable()
        pages = self._pages.waiting(limits.PAGE_QUEUE_MAX)
        doubles = self._writer.write([pages, *lots])
        if pages:
            self._pages.moved(len(pages))
        self._written += sum(map(len, lots))
        if self._written >= limits.MERGE_IDS_MAX:
            self._written = 0
            # The group is durable already: what fails here is tried again later, and fails nobody's append.
            with contextlib.suppress(Unable):
                self._writer.merge_ids(limits.MERGE_IDS_MAX)
        return doubles[len(pages) :]

    def _sweep(self) -> None:
        """While nothing comes: move waiting pages, and fold ids together before there are too many."""
        if self._pages.waiting(1):
            self._write([])
        self._writer.merge_ids(limits.MERGE_IDS_IDLE_MIN)

    def _move_left_overs(self) -> None:
        now_ms = self._clock.now_ms()
        for _path, pages in spool.left_overs(self._spools):
            if pages:
                self._writer.write([[keyed_row(page, now_ms) for page in pages]])

    def _logged_page(self, page_id: str) -> PageRecord | None:
        with self._look_lock:
            seq = self._look.seq_of(page_key(page_id))
            if seq is None:
                return None
            with self._look.snapshot():
                rows = self._look.read(seq - 1, seq + 1, 1)
                segment = self._look.segment_after(seq - 1)
        if not rows and segment is not None and segment.first_seq <= seq:
            found = ColdReader(self.folder).read(segment, seq - 1, 1)
            rows = stored_rows(found.filter(pl.col("seq") == seq))
        return page_of(rows[0][-1]) if rows else None


def _about_pages(lot: Written) -> bool:
    return lot.about_pages if isinstance(lot, Lot) else any(row[ROW_PAGE] for _, row in lot)
