"""[exp.*] and [ope.*] Whether what experiments say holds: alarms where nothing is, coverage, interference, and speed.

Truths are known because they were made: skewed data in which many are zero, such as seconds watched; ratios; clusters.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from bench import bandit, markets
from walras.base.clock import DAY_MS
from walras.events.segments import GROUP_ROWS, SCHEMA
from walras.insight.experiments import (
    METRICS,
    Estimate,
    difference,
    needed_metrics,
    ratio_difference,
    report_of,
    sequence,
    totals,
    units_of,
)
from walras.world import Arm, Guard, Reader, Trial, TrialStatus

COMMAND = "python -m bench experiments"
TESTS, SEEDS, LOOKS = 1_000, 40, 20
# Of 673 million monthly people 376 million come on a day; so many people in four weeks give 50 million exposures.
PEOPLE, DAYS, EXPOSURES, OUTCOMES = 3_200_000, 28, 50_000_000, 10_000_000
START_MS = 20_000 * DAY_MS
TRIAL = Trial(
    name="tried",
    arms=(Arm("as before"), Arm("more", 1.0, {"feed.fresh_share": 0.2})),
    guards=(Guard("watch_minutes"),),
    planned=EXPOSURES,
)
Row = dict[str, Any]
Rng = np.random.Generator
Floats = np.ndarray


def run() -> list[Row]:
    """Rows for the report."""
    return [*_alarms(), *_peeking(), *_coverage(), *_interference(), *_off_policy(), *_idle(), *_readout()]


def _row(
    id: str, value: float | None, unit: str, target: str = "", note: str = "", baseline: float | None = None
) -> Row:
    row = {"id": id, "value": value, "unit": unit, "target": target, "baseline": baseline, "ratio": None}
    return row | {"command": COMMAND, "note": note}


# ---------------------------------------------------------------- data whose truth is known


def watch(rng: Rng, n: int, times: float = 1.0) -> Floats:
    """Seconds watched: four in ten watch nothing, few very long."""
    return np.where(rng.random(n) < 0.4, 0.0, rng.lognormal(3.0, 1.2, n) * times)


def _skewed(rng: Rng) -> tuple[Estimate, float]:
    return difference(watch(rng, 2_000), watch(rng, 2_000, 1.1)), 0.1 * 0.6 * float(np.exp(3.0 + 1.2**2 / 2))


def _rare(rng: Rng) -> tuple[Estimate, float]:
    """Orders: one person in thirty pays, and what she pays is skewed."""

    def paid(share: float) -> Floats:
        return np.where(rng.random(5_000) < share, rng.lognormal(4.0, 0.8, 5_000), 0.0)

    return difference(paid(0.03), paid(0.036)), 0.006 * float(np.exp(4.0 + 0.8**2 / 2))


def _ratio(rng: Rng) -> tuple[Estimate, float]:
    """Minutes a day, where who comes on more days also watches longer."""

    def arm(times: float) -> tuple[Floats, Floats]:
        taste = rng.lognormal(0.0, 0.5, 1_000)
        days = 1.0 + rng.poisson(3.0 * taste)
        return rng.gamma(2.0, 5.0, 1_000) * taste * days * times, days

    mean, days = np.exp(0.125), np.exp(0.5)
    return ratio_difference(arm(1.0), arm(1.1)), 0.1 * 10.0 * (mean + 3.0 * days) / (1.0 + 3.0 * mean)


def _clusters(rng: Rng) -> tuple[Estimate, float]:
    """Whole circles of friends in one arm, alike among each other."""

    def arm(shift: float) -> tuple[Floats, Floats]:
        cluster = np.repeat(np.arange(60), rng.integers(5, 40, 60))
        return totals(rng.normal(shift, 1, 60)[cluster] + rng.exponential(1.0, len(cluster)), cluster)

    return ratio_difference(arm(0.0), arm(0.5)), 0.5


KINDS: dict[str, Callable[[Rng], tuple[Estimate, float]]] = {
    "watch": _skewed,
    "orders": _rare,
    "ratio": _ratio,
    "clusters": _clusters,
}


def _alarms() -> list[Row]:
    rng = np.random.default_rng(1)
    found = np.mean([difference(watch(rng, 2_000), watch(rng, 2_000)).p < 0.05 for _ in range(TESTS)])
    note = f"{TESTS} A/A tests of seconds watched, 2,000 people an arm, one look; the target is 5 % ± 1.4 %"
    return [_row("exp.aa_false_alarm", round(100 * float(found), 2), "%", "<= 6.4", note)]


def _peeking() -> list[Row]:
    rng, always, once = np.random.default_rng(2), 0, 0
    sizes = np.linspace(400, 6_000, LOOKS).astype(int)
    for _ in range(TESTS):
        one, other = watch(rng, 6_000), watch(rng, 6_000)
        looks = [difference(one[:n], other[:n]) for n in sizes]
        once += any(look.p < 0.05 for look in looks)
        always += any(sequence(look, n / 6_000).p < 0.05 for look, n in zip(looks, sizes, strict=True))
    note = f"{TESTS} A/A tests looked at {LOOKS} times; beside it plain intervals at the same looks"
    return [_row("exp.aa_peek", round(100 * always / TESTS, 2), "%", "<= 5", note, round(100 * once / TESTS, 1))]


def _coverage() -> list[Row]:
    rng, covered = np.random.default_rng(3), {}
    for name, make in KINDS.items():
        found = [make(rng) for _ in range(TESTS)]
        covered[name] = float(np.mean([each.low <= truth <= each.high for each, truth in found]))
    worst = min(covered.values(), key=lambda share: -abs(share - 0.95))
    note = f"the farthest from 95 of {', '.join(f'{name} {100 * share:.1f}' for name, share in covered.items())}"
    return [_row("exp.coverage", round(100 * worst, 2), "%", "93 to 97", note)]


def _interference() -> list[Row]:
    rows = []
    found = {name: markets.biases(name, SEEDS) for name in markets.MARKETS}
    for which in ("naive", "design"):
        each = ", ".join(f"{name} {100 * bias[which]:.1f} %" for name, bias in found.items())
        note = f"mean error over {SEEDS} seeds as a share of the true effect; the worst of {each}"
        worst = max(bias[which] for bias in found.values())
        rows.append(_row(f"exp.interference_bias_{which}", round(worst, 4), "of the effect", "", note))
    return rows


def _off_policy() -> list[Row]:
    found = bandit.relative_errors()
    first = found[0]
    each = "; ".join(
        f"{one['campaign']} from {one['from']}: {one['self_normalised']:.2f} of {one['truth']:.4f}, "
        f"{one['overlap'].effective:.0f} effective, {'inside' if one['covered'] else 'outside'} the interval"
        for one in found
    )
    note = f"Thompson sampling foretold from the random log, campaign all, self-normalised; {each}"
    return [_row("ope.obd_relerr", round(first["self_normalised"], 4), "of the click rate", "", note)]


def _idle() -> list[Row]:
    reader, units = Reader(7), {"person": "p1", "city": ""}
    start_s = time.thread_time()
    for n in range(100_000):
        reader.settle("feed", units, n)
    spent = (time.thread_time() - start_s) / 100_000
    return [_row("exp.idle_page_us", round(1e6 * spent, 3), "us a page", "< 20", "where nothing is tried")]


# ---------------------------------------------------------------- the log's size


def _readout() -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="walras-bench-") as folder:
        files = _written(Path(folder))
        status = TrialStatus(TRIAL, "running", START_MS)
        metrics = needed_metrics(status)
        start_s, start_cpu_s = time.perf_counter(), time.process_time()
        units = units_of(files, SCHEMA.empty_table(), TRIAL, (START_MS, START_MS + DAYS * DAY_MS), metrics)
        report = report_of(status, units, METRICS, START_MS)
        wall_s, cpu_s = time.perf_counter() - start_s, time.process_time() - start_cpu_s
    assert report.is_sound and len(units.arm) > 0.9 * PEOPLE
    what = f"{EXPOSURES:,} exposures and {OUTCOMES:,} outcomes of {len(units.arm):,} people in {DAYS} days"
    note = f"{what}; {cpu_s:.1f} s of processor"
    return [_row("exp.readout_50m_s", round(wall_s, 2), "s", "<= 10", note)]


def _written(folder: Path) -> list[Path]:
    rng = np.random.default_rng(5)
    people = pl.select(pl.format("p{}", pl.int_range(0, PEOPLE))).to_series().to_arrow().cast(pa.string())
    arm, files = rng.integers(0, 2, PEOPLE, dtype=np.int32), []
    for day in range(DAYS):
        met = rng.permutation(PEOPLE)[: EXPOSURES // DAYS + 1]
        did = rng.choice(met, OUTCOMES // DAYS)
        outcome = rng.choice(2, len(did), p=[0.9, 0.1]).astype(np.int32)
        table = pa.concat_tables(
            [
                _events(people, met, day, "assignment", "tried", np.ones(len(met)), arm[met]),
                _events(people, did, day, ("watch", "like"), "feed", rng.gamma(2.0, 20.0, len(did)), outcome),
            ]
        )
        files.append(folder / f"day={day:02}.parquet")
        pq.write_table(table, files[-1], row_group_size=GROUP_ROWS, compression="zstd", compression_level=1)
    return files


def _events(
    people: pa.Array, who: Floats, day: int, outcome: str | tuple[str, ...], surface: str, value: Floats, place: Floats
) -> pa.Table:
    n = len(who)
    columns: dict[str, Any] = {name: pa.nulls(n, type) for name, type in zip(SCHEMA.names, SCHEMA.types, strict=True)}
    columns["time_ms"] = pa.array(START_MS + day * DAY_MS + np.linspace(0, DAY_MS - 1, n).astype(np.int64))
    columns["person"] = people.take(pa.array(who))
    if isinstance(outcome, str):
        columns["outcome"] = pa.repeat(pa.scalar(outcome), n)
        columns["place"] = pa.array(place)
    else:
        columns["outcome"] = pa.array(outcome).take(pa.array(place))
    columns["surface"] = pa.repeat(pa.scalar(surface), n)
    columns["value"] = pa.array(value)
    return pa.table(columns).cast(SCHEMA)
