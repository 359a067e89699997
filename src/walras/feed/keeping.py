"""Places kept for chance and for newcomers, with the chances written down so that effects can be measured later."""

from dataclasses import dataclass

import numpy as np

from walras.market import Allocation
from walras.schema import Bools, Candidates, Floats, Longs, Surface

ANYONE, FRESH = -1, 0


@dataclass(frozen=True, slots=True)
class Keeping:
    """Which places are kept, and for whom."""

    kept_for: Longs  # [K] the class a place is kept for, ANYONE for none
    classes: Bools  # [C, N] members of each class: FRESH first, then one class for each candidate drawn
    pool: int  # how many could have been drawn

    def propensity(self, surface: Surface, allocation: Allocation) -> Floats:
        """[K] chance with which each place was filled as it was, given the candidates.

        An explored place has the chance of exploring, spread evenly over those that could be drawn; a fresh place the
        fresh share; any other what is left.
        """
        kept = allocation.reserved
        open_chance = 1.0 - surface.explore_share - surface.fresh_share
        drawn_chance = surface.explore_share / max(self.pool, 1)
        chance = np.where(kept > FRESH, drawn_chance, np.where(kept == FRESH, surface.fresh_share, open_chance))
        return np.asarray(chance, np.float64)


def keep_places(surface: Surface, count: int, candidates: Candidates, rows: Longs, rng: np.random.Generator) -> Keeping:
    """Keep each place for a draw with chance `explore_share`, else for a fresh item with chance `fresh_share`.

    A place that explores takes one candidate drawn evenly among those of the exploring source, not the best of them,
    so that its chance is known.

    Args:
        surface: its shares.
        count: K places.
        candidates: everybody proposed.
        rows: [N] those that stayed.
        rng: the page's draws.
    """
    draw = rng.random(count)
    explored = np.flatnonzero(draw < surface.explore_share)
    fresh = (draw >= surface.explore_share) & (draw < surface.explore_share + surface.fresh_share)
    pool = np.flatnonzero(_named_by(candidates, rows, "explore"))
    drawn = rng.permutation(pool)[: len(explored)]
    classes = np.zeros((1 + len(drawn), len(rows)), bool)
    classes[FRESH] = _named_by(candidates, rows, "fresh")
    classes[1 + np.arange(len(drawn)), drawn] = True
    kept_for = np.where(fresh, FRESH, ANYONE).astype(np.int64)
    kept_for[explored[: len(drawn)]] = 1 + np.arange(len(drawn))
    return Keeping(kept_for, classes, len(pool))


def _named_by(candidates: Candidates, rows: Longs, source: str) -> Bools:
    """[N] which rows this source named, though another may have named them first."""
    if source not in candidates.sources:
        return np.zeros(len(rows), bool)
    bit = np.int64(1) << np.int64(candidates.sources.index(source))
    return np.asarray((candidates.named_by[rows] & bit) != 0)
