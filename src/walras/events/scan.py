"""The whole log as frames, for training and analysis: bounded memory, any process, no log opened for writing."""

import sys
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import polars as pl

from walras.events.hot import FILE_NAME, HotRows
from walras.events.rows import EVENT, STORED
from walras.events.segments import SCHEMA, ColdReader, as_frame, table_of

_ROWS = 50_000


def scan(
    folder: Path,
    *,
    after: int = 0,
    until: int | None = None,
    columns: Sequence[str] = STORED,
    outcomes: Collection[str] | None = None,
    kinds: Collection[str] = (EVENT,),
) -> Iterator[pl.DataFrame]:
    """Rows of the log in the order of `seq`, some ten thousand at a time.

    Args:
        folder: the log's folder.
        after: begin behind this seq.
        until: end with this seq, the end of the log where None.
        columns: which of `rows.STORED`, in this order.
        outcomes: keep events of these outcomes only.
        kinds: keep rows of these kinds only: `event`, `page`, `item`, `item-gone`, `person`, `person-gone`, `model`.

    Yields:
        Frames that are not empty, each with the columns asked for.

    Raises:
        Unable: the log is damaged or cannot be read.
    """
    if not (folder / FILE_NAME).exists():
        return
    wanted = pl.col("kind").is_in(list(kinds))
    if outcomes is not None:
        wanted &= pl.col("outcome").is_in(list(outcomes)) | (pl.col("kind") != EVENT)
    needed = [name for name in STORED if name in {"seq", "kind", "outcome", *columns}]
    hot, cold = HotRows(folder), ColdReader(folder, needed)
    try:
        end = hot.position() if until is None else until
        while not (rows := read_frame(hot, cold, after, _ROWS)).is_empty() and after < end:
            after = int(rows["seq"][-1])
            kept = rows.filter(wanted & (pl.col("seq") <= end)).select(columns)
            if len(kept):
                yield kept
    finally:
        hot.close()


def frame(folder: Path, **asked: object) -> pl.DataFrame:
    """What `scan` would yield, as one frame in memory; takes the same arguments."""
    parts = list(scan(folder, **asked))  # type: ignore[arg-type]
    if parts:
        return pl.concat(parts)
    names = asked.get("columns", STORED)
    assert isinstance(names, Sequence)
    return as_frame(SCHEMA.empty_table()).select(names)


def read_frame(hot: HotRows, cold: ColdReader, after: int, limit: int) -> pl.DataFrame:
    """The next rows behind `after`, wherever they lie; empty where nothing is there."""
    for patience in (1, 0):
        with hot.snapshot():
            segment = hot.segment_after(after)
            rows = hot.read(after, segment.first_seq if segment else sys.maxsize, limit)
        if rows or segment is None:
            return as_frame(table_of(rows))
        try:
            return cold.read(segment, after, limit)
        except FileNotFoundError:
            # It was rewritten to forget somebody, between our two looks.
            if not patience:
                raise
    raise AssertionError("unreachable")
