"""Where units touch each other: designs that keep arms apart, and how each is read.

docs/experiments.md says which is needed when.
"""

import numpy as np

from walras.insight.experiments.estimates import Estimate, of_normal, ratio_difference
from walras.insight.experiments.regressions import least_squares
from walras.schema import Bools, Floats, Longs


def budget_split(control: Floats, treated: Floats, share: float) -> Estimate:
    """Campaigns whose budget was split with the people: each arm spends its own part, so neither lives off the other.

    Each campaign is its own pair, whose two results are brought to a whole budget (Liu, Mao and Kang, "Trustworthy and
    powerful online marketplace experimentation with budget-split design", KDD 2021).

    Args:
        control: [C] result of each campaign with the people and the budget of the first arm.
        treated: [C] the same of the second.
        share: of people and budget in the second arm.

    Returns:
        The effect on one campaign, were everybody in the second arm.
    """
    whole, other = control / (1 - share), treated / share
    pairs = other - whole
    n = len(pairs)
    return of_normal(float(pairs.mean()), float(pairs.std(ddof=1) / np.sqrt(n)), float(whole.mean()), n, n - 1)


def two_sided(
    values: Floats, person: Longs, item: Longs, sides: tuple[Bools, Bools], shares: tuple[float, float]
) -> Estimate:
    """People and items drawn each for itself; treated are the pairs of which both are.

    Pairs of two untreated sides know nothing of the experiment; those with one treated side know it only through that
    side's other pairs. In the linear model of both spill-overs the effect of treating everything is the direct one,
    tt - tc - ct + cc, and (tc - cc) / share of items, and (ct - cc) / share of people (Bajari, Burdick, Imbens,
    Masoero, McQueen, Richardson and Rosen, "Experimental design in marketplaces", Statistical Science 2023; Johari,
    Li, Liskovich and Weintraub, "Experimental design in two-sided platforms", Management Science 2022, for the bias of
    one side alone). Errors are clustered by people and by items.

    Args:
        values: [N] result of each pair.
        person: [N] number of its person.
        item: [N] number of its item.
        sides: [N] whether the person is treated, and whether the item is.
        shares: of people treated, and of items.

    Returns:
        The effect on one pair, were everybody and everything treated.
    """
    theirs, its = (side.astype(np.float64) for side in sides)
    design = np.stack([np.ones(len(values)), theirs * its, theirs, its], axis=1)
    fitted = least_squares(values, design, (person, item))
    effect, se = fitted.along([0.0, 1.0, 1.0 / shares[1], 1.0 / shares[0]])
    return of_normal(effect, se, float(fitted.coefficients[0]), len(values), fitted.freedom)


def switchback(
    values: Floats, is_treated: Bools, block: Longs, *, sizes: Floats | None = None, after_switch: Bools | None = None
) -> Estimate:
    """Whole cities switched to and fro by windows of time, so that everybody who meets is in one arm.

    Windows in which the arm before still lingers are left out, and blocks (a city's hour of day, say) take out what is
    the same in both arms (Bojinov, Simchi-Levi and Zhao, "Design and analysis of switchback experiments", Management
    Science 2023, for carry-over; the pieces of a window are its cluster).

    Args:
        values: [W] result of each window.
        is_treated: [W] its arm.
        block: [W] number of its block; windows of one block are compared with each other.
        sizes: [W] how much each weighs, such as people in it; alike where None.
        after_switch: [W] whether the arm before lingers in it; none where None.
    """
    kept = np.ones(len(values), bool) if after_switch is None else ~after_switch
    weight = np.ones(len(values)) if sizes is None else sizes
    y, d, b, w = values[kept], is_treated[kept].astype(np.float64), block[kept], weight[kept]
    if len(np.unique(b)) == 1:
        treated = d > 0
        return ratio_difference(((y * w)[~treated], w[~treated]), ((y * w)[treated], w[treated]))
    _, number = np.unique(b, return_inverse=True)
    rooted = np.sqrt(w)
    y_within, d_within = (rooted * (x - _mean_of(x, w, number)) for x in (y, d))
    fitted = least_squares(y_within, d_within[:, None], (np.arange(len(y)),))
    # A mean of each block was taken out, which costs as many degrees of freedom.
    freedom = max(len(y) - int(number.max()) - 2, 1)
    effect, se = fitted.along([1.0])
    se *= float(np.sqrt(len(y) / freedom))
    return of_normal(effect, se, float((y * w)[d == 0].sum() / w[d == 0].sum()), len(y), freedom)


def _mean_of(values: Floats, weight: Floats, number: Longs) -> Floats:
    """[W] weighted mean of each one's block."""
    return np.asarray((np.bincount(number, values * weight) / np.bincount(number, weight))[number])
