"""The table of blocks: events that came together, one row for all of them. See `lots` for what a block holds."""

import sqlite3
from collections.abc import Generator
from contextlib import closing

from walras.events.ids import parted
from walras.events.lots import EventRows, Lot, decoded, digest_of, encoded, people_of
from walras.events.statements import insert_rows
from walras.schema import Bools

SCHEMA = """
CREATE TABLE IF NOT EXISTS blocks (
  first_seq INTEGER PRIMARY KEY, last_seq INTEGER NOT NULL, received_ms INTEGER NOT NULL, people BLOB NOT NULL,
  keys BLOB NOT NULL, body BLOB NOT NULL);
"""


class Blocks:
    """The blocks of one connection. Changes happen inside a transaction of the caller."""

    def __init__(self, db: sqlite3.Connection) -> None:
        """Work on the table of a connection."""
        self._db = db

    def add(self, lot: Lot, first_seq: int) -> None:
        """Write a lot under the seqs from `first_seq` on."""
        last_seq = first_seq + len(lot) - 1
        values = (first_seq, last_seq, lot.received_ms, lot.people, b"".join(lot.keys), lot.body)
        self._db.execute("INSERT INTO blocks VALUES (?, ?, ?, ?, ?, ?)", values)

    def last_seq(self) -> int:
        """The highest seq in a block, 0 where there is none."""
        found = self._db.execute("SELECT last_seq FROM blocks ORDER BY first_seq DESC LIMIT 1").fetchone()
        return found[0] if found else 0

    def between(self, after: int, before: int) -> Generator[EventRows, None, None]:
        """Blocks with a seq behind `after` that begin before `before`, in order, each from its first event behind."""
        sql = (
            "SELECT first_seq, received_ms, body FROM blocks WHERE first_seq < ? AND last_seq > ? AND "
            "first_seq >= coalesce((SELECT max(first_seq) FROM blocks WHERE first_seq <= ?), 0) ORDER BY first_seq"
        )
        with closing(self._db.execute(sql, (before, after, after))) as found:
            for block in found:
                events = decoded(*block)
                yield events.part(int(events.seq.searchsorted(after, "right")), len(events))

    def newest_of(self, person: str) -> Generator[EventRows, None, None]:
        """A person's events of each block that has some, newest block first."""
        for events in self._with_person(person):
            hers = events.of(person)
            if hers.any():
                yield events.kept(hers)

    def _with_person(self, person: str) -> Generator[EventRows, None, None]:
        """Blocks in which a person's digest stands, newest first; a few of them by chance alone."""
        sql = "SELECT first_seq, received_ms, body FROM blocks WHERE instr(people, ?) ORDER BY first_seq DESC"
        with closing(self._db.execute(sql, (digest_of(person),))) as found:
            for block in found:
                yield decoded(*block)

    def delete_range(self, first_seq: int, last_seq: int) -> int:
        """Delete events from `first_seq` to `last_seq`; how many there were. Ids must have been merged before."""
        deleted = 0
        for events in list(self.between(first_seq - 1, last_seq + 1)):
            held = self._block_of(int(events.seq[0]))
            inside = (held.seq >= first_seq) & (held.seq <= last_seq)
            deleted += int(inside.sum())
            if inside.all():
                self._db.execute("DELETE FROM blocks WHERE first_seq = ?", (int(held.seq[0]),))
            else:
                self._rewrite(held, ~inside)
        return deleted

    def delete_person(self, person: str) -> int:
        """Delete a person's events; how many there were. Their ids stay known."""
        deleted = 0
        for events in list(self._with_person(person)):
            hers = events.of(person)
            if hers.any():
                deleted += int(hers.sum())
                self._rewrite(events, ~hers)
        return deleted

    def _block_of(self, seq: int) -> EventRows:
        sql = "SELECT first_seq, received_ms, body FROM blocks WHERE first_seq <= ? ORDER BY first_seq DESC LIMIT 1"
        return decoded(*self._db.execute(sql, (seq,)).fetchone())

    def _rewrite(self, events: EventRows, keep: Bools) -> None:
        """Leave some events of a block. The keys of all of them stay, or move to the table of recent ids."""
        first_seq = int(events.seq[0])
        keys: bytes = self._db.execute("SELECT keys FROM blocks WHERE first_seq = ?", (first_seq,)).fetchone()[0]
        self._db.execute("DELETE FROM blocks WHERE first_seq = ?", (first_seq,))
        if not keep.any():
            self._keep_keys(keys, first_seq)
            return
        left = events.kept(keep)
        values = (int(left.seq[0]), int(left.seq[-1]), left.received_ms, people_of(left), keys, encoded(left))
        self._db.execute("INSERT INTO blocks VALUES (?, ?, ?, ?, ?, ?)", values)

    def _keep_keys(self, keys: bytes, seq: int) -> None:
        flat = [value for key in parted(keys) for value in (key, seq)]
        insert_rows(self._db, "fresh_ids", 2, flat)
