"""What was ever written, by 16-byte key: so that an event that comes again, even years later, is known.

Keys are digests and fall anywhere in their tree. Written one group at a time into a tree of millions, each would
dirty a page of its own: 15 kB written and four times the work for an event, measured at five million keys. So new
keys go into a small tree, `fresh_ids`, and are merged into the large one, `ids`, in its own order, many at once;
there the large one is only read.
"""

import sqlite3
from collections.abc import Sequence
from itertools import accumulate, chain
from typing import Any

from walras.events.statements import insert_rows, select_keys

SCHEMA = """
CREATE TABLE IF NOT EXISTS ids (key BLOB PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fresh_ids (key BLOB PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
INSERT OR IGNORE INTO counters SELECT 'merged_seq', value FROM counters WHERE name = 'last_seq';
"""


class Ids:
    """The ids of one connection. Changes happen inside a transaction of the caller."""

    def __init__(self, db: sqlite3.Connection) -> None:
        """Work on the tables of a connection."""
        self._db = db

    def claim(self, keys: Sequence[bytes], offsets: Sequence[int], count: int, first_seq: int) -> list[bool]:
        """Remember keys for rows that will be written from `first_seq` on.

        Args:
            keys: [M] keys, in any order.
            offsets: [M] which of the rows each belongs to.
            count: how many rows there are, those without a key included.
            first_seq: the seq of the first row that is no double; the others follow without a gap.

        Returns:
            [count] whether a row's key was there before, or came twice.
        """
        return self._claim("fresh_ids", keys, offsets, count, first_seq, dict(self._select("ids", keys)))

    def claim_many(self, keys: Sequence[bytes], offsets: Sequence[int], count: int, first_seq: int) -> list[bool]:
        """The same for very many keys in ascending order: straight into the large tree."""
        self.merge(first_seq - 1)
        return self._claim("ids", keys, offsets, count, first_seq, {})

    def _claim(
        self,
        table: str,
        keys: Sequence[bytes],
        offsets: Sequence[int],
        count: int,
        first_seq: int,
        elsewhere: dict[bytes, int],
    ) -> list[bool]:
        seqs = [first_seq + offset for offset in offsets]
        doubles = [False] * count
        if not self._take(table, keys, seqs) or elsewhere:
            # A key that does not carry its own row's seq was there before, or came twice.
            here = dict(self._select(table, keys))
            held = {**here, **elsewhere}
            for key, seq, offset in zip(keys, seqs, offsets, strict=True):
                doubles[offset] = held[key] != seq
            # Undone by hand: a savepoint would copy every page it touches, for the sake of this rare case.
            self._drop(table, [key for key, seq in here.items() if seq >= first_seq])
            rank = list(accumulate(not double for double in doubles))
            new = [(key, first_seq + rank[o] - 1) for key, o in zip(keys, offsets, strict=True) if not doubles[o]]
            taken = self._take(table, [key for key, _ in new], [seq for _, seq in new])
            assert taken, "ids that are new were refused"
        return doubles

    def _take(self, table: str, keys: Sequence[bytes], seqs: Sequence[int]) -> bool:
        """Write keys with their seqs; False where one was there already."""
        flat: list[Any] = [None] * (2 * len(keys))
        flat[::2], flat[1::2] = keys, seqs
        return insert_rows(self._db, table, 2, flat) == len(keys)

    def _drop(self, table: str, keys: Sequence[bytes]) -> None:
        for key in keys:
            self._db.execute(f"DELETE FROM {table} WHERE key = ?", (key,))

    def _select(self, table: str, keys: Sequence[bytes]) -> Sequence[tuple[bytes, int]]:
        if self._db.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() is None:
            return ()
        return list(select_keys(self._db, table, list(keys)))

    def held(self, keys: Sequence[bytes]) -> dict[bytes, int]:
        """The seq under which each key that is there was written."""
        return dict(chain(self._select("ids", keys), self._select("fresh_ids", keys)))

    def unmerged(self, last_seq: int) -> int:
        """About how many keys lie in the small tree, where `last_seq` is the last one given."""
        return last_seq - int(self._db.execute("SELECT value FROM counters WHERE name = 'merged_seq'").fetchone()[0])

    def merge(self, last_seq: int) -> None:
        """Move every key of the small tree into the large one, in its order."""
        self._db.execute("INSERT INTO ids SELECT key, seq FROM fresh_ids ORDER BY key")
        self._db.execute("DELETE FROM fresh_ids")
        self._db.execute("UPDATE counters SET value = ? WHERE name = 'merged_seq'", (last_seq,))
