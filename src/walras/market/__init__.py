"""Arithmetic on arrays: values candidates in yuan and fills a page's places with them.

It takes and gives numpy arrays and needs numpy and scipy alone, so it could be lifted out and cited.
It never reads a clock, a file or a random number, and knows nothing of trades.
"""

from walras.market.allocate import Allocation, Rules, allocate
from walras.market.bidding import Bidders, bid_yuan, marginal_return
from walras.market.bidding import moved as moved_bidders
from walras.market.hindsight import Limit, hindsight
from walras.market.optimum import Optimum, optimum, upper_bound_yuan
from walras.market.payment import Bids, displaced_yuan, first_price_yuan, next_price_yuan
from walras.market.programmes import (
    CAP,
    FLOOR,
    RATIO,
    Counts,
    Programmes,
    Stretch,
    lease,
    moved,
    only_better,
    planned,
    rehearsed,
    unfeasible,
)
from walras.market.value import Floats, Ints, examination_weights, page_value_yuan, value_yuan

__all__ = [
    "CAP",
    "FLOOR",
    "RATIO",
    "Allocation",
    "Bidders",
    "Bids",
    "Counts",
    "Floats",
    "Ints",
    "Limit",
    "Optimum",
    "Programmes",
    "Rules",
    "Stretch",
    "allocate",
    "bid_yuan",
    "displaced_yuan",
    "examination_weights",
    "first_price_yuan",
    "hindsight",
    "lease",
    "marginal_return",
    "moved",
    "moved_bidders",
    "next_price_yuan",
    "only_better",
    "optimum",
    "page_value_yuan",
    "planned",
    "rehearsed",
    "unfeasible",
    "upper_bound_yuan",
    "value_yuan",
]
