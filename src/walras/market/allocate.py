"""Fill a page's places, best value first, under its rules."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walras.market.value import Floats, Ints

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of a page.

    `owner_gap` and `topic_gap` are the least distances in places between two items of one owner or topic;
    1 allows neighbours. Where they leave a place empty, the topic's gap is given up first, then the owner's.
    """

    places: int
    owner_gap: int = 1
    topic_gap: int = 1


@dataclass(frozen=True, slots=True)
class Allocation:
    """Who stands where. `chosen` may be shorter than the page where candidates run out."""

    chosen: Ints  # [<=K] candidate of each place
    losers: Ints  # the best of those that stand nowhere, best first
    reserved: Ints  # [<=K] class the place was kept for, -1 for none


def allocate(
    value_yuan: Floats,
    allowed: Bools,
    rules: Rules,
    *,
    owner: Ints,
    topic: Ints,
    kept_for: Ints | None = None,
    classes: Bools | None = None,
    losers: int = 10,
) -> Allocation:
    """Fill places from the first to the last with the best candidate that the rules allow there.

    Without gaps and reservations this is the optimum, since examination weights do not rise from place to place.

    Args:
        value_yuan: [N] value of each candidate; ties go to the earlier one.
        allowed: [N] whether it may stand on this page at all.
        rules: the page's rules.
        owner: [N] owner of each candidate, 0 for none: items without owner never collide.
        topic: [N] first topic of each candidate, 0 for none.
        kept_for: [K] class each place is kept for, -1 for every candidate; None: no place is kept.
        classes: [C, N] members of each class. A kept place falls to everybody where its class has nobody left who
                keeps the owner's gap.
        losers: how many of the best losers to name.

    Returns:
        The allocation.
    """
    free = allowed & np.isfinite(value_yuan)
    score = np.where(free, value_yuan, -np.inf)
    chosen: list[int] = []
    reserved: list[int] = []
    for place in range(min(rules.places, int(free.sum()))):
        apart = ~_near(owner, chosen, rules.owner_gap)
        kept = -1 if kept_for is None or classes is None else int(kept_for[place])
        member = free & classes[kept] & apart if kept >= 0 and classes is not None else free
        if not member.any():
            kept, member = -1, free
        by_owner = member & apart
        by_both = by_owner & ~_near(topic, chosen, rules.topic_gap)
        pool = by_both if by_both.any() else by_owner if by_owner.any() else member
        best = int(np.argmax(np.where(pool, score, -np.inf)))
        chosen.append(best)
        reserved.append(kept)
        free[best] = False
        score[best] = -np.inf
    return Allocation(
        np.asarray(chosen, np.int64), _best_losers(score, int(free.sum()), losers), np.asarray(reserved, np.int64)
    )


def _near(label: Ints, chosen: list[int], gap: int) -> Bools:
    """[N] candidates whose label stands within `gap` places before the next one."""
    recent = [int(label[c]) for c in chosen[max(0, len(chosen) - gap + 1) :]] if gap > 1 else []
    near = np.zeros(len(label), bool)
    for name in recent:
        if name:
            near |= label == name
    return near


def _best_losers(score: Floats, left: int, count: int) -> Ints:
    """The best `count` of those left, best first, the earlier one first among equals."""
    size = min(count, left)
    if size == 0:
        return np.zeros(0, np.int64)
    return np.argsort(-score, kind="stable")[:size].astype(np.int64)
