"""The report of an experiment: each metric and arm with intervals, whether it may be read, and what should be done."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np

from walras.base.clock import HOUR_MS
from walras.insight.experiments.estimates import Estimate, cuped, ratio_difference
from walras.insight.experiments.many import discoveries
from walras.insight.experiments.metrics import BY_NAME, Good, Metric, worth_metric
from walras.insight.experiments.money import Money
from walras.insight.experiments.reading import Units, read_units
from walras.insight.experiments.sequences import sample_ratio, sequence
from walras.schema import Floats
from walras.world import Guard, TrialStatus

# Below so many units in an arm nothing is said: intervals rest on sums of many.
UNITS_LEAST = 100
# Arms more uneven than this allows lose or double units, and no figure of theirs may be read.
RATIO_LEAST = 0.01
ALPHA = 0.05
Deed = Literal["hold", "step", "roll-back", "end"]


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One metric of one arm beside the first arm."""

    metric: str
    unit: str
    arm: str
    good: Good
    once: Estimate  # for one look at the planned end
    always: Estimate  # for looking at any time
    adjusted_p: float  # of the always valid one, over all lines of the report (Benjamini and Hochberg)
    everybody: float  # the effect a day, were everybody in this arm


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an experiment now."""

    trial: str
    state: str
    read_ms: int
    units: dict[str, int]  # by arm
    sample_ratio: float  # chance of arms so uneven
    is_sound: bool  # arms are as even as they should be, and nobody was in two
    mixed: int
    reached: float  # share of what was planned
    lines: tuple[Line, ...] = ()
    least_needed: int = UNITS_LEAST


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What should be done with an experiment now, and why."""

    deed: Deed
    reason: str = ""


def report_of(status: TrialStatus, units: Units, metrics: Sequence[Metric], now_ms: int) -> Report:
    """Compare every arm with the first.

    Args:
        status: the experiment and where it stands.
        units: as they were read.
        metrics: that are compared.
        now_ms: when they were read.
    """
    arms = status.trial.arms
    counts = np.bincount(units.arm, minlength=len(arms)).astype(np.float64)
    p = sample_ratio(counts, np.asarray([arm.weight for arm in arms])) if counts.sum() else 1.0
    reached = float(units.days.sum()) / status.trial.planned
    lines: list[Line] = []
    if counts.min() >= UNITS_LEAST:
        lines = [_line(status, units, metric, n, reached) for n in range(1, len(arms)) for metric in metrics]
    known = [line for line in lines if line.once.se > 0]
    adjusted = discoveries(np.asarray([line.always.p for line in known])).tolist()
    return Report(
        trial=status.trial.name,
        state=status.state,
        read_ms=now_ms,
        units={arm.name: int(counts[n]) for n, arm in enumerate(arms)},
        sample_ratio=p,
        is_sound=bool(p >= RATIO_LEAST and units.mixed <= 0.001 * counts.sum()),
        mixed=units.mixed,
        reached=reached,
        lines=tuple(
            msgspec.structs.replace(line, adjusted_p=float(p)) for line, p in zip(known, adjusted, strict=True)
        ),
    )


def compared(units: Units, metric: str, arm: int, first: int = 0) -> Estimate:
    """The effect of an arm on a metric: a ratio of sums, less what the past foretold where there is a past."""
    sides = units.span(first), units.span(arm)
    numerator, denominator = (_both(part, *sides) for part in units.sums[metric])
    past = units.before.get(metric)
    if past is not None and (known := _both(past, *sides)).any() and np.ptp(known) > 0:
        numerator = _foretold(numerator, denominator, known)
    n = sides[0].stop - sides[0].start
    return ratio_difference((numerator[:n], denominator[:n]), (numerator[n:], denominator[n:]))


def _both(column: Floats, first: slice, other: slice) -> Floats:
    """The units of two arms, one behind the other; a view where they stand so."""
    if first.stop == other.start:
        return column[first.start : other.stop]
    return np.concatenate([column[first], column[other]])


def _foretold(numerator: Floats, denominator: Floats, past: Floats) -> Floats:
    """Numerators with CUPED: what is taken out is what the past foretold of the ratio's linear form."""
    ratio = numerator.sum() / denominator.sum()
    return np.asarray(cuped(numerator - ratio * denominator, past) + ratio * denominator)


def _line(status: TrialStatus, units: Units, metric: Metric, arm: int, reached: float) -> Line:
    once = compared(units, metric.name, arm)
    # So many units are there a day, and as many more would be were everybody taken.
    days = max(float(units.days.max(initial=1.0)), 1.0)
    daily = float(units.sums[metric.name][1].sum()) / days / max(status.share or status.trial.share, 1e-9)
    return Line(
        metric=metric.name,
        unit=metric.unit,
        arm=status.trial.arms[arm].name,
        good=metric.good,
        once=once,
        always=sequence(once, reached),
        adjusted_p=1.0,
        everybody=once.effect * daily,
    )


def verdict(status: TrialStatus, report: Report, now_ms: int) -> Verdict:
    """Roll back what surely harms a guard-rail or is unsound, end what is over, else take the next step when it is due.

    The guard is judged by the always valid interval, so that it may be asked as often as one likes.
    """
    trial = status.trial
    if not report.is_sound:
        return Verdict(
            deed="roll-back", reason=f"arms are uneven (p = {report.sample_ratio:.2g}) or units met two arms"
        )
    for guard in trial.guards:
        if harm := _harm(guard, report):
            return Verdict(deed="roll-back", reason=harm)
    if trial.planned_end_ms and now_ms >= trial.planned_end_ms:
        return Verdict(deed="end", reason="its planned end has come")
    if status.step < len(trial.steps):
        due_ms = (status.stepped_ms or status.started_ms) + trial.steps[status.step].hours * HOUR_MS
        if now_ms >= due_ms and report.lines:
            return Verdict(deed="step", reason="its time is over and no guard-rail is harmed")
    return Verdict(deed="hold")


def _harm(guard: Guard, report: Report) -> str:
    """Which arm surely harms a guard-rail, as a sentence; empty where none does."""
    for line in report.lines:
        if line.metric != guard.metric:
            continue
        borne = guard.margin * abs(line.once.mean)
        worst = -line.always.high if guard.bad == "less" else line.always.low
        if worst > borne:
            between = f"{line.always.low:.4g} to {line.always.high:.4g} {line.unit}"
            return f"{line.arm!r} harms {guard.metric}: {between}"
    return ""


def needed_metrics(status: TrialStatus, more: Sequence[Metric] = ()) -> tuple[Metric, ...]:
    """Every metric, those of guards among them; a name that none has is taken for an outcome's."""
    known = {**BY_NAME, **{metric.name: metric for metric in more}}
    for name in (*(guard.metric for guard in status.trial.guards), status.trial.goal):
        known.setdefault(name, Metric(name=name, unit="a day", outcomes={name: 1.0}))
    return tuple(known.values())


def read_report(
    folder: Path, status: TrialStatus, now_ms: int, yuan: Mapping[str, float], money: Money | None = None
) -> Report:
    """Read the log and compare the arms of an experiment that has begun.

    Args:
        folder: the log's folder.
        status: the experiment and where it stands.
        now_ms: the present instant.
        yuan: worth of outcomes, for the effect in what they are worth.
        money: of events by the ledger, for the effect in yuan that were booked; none where it is left out.
    """
    metrics = needed_metrics(status, [worth_metric(yuan)])
    until_ms = status.ended_ms or now_ms
    units = read_units(folder, status.trial, status.started_ms, until_ms, metrics, money)
    return report_of(status, units, metrics, now_ms)
