"""The ranker that needs no training: smoothed counts, bent towards what the person chose."""

import numpy as np

from walras.events import Registry
from walras.features import CHOICE, PersonState, State
from walras.schema import Floats, Ints

# How far choices of the same topic or owner raise what is expected, at most: a share of 1 multiplies by 1 + this.
TOPIC_LIFT, OWNER_LIFT = 3.0, 3.0
# Choices of nobody in particular, so that one choice does not decide everything.
CHOICES_PRIOR = 3.0


class Smoothed:
    """Rates per item, shrunk to its owner's and topic's, times the person's leaning to that topic and owner."""

    def __init__(self, registry: Registry) -> None:
        """Foresee the registry's predicted outcomes."""
        self.outcomes = tuple(outcome.name for outcome in registry.predicted)
        self._codes = np.asarray([outcome.code for outcome in registry.predicted], np.int32)
        self._wanted = np.asarray([outcome.sign > 0 for outcome in registry.predicted])

    def predict(self, person: PersonState, state: State, rows: Ints, *, now_ms: int, surface: str) -> Floats:
        """Foresee by counting. See `Predicts`."""
        owner, topic = state.items["owner"][rows], state.items["topics"][rows, 0]
        rates = state.counters.rates(rows, owner, topic, self._codes, now_ms)
        chosen = person.items[(state.flags[person.outcomes] & CHOICE) > 0]
        by_topic = leaning(state.items["topics"][chosen, 0], topic)
        by_owner = leaning(state.items["owner"][chosen], owner)
        lift = 1.0 + TOPIC_LIFT * by_topic + OWNER_LIFT * by_owner
        return np.asarray(np.where(self._wanted, rates * lift[:, None], rates / lift[:, None]), np.float64)


def leaning(chosen: Ints, offered: Ints) -> Floats:
    """[N] share of the choices that bear each offered label; label 0 is none.

    Args:
        chosen: [T] labels of what was chosen.
        offered: [N] labels of candidates.
    """
    if not len(chosen):
        return np.zeros(len(offered))
    labels, counts = np.unique(chosen, return_counts=True)
    place = np.minimum(np.searchsorted(labels, offered), len(labels) - 1)
    share = counts[place] / (len(chosen) + CHOICES_PRIOR)
    return np.asarray(np.where((labels[place] == offered) & (offered > 0), share, 0.0), np.float64)
