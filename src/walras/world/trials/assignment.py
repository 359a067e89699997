"""Who is in which arm: a hash, which needs no table and is the same in every process."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from walras.base.streams import share_of
from walras.world.trials.values import Arm, Layer, Trial, TrialStatus, Unit, Value


@dataclass(frozen=True, slots=True)
class Live:
    """A trial that decides something now, ready for being asked. Replaced whole, never changed."""

    trial: Trial
    low: float  # units whose point lies in low..high are taken
    high: float
    winner: str = ""  # launched: everybody taken has this arm
    sets: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)  # by arm

    @classmethod
    def of(cls, status: TrialStatus, layer: Layer | None = None) -> "Live":
        """The trial as it stands; a launched one reaches everybody but those held out."""
        trial, sets = status.trial, {arm.name: arm.sets for arm in status.trial.arms}
        if status.state == "launched":
            return cls(trial, layer.holdout if layer else 0.0, 1.0, status.winner, sets)
        low = max(trial.begin, 0.0)
        return cls(trial, low, low + status.share, "", sets)

    def arm(self, unit: str, seed: int) -> str | None:
        """The arm of a unit; None where it is not taken."""
        named = self.trial.allowed.get(unit)
        if named is not None:
            return named
        if not self.low <= point_of(self.trial.layer, self.trial.name, unit, seed) < self.high:
            return None
        return self.winner or drawn(self.trial.name, self.trial.arms, unit, seed)


def assign(trial: Trial, unit: str, seed: int) -> str | None:
    """The arm of one unit: always the same for one trial, unit and seed, and independent between trials.

    Whether a unit is taken and which arm it gets are two draws, so that a trial can grow without anybody changing arm.

    Args:
        trial: the experiment, at its full share.
        unit: the person's (item's, owner's, campaign's, window's) id.
        seed: root seed.

    Returns:
        The arm's name, or None where the unit is not taken.
    """
    low = max(trial.begin, 0.0)
    return Live(trial, low, low + trial.share).arm(unit, seed)


def point_of(layer: str, trial: str, unit: str, seed: int) -> float:
    """Where a unit lies in a layer, in [0, 1): the same for all trials of it; a trial without a layer is its own."""
    return share_of(seed, f"layer/{layer}/{unit}" if layer else f"trial/{trial}/taken/{unit}")


def drawn(trial: str, arms: tuple[Arm, ...], unit: str, seed: int) -> str:
    """The arm of a unit that is taken, in the shares of the weights."""
    left = share_of(seed, f"trial/{trial}/arm/{unit}") * sum(arm.weight for arm in arms)
    for arm in arms:
        left -= arm.weight
        if left < 0:
            return arm.name
    return arms[-1].name


def window_of(city: str, instant_ms: int, window_ms: int) -> str:
    """The name of a window, the unit of a switchback: a city and the span of time that an instant lies in."""
    return f"{city}@{instant_ms // window_ms}"


def units_of(kind: Unit, units: Mapping[str, str], instant_ms: int, window_ms: int) -> str:
    """The unit that a trial of this kind asks about; empty where there is none here.

    Args:
        kind: of the trial.
        units: who and what takes part, by kind; `city` stands for windows.
        instant_ms: the present instant.
        window_ms: of the trial.
    """
    if kind == "window":
        return window_of(units.get("city", ""), instant_ms, window_ms)
    return units.get(kind, "")
