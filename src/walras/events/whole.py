"""Events whole, with their ids and contexts, for those who must name each: the ledger's loop and the books.

The log's own readers leave both out, since nobody who serves needs them.
"""

import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from walras.events.hot import FILE_NAME, HotRows
from walras.events.rows import STORED, event_of
from walras.events.scan import scan
from walras.events.segments import SCHEMA, as_frame, table_of
from walras.schema import Happening

READ_ROWS = 50_000
# What the books read of a row; pages are counted, and so other kinds than events are among them.
BOOKED = ("seq", "kind", "id", "time_ms", "person", "item", "owner", "outcome", "value", "surface")


@dataclass(frozen=True, slots=True)
class AllRows:
    """Every row of the log at one moment: files of closed days, and a frame of what is newer."""

    files: tuple[Path, ...]  # Parquet, with the columns of BOOKED among theirs
    hot: pl.DataFrame  # of BOOKED
    position: int


def happenings(folder: Path, after: int, until: int, outcomes: Collection[str]) -> Iterator[Happening]:
    """Events of these outcomes at after < seq <= until, in order.

    Args:
        folder: the log's folder.
        after: begin behind this seq.
        until: end with this one.
        outcomes: by name.
    """
    for frame in scan(folder, after=after, until=until, outcomes=outcomes):
        for row in frame.select(STORED).rows():
            yield Happening(row[0], event_of(row))


def all_rows(folder: Path) -> AllRows:
    """Everything, for a query over the whole log; what is newer than the files is read into memory.

    Args:
        folder: the log's folder; empty where it has no log yet.
    """
    if not (folder / FILE_NAME).exists():
        return AllRows((), as_frame(SCHEMA.empty_table()).select(BOOKED), 0)
    hot = HotRows(folder)
    try:
        with hot.snapshot():
            segments = hot.segments()
            frames = [as_frame(SCHEMA.empty_table()).select(BOOKED)]
            after = segments[-1].last_seq if segments else 0
            newest = hot.position()
            begin = 0
            while rows := hot.read(begin, sys.maxsize, READ_ROWS):
                frames.append(as_frame(table_of(rows)).select(BOOKED))
                begin = int(rows[-1][0])
    finally:
        hot.close()
    return AllRows(tuple(folder / segment.path for segment in segments), pl.concat(frames), max(after, newest))
