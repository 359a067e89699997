"""Before it begins: the smallest effect that so many units can show, and how many an effect needs."""

import numpy as np

from walras.insight.experiments.estimates import quantile

ALPHA, POWER = 0.05, 0.8


def least_effect(
    sd: float,
    units: float,
    *,
    treated: float = 0.5,
    correlation: float = 0.0,
    cluster: tuple[float, float] = (1.0, 0.0),
    alpha: float = ALPHA,
    power: float = POWER,
) -> float:
    """The minimum detectable effect, in the metric's unit (Bloom, Evaluation Review 1995).

    Args:
        sd: of the metric over units.
        units: in both arms together.
        treated: share of them in the second arm.
        correlation: with the same units' past, where CUPED takes it out.
        cluster: mean size of clusters and the correlation inside them (Kish's design effect); 1 and 0 without.
        alpha: chance of a false alarm, on both sides.
        power: chance to see an effect that is there.
    """
    size, inside = cluster
    spread = sd * np.sqrt((1 - correlation**2) * (1 + (size - 1) * inside) / (units * treated * (1 - treated)))
    return float((quantile(1 - alpha / 2) + quantile(power)) * spread)


def needed(
    effect: float,
    sd: float,
    *,
    treated: float = 0.5,
    correlation: float = 0.0,
    cluster: tuple[float, float] = (1.0, 0.0),
    alpha: float = ALPHA,
    power: float = POWER,
) -> int:
    """How many units both arms together need to show an effect; the arguments are those of `least_effect`."""
    one = least_effect(sd, 1.0, treated=treated, correlation=correlation, cluster=cluster, alpha=alpha, power=power)
    return int(np.ceil((one / effect) ** 2))
