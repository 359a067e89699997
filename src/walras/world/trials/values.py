"""What an experiment is, as plain values.

Layers and parameters that belong to trials follow Tang, Agarwal, O'Brien and Meyer, "Overlapping Experiment
Infrastructure: More, Better, Faster Experimentation", KDD 2010.
"""

from typing import Literal

import msgspec

from walras.base.clock import DAY_MS

# A window is a city and a span of time; units of this kind are named by `window_of`.
Unit = Literal["person", "item", "owner", "campaign", "window"]
# How interference between units is kept out; docs/experiments.md says which is needed when.
Design = Literal["split", "budget-split", "two-sided", "switchback"]
# Designs whose arms are drawn when a page is made; budgets and second sides are not split there.
DRAWN_DESIGNS: tuple[Design, ...] = ("split", "switchback")
State = Literal["draft", "inner", "running", "launched", "rolled-back", "ended"]
Value = float | str
MOVES: dict[State, tuple[State, ...]] = {
    "draft": ("inner", "running", "ended"),
    "inner": ("running", "ended"),
    "running": ("launched", "rolled-back", "ended"),
    "launched": ("rolled-back", "ended"),
    "rolled-back": (),
    "ended": (),
}
# States in which a trial decides something for somebody.
LIVE: tuple[State, ...] = ("inner", "running", "launched")
OPEN: tuple[State, ...] = ("draft", *LIVE)


class Arm(msgspec.Struct, frozen=True):
    """One way of an experiment, with its share among those in it. The first arm is the one compared with."""

    name: str
    weight: float = 1.0
    sets: dict[str, Value] = {}  # parameter → value; those left out keep their default


class Guard(msgspec.Struct, frozen=True):
    """A metric that must not become worse; where it surely does, the trial is rolled back by itself."""

    metric: str
    bad: Literal["less", "more"] = "less"
    margin: float = 0.0  # so much worse, as a share of the first arm's mean, is borne


class Step(msgspec.Struct, frozen=True):
    """One step of a staged roll-out: this share of all units, for so long at least."""

    share: float
    hours: float


class Layer(msgspec.Struct, frozen=True, kw_only=True):
    """A namespace of trials that draw from the same units.

    In an exclusive layer each trial has its own range of them, so that nobody is in two. Units below `holdout` are in
    none of its trials and get no launched arm either: beside them, what all trials together brought can be measured.
    """

    name: str
    unit: Unit = "person"
    exclusive: bool = True
    holdout: float = 0.0
    owner: str = ""
    meaning: str = ""


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """An experiment: whom it takes, and between what it chooses."""

    name: str
    arms: tuple[Arm, ...]
    share: float = 1.0  # of all units, in 0..1; those outside are in no arm
    unit: Unit = "person"
    meaning: str = ""
    owner: str = ""  # who answers for it
    layer: str = ""  # empty: a layer of its own
    begin: float = -1.0  # where its range of the layer begins; -1: the first gap that is wide enough
    design: Design = "split"
    side: Literal["", "item", "owner", "campaign"] = ""  # two-sided: the other side's unit
    goal: str = "watch_minutes"
    guards: tuple[Guard, ...] = ()
    steps: tuple[Step, ...] = ()  # staged roll-out; empty: the whole share at once
    allowed: dict[str, str] = {}  # unit → arm, for inner tests; these are left out of the analysis
    window_ms: int = DAY_MS  # an exposure is logged once in so long; of a switchback, the span of one window
    planned_end_ms: int = 0  # 0: none; it ends by itself then
    planned: int = 20_000  # units times days after which it is meant to be read; intervals are narrowest there


class TrialStatus(msgspec.Struct, frozen=True):
    """An experiment and where it stands."""

    trial: Trial
    state: State
    started_ms: int = 0
    ended_ms: int = 0
    step: int = 0  # of the staged roll-out
    stepped_ms: int = 0
    reason: str = ""  # why it stands where it does
    winner: str = ""  # the arm that was launched

    @property
    def share(self) -> float:
        """Of all units, those it takes now."""
        if self.state == "inner":
            return 0.0
        steps = self.trial.steps
        return steps[self.step].share if self.step < len(steps) else self.trial.share
