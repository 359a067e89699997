"""Looking at any time: confidence sequences and p-values that hold at every look together, however often one looks."""

import numpy as np
from scipy.special import gammaln, logsumexp

from walras.insight.experiments.estimates import Estimate
from walras.schema import Floats

ALPHA = 0.05
# Faults of the sample ratio that are looked for: arms off by tenths, by hundredths, by thousandths.
_CONCENTRATIONS = (10.0, 1_000.0, 100_000.0)


def sequence(now: Estimate, reached: float, alpha: float = ALPHA) -> Estimate:
    """The estimate with an interval and a p-value that hold at all looks at once.

    The normal mixture boundary of Robbins in the asymptotic form of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas,
    "Time-uniform central limit theory and asymptotic confidence sequences" (Annals of Statistics 2024, equation 14):
    ± se · √((r + 1) / r · 2 log(√(r + 1) / α)) with r = ρ² · t, ρ² chosen so that it is narrowest where the plan ends.

    Args:
        now: the estimate at this look, with its standard error.
        reached: units seen now as a share of those planned. The plan must not be moved while one looks.
        alpha: chance of ever missing the effect.
    """
    r = max(_tuned(alpha) * reached, 1e-12)
    half = now.se * float(np.sqrt((r + 1) / r * 2 * np.log(np.sqrt(r + 1) / alpha)))
    z = abs(now.effect) / now.se if now.se > 0 else 0.0
    p = float(min(1.0, np.sqrt(r + 1) * np.exp(-0.5 * z * z * r / (r + 1))))
    return Estimate(
        effect=now.effect,
        se=now.se,
        low=now.effect - half,
        high=now.effect + half,
        p=p,
        mean=now.mean,
        units=now.units,
    )


def _tuned(alpha: float) -> float:
    """ρ² · t where the boundary is narrowest at t (the same paper, appendix C.3)."""
    return float(-2 * np.log(alpha) + np.log(-2 * np.log(alpha) + 1))


def sample_ratio(counts: Floats, weights: Floats) -> float:
    """The chance, valid at every look, that arms as uneven as these come from their weights: the sample-ratio check.

    Where it is small something loses or doubles units by arm, and no figure of the experiment may be read. A Bayes
    factor of multinomial shares around the weights against the weights themselves (Lindon and Malek, "Anytime-valid
    inference for multinomial count data", NeurIPS 2022), averaged over how far off a fault is looked for.

    Args:
        counts: [A] units by arm.
        weights: [A] in what shares they were drawn.
    """
    share = weights / weights.sum()
    drawn = counts @ np.log(share)
    factors = [_shares_around(counts, concentration * share) - drawn for concentration in _CONCENTRATIONS]
    return float(min(1.0, np.exp(-logsumexp(factors)) * len(factors)))


def _shares_around(counts: Floats, prior: Floats) -> float:
    """The log of the chance of counts in this order, where shares are drawn from a Dirichlet distribution."""
    whole = gammaln(prior.sum()) - gammaln(prior.sum() + counts.sum())
    return float(whole + (gammaln(prior + counts) - gammaln(prior)).sum())
