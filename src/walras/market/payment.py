"""What an owner pays for a place: what the bid displaced, in yuan (docs/market.md §4)."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from walras.market.allocate import Bools, Page, Rules, ranked
from walras.market.value import Floats, Ints

# Where one payer has several bids on a page, thresholds along the bid are searched to this share of it.
SHARE_OF_BID = 2.0**-12


@dataclass(frozen=True, slots=True)
class Bids:
    """The candidates of one page with what was bid for them.

    `organic_yuan` [N] is the value without bids, programmes' prices inside; `bid_yuan` [N] what is offered for one
    examined exposure, 0 where nobody bids; `payer` [N] who offers it, any number, read only where a bid is.
    """

    organic_yuan: Floats
    bid_yuan: Floats
    payer: Ints
    allowed: Bools
    owner: Ints
    topic: Ints


def displaced_yuan(bids: Bids, rules: Rules, examination: Floats, chosen: Ints) -> Floats:
    """What each place of a filled page pays: its bid, less all that the bid gained its owner's items.

    The place an item gets does not fall as its bid rises, so the payment that makes the true value a best answer is
    the bid times its examination, less the integral of the examination along the bid (Myerson, *Optimal Auction
    Design*, 1981, Lemma 3). Where the page is an optimum this is what the bid displaced, W⁰ − (W − b·π)
    (Vickrey, Clarke, Groves). An item that stood in the same place without its bid pays nothing.

    Args:
        bids: the candidates.
        rules: the page's rules.
        examination: [K] weight of each place, not rising.
        chosen: [<=K] the candidates that stand, as `allocate` filled the page with organic value and bids.

    Returns:
        [<=K] yuan for the page shown once, each between 0 and bid times examination.
    """
    paid = np.zeros(len(chosen))
    order = ranked(bids.organic_yuan + bids.bid_yuan, bids.allowed)
    payer_of = bids.payer[chosen]
    for payer in np.unique(payer_of[bids.bid_yuan[chosen] > 0]):
        bidding = np.flatnonzero((bids.payer == payer) & (bids.bid_yuan > 0) & bids.allowed)
        places = np.flatnonzero((payer_of == payer) & (bids.bid_yuan[chosen] > 0))
        if len(bidding) == 1:
            paid[places] = _of_one(bids, rules, examination, order, int(bidding[0]), int(places[0]))
        else:
            paid[places] = _of_several(bids, rules, examination, bidding, chosen[places], examination[places])
    return paid


def first_price_yuan(bid_yuan: Floats, examination: Floats, chosen: Ints) -> Floats:
    """[<=K] what each place would pay if everybody paid the bid; for comparison only."""
    return np.asarray(bid_yuan[chosen] * examination[: len(chosen)], np.float64)


def next_price_yuan(bids: Bids, examination: Floats, chosen: Ints) -> Floats:
    """[<=K] what each place would pay in a generalised second price auction; for comparison only.

    Each pays what its bid had to be to beat the candidate of the next place, or the best that stands nowhere
    (Edelman, Ostrovsky, Schwarz: *Internet Advertising and the Generalized Second-Price Auction*, 2007).
    """
    value = bids.organic_yuan + bids.bid_yuan
    left = np.setdiff1d(np.flatnonzero(bids.allowed), chosen)
    after = np.append(value[chosen[1:]], value[left].max() if len(left) else 0.0)
    needed = np.clip(after - bids.organic_yuan[chosen], 0.0, bids.bid_yuan[chosen])
    return np.asarray(needed * examination[: len(chosen)], np.float64)


def _of_one(bids: Bids, rules: Rules, examination: Floats, order: list[int], candidate: int, place: int) -> float:
    """Payment of a payer with one bid, from the page that is filled without the candidate.

    As long as the candidate does not stand, the page is filled as if it were not there. So it takes the first place
    at which it passes the rules as well as the one that would stand there, and is worth more.
    """
    page = Page(bids.owner.tolist(), bids.topic.tolist(), rules)
    others = [n for n in order if n != candidate]
    value = bids.organic_yuan + bids.bid_yuan
    low, high = float(bids.organic_yuan[candidate]), float(value[candidate])
    gained, above = 0.0, np.inf  # above: the least score that takes an earlier place
    for k in range(rules.places):
        stands, rank = page.best(others)
        own = page.fits(candidate)
        needed = -np.inf if stands < 0 or own < rank else (float(value[stands]) if own == rank else np.inf)
        least = min(above, needed)
        gained += examination[k] * max(0.0, min(above, high) - max(least, low))
        above = least
        if above <= low or stands < 0:
            break
        page.take(stands)
    return float(np.clip(bids.bid_yuan[candidate] * examination[place] - gained, 0.0, None))


def _of_several(bids: Bids, rules: Rules, examination: Floats, bidding: Ints, won: Ints, weight: Floats) -> Floats:
    """Payments of a payer with several bids: the integral along all of them at once, shared by what each offered."""

    def offered(share: float) -> float:
        """What the payer would offer for the places it gets with this share of its bids, at its full bids."""
        value = bids.organic_yuan.copy() + bids.bid_yuan
        value[bidding] = bids.organic_yuan[bidding] + share * bids.bid_yuan[bidding]
        page = Page(bids.owner.tolist(), bids.topic.tolist(), rules).fill(ranked(value, bids.allowed))
        mine = set(bidding.tolist())
        return sum(float(bids.bid_yuan[n]) * float(examination[k]) for k, n in enumerate(page.chosen) if n in mine)

    full = offered(1.0)
    total = min(max(full - _integral(offered, (0.0, offered(0.0)), (1.0, full)), 0.0), full)
    offers = bids.bid_yuan[won] * weight
    return np.asarray(offers * (total / full if full > 0 else 0.0), np.float64)


def _integral(rising: Callable[[float], float], low: tuple[float, float], high: tuple[float, float]) -> float:
    """Integral of a function that rises in steps, between two points (x, y); halves where the ends differ."""
    width = high[0] - low[0]
    if low[1] == high[1] or width <= SHARE_OF_BID:
        return width * (low[1] + high[1]) / 2
    middle = (low[0] + width / 2, rising(low[0] + width / 2))
    return _integral(rising, low, middle) + _integral(rising, middle, high)
