"""Events whole, with their ids and contexts, for those who must name each: the ledger's loop and the books.

The log's own readers leave both out, since nobody who serves needs them.
"""

import sys
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from walras.events.hot import FILE_NAME, HotRows
from walras.events.rows import EVENT, STORED, event_of
from walras.events.scan import scan
from walras.events.segments import SCHEMA, as_frame, table_of
from walras.schema import Happening

READ_ROWS = 50_000
# What the books read of a row; pages are counted, and so other kinds than events are among them.
BOOKED = ("seq", "kind", "id", "time_ms", "person", "item", "owner", "outcome", "value", "surface")


@dataclass(frozen=True, slots=True)
class AllRows:
    """Every row of the log at one moment: files of closed days, and a frame of what is newer."""

    files: tuple[Path, ...]  # Parquet, with all columns of the log
    hot: pl.DataFrame  # of the columns that were asked for
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


def all_rows(
    folder: Path, columns: Sequence[str] = BOOKED, outcomes: Collection[str] | None = None, day: str = ""
) -> AllRows:
    """Everything at one moment, for a query over the whole log; what is newer than the files is read into memory.

    Args:
        folder: the log's folder; empty where it has no log yet.
        columns: of the newer rows, which of `rows.STORED`.
        outcomes: of the newer rows, events of these only; None: every row.
        day: files of days of arrival before this one (`YYYY-MM-DD`) are left out.
    """
    nothing = as_frame(SCHEMA.empty_table()).select(columns)
    if not (folder / FILE_NAME).exists():
        return AllRows((), nothing, 0)
    wanted = pl.lit(True) if outcomes is None else (pl.col("kind") == EVENT) & pl.col("outcome").is_in([*outcomes])
    hot = HotRows(folder)
    try:
        with hot.snapshot():
            segments = hot.segments()
            frames = [nothing]
            after = segments[-1].last_seq if segments else 0
            newest = hot.position()
            begin = 0
            while rows := hot.read(begin, sys.maxsize, READ_ROWS):
                frames.append(as_frame(table_of(rows)).filter(wanted).select(columns))
                begin = int(rows[-1][0])
    finally:
        hot.close()
    return AllRows(
        tuple(folder / segment.path for segment in segments if segment.day >= day),
        pl.concat(frames),
        max(after, newest),
    )
