"""How good foreseen outcomes are: order (AUC, within each person GAUC, seconds XAUC) and honesty (log-loss, ECE)."""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from walras.schema import Bools, Floats, Longs

# Bins of equal counts in a calibration error: fewer hide faults, more measure noise.
BINS = 10
SHARE_MIN = 1e-6


def auc(taken: NDArray[np.generic], said: Floats) -> float:
    """Chance that a taken row stands above one not taken, ties counting half; NaN where one kind is missing."""
    positive = np.asarray(taken) > 0
    above, below = int(positive.sum()), int((~positive).sum())
    if not above or not below:
        return float("nan")
    return float((rankdata(said)[positive].sum() - above * (above + 1) / 2) / (above * below))


def gauc(taken: NDArray[np.generic], said: Floats, who: Longs) -> float:
    """AUC within each person who has both kinds, weighted by her rows."""
    total = weight = 0.0
    for person in np.unique(who):
        rows = who == person
        one = auc(taken[rows], said[rows])
        if np.isfinite(one):
            total, weight = total + one * rows.sum(), weight + rows.sum()
    return total / weight if weight else float("nan")


def log_loss(taken: NDArray[np.generic], said: Floats) -> float:
    """Mean surprise in nats."""
    share = np.clip(said, SHARE_MIN, 1.0 - SHARE_MIN)
    return float(-np.mean(np.where(np.asarray(taken) > 0, np.log(share), np.log1p(-share))))


def ece(taken: NDArray[np.generic], said: Floats, bins: int = BINS) -> float:
    """Expected calibration error: mean gap between what was said and what came, over bins of equal counts."""
    order, came = np.argsort(said, kind="stable"), np.asarray(taken, np.float64)
    gaps = [abs(came[part].mean() - said[part].mean()) * len(part) for part in np.array_split(order, bins) if len(part)]
    return float(sum(gaps) / max(len(order), 1))


def winners(value: Floats, page: Longs) -> Bools:
    """[R] the row of greatest value in each page: those a platform shows are picked for being foreseen high."""
    order = np.lexsort((-value, page))
    first = np.append(True, page[order][1:] != page[order][:-1])
    won = np.zeros(len(page), bool)
    won[order[first]] = True
    return won


def xauc(amount: Floats, said: Floats, pairs_max: int = 3_000_000, seed: int = 0) -> float:
    """Share of pairs of rows with different amounts that are put in the right order, ties counting half."""
    rows = len(amount)
    if rows * rows <= pairs_max * 2:
        left, right = np.triu_indices(rows, 1)
    else:
        draws = np.random.Generator(np.random.PCG64(seed))
        left, right = draws.integers(0, rows, (2, pairs_max))
    real, foreseen = np.sign(amount[left] - amount[right]), np.sign(said[left] - said[right])
    apart = real != 0
    return float(np.mean((1.0 + real[apart] * foreseen[apart]) / 2.0)) if apart.any() else float("nan")
