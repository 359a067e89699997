"""What outcomes are worth: how much more people return, for each outcome more, over many experiments.

Each experiment is an instrument: it moved outcomes, and it moved next-day return; nothing else of it is used, so what
makes some people both like and return does not enter (Angrist and Krueger, "Split-sample instrumental variables",
1995; Peysakhovich and Eckles, "Learning causal effects from many randomized experiments using regularized
instrumental variables", WWW 2018). Effects are known with error, and the errors of one experiment hang together, since
the same people stand behind all its figures; both are taken out of the moments (Bibaut, Chou, Ejdemyr and Kallus,
"Learning the covariance of treatment effects across many weak experiments", KDD 2024).
"""

import msgspec
import numpy as np

from walras.events import Registry
from walras.insight.experiments.estimates import quantile
from walras.schema import Floats
from walras.world import World

EXPERIMENTS_LEAST = 5
# Real spread of an outcome's effects below this share of what is seen says that experiments hardly moved it.
_RELIABLE_LEAST = 0.1


class Weighed(msgspec.Struct, frozen=True, kw_only=True):
    """The worth of one outcome."""

    outcome: str
    yuan: float
    low_yuan: float
    high_yuan: float
    reliability: float  # share of its effects' spread that is no error


def weigh(
    outcomes: tuple[str, ...], effects: Floats, returned: Floats, errors: Floats, *, yuan_a_return: float
) -> list[Weighed]:
    """Yuan per unit of each outcome.

    Args:
        outcomes: [H] names.
        effects: [K, H] effect of each experiment on each outcome, per person and day.
        returned: [K] its effect on the share of people who return the next day.
        errors: [K, H + 1, H + 1] covariance of the errors of an experiment's effects, return standing last.
        yuan_a_return: what a person who returns for a day brings, such as revenue a person and day of the ledger.

    Returns:
        By outcome, with a 95 % interval by leaving out one experiment after the other. Outcomes that the experiments
        hardly moved are left out: of these they say nothing.
    """
    reliable = _reliability(effects, errors)
    kept = np.flatnonzero(reliable >= _RELIABLE_LEAST)
    if len(effects) < max(EXPERIMENTS_LEAST, len(kept) + 2) or len(kept) == 0:
        return []
    chosen = np.concatenate([kept, [effects.shape[1]]])
    parts = (effects[:, kept], returned, errors[:, chosen][:, :, chosen])
    slope, spread = _slopes(*parts), _jackknife(*parts)
    half = quantile(0.975, len(effects) - len(kept)) * spread
    return [
        Weighed(
            outcome=outcomes[int(h)],
            yuan=float(slope[n] * yuan_a_return),
            low_yuan=float((slope[n] - half[n]) * yuan_a_return),
            high_yuan=float((slope[n] + half[n]) * yuan_a_return),
            reliability=float(reliable[h]),
        )
        for n, h in enumerate(kept.tolist())
    ]


def _reliability(effects: Floats, errors: Floats) -> Floats:
    seen = (effects**2).mean(axis=0)
    noise = np.diagonal(errors, axis1=1, axis2=2)[:, :-1].mean(axis=0)
    return np.asarray(np.where(seen > 0, 1 - noise / np.maximum(seen, 1e-300), 0.0))


def _slopes(effects: Floats, returned: Floats, errors: Floats) -> Floats:
    """[H] least squares of return on outcomes through the origin, errors taken out; the better known weigh more."""
    weight = 1.0 / np.maximum(errors[:, -1, -1], 1e-300)
    weight = weight / weight.sum()
    among = np.einsum("k,kh,kg->hg", weight, effects, effects) - np.einsum("k,khg->hg", weight, errors[:, :-1, :-1])
    beside = np.einsum("k,kh,k->h", weight, effects, returned) - np.einsum("k,kh->h", weight, errors[:, :-1, -1])
    return np.asarray(np.linalg.pinv(_at_least(among)) @ beside)


def _at_least(among: Floats) -> Floats:
    """The covariance of true effects with no direction below a hundredth of its largest, so that its inverse stays."""
    values, vectors = np.linalg.eigh((among + among.T) / 2)
    return np.asarray((vectors * np.maximum(values, 1e-6 * values.max(initial=0.0))) @ vectors.T)


def _jackknife(effects: Floats, returned: Floats, errors: Floats) -> Floats:
    k = len(effects)
    left = np.stack([_slopes(*(np.delete(part, n, axis=0) for part in (effects, returned, errors))) for n in range(k)])
    return np.asarray(np.sqrt((k - 1) / k * ((left - left.mean(axis=0)) ** 2).sum(axis=0)))


def worth_now(registry: Registry, world: World, now_ms: int) -> dict[str, float]:
    """Yuan per unit of each outcome: what the table of worth says, else what the outcome was declared with."""
    declared = {outcome.name: outcome.worth_yuan for outcome in registry if outcome.worth_yuan}
    return {**declared, **world.prices.at(now_ms).yuan}
