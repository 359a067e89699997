"""Units of an experiment from the log: DuckDB over the Parquet files of closed days and the rows that are new.

A unit is counted in the arm it met first, from that instant on; units placed by name are left out. It was there on the
days on which it met an arm. The same outcomes of the two weeks before are kept beside, for CUPED.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from walras.base.clock import DAY_MS
from walras.events import all_rows
from walras.insight.experiments.meetings import ARM_BITS, ARMS_MAX, DAYS_MAX, Meetings, Numbered
from walras.insight.experiments.metrics import METRICS, Metric
from walras.insight.experiments.money import LEDGER, Money
from walras.schema import Floats, Longs
from walras.world import Trial

BEFORE_MS = 14 * DAY_MS
_COLUMNS = ("person", "item", "owner", "outcome", "value", "surface", "place", "time_ms", "context")
# Rows that are taken at once, and as many bytes of them as are read ahead meanwhile.
_BATCH_ROWS, _AHEAD = 100_000, "64MB"
_UNITS = {
    "person": "person",
    "item": "item",
    "owner": "owner",
    "campaign": "json_extract_string(context, '$.campaign')",
}


@dataclass(frozen=True, slots=True)
class Units:
    """N units as columns."""

    arm: Longs  # [N] number of the arm, rising
    days: Floats  # [N] days since it was met first, begun ones counted
    sums: Mapping[str, tuple[Floats, Floats]]  # by metric: [N] numerators, [N] denominators
    before: Mapping[str, Floats]  # by metric: [N] the numerator in the two weeks before
    mixed: int = 0  # units that met two arms, which are left out

    def of(self, metric: str, arm: int) -> tuple[Floats, Floats]:
        """Numerators and denominators of one arm."""
        numerator, denominator = self.sums[metric]
        chosen = self.span(arm)
        return numerator[chosen], denominator[chosen]

    def span(self, arm: int) -> slice:
        """Where the units of one arm stand."""
        low, high = np.searchsorted(self.arm, (arm, arm + 1)).tolist()
        return slice(low, high)


def read_units(
    folder: Path,
    trial: Trial,
    started_ms: int,
    until_ms: int,
    metrics: Sequence[Metric] = METRICS,
    money: Money | None = None,
) -> Units:
    """The units of an experiment.

    Args:
        folder: the log's folder.
        trial: as it was defined.
        started_ms: when it began.
        until_ms: what happened later is left out.
        metrics: that are wanted.
        money: of events by the ledger; none where it is left out.
    """
    since_ms = started_ms - BEFORE_MS
    day = str(np.datetime64(since_ms, "ms").astype("datetime64[D]"))
    outcomes = {*_wanted(metrics), "assignment", *(money.outcomes if money else ())}
    log = all_rows(folder, _columns(money), outcomes, day)
    return units_of(log.files, log.hot.to_arrow(), trial, (started_ms, until_ms), metrics, money)


def units_of(
    files: Sequence[Path],
    fresh: pa.Table,
    trial: Trial,
    span_ms: tuple[int, int],
    metrics: Sequence[Metric],
    money: Money | None = None,
) -> Units:
    """The same from named files and from rows in memory, each with the columns of the log.

    Args:
        files: Parquet files of the log.
        fresh: rows that lie in none of them.
        trial: as it was defined.
        span_ms: when it began, and what is left out as later.
        metrics: that are wanted.
        money: of events by the ledger; none where it is left out.
    """
    columns = ", ".join(_columns(money))
    with duckdb.connect() as database:
        database.execute(f"SET preserve_insertion_order = false; SET streaming_buffer_size = '{_AHEAD}'")
        database.register("fresh", fresh)
        rows = f"(SELECT {columns} FROM fresh)"
        if files:
            listed = ", ".join("'" + str(file).replace("'", "''") + "'" for file in files)
            cold = f"SELECT {columns} FROM read_parquet([{listed}])"
            rows = f"({cold} UNION ALL FROM {rows})" if fresh.num_rows else f"({cold})"
        meetings = Meetings()
        for batch in _batches(database.sql(_met(rows, trial, span_ms))):
            meetings.add(*batch)
        met = meetings.numbered()
        sums = np.zeros((2 * len(_wanted(metrics)), len(met.arm)))
        asked = [_happened(rows, trial, span_ms, _wanted(metrics))]
        if money and money.outcomes and LEDGER in _wanted(metrics):
            database.register("money", money.yuan.to_arrow())
            asked.append(_booked(rows, trial, span_ms, _wanted(metrics), money.outcomes))
        for each in asked:
            for batch in _batches(database.sql(each)):
                met.add(sums, *batch)
    return _as_units(met, sums.reshape(2, len(_wanted(metrics)), len(met.arm)), span_ms, metrics)


def _batches(asked: duckdb.DuckDBPyRelation) -> Iterator[list[Any]]:
    """Columns of a batch at a time, so that memory goes with units alone."""
    for batch in asked.to_arrow_reader(_BATCH_ROWS):
        yield [column.to_numpy(zero_copy_only=False) for column in batch.columns]


def _wanted(metrics: Sequence[Metric]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for metric in metrics for name in metric.outcomes))


def _met(rows: str, trial: Trial, span_ms: tuple[int, int]) -> str:
    """Each meeting: the hash of its unit, instant and arm in one number, and the bits of its day and arm."""
    unit = "person" if trial.unit == "person" else "json_extract_string(context, '$.unit')"
    day = f"(time_ms - {span_ms[0]}) // {DAY_MS}"
    return f"""
        SELECT {_hash(unit)}, (time_ms << {ARM_BITS}) | place,
               (CASE WHEN {day} < {DAYS_MAX} THEN 1::BIGINT << {day} ELSE 0 END) | (1::BIGINT << ({DAYS_MAX} + place))
        FROM {rows}
        WHERE outcome = 'assignment' AND surface = '{trial.name.replace("'", "''")}' AND value > 0
              AND time_ms BETWEEN {span_ms[0]} AND {span_ms[1]} AND place BETWEEN 0 AND {ARMS_MAX - 1}"""


def _happened(rows: str, trial: Trial, span_ms: tuple[int, int], outcomes: Sequence[str]) -> str:
    """Outcomes since the trial began and in the two weeks before: whose hash, how much, when, and which sum.

    What happened before has the instant 0: it counts whenever it was.
    """
    listed = _listed(outcomes)
    which = f"list_position([{listed}], outcome) - 1"
    return f"""
        SELECT {_summed(trial, span_ms, "value", which, len(outcomes))}
        FROM {rows}
        WHERE {_within(trial, span_ms, outcomes)} AND value IS NOT NULL"""


def _booked(rows: str, trial: Trial, span_ms: tuple[int, int], outcomes: Sequence[str], led: Sequence[str]) -> str:
    """The same of money in the ledger: it belongs to whoever did what an entry follows from, at that instant."""
    which = str(outcomes.index(LEDGER))
    return f"""
        SELECT {_summed(trial, span_ms, "money.yuan", which, len(outcomes))}
        FROM {rows} AS seen JOIN money ON seen.id = money.event
        WHERE {_within(trial, span_ms, led)}"""


def _summed(trial: Trial, span_ms: tuple[int, int], value: str, which: str, outcomes: int) -> str:
    is_before = f"time_ms < {span_ms[0]}"
    return f"""{_hash(_unit(trial))}, {value}, CASE WHEN {is_before} THEN 0 ELSE time_ms END,
               ({which} + CASE WHEN {is_before} THEN {outcomes} ELSE 0 END)::BIGINT"""


def _within(trial: Trial, span_ms: tuple[int, int], outcomes: Sequence[str]) -> str:
    between = f"time_ms BETWEEN {span_ms[0] - BEFORE_MS} AND {span_ms[1]}"
    return f"outcome IN ({_listed(outcomes)}) AND {between} AND {_unit(trial)} IS NOT NULL"


def _unit(trial: Trial) -> str:
    window = f"coalesce(json_extract_string(context, '$.city'), '') || '@' || (time_ms // {trial.window_ms})"
    return _UNITS.get(trial.unit, window)


def _listed(names: Sequence[str]) -> str:
    return ", ".join("'" + name.replace("'", "''") + "'" for name in names)


def _columns(money: Money | None) -> tuple[str, ...]:
    return _COLUMNS if money is None else (*_COLUMNS, "id")


def _hash(unit: str) -> str:
    return f"(hash({unit}) >> 1)::BIGINT"


def _as_units(met: Numbered, sums: Floats, span_ms: tuple[int, int], metrics: Sequence[Metric]) -> Units:
    days = ((span_ms[1] - met.first_ms) // DAY_MS + 1).astype(np.float64)
    after, past = (dict(zip(_wanted(metrics), each, strict=True)) for each in sums)
    whole = min(int((span_ms[1] - span_ms[0]) // DAY_MS), DAYS_MAX)
    found: dict[str, tuple[Floats, Floats]] = {}
    before: dict[str, Floats] = {}
    for metric in metrics:
        if metric.outcomes:
            found[metric.name] = (_weighted(after, metric, len(days)), days)
            before[metric.name] = _weighted(past, metric, len(days))
        else:
            found[metric.name] = _of_days(metric, met.there, days, whole)
    return Units(met.arm, days, found, before, met.mixed)


def _weighted(sums: Mapping[str, Floats], metric: Metric, n: int) -> Floats:
    parts = [sums[name] if weight == 1.0 else weight * sums[name] for name, weight in metric.outcomes.items()]
    return parts[0] if len(parts) == 1 else np.sum(parts, axis=0, initial=0.0) if parts else np.zeros(n)


def _of_days(metric: Metric, there: Longs, days: Floats, whole: int) -> tuple[Floats, Floats]:
    """Days of being there, of those enrolled; or those followed by a return, of those whose next day is over."""
    if metric.days == "active":
        return np.bitwise_count(there).astype(np.float64), np.minimum(days, DAYS_MAX)
    over = there & ((1 << max(whole - 1, 0)) - 1)
    return np.bitwise_count(over & (there >> 1)).astype(np.float64), np.bitwise_count(over).astype(np.float64)
