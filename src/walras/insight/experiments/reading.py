"""Units of an experiment from the log: DuckDB over the Parquet files of closed days and the rows that are new.

A unit is counted in the arm it met first, from that instant on; units placed by name are left out. The same outcomes of
the two weeks before are kept beside, for CUPED.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from walras.base.clock import DAY_MS
from walras.events import cold_files, hot_frame
from walras.insight.experiments.metrics import METRICS, Metric
from walras.schema import Floats, Longs
from walras.world import Trial

BEFORE_MS = 14 * DAY_MS
# One whole number holds the days on which a unit was there, and the arms it met above them.
DAYS_MAX, ARMS_MAX = 43, 20
_COLUMNS = ("person", "item", "owner", "outcome", "value", "surface", "place", "time_ms", "context")
# What says that a unit was there on a day.
_THERE = ("exposure", "watch")
_UNITS = {
    "person": "person",
    "item": "item",
    "owner": "owner",
    "campaign": "json_extract_string(context, '$.campaign')",
}


@dataclass(frozen=True, slots=True)
class Units:
    """N units as columns."""

    arm: Longs  # [N] number of the arm
    days: Floats  # [N] days since it was met first, begun ones counted
    sums: Mapping[str, tuple[Floats, Floats]]  # by metric: [N] numerators, [N] denominators
    before: Mapping[str, Floats]  # by metric: [N] the numerator in the two weeks before
    mixed: int = 0  # units that met two arms, which are left out

    def of(self, metric: str, arm: int) -> tuple[Floats, Floats]:
        """Numerators and denominators of one arm."""
        chosen = self.arm == arm
        numerator, denominator = self.sums[metric]
        return numerator[chosen], denominator[chosen]


def read_units(
    folder: Path, trial: Trial, started_ms: int, until_ms: int, metrics: Sequence[Metric] = METRICS
) -> Units:
    """The units of an experiment.

    Args:
        folder: the log's folder.
        trial: as it was defined.
        started_ms: when it began.
        until_ms: what happened later is left out.
        metrics: that are wanted.
    """
    since_ms = started_ms - BEFORE_MS
    day = str(np.datetime64(since_ms, "ms").astype("datetime64[D]"))
    files, wanted = cold_files(folder), {*_wanted(metrics), *_THERE, "assignment"}
    fresh = hot_frame(folder, _COLUMNS, wanted)
    # Rows that were moved into a file between the two looks would be missing in both.
    while (now := cold_files(folder)) != files:
        files, fresh = now, hot_frame(folder, _COLUMNS, wanted)
    return units_of(cold_files(folder, day), fresh.to_arrow(), trial, (started_ms, until_ms), metrics)


def units_of(
    files: Sequence[Path], fresh: pa.Table, trial: Trial, span_ms: tuple[int, int], metrics: Sequence[Metric]
) -> Units:
    """The same from named files and from rows in memory, each with the columns of the log.

    Args:
        files: Parquet files of the log.
        fresh: rows that lie in none of them.
        trial: as it was defined.
        span_ms: when it began, and what is left out as later.
        metrics: that are wanted.
    """
    with duckdb.connect() as database:
        database.execute("SET preserve_insertion_order = false")
        database.register("fresh", fresh)
        rows = f"(SELECT {', '.join(_COLUMNS)} FROM fresh)"
        if files:
            listed = ", ".join("'" + str(file).replace("'", "''") + "'" for file in files)
            cold = f"SELECT {', '.join(_COLUMNS)} FROM read_parquet([{listed}])"
            rows = f"({cold} UNION ALL FROM {rows})" if fresh.num_rows else f"({cold})"
        database.execute(_met(rows, trial, span_ms))
        database.execute(_happened(rows, trial, span_ms, _wanted(metrics)))
        found = database.execute("SELECT * FROM met LEFT JOIN happened USING (unit)").fetchnumpy()
    return _as_units({name: np.ma.filled(column, 0) for name, column in found.items()}, span_ms, metrics)


def _wanted(metrics: Sequence[Metric]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for metric in metrics for name in metric.outcomes))


def _met(rows: str, trial: Trial, span_ms: tuple[int, int]) -> str:
    """The first meeting of each unit in one number, instant and arm, and its days and arms in another.

    Units are grouped by their hash: 5 million of 64 bits have a collision in one log of a million.
    """
    unit = "person" if trial.unit == "person" else "json_extract_string(context, '$.unit')"
    day = f"least(greatest(time_ms - {span_ms[0]}, 0) // {DAY_MS}, 62)"
    return f"""
        CREATE TEMP TABLE met AS
        SELECT hash({unit}) AS unit, min(time_ms * 32 + place) AS met,
               bit_or((CASE WHEN {day} < {DAYS_MAX} THEN 1::BIGINT << {day} ELSE 0 END)
                      | (1::BIGINT << ({DAYS_MAX} + place))) AS mask
        FROM {rows}
        WHERE outcome = 'assignment' AND surface = '{trial.name.replace("'", "''")}' AND value > 0
              AND time_ms BETWEEN {span_ms[0]} AND {span_ms[1]} AND place BETWEEN 0 AND {ARMS_MAX - 1}
        GROUP BY ALL"""


def _happened(rows: str, trial: Trial, span_ms: tuple[int, int], outcomes: Sequence[str]) -> str:
    """Sums of each outcome after the first meeting and in the two weeks before the trial, and days of being there."""
    window = f"coalesce(json_extract_string(context, '$.city'), '') || '@' || (time_ms // {trial.window_ms})"
    unit = _UNITS.get(trial.unit, window)
    names = [name.replace("'", "''") for name in outcomes]
    sums = "".join(
        f""", sum(value) FILTER (outcome = '{name}' AND time_ms >= met // 32) AS "s{n}"
            , sum(value) FILTER (outcome = '{name}' AND time_ms < {span_ms[0]}) AS "b{n}" """
        for n, name in enumerate(names)
    )
    day = f"least(greatest(time_ms - {span_ms[0]}, 0) // {DAY_MS}, 62)"
    listed = ", ".join(f"'{name}'" for name in (*names, *_THERE))
    return f"""
        CREATE TEMP TABLE happened AS
        SELECT met.unit, bit_or(1::BIGINT << {day}) FILTER (time_ms >= met // 32 AND {day} < {DAYS_MAX}) AS there {sums}
        FROM {rows} AS seen JOIN met ON hash({unit}) = met.unit
        WHERE outcome IN ({listed}) AND time_ms BETWEEN {span_ms[0] - BEFORE_MS} AND {span_ms[1]}
        GROUP BY ALL"""


def _as_units(found: Mapping[str, Floats], span_ms: tuple[int, int], metrics: Sequence[Metric]) -> Units:
    mask, met = found["mask"].astype(np.int64), found["met"].astype(np.int64)
    arms = mask >> DAYS_MAX
    kept = (arms & (arms - 1)) == 0
    there = (mask[kept] & ((1 << DAYS_MAX) - 1)) | found["there"][kept].astype(np.int64)
    days = ((span_ms[1] - (met[kept] >> 5)) // DAY_MS + 1).astype(np.float64)
    wanted = {name: n for n, name in enumerate(_wanted(metrics))}
    after = {name: found[f"s{n}"][kept].astype(np.float64) for name, n in wanted.items()}
    past = {name: found[f"b{n}"][kept].astype(np.float64) for name, n in wanted.items()}
    whole = min(int((span_ms[1] - span_ms[0]) // DAY_MS), DAYS_MAX)
    sums: dict[str, tuple[Floats, Floats]] = {}
    before: dict[str, Floats] = {}
    for metric in metrics:
        if metric.outcomes:
            sums[metric.name] = (_weighted(after, metric, len(days)), days)
            before[metric.name] = _weighted(past, metric, len(days))
        else:
            sums[metric.name] = _of_days(metric, there, days, whole)
    return Units(met[kept] & 31, days, sums, before, int((~kept).sum()))


def _weighted(sums: Mapping[str, Floats], metric: Metric, n: int) -> Floats:
    total = np.zeros(n)
    for name, weight in metric.outcomes.items():
        total += weight * sums[name]
    return total


def _of_days(metric: Metric, there: Longs, days: Floats, whole: int) -> tuple[Floats, Floats]:
    """Days of being there, of those enrolled; or those followed by a return, of those whose next day is over."""
    if metric.days == "active":
        return np.bitwise_count(there).astype(np.float64), np.minimum(days, DAYS_MAX)
    over = there & ((1 << max(whole - 1, 0)) - 1)
    return np.bitwise_count(over & (there >> 1)).astype(np.float64), np.bitwise_count(over).astype(np.float64)
