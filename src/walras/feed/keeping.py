"""Places kept for chance and for newcomers, with the chances written down so that effects can be measured later."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from walras.feed.promises import Drawn, draw
from walras.market import Allocation
from walras.schema import Bools, Candidates, Floats, Longs, Surface

ANYONE, FRESH = -1, 0


@dataclass(frozen=True, slots=True)
class Promised:
    """Candidates that a promise was made to, and how heavy each weighs in the draw."""

    who: Longs = field(default_factory=lambda: np.zeros(0, np.int64))  # [M] places among those that stayed
    weight: Floats = field(default_factory=lambda: np.zeros(0))  # [M] above 0


@dataclass(frozen=True, slots=True)
class Keeping:
    """Which places are kept, and for whom."""

    kept_for: Longs  # [K] the class a place is kept for, ANYONE for none
    classes: Bools  # [C, N] members: FRESH first, then one class for each explored, then one for each promise drawn
    pool: int  # how many could have been drawn to explore
    chance: Mapping[int, float] = field(default_factory=dict)  # of each class of a promise, among the promises
    claim: Mapping[int, int] = field(default_factory=dict)  # which of the promises each such class is

    def is_fresh(self, kept: int) -> bool:
        """Whether a class is one of newcomers."""
        return kept == FRESH or kept in self.chance

    def propensity(self, surface: Surface, allocation: Allocation) -> Floats:
        """[K] chance with which each place was filled as it was, given the candidates.

        An explored place has the chance of exploring, spread evenly over those that could be drawn; a fresh place the
        fresh share, times the chance of its draw where it was drawn among promises; any other what is left.
        """
        kept = allocation.reserved
        open_chance = 1.0 - surface.explore_share - surface.fresh_share
        drawn_chance = surface.explore_share / max(self.pool, 1)
        chance = np.where(kept > FRESH, drawn_chance, np.where(kept == FRESH, surface.fresh_share, open_chance))
        for place in np.flatnonzero(kept > FRESH).tolist():
            if (among := self.chance.get(int(kept[place]))) is not None:
                chance[place] = surface.fresh_share * among
        return np.asarray(chance, np.float64)


def keep_places(
    surface: Surface,
    count: int,
    candidates: Candidates,
    rows: Longs,
    rng: np.random.Generator,
    *,
    allowed: Bools | None = None,
    promised: Promised | None = None,
) -> Keeping:
    """Keep each place for a draw with chance `explore_share`, else for a fresh item with chance `fresh_share`.

    A place that explores takes one candidate drawn evenly among those of the exploring source, not the best of them,
    so that its chance is known. A place for newcomers is drawn among those that were promised exposures, by weight;
    where nobody was, the best fresh item takes it.

    Args:
        surface: its shares.
        count: K places.
        candidates: everybody proposed.
        rows: [N] those that stayed.
        rng: the page's draws.
        allowed: [N] who may stand on the page; None: everybody.
        promised: fresh candidates that a promise was made to; None: none.
    """
    may = np.ones(len(rows), bool) if allowed is None else allowed
    drawn_at = rng.random(count)
    explored = np.flatnonzero(drawn_at < surface.explore_share)
    fresh = np.flatnonzero(
        (drawn_at >= surface.explore_share) & (drawn_at < surface.explore_share + surface.fresh_share)
    )
    pool = np.flatnonzero(named_by(candidates, rows, "explore") & may)
    drawn = rng.permutation(pool)[: len(explored)]
    claims = Drawn()
    if promised is not None and len(promised.who) and len(fresh):
        claims = draw(promised.weight, len(fresh), rng)
    of_claims = 1 + len(drawn) + np.arange(len(claims.who))
    classes = np.zeros((1 + len(drawn) + len(claims.who), len(rows)), bool)
    classes[FRESH] = named_by(candidates, rows, "fresh")
    classes[1 + np.arange(len(drawn)), drawn] = True
    kept_for = np.full(count, ANYONE, np.int64)
    kept_for[fresh] = FRESH
    kept_for[explored[: len(drawn)]] = 1 + np.arange(len(drawn))
    if promised is not None and len(claims.who):
        classes[of_claims, promised.who[claims.who]] = True
        kept_for[fresh[: len(claims.who)]] = of_claims
    return Keeping(
        kept_for,
        classes,
        len(pool),
        dict(zip(of_claims.tolist(), claims.chance.tolist(), strict=True)),
        dict(zip(of_claims.tolist(), claims.who.tolist(), strict=True)),
    )


def named_by(candidates: Candidates, rows: Longs, source: str) -> Bools:
    """[N] which rows this source named, though another may have named them first."""
    if source not in candidates.sources:
        return np.zeros(len(rows), bool)
    bit = np.int64(1) << np.int64(candidates.sources.index(source))
    return np.asarray((candidates.named_by[rows] & bit) != 0)
