"""The same town twice, with one thing changed: the true effect, which no platform can see and every test must recover.

People have the same luck in both, exposure by exposure, so what differs comes of the change. P people, by row.
"""

from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from walras.town.day import DaySums
from walras.town.luck import Floats
from walras.town.plans import BadPlan, TownPlan
from walras.town.running import run_town

OUTCOMES = ("minutes", "interactions", "days", "returns")
_MEANINGS = {
    "minutes": "watched in all days",
    "interactions": "in all days",
    "days": "on which she came",
    "returns": "share of her days after which she came on the next",
}


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """What the change did to one outcome."""

    outcome: str
    meaning: str
    before: float  # of one person, with the first plan
    after: float  # with the second
    effect: float  # after - before
    spread: float  # standard deviation of the effect between people
    total: float  # over everybody
    share: float  # effect / before


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Two towns side by side."""

    changed: dict[str, tuple[Any, Any]]
    effects: list[Effect]
    days: tuple[list[DaySums], list[DaySums]]
    people: int
    file: str  # per person: arrays before_… and after_… of each outcome


def compare(first: TownPlan, second: TownPlan, folder: Path, moved: Any = lambda _: None) -> Comparison:
    """Run both and say the true effect.

    Args:
        first: without the change.
        second: with it; scale, seed and days must be the same.
        folder: for both towns, in `a` and `b`; what is there already is gone on with.
        moved: hears how far each is.

    Raises:
        BadPlan: the two would not have the same people.
    """
    _alike(first, second)
    days = tuple(run_town(plan, folder / name, moved=moved) for plan, name in ((first, "a"), (second, "b")))
    before, after = (outcomes_of(folder / name, first.days) for name in ("a", "b"))
    path = folder / "people.npz"
    arrays: dict[str, Any] = {f"before_{name}": value for name, value in before.items()}
    arrays |= {f"after_{name}": value for name, value in after.items()}
    np.savez(path, **arrays)
    return Comparison(
        changed=changes(first, second),
        effects=[effect_of(name, before[name], after[name]) for name in OUTCOMES],
        days=(list(days[0]), list(days[1])),
        people=len(before["days"]),
        file=str(path),
    )


def outcomes_of(folder: Path, days: int) -> dict[str, Floats]:
    """[P] each outcome of each person, from a town's days."""
    seconds, acted, here = [], [], []
    for day in range(days):
        with np.load(folder / f"day-{day:04d}.npz") as file:
            seconds.append(file["seconds"])
            acted.append(file["acted"])
            here.append(file["here"])
    came = np.array(here, np.float64)
    followed, could = (came[1:] * came[:-1]).sum(0), came[:-1].sum(0)
    return {
        "minutes": np.sum(seconds, 0) / 60.0,
        "interactions": np.sum(acted, 0).astype(np.float64),
        "days": came.sum(0),
        "returns": np.divide(followed, could, out=np.full(len(could), np.nan), where=could > 0),
    }


def effect_of(name: str, before: Floats, after: Floats) -> Effect:
    """The effect on one outcome over everybody for whom it is known in both."""
    known = ~(np.isnan(before) | np.isnan(after))
    one, other = before[known], after[known]
    difference = other - one
    mean = float(one.mean()) if len(one) else 0.0
    effect = float(difference.mean()) if len(one) else 0.0
    return Effect(
        outcome=name,
        meaning=_MEANINGS[name],
        before=mean,
        after=float(other.mean()) if len(one) else 0.0,
        effect=effect,
        spread=float(difference.std()) if len(one) else 0.0,
        total=float(difference.sum()),
        share=effect / mean if mean else 0.0,
    )


def changes(first: TownPlan, second: TownPlan) -> dict[str, tuple[Any, Any]]:
    """What differs, by dotted name."""
    one, other = _flat(msgspec.to_builtins(first)), _flat(msgspec.to_builtins(second))
    return {
        name: (one.get(name), other.get(name)) for name in sorted({*one, *other}) if one.get(name) != other.get(name)
    }


def _flat(said: dict[str, Any], before: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in said.items():
        flat |= _flat(value, f"{before}{name}.") if isinstance(value, dict) else {before + name: value}
    return flat


def _alike(first: TownPlan, second: TownPlan) -> None:
    for name in ("scale", "seed", "days", "first_day_ms"):
        if getattr(first, name) != getattr(second, name):
            found = f"{getattr(first, name)} and {getattr(second, name)}"
            raise BadPlan(f"{name} must be the same in both plans, or they have other people. Found: {found}.")
    if first == second:
        raise BadPlan("both plans say the same. Change one policy or setting in the second.")
