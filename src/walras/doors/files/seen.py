"""When each item was first part of somebody's behaviour, read from files before they are imported."""

from collections.abc import Sequence

import polars as pl

from walras.doors.files.formats import Part
from walras.doors.files.mapping import Mapping
from walras.doors.files.shapes import read
from walras.doors.files.times import instants_ms


def first_seen(parts: Sequence[Part]) -> dict[str, int]:
    """The earliest time of each item, in milliseconds UTC.

    A catalogue without dates would else be new on the day of its import, and every old item would pass for fresh.

    Args:
        parts: files of behaviour; each is read once more for this, its items and times alone.
    """
    known = pl.DataFrame(schema={"item": pl.String, "time_ms": pl.Int64})
    for part in parts:
        whole = part.mapping
        if not (whole.item and whole.time):
            continue
        narrow = Mapping(item=whole.item, time=whole.time, time_unit=whole.time_unit, zone=whole.zone)
        for table in read(Part(part.path, part.format, part.kind, part.layout, narrow, part.reason)):
            times = instants_ms(table.rows[whole.time], whole.time_unit, whole.zone)
            pairs = pl.DataFrame({"item": table.rows[whole.item], "time_ms": times})
            together = pl.concat([known, pairs.filter(pl.col("time_ms") > 0)])
            known = together.group_by("item").agg(pl.col("time_ms").min())
    return dict(known.iter_rows())
