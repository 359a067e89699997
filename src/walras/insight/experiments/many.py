"""Many questions at once: metrics, arms and groups, each of which may be false by chance."""

import numpy as np
from msgspec.structs import replace
from scipy import special

from walras.insight.experiments.estimates import UNITS_LEAST, Estimate, difference, of_normal
from walras.schema import Bools, Floats, Longs


def holm(p: Floats) -> Floats:
    """Adjusted p-values that keep the chance of any false alarm (Holm, Scandinavian Journal of Statistics 1979)."""
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * (len(p) - np.arange(len(p))))
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted


def discoveries(p: Floats) -> Floats:
    """Adjusted p-values that keep the share of false ones among what is found (Benjamini and Hochberg, 1995)."""
    order = np.argsort(p, kind="stable")[::-1]
    stepped = np.minimum.accumulate(p[order] * len(p) / np.arange(len(p), 0, -1))
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted


def by_group(values: Floats, is_treated: Bools, group: Longs) -> tuple[list[tuple[int, Estimate]], float]:
    """The effect in each group, and whether they differ at all.

    Cochran's Q of the groups' effects (Biometrics 1954). Groups must be of before the experiment. Each p-value is
    adjusted by Benjamini and Hochberg, so that a group that stands out among many is no surprise.

    Args:
        values: [N] of units.
        is_treated: [N] whether each is in the second arm.
        group: [N] number of its group.

    Returns:
        Each group with its effect, and the chance of effects so unlike where they are the same.
    """
    found: list[tuple[int, Estimate]] = []
    for one in np.unique(group).tolist():
        inside = group == one
        control, treated = values[inside & ~is_treated], values[inside & is_treated]
        if min(len(control), len(treated)) >= UNITS_LEAST:
            found.append((int(one), difference(control, treated)))
    adjusted = discoveries(np.asarray([each.p for _, each in found]))
    whole = [(one, _with_p(each, p)) for (one, each), p in zip(found, adjusted.tolist(), strict=True)]
    return whole, unlike([each for _, each in found])


def unlike(effects: list[Estimate]) -> float:
    """The chance of effects as unlike as these where all are the same (Cochran's Q)."""
    known = [each for each in effects if each.se > 0]
    if len(known) < 2:
        return 1.0
    effect = np.asarray([each.effect for each in known])
    weight = np.asarray([each.se for each in known]) ** -2.0
    middle = (weight @ effect) / weight.sum()
    return float(special.chdtrc(len(known) - 1, weight @ (effect - middle) ** 2))


def together(effects: list[Estimate]) -> Estimate:
    """One effect of several independent ones, weighted by how well each is known."""
    weight = np.asarray([each.se for each in effects]) ** -2.0
    effect = float(weight @ np.asarray([each.effect for each in effects]) / weight.sum())
    mean = float(weight @ np.asarray([each.mean for each in effects]) / weight.sum())
    return of_normal(effect, float(weight.sum() ** -0.5), mean, sum(each.units for each in effects))


def _with_p(each: Estimate, p: float) -> Estimate:
    return replace(each, p=p)
