"""The hot part of the log: one SQLite table of rows in WAL mode, and the ids of everything ever written."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import astuple, dataclass
from itertools import chain, groupby
from pathlib import Path
from typing import TypeAlias

from walras.base import limits
from walras.base.errors import Corrupt
from walras.events import blocks, ids, trouble
from walras.events.lots import EventRows, Lot, Written, without
from walras.events.rows import EVENT, PERSON_GONE, STORED, Keyed, Row
from walras.events.statements import flatten, insert_rows

FILE_NAME = "log.sqlite"
SCHEMA_VERSION = 3
# Another process may hold the write lock for as long as an import of a million rows takes.
_BUSY_MS = 30_000
# Beyond this a check of every page would delay the start by seconds; `walras doctor` does it on demand.
_CHECK_BYTES_MAX = 64_000_000

_SCHEMA = """
CREATE TABLE IF NOT EXISTS rows (
  seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT, time_ms INTEGER NOT NULL, received_ms INTEGER NOT NULL,
  person TEXT, item TEXT, owner TEXT, outcome TEXT, value REAL, surface TEXT, page TEXT, place INTEGER,
  context BLOB, body BLOB);
CREATE INDEX IF NOT EXISTS rows_person ON rows (person, seq) WHERE kind = 'event';
CREATE TABLE IF NOT EXISTS segments (
  first_seq INTEGER PRIMARY KEY, last_seq INTEGER NOT NULL, day TEXT NOT NULL, path TEXT NOT NULL,
  rows INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT OR IGNORE INTO counters VALUES ('last_seq', 0);
"""
# What a read finds, in order: stored rows, or the events of a block.
Part: TypeAlias = list[Row] | EventRows
_STORED_SQL = ", ".join(STORED)


@dataclass(frozen=True, slots=True)
class Segment:
    """A Parquet file of the log: all rows from `first_seq` to `last_seq`, and no other row lies between them."""

    first_seq: int
    last_seq: int
    day: str
    path: str  # under the log's folder
    rows: int


class HotRows:
    """One connection to the log's database. Used by one thread at a time."""

    def __init__(self, folder: Path) -> None:
        """Open the database, making it where it does not exist.

        Raises:
            Corrupt: the file is damaged or is no log.
            Unavailable: it cannot be opened.
        """
        self.path = folder / FILE_NAME
        try:
            self.db = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, timeout=_BUSY_MS / 1000)
            self.ids, self.blocks = ids.Ids(self.db), blocks.Blocks(self.db)
            self._prepare()
        except sqlite3.Error as error:
            raise trouble.of_sqlite(error, self.path) from error

    def _prepare(self) -> None:
        db = self.db
        db.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if version < SCHEMA_VERSION:  # Every step so far only adds tables.
            # Half the writes of 4 kB pages for a group, and hardly more bytes for a single event.
            db.execute("PRAGMA page_size=8192")
            db.execute("PRAGMA journal_mode=WAL")
            tables = f"{_SCHEMA} {ids.SCHEMA} {blocks.SCHEMA}"
            db.executescript(f"BEGIN IMMEDIATE; {tables} PRAGMA user_version={SCHEMA_VERSION}; COMMIT;")
        elif version > SCHEMA_VERSION:
            message = f"the log was written by another version ({version}, this one writes {SCHEMA_VERSION})"
            raise Corrupt(message, field="log", value=str(self.path), hint="Use the version that wrote it.")
        # FULL flushes the WAL at every commit: without it an acknowledged event could be lost with the power.
        db.execute("PRAGMA synchronous=FULL")
        # A checkpoint copies each touched page once, however often it was written; 32 MB halve its share of the work.
        db.execute("PRAGMA wal_autocheckpoint=4000")
        db.execute("PRAGMA cache_size=-65536")

    def check(self, whole: bool = False) -> None:
        """Read the database's structure; every page of it where it is small, or when asked.

        Raises:
            Corrupt: it is damaged.
        """
        try:
            if whole or self.path.stat().st_size <= _CHECK_BYTES_MAX:
                found = self.db.execute("PRAGMA quick_check(1)").fetchone()[0]
                if found != "ok":
                    raise sqlite3.DatabaseError(found)
            self.db.execute(f"SELECT {_STORED_SQL} FROM rows ORDER BY seq DESC LIMIT 1").fetchall()
            self.blocks.last_seq()
        except sqlite3.Error as error:
            if not hasattr(error, "sqlite_errorcode"):
                error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
            raise trouble.of_sqlite(error, self.path) from error

    # ------------------------------------------------------------ writing

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """One transaction: all of it is durable when the block ends, or nothing of it happened.

        Raises:
            Unable: SQLite or the disk could not.
        """
        try:
            self.db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.db.execute("COMMIT")
            except BaseException:
                self._roll_back()
                raise
        except sqlite3.Error as error:
            raise trouble.of_sqlite(error, self.path) from error

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Several reads that see the same state, while others write."""
        try:
            self.db.execute("BEGIN")
            try:
                yield
            finally:
                self._roll_back()
        except sqlite3.Error as error:
            raise trouble.of_sqlite(error, self.path) from error

    def write(self, lots: Sequence[Written]) -> list[bool]:
        """Write lots and rows in one transaction, which is durable when this returns.

        Args:
            lots: events as lots, or rows with the key that makes each be written once.

        Returns:
            For each event and row whether it was there already, and so was not written again.

        Raises:
            Unable: nothing of it was written.
        """
        doubles: list[bool] = []
        try:
            with self.transaction():
                self.ids.catch_up(self.last_seq())
                for _, several in groupby(lots, key=lambda lot: isinstance(lot, Lot)):
                    doubles += self._write_alike(list(several))
                self.ids.wrote(self.last_seq())
            return doubles
        except BaseException:
            self.ids.doubt()
            raise

    def _write_alike(self, several: list[Written]) -> list[bool]:
        """Write lots that follow one another, or rows as one lot of rows."""
        lots = [self._write_lot(lot) for lot in several if isinstance(lot, Lot)]
        rows = [row for rows in several if not isinstance(rows, Lot) for row in rows]
        return list(chain(*lots, self._write(rows)))

    def _write_lot(self, lot: Lot) -> list[bool]:
        doubles = self.ids.claim_lot(lot.keys)
        fresh = without(lot, doubles) if any(doubles) else lot
        if fresh is not None:
            last = self.last_seq()
            self.blocks.add(fresh, last + 1)
            self.set_last_seq(last + len(fresh))
        return doubles

    def _roll_back(self) -> None:
        # SQLite has already rolled back by itself after some failures, such as a full disk.
        if self.db.in_transaction:
            self.db.execute("ROLLBACK")

    def _write(self, keyed: Sequence[Keyed]) -> list[bool]:
        if not keyed:
            return []
        with_key = [(key, offset) for offset, (key, _) in enumerate(keyed) if key is not None]
        keys, offsets = [key for key, _ in with_key], [offset for _, offset in with_key]
        first = self.last_seq() + 1
        doubles = self.ids.claim(keys, offsets, len(keyed), first)
        fresh = [row for (_, row), double in zip(keyed, doubles, strict=True) if not double]
        insert_rows(self.db, "rows", len(STORED), flatten((i, *row) for i, row in enumerate(fresh, first)))
        self.set_last_seq(first + len(fresh) - 1)
        return doubles

    def claim_many(self, keys: Sequence[bytes], offsets: Sequence[int], count: int) -> list[bool]:
        """Inside a transaction: remember the ascending keys of an import's rows. See `Ids.claim_many`."""
        return self.ids.claim_many(keys, offsets, count, self.last_seq() + 1)

    def merge_ids(self, unmerged_min: int) -> None:
        """Fold the ids of recent rows into those of all rows, where there are enough of them."""
        if self.ids.unmerged(self.last_seq()) >= unmerged_min:
            with self.transaction():
                self.ids.merge(self.last_seq())

    def last_seq(self) -> int:
        """The highest seq ever given, also to a row that is gone."""
        return int(self.db.execute("SELECT value FROM counters WHERE name = 'last_seq'").fetchone()[0])

    def set_last_seq(self, seq: int) -> None:
        """Give seqs up to `seq`; inside a transaction of the caller."""
        self.db.execute("UPDATE counters SET value = ? WHERE name = 'last_seq'", (seq,))

    # ------------------------------------------------------------ reading

    def version(self) -> int:
        """A number that changes whenever another connection has written; microseconds."""
        return int(self.db.execute("PRAGMA data_version").fetchone()[0])

    def position(self) -> int:
        """The highest seq that has a row, 0 where there is none."""
        hot, cold = self.db.execute(
            "SELECT (SELECT max(seq) FROM rows), (SELECT max(last_seq) FROM segments)"
        ).fetchone()
        return max(hot or 0, cold or 0, self.blocks.last_seq())

    def read(self, after: int, before: int, limit: int) -> list[Row]:
        """What `parts` gives, all of it as stored rows."""
        parts = self.parts(after, before, limit)
        return [row for part in parts for row in (part.rows() if isinstance(part, EventRows) else part)]

    def parts(self, after: int, before: int, limit: int) -> list[Part]:
        """What lies at after < seq < before, in order, at most `limit`, and no more bodies than fit in memory."""
        parts: list[Part] = []
        left = limit
        with closing(self.blocks.between(after, before)) as found:
            for block in chain(found, [None]):
                end = before if block is None else int(block.seq[0])
                rows, whole = self._rows(after, end, left)
                parts += [rows] if rows else []
                left -= len(rows)
                if block is None or not whole or left <= 0:
                    break
                parts.append(block.part(0, left))
                left -= len(block)
                after = int(block.seq[-1])
                if left <= 0:
                    break
        return parts

    def _rows(self, after: int, before: int, limit: int) -> tuple[list[Row], bool]:
        """Rows of the table, and whether they are all that lie there."""
        sql = f"SELECT {_STORED_SQL} FROM rows WHERE seq > ? AND seq < ? ORDER BY seq LIMIT ?"
        rows: list[Row] = []
        body_bytes = 0
        with closing(self.db.execute(sql, (after, before, limit))) as found:
            while part := found.fetchmany(1_000):
                rows += part
                body_bytes += sum(len(row[-1]) for row in part if row[-1])
                if body_bytes >= limits.STRETCH_BYTES_MAX:
                    return rows, False
        return rows, len(rows) < limit

    def seq_of(self, key: bytes) -> int | None:
        """The seq under which a key was written."""
        with self.snapshot():
            return self.ids.held([key]).get(key)

    def newest_of(self, person: str, limit: int) -> list[Row]:
        """A person's newest events, newest first."""
        sql = f"SELECT {_STORED_SQL} FROM rows WHERE person = ? AND kind = '{EVENT}' ORDER BY seq DESC LIMIT ?"
        rows = self.db.execute(sql, (person, limit)).fetchall()
        of_blocks: list[Row] = []
        with closing(self.blocks.newest_of(person)) as found:
            for events in found:
                of_blocks += events.rows()[::-1]
                if len(of_blocks) >= limit:
                    break
        return sorted(rows + of_blocks, key=lambda row: row[0], reverse=True)[:limit]

    def segment_after(self, after: int) -> Segment | None:
        """The first segment with a row behind `after`."""
        sql = "SELECT first_seq, last_seq, day, path, rows FROM segments WHERE last_seq > ? ORDER BY first_seq LIMIT 1"
        found = self.db.execute(sql, (after,)).fetchone()
        return None if found is None else Segment(*found)

    def segments(self) -> list[Segment]:
        """Every segment, in order."""
        sql = "SELECT first_seq, last_seq, day, path, rows FROM segments ORDER BY first_seq"
        return [Segment(*row) for row in self.db.execute(sql)]

    def add_segment(self, segment: Segment) -> None:
        """Inside a transaction: its rows are read from a file from now on, and no longer lie here."""
        self.db.execute("INSERT INTO segments VALUES (?, ?, ?, ?, ?)", astuple(segment))

    def drop_segment(self, segment: Segment) -> None:
        """Inside a transaction: its file is no longer part of the log."""
        self.db.execute("DELETE FROM segments WHERE first_seq = ?", (segment.first_seq,))

    def delete_range(self, first_seq: int, last_seq: int) -> int:
        """Inside a transaction: delete what lies from `first_seq` to `last_seq`; how many there were."""
        if self.ids.unmerged(last_seq) > 0:  # The keys of blocks would go with them.
            self.ids.merge(self.last_seq())
        rows = self.db.execute("DELETE FROM rows WHERE seq BETWEEN ? AND ?", (first_seq, last_seq)).rowcount
        return rows + self.blocks.delete_range(first_seq, last_seq)

    def delete_person(self, person: str) -> int:
        """Inside a transaction: delete every row about a person but the one that says she left; how many there were."""
        sql = "DELETE FROM rows WHERE person = ? AND kind <> ?"
        return self.db.execute(sql, (person, PERSON_GONE)).rowcount + self.blocks.delete_person(person)

    def close(self) -> None:
        """Close the connection."""
        self.db.close()
