"""Sources that read the catalogue's standing: popular, fresh, and a plain draw from everything."""

import numpy as np

from walras.features import State, compiled_in_place
from walras.retrieval.asking import NOTHING, Asked, Proposal
from walras.retrieval.exclusions import allowed, rules_of
from walras.schema import Floats, Ints, Longs

# An item is fresh for three days, or while it is among the newest where fewer are made.
FRESH_MS = 72 * 3_600_000
# An owner with so many decayed exposures has half the chance of one with none; an item likewise, sooner.
OWNER_EXPOSURES = 100.0
ITEM_EXPOSURES = 30.0
# Sums of chances that miss a whole number by less have reached it.
_ROUNDING = 1e-9


class Popular:
    """What many chose lately, and chose when they saw it."""

    name = "popular"
    waits = False

    def __init__(self, state: State) -> None:
        """Read from a state."""
        self.state = state

    def propose(self, asked: Asked, count: int) -> Proposal:
        """Name the most popular items this person may see."""
        popular = self.state.popular
        return allowed(rules_of(asked, self.state), popular.row, popular.score, count)


class Fresh:
    """New items, those of owners with few exposures first; drawn, with the chance of each logged."""

    name = "fresh"
    waits = False

    def __init__(self, state: State) -> None:
        """Read from a state."""
        self.state = state

    def propose(self, asked: Asked, count: int) -> Proposal:
        """Draw fresh items with chances in proportion to their need of exposures."""
        row = self._fresh(asked.now_ms, count)
        row = row[rules_of(asked, self.state).reasons(row) == 0]
        if not len(row):
            return NOTHING
        need = self._need(row, asked.now_ms)
        chance = inclusion(need, count)
        drawn = draw(chance, asked.rng)
        order = drawn[np.argsort(-need[drawn], kind="stable")]
        return Proposal(row[order], need[order].astype(np.float32), chance[order].astype(np.float32))

    def _fresh(self, now_ms: int, count: int) -> Ints:
        row = self.state.catalogue.fresh
        young = int(np.searchsorted(self.state.items["created_ms"][row], now_ms - FRESH_MS))
        return row[min(young, max(len(row) - 4 * count, 0)) :]

    def _need(self, row: Ints, now_ms: int) -> Floats:
        counters = self.state.counters
        unit = counters.scale(now_ms)
        by_item = counters.item[row, counters.exposure] * unit
        by_owner = counters.owner[self.state.items["owner"][row], counters.exposure] * unit
        need: Floats = OWNER_EXPOSURES / (OWNER_EXPOSURES + by_owner) * ITEM_EXPOSURES / (ITEM_EXPOSURES + by_item)
        return need


class Explore:
    """A plain draw from all items, each with the same chance, logged."""

    name = "explore"
    waits = False

    def __init__(self, state: State) -> None:
        """Read from a state."""
        self.state = state

    def propose(self, asked: Asked, count: int) -> Proposal:
        """Draw rows without looking, then keep those this person may see: each had the chance drawn / all."""
        rows, live = len(self.state.item_row.names) - 1, self.state.catalogue.live
        if not live:
            return NOTHING
        drawn = min(rows, -(-count * rows // live))
        row = 1 + even_draw(rows, drawn, asked.rng)
        row = row[rules_of(asked, self.state).reasons(row) == 0]
        chance = np.full(len(row), drawn / rows, np.float32)
        return Proposal(row, chance, chance)


def even_draw(rows: int, count: int, rng: np.random.Generator) -> Ints:
    """[count] different places of `rows`, every set of them equally likely."""
    if count * 4 >= rows:
        return rng.permutation(rows)[:count].astype(np.int32)
    drawn: dict[int, None] = {}
    while len(drawn) < count:
        drawn.update(dict.fromkeys(rng.integers(0, rows, count - len(drawn)).tolist()))
    return np.fromiter(drawn, np.int32, count)


def inclusion(need: Floats, count: int) -> Floats:
    """[N] chances that sum to `count`, in proportion to need and at most 1."""
    chance = np.ones(len(need))
    if count < len(need):
        _fill_inclusion(need, count, chance)
    return chance


@compiled_in_place
def _fill_inclusion(need: Floats, count: int, chance: Floats) -> None:
    """Write the chances [N]; whoever would have more than 1 is sure, and the others share what is left."""
    chance[:] = 0.0
    left, total, changed = float(count), need.sum(), True
    while changed:
        changed = False
        unit, given, needed = left / total, 0.0, 0.0
        for n in range(len(need)):
            if chance[n] < 1.0:
                chance[n] = unit * need[n]
                if chance[n] > 1.0:
                    chance[n], changed = 1.0, True
                    given, needed = given + 1.0, needed + need[n]
        left, total = left - given, total - needed


def draw(chance: Floats, rng: np.random.Generator) -> Ints:
    """Places drawn so that each is taken with exactly its chance: one random start, equal steps, random order."""
    found = np.empty(len(chance), np.int32)
    return found[: _fill_drawn(chance, rng.permutation(len(chance)), rng.random(), found)]


@compiled_in_place
def _fill_drawn(chance: Floats, order: Longs, start: float, found: Ints) -> int:
    """Write the places at which the sum of chances in this order steps over a whole number; gives how many."""
    taken, below = 0, start
    for place in order:
        above = below + chance[place]
        if np.floor(above + _ROUNDING) > np.floor(below + _ROUNDING):
            found[taken] = place
            taken += 1
        below = above
    return taken
