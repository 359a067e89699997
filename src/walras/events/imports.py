"""The bulk way in: a frame of valid events becomes a segment of the log at once, without passing through rows."""

from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa

from walras.base import limits
from walras.base.clock import day_of
from walras.base.errors import Invalid, TooMuch, nearest
from walras.events.hot import HotRows
from walras.events.outcomes import Registry
from walras.events.rows import EVENT, STORED
from walras.events.segments import SCHEMA, as_frame, cold_lock, write_segment

_DEFAULTS: dict[str, tuple[pl.DataType, str | int | float | None]] = {
    "id": (pl.String(), ""),
    "time_ms": (pl.Int64(), 0),
    "person": (pl.String(), ""),
    "item": (pl.String(), ""),
    "owner": (pl.String(), ""),
    "outcome": (pl.String(), ""),
    "value": (pl.Float64(), 1.0),
    "surface": (pl.String(), ""),
    "page": (pl.String(), ""),
    "place": (pl.Int32(), -1),
    "context": (pl.String(), None),
}
# Keys looked up to see whether a frame was imported before: a frame with 1 % of known rows is found out almost surely.
_SAMPLE = 1_000


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a frame."""

    written: int
    duplicates: int
    position: int  # the log's position behind it


@dataclass(frozen=True, slots=True)
class Ready:
    """N events of an import, checked, with their ids and keys: what can be made before the log is asked anything."""

    events: pl.DataFrame
    keys: list[bytes]  # [N] ascending
    offsets: list[int]  # [N] the row of each key


def ready(frame: pl.DataFrame | pa.Table, registry: Registry) -> Ready:
    """Make a frame of events ready to be written, in any thread.

    Args:
        frame: columns `person`, `outcome` and `time_ms`, and any of `id`, `item`, `owner`, `value`, `surface`, `page`,
            `place` and `context` (JSON text). An empty or missing id is made of the content, as for single events.
        registry: known outcomes.

    Raises:
        TooMuch: more rows than one file holds.
        Invalid: a value that no importer should have let through.
    """
    events = with_ids(_complete(frame, registry))
    return Ready(events, *_keys(events["id"]))


def append_segment(folder: Path, given: Ready, now_ms: int) -> Imported:
    """Write events as one segment of the log.

    Args:
        folder: the log's folder.
        given: the events.
        now_ms: the present instant, which is when they arrive.

    Returns:
        How many were written, and how many were there before or came twice.

    Raises:
        Unable: the disk is full or does not answer; nothing is written.
    """
    hot = HotRows(folder)
    try:
        fresh = _without_known(hot, given)
        events = fresh.events
        with cold_lock(folder), hot.transaction():
            doubles = hot.claim_many(fresh.keys, fresh.offsets, len(events))
            if any(doubles):
                events = events.filter(~pl.Series(doubles))
            first = hot.last_seq() + 1
            if len(events):
                segment = write_segment(folder, day_of(now_ms), [_table(events, first, now_ms)])
                assert segment is not None
                hot.add_segment(segment)
                hot.set_last_seq(segment.last_seq)
        return Imported(len(events), len(given.events) - len(events), hot.position())
    finally:
        hot.close()


def _complete(frame: pl.DataFrame | pa.Table, registry: Registry) -> pl.DataFrame:
    """The frame with every column, typed; refused where a value is impossible."""
    given = frame if isinstance(frame, pl.DataFrame) else pl.from_arrow(frame)
    assert isinstance(given, pl.DataFrame)
    if len(given) > limits.SEGMENT_ROWS_MAX:
        raise TooMuch(f"{len(given)} rows at once", hint=f"Send at most {limits.SEGMENT_ROWS_MAX} at once.")
    for name in given.columns:
        if name not in _DEFAULTS:
            raise Invalid("is no column of an event", field=name, hint=nearest(name, _DEFAULTS))
    events = given.select(
        (pl.col(name).cast(kind).fill_null(default) if default is not None else pl.col(name).cast(kind)).alias(name)
        if name in given.columns
        else pl.lit(default, kind).alias(name)
        for name, (kind, default) in _DEFAULTS.items()
    )
    _refuse_impossible(events, registry)
    return events


def _refuse_impossible(events: pl.DataFrame, registry: Registry) -> None:
    for name in events["outcome"].unique().to_list():
        registry.named(name)
    checks = {
        "person": pl.col("person") == "",
        "time_ms": pl.col("time_ms") <= 0,
        "value": ~(pl.col("value").is_finite() & (pl.col("value") >= 0)),
    }
    for field, wrong in checks.items():
        bad = events.filter(wrong)
        if len(bad):
            raise Invalid(f"is impossible in {len(bad)} rows", field=field, value=bad[field][0])


def with_ids(events: pl.DataFrame) -> pl.DataFrame:
    """Events whose empty ids are made of their content, exactly as `intake.named` makes them.

    Args:
        events: all columns of an event, typed as in the log.
    """
    nameless = events["id"] == ""
    if not nameless.any():
        return events
    # Numbers are spelled by Python, since everybody else spells some of them otherwise (1e+16, 1e16).
    values = events["value"].unique()
    spelled = pl.DataFrame({"value": values, "spelled": [str(value) for value in values.to_list()]})
    parts = events.join(spelled, on="value", how="left", maintain_order="left").select(
        pl.concat_str(
            ["person", "item", "owner", "outcome", pl.col("time_ms").cast(pl.String), "spelled", "page", "place"],
            separator="\x1f",
        ).alias("id")
    )
    made = _duck("SELECT md5(id) AS id FROM parts", parts)["id"]
    return events.with_columns(id=pl.when(nameless).then(made).otherwise(pl.col("id")))


def _without_known(hot: HotRows, given: Ready) -> Ready:
    """The events, less those that are in the log already.

    Looked up before the write lock is taken, since an id once known stays known; and only where a sample says that
    it is worth it. What slips through is found again under the lock.
    """
    keys = given.keys
    if not hot.ids.held(keys[:: len(keys) // _SAMPLE + 1]):
        return given
    known = hot.ids.held(keys)
    fresh = sorted(offset for key, offset in zip(keys, given.offsets, strict=True) if key not in known)
    events = given.events[fresh]
    return Ready(events, *_keys(events["id"]))


def _keys(ids: pl.Series) -> tuple[list[bytes], list[int]]:
    """The keys of ids, as `rows.event_key` makes them one by one, ascending; and the row of each."""
    parts = ids.to_frame("id").with_row_index("offset")
    keyed = _duck('SELECT unhex(md5(id)) AS key, "offset" FROM parts', parts).sort("key", "offset")
    return keyed["key"].to_list(), keyed["offset"].to_list()


def _duck(query: str, parts: pl.DataFrame) -> pl.DataFrame:
    with duckdb.connect() as connection:
        connection.register("parts", parts.to_arrow())
        return as_frame(connection.sql(query).to_arrow_table())


def _table(events: pl.DataFrame, first: int, now_ms: int) -> pa.Table:
    whole = events.with_columns(
        seq=pl.int_range(first, first + len(events), dtype=pl.Int64),
        kind=pl.lit(EVENT),
        received_ms=pl.lit(now_ms, pl.Int64),
        body=pl.lit(None, pl.Binary),
    )
    return whole.select(STORED).to_arrow().cast(SCHEMA)
