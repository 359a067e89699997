"""Before an experiment: what another policy would have brought, from the chances logged with each choice."""

import msgspec
import numpy as np

from walras.insight.experiments.estimates import Estimate, of_normal
from walras.schema import Floats


class Overlap(msgspec.Struct, frozen=True, kw_only=True):
    """How much of the log speaks of the new policy."""

    logged: int
    effective: float  # so many choices of the new policy's own would say as much
    weight_max: float
    share_unseen: float  # of the new policy's choices, those the old one never makes; of these nothing is known

    @property
    def is_enough(self) -> bool:
        """Whether the estimate may be read: a hundred effective choices, none worth more than a tenth of all."""
        return self.effective >= 100 and self.weight_max <= 0.1 * self.logged and self.share_unseen <= 0.05


class Worthwhile(msgspec.Struct, frozen=True, kw_only=True):
    """What a policy would bring a choice, by three estimators, with the overlap."""

    ips: Estimate
    self_normalised: Estimate
    doubly_robust: Estimate | None
    overlap: Overlap


def evaluate(
    reward: Floats,
    propensity: Floats,
    target: Floats,
    *,
    foreseen: tuple[Floats, Floats] | None = None,
    clip: float = np.inf,
    share_unseen: float = 0.0,
) -> Worthwhile:
    """The mean reward of another policy, from choices that were logged with their chances.

    Inverse propensities (Horvitz and Thompson, JASA 1952), self-normalised (Swaminathan and Joachims, NeurIPS 2015),
    and doubly robust (Dudík, Langford and Li, ICML 2011), which holds where either the chances or the forecast do.

    Args:
        reward: [N] what each logged choice brought.
        propensity: [N] chance with which it was made.
        target: [N] chance with which the other policy makes the same choice.
        foreseen: [N] forecast of the logged choice, and [N] forecast of the other policy's own choices (its mean).
        clip: weights above are cut, which trades variance for bias; not by default.
        share_unseen: of the other policy's choices, those that the old one never makes.
    """
    assert (propensity > 0).all(), "a choice that was made has a chance above 0"
    weight = np.minimum(target / propensity, clip)
    doubly = None if foreseen is None else _mean(foreseen[1] + weight * (reward - foreseen[0]))
    return Worthwhile(
        ips=_mean(weight * reward),
        self_normalised=_self_normalised(weight, reward),
        doubly_robust=doubly,
        overlap=overlap(weight, share_unseen),
    )


def overlap(weight: Floats, share_unseen: float = 0.0) -> Overlap:
    """Kish's effective sample size, (Σ w)² / Σ w², and the largest weight."""
    squares = float(weight @ weight)
    return Overlap(
        logged=len(weight),
        effective=float(weight.sum()) ** 2 / squares if squares else 0.0,
        weight_max=float(weight.max(initial=0.0)),
        share_unseen=share_unseen,
    )


def _mean(terms: Floats) -> Estimate:
    n = len(terms)
    return of_normal(float(terms.mean()), float(terms.std(ddof=1) / np.sqrt(n)), 0.0, n)


def _self_normalised(weight: Floats, reward: Floats) -> Estimate:
    total = float(weight.sum())
    if not total:
        return of_normal(float("nan"), float("nan"), 0.0, len(weight))
    value = float(weight @ reward / total)
    se = float(np.sqrt(((weight * (reward - value)) ** 2).sum()) / total)
    return of_normal(value, se, 0.0, len(weight))
