"""Fill a page's places, best value first, under its rules."""

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walras.market.value import Floats, Ints

Bools = NDArray[np.bool_]
# How a candidate fits at a place; those that fit better come before all that fit worse.
KEEPS_BOTH, KEEPS_OWNERS, ANYHOW = range(3)


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
    order, page = ranked(value_yuan, allowed), Page(owner.tolist(), topic.tolist(), rules)
    if kept_for is None or classes is None:
        page.fill(order)
        reserved = [-1] * len(page.chosen)
    else:
        reserved = _fill_kept(page, order, kept_for, classes)
    lost = itertools.islice((n for n in order if n not in page.taken), losers)
    return Allocation(*(np.asarray(list(part), np.int64) for part in (page.chosen, lost, reserved)))


def ranked(value_yuan: Floats, allowed: Bools) -> list[int]:
    """Candidates that may stand, the most valuable first, the earlier one among equals."""
    free = np.flatnonzero(allowed & np.isfinite(value_yuan))
    order: list[int] = free[np.argsort(-value_yuan[free], kind="stable")].tolist()
    return order


def _fill_kept(page: "Page", order: list[int], kept_for: Ints, classes: Bools) -> list[int]:
    """Fill a page some places of which are kept for a class each; the class that took each place, -1 for none."""
    reserved: list[int] = []
    among = np.asarray(order, np.int64)
    for kept in kept_for[: min(page.rules.places, len(order))].tolist():
        best, rank = page.best(among[classes[kept, among]].tolist()) if kept >= 0 else (-1, ANYHOW)
        is_kept = best >= 0 and rank < ANYHOW
        page.take(best if is_kept else page.best(order)[0])
        reserved.append(kept if is_kept else -1)
    return reserved


class Page:
    """A page while it is filled. Plain lists: a place is most often filled after a look at two or three candidates."""

    def __init__(self, owner: list[int], topic: list[int], rules: Rules) -> None:
        """Start with an empty page; [N] owner and topic of each candidate."""
        self.owner, self.topic, self.rules = owner, topic, rules
        self.chosen: list[int] = []
        self.taken: set[int] = set()

    def fill(self, order: list[int]) -> "Page":
        """Put the best candidate on each place that is left; `order` has the best first."""
        for _ in range(len(self.chosen), min(self.rules.places, len(order))):
            self.take(self.best(order)[0])
        return self

    def take(self, candidate: int) -> None:
        """Put a candidate on the next place."""
        self.chosen.append(candidate)
        self.taken.add(candidate)

    def drop(self) -> None:
        """Take the last candidate from the page again."""
        self.taken.remove(self.chosen.pop())

    def best(self, order: list[int]) -> tuple[int, int]:
        """The first of those left that keeps the most rules at the next place, and how it fits; -1 where none is left.

        How it fits: `KEEPS_BOTH` gaps, `KEEPS_OWNERS` only, or it may stand `ANYHOW` since nobody else is left.
        """
        owners, topics = self._near(self.owner, self.rules.owner_gap), self._near(self.topic, self.rules.topic_gap)
        by_owner = anyhow = -1
        for n in order:
            if n in self.taken:
                continue
            if self.owner[n] not in owners:
                if self.topic[n] not in topics:
                    return n, KEEPS_BOTH
                by_owner = n if by_owner < 0 else by_owner
            anyhow = n if anyhow < 0 else anyhow
        return (by_owner, KEEPS_OWNERS) if by_owner >= 0 else (anyhow, ANYHOW)

    def fits(self, candidate: int) -> int:
        """How a candidate fits at the next place, as `best` says it."""
        if self.owner[candidate] in self._near(self.owner, self.rules.owner_gap):
            return ANYHOW
        near = self.topic[candidate] in self._near(self.topic, self.rules.topic_gap)
        return KEEPS_OWNERS if near else KEEPS_BOTH

    def _near(self, label: list[int], gap: int) -> set[int]:
        """Labels that stand within `gap` places before the next one."""
        return {label[n] for n in self.chosen[max(0, len(self.chosen) - gap + 1) :]} - {0} if gap > 1 else set()
