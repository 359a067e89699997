"""The cold part of the log: Parquet files of closed days and of imports, in the order of `seq`.

A file lies at `cold/day=YYYY-MM-DD/part-<first seq>-<last seq>.parquet`, the day being that of arrival, and holds the
columns of `rows.STORED`. DuckDB, polars, Ray Data and Spark read the folder as a hive-partitioned table:
`SELECT * FROM read_parquet('…/log/cold/*/*.parquet', hive_partitioning = true) WHERE kind = 'event'`.

The database says which files belong to the log. A file is written beside, flushed, moved into its place, and is then
named by a transaction; what no transaction named is the remainder of a crash, and is removed at the next start.
"""

import fcntl
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from walras.base import limits
from walras.base.errors import Corrupt
from walras.events import trouble
from walras.events.hot import HotRows, Segment
from walras.events.rows import EVENT, STORED, Row, decode_body, make_batch, stretch_length
from walras.events.text_columns import TextColumn
from walras.schema import Batch, EventColumns

COLD = "cold"
_WRITING = "writing"
# A reader takes one group of rows at a time into memory.
GROUP_ROWS = 50_000
SCHEMA = pa.schema(
    [
        ("seq", pa.int64()),
        ("kind", pa.string()),
        ("id", pa.string()),
        ("time_ms", pa.int64()),
        ("received_ms", pa.int64()),
        ("person", pa.string()),
        ("item", pa.string()),
        ("owner", pa.string()),
        ("outcome", pa.string()),
        ("value", pa.float64()),
        ("surface", pa.string()),
        ("page", pa.string()),
        ("place", pa.int32()),
        ("context", pa.string()),
        ("body", pa.binary()),
    ]
)
_TEXTS = ("person", "item", "owner", "outcome", "surface", "page")
# What a stretch of the log is made of: an event's id and its context are for those who look it up.
STRETCH = ("seq", "kind", "time_ms", *_TEXTS, "value", "place", "body")
# Ids differ in every row, so a dictionary of them is only in the way.
_DICTIONARIES = ["kind", "person", "item", "owner", "outcome", "surface", "page"]


@contextmanager
def cold_lock(folder: Path, wait: bool = True) -> Iterator[bool]:
    """Hold the right to write segments; one process at a time.

    Yields:
        True; or False where another holds it and we do not wait.
    """
    fd = os.open(folder / "cold.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
    finally:
        os.close(fd)


def table_of(rows: list[Row]) -> pa.Table:
    """Stored rows as a table."""
    columns = list(zip(*rows, strict=True)) or [()] * len(STORED)
    by_name = dict(zip(STORED, columns, strict=True))
    by_name["context"] = tuple(None if c is None else bytes(c).decode() for c in by_name["context"])
    return pa.table({name: pa.array(by_name[name], SCHEMA.field(name).type) for name in STORED}, SCHEMA)


def write_segment(folder: Path, day: str, tables: Iterable[pa.Table]) -> Segment | None:
    """Write tables as one file in its place, flushed. It is no part of the log before the database names it.

    Args:
        folder: the log's folder.
        day: the day of arrival.
        tables: rows in the order of `seq`; each becomes one or more groups of rows.

    Returns:
        The segment, None where there were no rows.

    Raises:
        Unable: the disk is full or does not answer.
    """
    scratch = folder / _WRITING / f"{os.getpid()}-{os.urandom(6).hex()}.parquet"
    try:
        scratch.parent.mkdir(exist_ok=True)
        span = _write_tables(scratch, tables)
        if span is None:
            scratch.unlink()
            return None
        first, last, rows = span
        place = folder / COLD / f"day={day}" / f"part-{first:012d}-{last:012d}.parquet"
        if place.exists():  # A file rewritten without a person's rows may span the same seqs.
            place = place.with_suffix(f".{os.urandom(4).hex()}.parquet")
        place.parent.mkdir(parents=True, exist_ok=True)
        scratch.rename(place)
        for changed in (place.parent, place.parent.parent, folder):
            _flush(changed)
        return Segment(first, last, day, str(place.relative_to(folder)), rows)
    except OSError as error:
        scratch.unlink(missing_ok=True)
        raise trouble.of_disk(error, folder) from error


def _write_tables(path: Path, tables: Iterable[pa.Table]) -> tuple[int, int, int] | None:
    """Write and flush; the first and last seq and the number of rows."""
    first = last = None
    rows = 0
    with pq.ParquetWriter(path, SCHEMA, compression="zstd", use_dictionary=_DICTIONARIES) as out:
        for table in tables:
            if not table.num_rows:
                continue
            first = table["seq"][0].as_py() if first is None else first
            last = table["seq"][-1].as_py()
            rows += table.num_rows
            out.write_table(table, row_group_size=GROUP_ROWS)
    _flush(path)
    return None if first is None or last is None else (first, last, rows)


def _flush(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def remove_orphans(folder: Path, hot: HotRows) -> list[Path]:
    """Remove files that no transaction named, unless another process is writing segments just now."""
    with cold_lock(folder, wait=False) as ours:
        if not ours:
            return []
        known = {segment.path for segment in hot.segments()}
        found = [p for p in (folder / COLD).glob("*/*.parquet") if str(p.relative_to(folder)) not in known]
        found += (folder / _WRITING).glob("*.parquet")
        for path in found:
            path.unlink(missing_ok=True)
        return found


class ColdReader:
    """Reads segments onwards; keeps the last group of rows, since the next read most often goes on in it."""

    def __init__(self, folder: Path, columns: Sequence[str] = STORED) -> None:
        """Read these columns, `seq` among them, of segments of the log in `folder`."""
        assert "seq" in columns
        self._folder = folder
        self._columns = list(columns)
        self._held: tuple[str, int] = ("", -1)
        self._group = pl.DataFrame()

    def read(self, segment: Segment, after: int, limit: int) -> pl.DataFrame:
        """Rows of a segment behind `after`, in order, from one group of rows; empty where there are none.

        Raises:
            FileNotFoundError: it was rewritten meanwhile.
            Corrupt: the file is not what was written.
        """
        file = open_segment(self._folder, segment)
        with file:
            for index in range(file.num_row_groups):
                if file.metadata.row_group(index).column(0).statistics.max > after:
                    break
            else:
                return as_frame(SCHEMA.empty_table()).select(self._columns)
            if self._held != (segment.path, index):
                self._group = as_frame(file.read_row_group(index, columns=self._columns))
                self._held = (segment.path, index)
        start = int(np.searchsorted(self._group["seq"].to_numpy(), after, side="right"))
        return self._group.slice(start, limit)


def open_segment(folder: Path, segment: Segment) -> Any:
    """The Parquet file of a segment.

    Raises:
        FileNotFoundError: it was rewritten meanwhile.
        Corrupt: the file is not what was written.
    """
    path = folder / segment.path
    try:
        file = pq.ParquetFile(path)
    except FileNotFoundError:
        raise
    except (OSError, pa.ArrowInvalid) as error:
        hint = "Put back a copy of this file; the rest of the log is readable."
        raise Corrupt(f"a segment is damaged ({error})", field="log", value=str(path), hint=hint) from error
    if file.metadata.num_rows != segment.rows or not SCHEMA.equals(file.schema_arrow):
        raise Corrupt("a segment is not what was written", field="log", value=str(path), hint="Put back a copy of it.")
    return file


def missing_segment(folder: Path, segment: Segment) -> Corrupt:
    """The error that a file named by the database is not there."""
    return Corrupt(
        "a segment is missing", field="log", value=str(folder / segment.path), hint="Put back a copy of this file."
    )


def person_rows(folder: Path, segment: Segment, person: str) -> pl.DataFrame:
    """A person's events in a segment, in order."""
    file = open_segment(folder, segment)
    parts = []
    with file:
        for index in range(file.num_row_groups):
            hers = pc.equal(file.read_row_group(index, columns=["person"])["person"], person)
            if pc.any(hers).as_py():
                parts.append(file.read_row_group(index).filter(hers))
    frame = as_frame(pa.concat_tables(parts) if parts else SCHEMA.empty_table())
    return frame.filter(pl.col("kind") == EVENT)


def frame_batch(frame: pl.DataFrame) -> Batch | None:
    """The first stretch of some rows of a segment; None where there are none."""
    if frame.is_empty():
        return None
    is_event = frame["kind"] == EVENT
    if is_event.all():
        return make_batch(int(frame["seq"][-1]), _columns(frame), ())
    frame = frame.head(_rows_in_memory(frame))
    frame = frame.head(stretch_length(frame["kind"].to_list()))
    events = frame.filter(pl.col("kind") == EVENT)
    bodies = frame.filter(pl.col("kind") != EVENT)["body"].to_list()
    return make_batch(int(frame["seq"][-1]), _columns(events), (decode_body(body) for body in bodies))


def _columns(events: pl.DataFrame) -> EventColumns:
    return EventColumns(
        seq=events["seq"].to_numpy(),
        time_ms=events["time_ms"].to_numpy(),
        value=events["value"].to_numpy(),
        place=events["place"].cast(pl.Int32).to_numpy(),
        **{name: TextColumn(events[name]) for name in _TEXTS},
    )


def stored_rows(frame: pl.DataFrame) -> list[Row]:
    """Rows of a segment as stored rows."""
    return frame.select(STORED).rows()


def _rows_in_memory(frame: pl.DataFrame) -> int:
    """How many leading rows have bodies that fit in memory together; at least one."""
    if frame["body"].null_count() == len(frame):
        return len(frame)
    sizes = frame["body"].bin.size().fill_null(0).cum_sum().to_numpy()
    return max(1, int(np.searchsorted(sizes, limits.STRETCH_BYTES_MAX)))


def as_frame(table: pa.Table) -> pl.DataFrame:
    """A table as a frame, without copying."""
    return cast(pl.DataFrame, pl.from_arrow(table))
