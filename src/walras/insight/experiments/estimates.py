"""Effects with their intervals: plain differences, with a variable of before (CUPED), of ratios, and by clusters.

Every function takes arrays with one entry a unit of randomisation; nothing is read or kept. Units that were drawn
together (a city, an item's viewers) are first summed by `totals`, so that the cluster is the unit.
"""

import msgspec
import numpy as np
from scipy import special

from walras.schema import Floats, Longs

LEVEL = 0.95
# Below so many units in an arm an interval says nothing that is worth its width.
UNITS_LEAST = 2


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """An effect: the second arm less the first, in the metric's unit."""

    effect: float
    se: float
    low: float
    high: float
    p: float  # chance of so much or more where there is no effect
    mean: float  # of the first arm
    units: int

    @property
    def share(self) -> float:
        """The effect as a share of the first arm's mean; not a number where that is 0."""
        return self.effect / self.mean if self.mean else float("nan")


def difference(control: Floats, treated: Floats, level: float = LEVEL) -> Estimate:
    """Difference of means with unequal variances (Welch, "The generalization of 'Student's' problem", 1947).

    Args:
        control: [N] of the first arm, one entry a unit.
        treated: [M] of the second.
        level: of the interval.
    """
    effect, mean = float(treated.mean() - control.mean()), float(control.mean())
    one, other = (float(arm.var(ddof=1) / len(arm)) for arm in (control, treated))
    freedom = _welch(one, other, len(control) - 1, len(treated) - 1)
    return of_normal(effect, float(np.sqrt(one + other)), mean, len(control) + len(treated), freedom, level)


def cuped(values: Floats, before: Floats) -> Floats:
    """Take out of values what the same units' past foretold.

    The mean stays, the variance falls by the squared correlation (Deng, Xu, Kohavi and Walker, "Improving the
    sensitivity of online controlled experiments by utilizing pre-experiment data", WSDM 2013).

    Args:
        values: [N] of both arms together, so that one slope serves both.
        before: [N] or [N, C] of the same units before the experiment, which it therefore cannot have changed.

    Returns:
        [N] values that are compared in their place.
    """
    known = before[:, None] if before.ndim == 1 else before
    centred = known - known.mean(axis=0)
    slope = np.linalg.pinv(centred.T @ centred) @ (centred.T @ (values - values.mean()))
    return np.asarray(values - centred @ slope, np.float64)


def ratio_difference(control: tuple[Floats, Floats], treated: tuple[Floats, Floats], level: float = LEVEL) -> Estimate:
    """Difference of ratios of two sums, such as minutes a day, by the delta method.

    The units of the arrays are those of randomisation, so that a ratio's parts may hang together and its denominator
    may be random (Deng, Knoblich and Lu, "Applying the delta method in metric analytics", KDD 2018).

    Args:
        control: [N] numerators and [N] denominators of the first arm.
        treated: the same of the second.
        level: of the interval.
    """
    mean, variance, freedom_a = _ratio(*control)
    other, more, freedom_b = _ratio(*treated)
    se = float(np.sqrt(variance + more))
    return of_normal(
        other - mean, se, mean, freedom_a + freedom_b + 2, _welch(variance, more, freedom_a, freedom_b), level
    )


def of_normal(
    effect: float, se: float, mean: float, units: int, freedom: float = np.inf, level: float = LEVEL
) -> Estimate:
    """An estimate whose error is normal, or Student's with so many degrees of freedom."""
    # scipy.stats says the same and takes most of a second to load, with every command.
    half = quantile(0.5 + level / 2, freedom) * se
    p = 2 * _below(-abs(effect) / se, freedom) if se > 0 else float(effect == 0)
    return Estimate(effect=effect, se=se, low=effect - half, high=effect + half, p=p, mean=mean, units=units)


def quantile(share: float, freedom: float = np.inf) -> float:
    """Of Student's distribution; of the normal one where the degrees of freedom are without end."""
    return float(special.ndtri(share) if np.isinf(freedom) else special.stdtrit(freedom, share))


def _below(value: float, freedom: float) -> float:
    return float(special.ndtr(value) if np.isinf(freedom) else special.stdtr(freedom, value))


def totals(values: Floats, cluster: Longs, weights: Floats | None = None) -> tuple[Floats, Floats]:
    """Sum units by cluster: what `ratio_difference` takes where whole clusters were drawn.

    Its error is then robust to whatever goes on inside a cluster (Liang and Zeger, Biometrika 1986), with one degree
    of freedom less than there are clusters (Cameron and Miller, "A practitioner's guide to cluster-robust inference",
    Journal of Human Resources 2015).

    Args:
        values: [N] of units.
        cluster: [N] number of each unit's cluster, from 0 on.
        weights: [N] of units, 1 each where None.

    Returns:
        [G] sums of values and of weights by cluster; clusters that have nobody are left out.
    """
    ones = np.ones(len(values)) if weights is None else weights
    there = np.bincount(cluster) > 0
    sums, sizes = (np.bincount(cluster, each).astype(np.float64) for each in (values, ones))
    return sums[there], sizes[there]


def _ratio(numerator: Floats, denominator: Floats) -> tuple[float, float, int]:
    total = float(denominator.sum())
    ratio = float(numerator.sum() / total) if total else float("nan")
    residual = numerator - ratio * denominator
    n = len(numerator)
    # Residuals sum to zero by their making, so n - 1 are free.
    return ratio, float((residual @ residual) / (n - 1) * n / total**2) if n > 1 and total else float("nan"), n - 1


def _welch(a: float, b: float, freedom_a: int, freedom_b: int) -> float:
    below = a**2 / max(freedom_a, 1) + b**2 / max(freedom_b, 1)
    return (a + b) ** 2 / below if below > 0 else np.inf
