"""Units of an experiment from the log: DuckDB over the Parquet files of closed days and the rows that are new.

A unit is counted in the arm it met first, from that instant on; units placed by name are left out. It was there on the
days on which it met an arm. The same outcomes of the two weeks before are kept beside, for CUPED.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from walras.base.clock import DAY_MS
from walras.events import all_rows
from walras.insight.experiments.metrics import METRICS, Metric
from walras.schema import Floats, Longs
from walras.world import Trial

BEFORE_MS = 14 * DAY_MS
# One whole number holds the days on which a unit was there, and the arms it met above them.
DAYS_MAX, ARMS_MAX = 43, 20
_COLUMNS = ("person", "item", "owner", "outcome", "value", "surface", "place", "time_ms", "context")
# Rows of outcomes that are added up at once.
_BATCH_ROWS = 1_000_000
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
    log = all_rows(folder, _COLUMNS, {*_wanted(metrics), "assignment"}, day)
    return units_of(log.files, log.hot.to_arrow(), trial, (started_ms, until_ms), metrics)


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
        met = database.execute("SELECT met, mask FROM met ORDER BY rowid").fetchnumpy()
        happened = database.sql(_happened(rows, trial, span_ms, _wanted(metrics)))
        sums = _added(happened, len(met["met"]), len(_wanted(metrics)))
    return _as_units(met["met"], met["mask"], sums, span_ms, metrics)


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
    """Outcomes after the first meeting and in the two weeks before the trial: which unit's, which sum, how much."""
    window = f"coalesce(json_extract_string(context, '$.city'), '') || '@' || (time_ms // {trial.window_ms})"
    unit = _UNITS.get(trial.unit, window)
    listed = ", ".join("'" + name.replace("'", "''") + "'" for name in outcomes)
    return f"""
        SELECT met.rowid::BIGINT AS unit, value,
               (list_position([{listed}], outcome) - 1
                + CASE WHEN time_ms < {span_ms[0]} THEN {len(outcomes)} ELSE 0 END)::BIGINT AS sum
        FROM {rows} AS seen JOIN met ON hash({unit}) = met.unit
        WHERE outcome IN ({listed}) AND time_ms BETWEEN {span_ms[0] - BEFORE_MS} AND {span_ms[1]}
              AND (time_ms < {span_ms[0]} OR time_ms >= met // 32)"""


def _added(happened: duckdb.DuckDBPyRelation, units: int, outcomes: int) -> Floats:
    """[2, H, N] sums of each outcome after and before; a batch at a time, so that memory goes with units alone."""
    sums = np.zeros(2 * outcomes * units)
    for batch in happened.to_arrow_reader(_BATCH_ROWS):
        unit, value, which = (batch.column(name).to_numpy(zero_copy_only=False) for name in ("unit", "value", "sum"))
        np.add.at(sums, which * units + unit, value)
    return sums.reshape(2, outcomes, units)


def _as_units(met: Longs, mask: Longs, sums: Floats, span_ms: tuple[int, int], metrics: Sequence[Metric]) -> Units:
    arms = mask >> DAYS_MAX
    in_one = (arms & (arms - 1)) == 0
    kept = slice(None) if in_one.all() else in_one
    there = mask[kept] & ((1 << DAYS_MAX) - 1)
    days = ((span_ms[1] - (met[kept] >> 5)) // DAY_MS + 1).astype(np.float64)
    names = _wanted(metrics)
    after, past = ({name: each[n][kept] for n, name in enumerate(names)} for each in sums)
    whole = min(int((span_ms[1] - span_ms[0]) // DAY_MS), DAYS_MAX)
    found: dict[str, tuple[Floats, Floats]] = {}
    before: dict[str, Floats] = {}
    for metric in metrics:
        if metric.outcomes:
            found[metric.name] = (_weighted(after, metric, len(days)), days)
            before[metric.name] = _weighted(past, metric, len(days))
        else:
            found[metric.name] = _of_days(metric, there, days, whole)
    return Units(met[kept] & 31, days, found, before, int((~in_one).sum()))


def _weighted(sums: Mapping[str, Floats], metric: Metric, n: int) -> Floats:
    parts = [sums[name] if weight == 1.0 else weight * sums[name] for name, weight in metric.outcomes.items()]
    return parts[0] if len(parts) == 1 else np.sum(parts, axis=0, initial=0.0) if parts else np.zeros(n)


def _of_days(metric: Metric, there: Longs, days: Floats, whole: int) -> tuple[Floats, Floats]:
    """Days of being there, of those enrolled; or those followed by a return, of those whose next day is over."""
    if metric.days == "active":
        return np.bitwise_count(there).astype(np.float64), np.minimum(days, DAYS_MAX)
    over = there & ((1 << max(whole - 1, 0)) - 1)
    return np.bitwise_count(over & (there >> 1)).astype(np.float64), np.bitwise_count(over).astype(np.float64)
