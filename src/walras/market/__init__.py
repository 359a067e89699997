"""Arithmetic on arrays: values candidates in yuan and fills a page's places with them.

It takes and gives numpy arrays and needs numpy and scipy alone, so it could be lifted out and cited.
It never reads a clock, a file or a random number, and knows nothing of trades.
"""

from walras.market.allocate import Allocation, Rules, allocate
from walras.market.optimum import Optimum, optimum, upper_bound_yuan
from walras.market.payment import Bids, displaced_yuan, first_price_yuan, next_price_yuan
from walras.market.value import examination_weights, page_value_yuan, value_yuan

__all__ = [
    "Allocation",
    "Bids",
    "Optimum",
    "Rules",
    "allocate",
    "displaced_yuan",
    "examination_weights",
    "first_price_yuan",
    "next_price_yuan",
    "optimum",
    "page_value_yuan",
    "upper_bound_yuan",
    "value_yuan",
]
