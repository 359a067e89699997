"""The limit that no allocation exceeds: the linear program over a whole day, all of it known (docs/market.md §5)."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.optimize import linprog

from walras.market.programmes import CAP, FLOOR, Programmes
from walras.market.value import Floats


@dataclass(frozen=True, slots=True)
class Limit:
    """The best value of a day, what each programme's unit is worth there, and by how much promises had to be missed."""

    value_yuan: float
    price_yuan: Floats  # [P] duals, not negative: the warm prices of the next day
    missed: Floats  # [P] units of each floor that could not be had at the most its owner pays


def hindsight(value_yuan: Floats, places: int, member: sp.csr_matrix, programmes: Programmes) -> Limit:
    """Solve the linear relaxation of a day in which each page has `places` places of equal weight.

    Floors may be missed at the most their owners pay, so the program always has a solution and names the floors that
    are not feasible. Solved by the interior point method of HiGHS.

    Args:
        value_yuan: [T, N] value of each candidate of each page, programmes left out; not finite: it may not stand.
        places: K of each page.
        member: [P, T * N] what the exposure of a candidate adds to each programme.
        programmes: P programmes; prices are not read.

    Returns:
        The limit.
    """
    pages, candidates = value_yuan.shape
    may = np.isfinite(value_yuan).ravel()
    sign = np.where(programmes.kind == CAP, 1.0, -1.0)
    missable = np.flatnonzero(programmes.kind == FLOOR)
    ones = np.ones(pages * candidates)
    of_page = sp.csr_matrix((ones, np.arange(pages * candidates), np.arange(0, pages * candidates + 1, candidates)))
    missed = sp.csr_matrix(
        (-np.ones(len(missable)), (missable, np.arange(len(missable)))), (len(programmes), len(missable))
    )
    rows = sp.bmat([[sp.diags(sign) @ member, missed], [of_page, None]], format="csr")
    found = linprog(
        np.concatenate([-np.where(may, value_yuan.ravel(), 0.0), programmes.most_yuan[missable]]),
        A_ub=rows,
        b_ub=np.concatenate([sign * programmes.amount, np.full(pages, float(places))]),
        bounds=np.column_stack(
            [np.zeros(rows.shape[1]), np.concatenate([may.astype(float), np.full(len(missable), np.inf)])]
        ),
        method="highs-ipm",
    )
    if found.x is None:
        raise ArithmeticError(f"the linear program was not solved: {found.message}")
    short = np.zeros(len(programmes))
    short[missable] = found.x[pages * candidates :]
    worth = float(np.where(may, value_yuan.ravel(), 0.0) @ found.x[: pages * candidates])
    return Limit(worth, np.maximum(-found.ineqlin.marginals[: len(programmes)], 0.0), short)
