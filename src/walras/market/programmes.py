"""Programmes: promises and limits with a price each, and how the prices move (docs/market.md §2)."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from walras.market.value import Floats, Ints

# A cap holds a sum below an amount, a floor holds it above, a ratio holds the sum of (value - target x cost) above 0.
CAP, FLOOR, RATIO = range(3)
# A price at 0 could never rise again by a factor; from here it can.
PRICE_LEAST = 0.005
# One stretch moves a price by this factor at most: feedback comes late, and prices that run ahead of it ring.
FACTOR_MAX = 1.5
# A ratio that has fallen short by more than this share of its cost takes no exposure that would make it worse.
SHORT_MAX = 0.01
# First steps of a rehearsal: of a limit's price by addition, since it shades bids, of other prices by a factor; what is
# used to within a share of what is left needs no step.
SHADE_STEP, FACTOR_STEP, STEP_MAX, CLOSE = 0.03, 0.15, 0.5, 0.005


@dataclass(frozen=True, slots=True)
class Programmes:
    """P programmes as arrays. Only the price moves from stretch to stretch."""

    kind: Ints  # [P] CAP, FLOOR or RATIO
    amount: Floats  # [P] over the whole horizon, in the programme's own unit; 0 for a ratio
    most_yuan: Floats  # [P] the most its owner pays for a unit; a floor that rests there is not feasible at that price
    price_yuan: Floats  # [P] yuan per unit now, not negative

    def __len__(self) -> int:
        """P."""
        return len(self.kind)

    @property
    def added_yuan(self) -> Floats:
        """[P] what a unit adds to a candidate's value: the price of a promise, less the price of a limit."""
        return np.asarray(np.where(self.kind == CAP, -self.price_yuan, self.price_yuan), np.float64)

    def priced(self, price_yuan: Floats) -> "Programmes":
        """The same programmes at other prices, kept between 0 and what their owners pay at most."""
        return replace(self, price_yuan=np.clip(np.asarray(price_yuan, np.float64), 0.0, self.most_yuan))


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of the horizon: shares of its traffic, as forecast, that came before it and that came in it."""

    before: float
    share: float


def planned(programmes: Programmes, used: Floats, stretch: Stretch) -> Floats:
    """[P] what a stretch should bring: what is left of the amount, along the forecast of the traffic that is left.

    Args:
        programmes: P programmes.
        used: [P] consumed before the stretch; for a ratio the sum so far, whose shortfall is to be made good.
        stretch: where in the horizon.
    """
    return np.asarray(_left(programmes, used) * min(stretch.share / max(1.0 - stretch.before, 1e-9), 1.0), np.float64)


def _left(programmes: Programmes, used: Floats) -> Floats:
    left = programmes.amount - used
    return np.asarray(np.where(programmes.kind == RATIO, left, np.maximum(left, 0.0)), np.float64)


def moved(
    programmes: Programmes, used: Floats, consumed: Floats, cost: Floats, stretch: Stretch, step: Floats
) -> Programmes:
    """The programmes after a stretch: prices rise where a promise is behind its plan or a limit ahead of it.

    Mirror descent on the dual with the entropy of prices, so that a price moves by a factor (Balseiro, Lu, Mirrokni:
    *The Best of Many Worlds*, 2023), against a plan that is made anew from what is left.

        λ ← λ · exp(± η (planned − consumed) / scale)

    Args:
        programmes: before.
        used: [P] consumed before the stretch.
        consumed: [P] in the stretch.
        cost: [P] what a stretch of this length costs or brings at the usual pace, the scale of a ratio; else not read.
        stretch: which stretch it was.
        step: [P] η.
    """
    plan = planned(programmes, used, stretch)
    usual = np.where(programmes.kind == RATIO, cost, programmes.amount * stretch.share)
    behind = (plan - consumed) / np.maximum(usual, 1.0)
    behind = np.where(programmes.kind == CAP, -behind, behind)
    factor = np.exp(np.clip(step * behind, -np.log(FACTOR_MAX), np.log(FACTOR_MAX)))
    return programmes.priced(np.maximum(programmes.price_yuan, PRICE_LEAST) * factor)


def rehearsed(
    programmes: Programmes, left: Floats, consume: Callable[[Programmes], tuple[Floats, Floats]], passes: int = 12
) -> Programmes:
    """Prices at which the rest of the horizon, as it is foreseen, would use what is left: a plan made anew.

    Each pass lets a rehearsal of the rest run at the present prices and moves each price against what it used too much
    or too little, by a step of its own that grows while the direction stays and halves where it turns (Riedmiller,
    Braun: *RPROP*, 1993). Prices that are solved for again and again from what is left lose little (Balseiro, Besbes,
    Pizarro: *Survey of Dynamic Resource-Constrained Reward Collection Problems*, 2023).

    Args:
        programmes: with the prices to begin with.
        left: [P] of the amounts that are left; for a ratio the shortfall that is to be made good, negative where there
            is room.
        consume: gives [P] what the rest would consume at prices, and [P] target x cost of the ratios.
        passes: rehearsals.
    """
    step, last = np.where(programmes.kind == CAP, SHADE_STEP, FACTOR_STEP), np.zeros(len(programmes))
    for _ in range(passes):
        used, cost = consume(programmes)
        scale = np.maximum(np.where(programmes.kind == RATIO, cost, left), 1.0)
        over = np.sign(np.where(np.abs(used - left) > CLOSE * scale, used - left, 0.0))
        step = np.minimum(step * np.where(over * last > 0, 1.2, np.where(over * last < 0, 0.5, 1.0)), STEP_MAX)
        last = over
        by_factor = np.maximum(programmes.price_yuan, PRICE_LEAST) * np.exp(-step * over)
        programmes = programmes.priced(np.where(programmes.kind == CAP, programmes.price_yuan + step * over, by_factor))
    return programmes


def only_better(programmes: Programmes, used: Floats, cost: Floats) -> NDArray[np.bool_]:
    """[P] ratios that have fallen short and take only what makes them better, until they are whole again.

    Args:
        programmes: P programmes.
        used: [P] the sum so far.
        cost: [P] target x cost so far.
    """
    short = used < -SHORT_MAX * np.maximum(cost, 1e-9)
    return np.asarray((programmes.kind == RATIO) & short, np.bool_)


def unfeasible(programmes: Programmes, used: Floats, stretch: Stretch) -> NDArray[np.bool_]:
    """[P] promises that are behind and rest at the most their owner pays: not feasible at that price."""
    behind = used < programmes.amount * min(stretch.before + stretch.share, 1.0)
    at_most = programmes.price_yuan >= programmes.most_yuan * (1.0 - 1e-9)
    return np.asarray((programmes.kind == FLOOR) & behind & at_most, np.bool_)


@dataclass(frozen=True, slots=True)
class Counts:
    """What programmes consumed, from reports that may come late, twice and in any order."""

    used: Floats  # [P]
    known: frozenset[str] = frozenset()  # reports that are in it

    def with_report(self, name: str, amounts: Floats) -> "Counts":
        """With one report of [P] amounts more; one that is known already changes nothing."""
        if name in self.known:
            return self
        return Counts(self.used + amounts, self.known | {name})


def lease(left: Floats, outstanding: Floats, pace: Floats, span_s: float) -> Floats:
    """[P] how much of each budget one serving process may spend until its next lease.

    What all leases together may spend never exceeds what is left, so overspending is bounded by one report's rounding
    whatever fails: a process without a lease makes no bid.

    Args:
        left: [P] of the amounts, as counted.
        outstanding: [P] in leases that have not been counted back.
        pace: [P] a second, as forecast for one process.
        span_s: seconds that a lease is to last.
    """
    return np.asarray(np.clip(np.minimum(pace * span_s, left - outstanding), 0.0, None), np.float64)
