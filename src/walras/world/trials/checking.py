"""What is refused of an experiment, with the reason: before it is entered, and before it begins."""

import math
from collections.abc import Sequence

from msgspec.structs import replace

from walras.base.clock import DAY_MS
from walras.base.errors import Conflict, Invalid, nearest
from walras.base.ids import id_fault
from walras.base.limits import SURFACE_CHARS_MAX
from walras.world.trials.parameters import Parameters
from walras.world.trials.values import DRAWN_DESIGNS, LIVE, Arm, Guard, Layer, Step, Trial, TrialStatus

ARMS_MAX = 20
ALLOWED_MAX = 1_000
WINDOW_MS_MIN = 60_000
# Rounding of shares that were written with few digits.
_EPSILON = 1e-9
_WHO_FITS = {
    "split": ("person", "item", "owner", "campaign"),
    "budget-split": ("person",),
    "two-sided": ("person",),
    "switchback": ("window",),
}


def check_trial(trial: Trial, known: Parameters) -> None:
    """Whether an experiment says all that is needed, and nothing that cannot be.

    Raises:
        Invalid: something of it cannot be used; with field, value and what to do.
    """
    if fault := id_fault(trial.name):
        raise Invalid(fault, field="name", value=trial.name)
    if len(trial.name) > SURFACE_CHARS_MAX:
        raise Invalid(f"is longer than {SURFACE_CHARS_MAX} characters", field="name", value=trial.name)
    _check_arms(trial.arms, known)
    if not 0 < trial.share <= 1:
        raise Invalid("must lie in 0..1", field="share", value=trial.share)
    if trial.begin != -1 and not 0 <= trial.begin <= 1 - trial.share + _EPSILON:
        hint = f"A share of {trial.share:g} can begin at 0 to {1 - trial.share:g}; -1 takes the first gap."
        raise Invalid("leaves no room for the share", field="begin", value=trial.begin, hint=hint)
    _check_guards(trial.guards)
    _check_steps(trial.steps, trial.share)
    _check_allowed(trial)
    _check_design(trial)


def _check_arms(arms: Sequence[Arm], known: Parameters) -> None:
    names = [arm.name for arm in arms]
    if not 2 <= len(names) <= ARMS_MAX or len(set(names)) < len(names) or not all(names):
        hint = f"Give 2 to {ARMS_MAX}; the first is the one compared with."
        raise Invalid("needs two arms or more, each with its own name", field="arms", value=names, hint=hint)
    for arm in arms:
        if not (math.isfinite(arm.weight) and arm.weight > 0):
            raise Invalid("must be positive", field=f"arms.{arm.name}.weight", value=arm.weight)
        known.check(arm.sets, f"arms.{arm.name}.sets")


def _check_guards(guards: Sequence[Guard]) -> None:
    if not guards:
        hint = "Name a metric that must not become worse, such as watch_minutes or returned."
        raise Invalid("has no guard-rail", field="guards", value=[], hint=hint)
    for guard in guards:
        if fault := id_fault(guard.metric):
            raise Invalid(fault, field="guards.metric", value=guard.metric)
        if not 0 <= guard.margin < 1:
            raise Invalid("must lie in 0..1", field=f"guards.{guard.metric}.margin", value=guard.margin)


def _check_steps(steps: Sequence[Step], share: float) -> None:
    before = 0.0
    for n, step in enumerate(steps):
        if not before < step.share <= share + _EPSILON:
            hint = f"Steps rise, up to the share of {share:g}."
            raise Invalid("does not rise, or is more than the share", field=f"steps.{n}", value=step.share, hint=hint)
        if not (math.isfinite(step.hours) and step.hours > 0):
            raise Invalid("must be positive", field=f"steps.{n}.hours", value=step.hours)
        before = step.share


def _check_allowed(trial: Trial) -> None:
    if len(trial.allowed) > ALLOWED_MAX:
        raise Invalid(f"names more than {ALLOWED_MAX} units", field="allowed", value=len(trial.allowed))
    arms = [arm.name for arm in trial.arms]
    for unit, arm in trial.allowed.items():
        if fault := id_fault(unit):
            raise Invalid(fault, field="allowed", value=unit)
        if arm not in arms:
            raise Invalid("is no arm of this trial", field=f"allowed.{unit}", value=arm, hint=nearest(arm, arms))


def check_drawn(trial: Trial) -> None:
    """Whether a page draws the arms of this design, so that its report says what was tried.

    Raises:
        Invalid: it does not; read as a plain split, its effect would be wrong.
    """
    if trial.design not in DRAWN_DESIGNS:
        hint = f"Start it as {' or '.join(DRAWN_DESIGNS)}; or split the other side yourself and read it by insight."
        raise Invalid("is analysed but not drawn by a page", field="design", value=trial.design, hint=hint)


def _check_design(trial: Trial) -> None:
    if trial.unit not in _WHO_FITS[trial.design]:
        hint = f"Take {' or '.join(_WHO_FITS[trial.design])}."
        raise Invalid(f"does not fit the design {trial.design}", field="unit", value=trial.unit, hint=hint)
    if (trial.design == "two-sided") != bool(trial.side):
        hint = "A two-sided trial names item, owner or campaign; others none."
        raise Invalid("does not fit the design", field="side", value=trial.side, hint=hint)
    if trial.window_ms < WINDOW_MS_MIN:
        raise Invalid(f"must be {WINDOW_MS_MIN} or more", field="window_ms", value=trial.window_ms)
    if trial.unit == "person" and trial.window_ms > DAY_MS:
        hint = "An exposure a day says who came back."
        raise Invalid("must be a day or less", field="window_ms", value=trial.window_ms, hint=hint)
    if trial.planned < 1:
        raise Invalid("must be 1 or more", field="planned", value=trial.planned)
    if trial.planned_end_ms < 0:
        raise Invalid("lies before 1970", field="planned_end_ms", value=trial.planned_end_ms)


def check_layer(layer: Layer) -> None:
    """Whether a layer can be.

    Raises:
        Invalid: it cannot be used.
    """
    if fault := id_fault(layer.name):
        raise Invalid(fault, field="name", value=layer.name)
    if not 0 <= layer.holdout < 1:
        raise Invalid("must lie in 0..1", field="holdout", value=layer.holdout)


def placed(trial: Trial, layer: Layer | None, others: Sequence[TrialStatus]) -> Trial:
    """The trial with its range of its layer.

    Args:
        trial: as it was defined.
        layer: that it names; None where it is its own.
        others: trials of the same layer that are not over.

    Raises:
        Invalid: the layer is of other units.
        Conflict: its range overlaps another's in an exclusive layer, or the held-out one, or no gap is wide enough.
    """
    if layer is None:
        return trial if trial.begin >= 0 else _at(trial, 0.0)
    if layer.unit != trial.unit:
        raise Invalid(f"is not the unit of layer {layer.name!r}", field="unit", value=trial.unit, hint=layer.unit)
    taken = sorted(_range(each) for each in others) if layer.exclusive else []
    if trial.begin < 0:
        return _at(trial, _gap(trial, layer, taken))
    if trial.begin < layer.holdout - _EPSILON:
        hint = f"Begin at {layer.holdout:g} or later."
        raise Conflict("reaches into the layer's holdout", field="begin", value=trial.begin, hint=hint)
    end = trial.begin + trial.share
    for low, high, name in taken:
        if trial.begin < high - _EPSILON and low < end - _EPSILON:
            hint = f"Leave begin at -1, or wait until {name!r} is over."
            raise Conflict(f"overlaps {name!r} in an exclusive layer", field="begin", value=trial.begin, hint=hint)
    return trial


def _gap(trial: Trial, layer: Layer, taken: Sequence[tuple[float, float, str]]) -> float:
    at, widest = layer.holdout, 0.0
    for low, high, _ in [*taken, (1.0, 1.0, "")]:
        if low - at >= trial.share - _EPSILON:
            return at
        widest, at = max(widest, low - at), max(at, high)
    hint = f"The widest gap is {widest:g}; take a smaller share or end another trial."
    raise Conflict(f"the exclusive layer {layer.name!r} is full", field="share", value=trial.share, hint=hint)


def _range(status: TrialStatus) -> tuple[float, float, str]:
    trial = status.trial
    return trial.begin, trial.begin + trial.share, trial.name


def _at(trial: Trial, begin: float) -> Trial:
    return replace(trial, begin=begin)


def check_overlap(trial: Trial, layer: Layer | None, others: Sequence[TrialStatus]) -> None:
    """Whether nobody could be in two trials that set the same parameter.

    Args:
        trial: that is to begin.
        layer: its layer.
        others: trials that are live.

    Raises:
        Conflict: somebody could.
    """
    ours = {name for arm in trial.arms for name in arm.sets}
    for other in others:
        same_layer = layer is not None and layer.exclusive and other.trial.layer == layer.name
        if other.trial.name == trial.name or same_layer or other.state not in LIVE or other.state == "launched":
            continue
        both = ours & {name for arm in other.trial.arms for name in arm.sets}
        if both:
            hint = "Put both into one exclusive layer, or wait until the other is over."
            message = f"the running trial {other.trial.name!r} sets it too"
            raise Conflict(message, field="arms.sets", value=sorted(both)[0], hint=hint)
