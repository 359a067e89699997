"""What was ever written, by 16-byte key: so that an event that comes again, even years later, is known.

Keys are digests and fall anywhere in their tree. Written one group at a time into a tree of millions, each would
dirty a page of its own: 15 kB written and four times the work for an event, measured at five million keys. So new
keys go into a small tree, `fresh_ids`, and are merged into the large one, `ids`, in its own order, many at once;
there the large one is only read.

Keys of blocks are written with their block and with no tree: the writer holds them in memory until they are merged,
and reads from the blocks those that other processes wrote.
"""

import sqlite3
from collections.abc import Sequence
from itertools import accumulate, chain
from typing import Any

import numpy as np

from walras.events.statements import insert_rows, select_keys

KEY_BYTES = 16

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
        self._recent: set[bytes] = set()  # keys of blocks behind `_merged`, up to `_known`
        self._merged, self._known = -1, -1

    def catch_up(self, last_seq: int) -> None:
        """Know every key of a block up to `last_seq`; nothing to do where only this connection has written."""
        merged = self._merged_seq()
        if merged != self._merged or self._known < merged:
            self._recent.clear()
            self._merged = self._known = merged
        if self._known < last_seq:
            for (keys,) in self._db.execute("SELECT keys FROM blocks WHERE first_seq > ?", (self._known,)):
                self._recent.update(parted(keys))
            self._known = last_seq

    def wrote(self, last_seq: int) -> None:
        """What this connection claimed reaches up to `last_seq`."""
        self._known = last_seq

    def doubt(self) -> None:
        """A transaction failed: what it claimed is not known, and is read again."""
        self._merged = -1

    def claim_lot(self, keys: Sequence[bytes]) -> list[bool]:
        """Remember the keys of a block, which is written in the same transaction.

        Returns:
            [N] whether each was there before, or came twice.
        """
        known = {key for key, _ in chain(self._select("ids", keys), self._select("fresh_ids", keys))}
        before = len(self._recent)
        if not known and self._recent.isdisjoint(keys):
            self._recent.update(keys)
            if len(self._recent) == before + len(keys):
                return [False] * len(keys)
            self._recent.difference_update(keys)
        doubles = []
        for key in keys:
            doubles.append(key in known or key in self._recent)
            self._recent.add(key)
        return doubles

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
        return self._claim("fresh_ids", keys, offsets, count, first_seq, self._elsewhere(keys))

    def claim_many(self, keys: Sequence[bytes], offsets: Sequence[int], count: int, first_seq: int) -> list[bool]:
        """The same for very many keys in ascending order: straight into the large tree."""
        self.merge(first_seq - 1)
        return self._claim("ids", keys, offsets, count, first_seq, {})

    def _elsewhere(self, keys: Sequence[bytes]) -> dict[bytes, int]:
        """Keys that lie in the large tree or in a block; seq 0 stands for a block's."""
        held = dict(self._select("ids", keys))
        return held | {key: 0 for key in keys if key in self._recent} if self._recent else held

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
        return last_seq - self._merged_seq()

    def _merged_seq(self) -> int:
        return int(self._db.execute("SELECT value FROM counters WHERE name = 'merged_seq'").fetchone()[0])

    def merge(self, last_seq: int) -> None:
        """Move every key of the small tree and of blocks into the large one, in its order."""
        self._merge_blocks()
        self._db.execute("INSERT INTO ids SELECT key, seq FROM fresh_ids ORDER BY key")
        self._db.execute("DELETE FROM fresh_ids")
        self._db.execute("UPDATE counters SET value = ? WHERE name = 'merged_seq'", (last_seq,))

    def _merge_blocks(self) -> None:
        """Copy the keys of blocks since the last merge into the large tree. Their seq is that of their block."""
        sql = "SELECT keys, first_seq FROM blocks WHERE last_seq > ?"
        blocks = self._db.execute(sql, (self._merged_seq(),)).fetchall()
        keys = b"".join(block[0] for block in blocks)
        seqs = np.repeat([block[1] for block in blocks], [len(block[0]) // KEY_BYTES for block in blocks])
        halves = np.frombuffer(keys, ">u8").reshape(-1, 2)
        order = np.lexsort((halves[:, 1], halves[:, 0]))
        flat: list[Any] = [None] * (2 * len(order))
        flat[::2] = parted(halves[order].tobytes())
        flat[1::2] = seqs[order].tolist()
        insert_rows(self._db, "ids", 2, flat)


def parted(keys: bytes) -> list[bytes]:
    """Keys that lie one behind the other."""
    return [keys[at : at + KEY_BYTES] for at in range(0, len(keys), KEY_BYTES)]
