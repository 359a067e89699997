"""Closed days leave the database for Parquet; a person's rows leave the log for good.

Both write a file first and then change the database in one transaction, so that at every moment each row is in
exactly one place, whichever step the machine dies at.
"""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from walras.base import limits
from walras.base.clock import DAY_MS, day_of
from walras.events.hot import HotRows, Segment
from walras.events.rows import PERSON_GONE, STORED
from walras.events.segments import cold_lock, open_segment, table_of, write_segment

_END = 1 << 62
_SEQ, _RECEIVED = STORED.index("seq"), STORED.index("received_ms")
# Rows read at once while a file is written: with pages of 4 kB about 80 MB.
_READ_ROWS = 20_000


def compact(folder: Path, closed_before_ms: int, part_rows: int = limits.COMPACT_ROWS_MAX) -> int:
    """Move rows that arrived before an instant into Parquet, oldest first.

    Args:
        folder: the log's folder.
        closed_before_ms: the start of the first day that is still open, UTC.
        part_rows: rows of one file at most; appends wait while they are deleted.

    Returns:
        How many rows were moved.

    Raises:
        Unable: the disk is full or does not answer; what was moved before is moved, the rest lies where it lay.
    """
    moved = 0
    hot = HotRows(folder)
    try:
        with cold_lock(folder):
            hot.merge_ids(limits.MERGE_IDS_MIN)
            while (count := _compact_part(folder, hot, closed_before_ms, part_rows)) > 0:
                moved += count
    finally:
        hot.close()
    return moved


def _compact_part(folder: Path, hot: HotRows, closed_before_ms: int, part_rows: int) -> int:
    first = hot.read(0, _END, 1)
    if not first or first[0][_RECEIVED] >= closed_before_ms:
        return 0
    day = day_of(first[0][_RECEIVED])
    following = hot.segment_after(first[0][_SEQ])
    before = following.first_seq if following else _END
    written = write_segment(folder, day, _day_tables(hot, first[0][_RECEIVED], before, part_rows))
    assert written is not None, "rows of a day vanished while no one else may move them"
    with hot.transaction():
        deleted = hot.delete_range(written.first_seq, written.last_seq)
        # Raised inside, so that the deletion is undone with it.
        assert deleted == written.rows, f"{deleted} rows deleted, {written.rows} written"
        hot.add_segment(written)
    return written.rows


def _day_tables(hot: HotRows, received_ms: int, before: int, rows_left: int) -> Iterator[pa.Table]:
    """The oldest rows that arrived on one day, up to a row of another day or to `before`."""
    start_ms = received_ms - received_ms % DAY_MS
    after = 0
    while rows_left > 0 and (rows := hot.read(after, before, min(_READ_ROWS, rows_left))):
        own = [row for row in rows if start_ms <= row[_RECEIVED] < start_ms + DAY_MS]
        whole = len(own) == len(rows)
        if not whole:
            # Clocks may be set back: rows of the day behind one of another day wait for their own file.
            own = rows[: next(i for i, row in enumerate(rows) if not start_ms <= row[_RECEIVED] < start_ms + DAY_MS)]
        if own:
            yield table_of(own)
        if not whole:
            return
        rows_left -= len(rows)
        after = rows[-1][_SEQ]


def forget(folder: Path, person: str) -> int:
    """Delete every row about a person, wherever it lies, but the one that says she left.

    Files that hold her rows are written anew without them. The ids of her events stay known as 16-byte digests, so
    that a late repetition of one does not bring it back. Seqs of deleted rows are never given again.

    Returns:
        How many rows were deleted.

    Raises:
        Unable: the disk is full or does not answer; calling it again goes on.
    """
    hot = HotRows(folder)
    try:
        with cold_lock(folder):
            hot.db.execute("PRAGMA secure_delete=ON")
            with hot.transaction():
                deleted = hot.delete_person(person)
            for segment in hot.segments():
                deleted += _forget_in(folder, hot, segment, person)
            # The write-ahead log still holds pages with her rows until it is folded back.
            hot.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        hot.close()
    return deleted


def _forget_in(folder: Path, hot: HotRows, segment: Segment, person: str) -> int:
    with open_segment(folder, segment) as file:
        groups = range(file.num_row_groups)
        if not any(
            pc.any(pc.equal(file.read_row_group(g, columns=["person"])["person"], person)).as_py() for g in groups
        ):
            return 0
        left = write_segment(folder, segment.day, (_without(file.read_row_group(g), person) for g in groups))
    with hot.transaction():
        hot.drop_segment(segment)
        if left is not None:
            hot.add_segment(left)
    if left is None or left.path != segment.path:
        (folder / segment.path).unlink(missing_ok=True)
    return segment.rows - (left.rows if left else 0)


def _without(table: pa.Table, person: str) -> pa.Table:
    hers = pc.fill_null(pc.equal(table["person"], person), False)
    return table.filter(pc.invert(pc.and_(hers, pc.not_equal(table["kind"], PERSON_GONE))))
