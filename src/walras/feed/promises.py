"""Promises of exposures inside a page: who of those promised gets a kept place, with the chance of each draw.

A kept place is drawn among the page's fresh candidates that a promise was made to, each with a weight of how far its
promise is behind times what it is foreseen to be worth here. The prices move in `world`, by `moved_price`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from walras.schema import Claim, Floats, Longs

PROGRAMME = "first-exposure"
HOLDOUT = "first-exposure-holdout"  # the trial whose arm `off` has no kept places for newcomers
OFF = "off"
# A promise that is on its way is drawn now and then too, and so is a video that is foreseen to be worth little.
_BEHIND_LEAST, _VALUE_LEAST = 0.02, 0.1


@dataclass(frozen=True, slots=True)
class Drawn:
    """Who was drawn for kept places, in the order of the places."""

    who: Longs = field(default_factory=lambda: np.zeros(0, np.int64))  # [D] candidates
    chance: Floats = field(default_factory=lambda: np.zeros(0))  # [D] of each, given those drawn before it


def weights(behind: Floats, value_yuan: Floats) -> Floats:
    """[M] weight of each promise: how far behind it is, times its value against the best of them.

    Args:
        behind: [M] share of the promise that is due and not delivered; may be below 0 where it is ahead.
        value_yuan: [M] what one exposure to this person is foreseen to be worth.
    """
    if len(behind) == 0:
        return np.zeros(0)
    top = max(float(np.max(value_yuan)), 1e-12)
    worth = np.maximum(value_yuan / top, _VALUE_LEAST)
    return np.asarray(np.maximum(behind, _BEHIND_LEAST) * worth)


def draw(weight: Floats, count: int, rng: np.random.Generator) -> Drawn:
    """Draw without putting back, each time in proportion to the weights that are left.

    Args:
        weight: [M] above 0.
        count: at most so many.
        rng: the page's draws.

    Returns:
        Whom, as places in `weight`, and the chance of each draw given those before it.
    """
    left = weight.astype(np.float64).copy()
    who, chance = [], []
    for _ in range(min(count, len(left))):
        share = left / left.sum()
        one = min(int(np.searchsorted(np.cumsum(share), rng.random(), side="right")), len(left) - 1)
        while left[one] == 0.0:  # rounding of the last step of the sum
            one -= 1
        who.append(one)
        chance.append(float(share[one]))
        left[one] = 0.0
    return Drawn(np.asarray(who, np.int64), np.asarray(chance, np.float64))


def of_rows(claims: Mapping[str, Claim], names: list[str]) -> tuple[Longs, Floats]:
    """Which of these items were promised something: their places, and how far behind each is."""
    found = [(n, claim.behind) for n, name in enumerate(names) if (claim := claims.get(name)) is not None]
    return np.asarray([n for n, _ in found], np.int64), np.asarray([behind for _, behind in found], np.float64)
