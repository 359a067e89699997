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
    left = int(free.sum())
    score = np.where(free, value_yuan, -np.inf)  # those that are not free stand last in every pool
    chosen: list[int] = []
    reserved: list[int] = []
    for place in range(min(rules.places, left)):
        owners, topics = _near(owner, chosen, rules.owner_gap), _near(topic, chosen, rules.topic_gap)
        kept = -1 if kept_for is None or classes is None else int(kept_for[place])
        best = -1
        if kept >= 0 and classes is not None:
            best = _best(np.where(classes[kept], score, -np.inf), owners, topics, False)
            kept = kept if best >= 0 else -1
        best = best if best >= 0 else _best(score, owners, topics, True)
        chosen.append(best)
        reserved.append(kept)
        score[best] = -np.inf
    return Allocation(
        np.asarray(chosen, np.int64), _best_losers(score, left - len(chosen), losers), np.asarray(reserved, np.int64)
    )


def _near(label: Ints, chosen: list[int], gap: int) -> Bools | None:
    """[N] candidates whose label stands within `gap` places before the next one; None where there is no such label."""
    recent = {int(label[c]) for c in chosen[max(0, len(chosen) - gap + 1) :]} - {0} if gap > 1 else set()
    near = None
    for name in recent:
        near = label == name if near is None else near | (label == name)
    return near


def _best(score: Floats, owners: Bools | None, topics: Bools | None, either: bool) -> int:
    """The best that keeps both gaps, else the owner's, else, where `either`, the best of all; -1 where nobody is."""
    by_owner = score if owners is None else np.where(owners, -np.inf, score)
    pools = [by_owner] if topics is None else [np.where(topics, -np.inf, by_owner), by_owner]
    for pool in [*pools, score] if either else pools:
        best = int(np.argmax(pool))
        if pool[best] > -np.inf:
            return best
    return -1


def _best_losers(score: Floats, left: int, count: int) -> Ints:
    """The best `count` of those left, best first, the earlier one first among equals."""
    size = min(count, left)
    if size == 0:
        return np.zeros(0, np.int64)
    least = np.partition(score, len(score) - size)[len(score) - size]
    among = np.flatnonzero(score >= least)  # all that tie with the last of them, so that the earlier one comes first
    return among[np.argsort(-score[among], kind="stable")[:size]].astype(np.int64)
