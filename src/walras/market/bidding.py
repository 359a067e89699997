"""Bids that are made for an advertiser who says a value, a budget and a target (docs/market.md §3)."""

from dataclasses import dataclass

import numpy as np

from walras.market.value import Floats

# Prices of a budget and of a target lie between these; a price that were to fall below could never rise again.
PRICE_MIN, PRICE_MAX = 1e-4, 1e4


@dataclass(frozen=True, slots=True)
class Bidders:
    """C advertisers as arrays.

    `budget_price` [C] is μ, the price of a yuan of budget; `ratio_price` [C] is ν, the price of falling short of the
    target; `target` [C] is R, value wanted per yuan spent, 0 for none; `cap_yuan` [C] the most per exposure, infinite
    for none.
    """

    budget_price: Floats
    ratio_price: Floats
    target: Floats
    cap_yuan: Floats


def bid_yuan(bidders: Bidders, value_yuan: Floats) -> Floats:
    """The best bid in an auction where what is paid is what was displaced: uniform in value.

        b = (1 + ν) / (μ + ν R) · v

    which maximises value under budget and target (Aggarwal, Badanidiyuru, Mehta: *Autobidding with Constraints*, 2019).

    Args:
        bidders: C advertisers.
        value_yuan: [C] or [N, C] expected value of one exposure to each, v · p.

    Returns:
        The same shape, yuan per exposure; 0 where nothing is expected.
    """
    shade = (1.0 + bidders.ratio_price) / (bidders.budget_price + bidders.ratio_price * bidders.target)
    return np.asarray(np.minimum(np.maximum(value_yuan, 0.0) * shade, bidders.cap_yuan), np.float64)


def moved(
    bidders: Bidders,
    *,
    spent_yuan: Floats,
    planned_yuan: Floats,
    value_yuan: Floats,
    step: float,
    ratio_step: float,
) -> Bidders:
    """Advertisers with prices moved by what the last stretch brought.

    μ rises while more is spent than planned; ν rises while the value falls short of R times what was spent (mirror
    descent with the entropy of prices; Feng, Padmanabhan, Wang: *Online Bidding Algorithms for Return-on-Spend
    Constrained Advertisers*, 2022).

    Args:
        bidders: before.
        spent_yuan: [C] spent in the stretch.
        planned_yuan: [C] planned for it, more than 0.
        value_yuan: [C] value that came of it.
        step: of μ, per whole plan missed.
        ratio_step: of ν, per whole plan missed.
    """
    scale = np.maximum(planned_yuan, 1e-9)
    over = np.clip((spent_yuan - planned_yuan) / scale, -1.0, 4.0)
    short = np.clip((bidders.target * spent_yuan - value_yuan) / np.maximum(bidders.target, 1.0) / scale, -4.0, 4.0)
    has_target = bidders.target > 0
    return Bidders(
        budget_price=np.clip(bidders.budget_price * np.exp(step * over), PRICE_MIN, PRICE_MAX),
        ratio_price=np.where(
            has_target, np.clip(bidders.ratio_price * np.exp(ratio_step * short), PRICE_MIN, PRICE_MAX), 0.0
        ),
        target=bidders.target,
        cap_yuan=bidders.cap_yuan,
    )


def marginal_return(value_yuan: Floats, paid_yuan: Floats, organic_value_yuan: Floats) -> tuple[float, float]:
    """Average and marginal return of a campaign: all value per yuan paid, and what the bids won per yuan paid.

    Args:
        value_yuan: [N] value of each exposure.
        paid_yuan: [N] paid for it, 0 where it stood there without a bid.
        organic_value_yuan: [N] value the same page would have brought without the bid.

    Returns:
        Both, infinite where nothing was paid.
    """
    paid = float(paid_yuan.sum())
    if paid <= 0:
        return float("inf"), float("inf")
    return float(value_yuan.sum()) / paid, float((value_yuan - organic_value_yuan).sum()) / paid
