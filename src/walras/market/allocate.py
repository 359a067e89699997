"""Fill a page's places, best value first, under its rules."""

import itertools
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
    free = np.flatnonzero(allowed & np.isfinite(value_yuan))
    order = free[np.argsort(-value_yuan[free], kind="stable")]  # [<=N] the best first, the earlier one among equals
    everybody, page = order.tolist(), _Filling(owner.tolist(), topic.tolist(), rules)
    for place in range(min(rules.places, len(everybody))):
        kept = -1 if kept_for is None or classes is None else int(kept_for[place])
        best = -1
        if kept >= 0 and classes is not None:
            best = page.best(order[classes[kept, order]].tolist(), last_resort=False)
            kept = kept if best >= 0 else -1
        page.take(best if best >= 0 else page.best(everybody, last_resort=True), kept)
    lost = itertools.islice((n for n in everybody if n not in page.taken), losers)
    return Allocation(
        np.asarray(page.chosen, np.int64), np.asarray(list(lost), np.int64), np.asarray(page.reserved, np.int64)
    )


class _Filling:
    """A page while it is filled. Plain lists: a place is most often filled after a look at two or three candidates."""

    def __init__(self, owner: list[int], topic: list[int], rules: Rules) -> None:
        """Start with an empty page; [N] owner and topic of each candidate."""
        self.owner, self.topic, self.rules = owner, topic, rules
        self.chosen: list[int] = []
        self.reserved: list[int] = []
        self.taken: set[int] = set()

    def take(self, candidate: int, kept: int) -> None:
        """Put a candidate on the next place, which was kept for a class or for none."""
        self.chosen.append(candidate)
        self.reserved.append(kept)
        self.taken.add(candidate)

    def best(self, ranked: list[int], *, last_resort: bool) -> int:
        """The first of those left that keeps both gaps, else the owner's, else, as the last resort, any; else -1."""
        owners, topics = self._near(self.owner, self.rules.owner_gap), self._near(self.topic, self.rules.topic_gap)
        by_owner = any_of_them = -1
        for n in ranked:
            if n in self.taken:
                continue
            if self.owner[n] not in owners:
                if self.topic[n] not in topics:
                    return n
                by_owner = n if by_owner < 0 else by_owner
            any_of_them = n if any_of_them < 0 else any_of_them
        return by_owner if by_owner >= 0 or not last_resort else any_of_them

    def _near(self, label: list[int], gap: int) -> set[int]:
        """Labels that stand within `gap` places before the next one."""
        return {label[n] for n in self.chosen[max(0, len(self.chosen) - gap + 1) :]} - {0} if gap > 1 else set()
