"""The best page there is under hard gaps, proven by branch and bound; for small pages, and to judge the greedy one."""

from dataclasses import dataclass

import numpy as np

from walras.market.allocate import Bools, Page, Rules, ranked
from walras.market.value import Floats, Ints

NODES_MAX = 20_000


@dataclass(frozen=True, slots=True)
class Optimum:
    """The best page found. `bound_yuan` no page exceeds; where `is_exact` it is this page's own value."""

    chosen: Ints  # [<=K] candidate of each place
    value_yuan: float
    bound_yuan: float
    is_exact: bool


def optimum(
    value_yuan: Floats, allowed: Bools, rules: Rules, *, owner: Ints, topic: Ints, examination: Floats,
    nodes_max: int = NODES_MAX,
) -> Optimum:  # fmt: skip
    """Find the page of the highest value that breaks no gap; it may end before its last place.

    Places are filled from the first on. Of candidates with the same owner and topic only the best that is left is tried
    at a place, since exchanging the two never loses value. A branch ends where even the best candidates left, gaps
    forgotten, could not beat the best page known (Land, Doig: *An Automatic Method of Solving Discrete Programming
    Problems*, 1960).

    Args:
        value_yuan: [N] value of each candidate.
        allowed: [N] whether it may stand on this page at all.
        rules: the page's rules.
        owner: [N] owner of each candidate, 0 for none.
        topic: [N] first topic of each candidate, 0 for none.
        examination: [K] weight of each place, not rising.
        nodes_max: after so many pages, whole or begun, the best found is given with its bound.

    Returns:
        The page, proven to be the best unless there were too many to look at.
    """
    order = [n for n in ranked(value_yuan, allowed) if value_yuan[n] > 0]
    weights = examination[: rules.places].tolist()
    search = _Search(value_yuan.tolist(), order, weights, Page(owner.tolist(), topic.tolist(), rules), nodes_max)
    search.go_on(0.0)
    bound = upper_bound_yuan(value_yuan, allowed, examination[: rules.places])
    return Optimum(
        np.asarray(search.best_page, np.int64),
        search.best_yuan,
        bound if search.is_cut else search.best_yuan,
        not search.is_cut,
    )


def upper_bound_yuan(value_yuan: Floats, allowed: Bools, examination: Floats) -> float:
    """Value that no page exceeds: the best candidates on the places, gaps forgotten, losses left out."""
    best = np.sort(np.maximum(value_yuan[allowed & np.isfinite(value_yuan)], 0.0))[::-1][: len(examination)]
    return float(best @ examination[: len(best)])


class _Search:
    """Depth first, the most valuable branch first, so that the first page is the greedy one."""

    def __init__(self, value: list[float], order: list[int], weights: list[float], page: Page, nodes_max: int) -> None:
        """Nothing is tried yet."""
        self.value, self.order, self.weights, self.page = value, order, weights, page
        self.best_page, self.best_yuan = list[int](), 0.0
        self.nodes_left, self.is_cut = nodes_max, False

    def go_on(self, so_far: float) -> None:
        """Try all that may stand at the next place of the page so far."""
        if so_far > self.best_yuan:
            self.best_page, self.best_yuan = list(self.page.chosen), so_far
        place = len(self.page.chosen)
        if place == len(self.weights):
            return
        tried: set[tuple[int, int]] = set()
        left = [n for n in self.order if n not in self.page.taken]
        for at, n in enumerate(left):
            kind = (self.page.owner[n], self.page.topic[n])
            if kind in tried or self.page.fits(n) != 0:
                continue
            tried.add(kind)
            if so_far + self._most(left, at, place) <= self.best_yuan:
                return
            self.nodes_left -= 1
            if self.nodes_left < 0:
                self.is_cut = True
                return
            self.page.take(n)
            self.go_on(so_far + self.weights[place] * self.value[n])
            self.page.drop()

    def _most(self, left: list[int], at: int, place: int) -> float:
        """The most that the places from this one on could bring with this candidate here, the best others after it."""
        others = (self.value[n] for k, n in enumerate(left) if k != at)
        after = sum(weight * value for weight, value in zip(self.weights[place + 1 :], others, strict=False))
        return self.weights[place] * self.value[left[at]] + after
