"""What a candidate is worth, and what a page of them is worth."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def value_yuan(
    outcomes: Floats,
    worth_yuan: Floats,
    bid_yuan: Floats | None = None,
    *,
    member: Floats | None = None,
    price_yuan: Floats | None = None,
) -> Floats:
    """Value every candidate: people's outcomes, plus its bid, plus programmes at today's prices.

    Args:
        outcomes: [N, H] expected outcomes of one exposure, each in its own unit.
        worth_yuan: [H] yuan per unit of outcome.
        bid_yuan: [N] payment offered per exposure, 0 where nobody bids; None: nobody bids at all.
        member: [N, P] how much one exposure adds to each programme; None: no programmes.
        price_yuan: [P] yuan per unit of programme; negative for a limit.

    Returns:
        [N] yuan per exposure; may be negative.
    """
    assert outcomes.shape[1] == len(worth_yuan), f"{outcomes.shape=} {worth_yuan.shape=}"
    value = outcomes @ worth_yuan
    if bid_yuan is not None:
        value = value + bid_yuan
    if member is not None and price_yuan is not None:
        assert member.shape == (len(value), price_yuan.size), f"{member.shape=} {price_yuan.shape=}"
        value = value + member @ price_yuan
    return np.asarray(value, np.float64)


def examination_weights(places: int, given: tuple[float, ...] = ()) -> Floats:
    """[K] how likely each place is looked at, the first being 1.

    Args:
        places: K.
        given: measured weights; where they end, or where none are given, 1 / log2(k + 2) is taken for place k.
    """
    weights = 1.0 / np.log2(np.arange(places) + 2.0)
    known = np.asarray(given[:places], np.float64)
    weights[: len(known)] = known
    return np.asarray(np.minimum.accumulate(weights), np.float64)


def page_value_yuan(value_yuan: Floats, chosen: Ints, examination: Floats) -> float:
    """Value of a filled page: the sum of its places' values, weighted by examination (docs/market.md §1)."""
    return float(value_yuan[chosen] @ examination[: len(chosen)])
