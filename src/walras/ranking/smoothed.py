"""The ranker until a model is trained: counters of item, owner and topic, moved by what this person does with each."""

from typing import Protocol

import numpy as np

from walras.events import Registry
from walras.features import State
from walras.ranking import inputs
from walras.ranking.inputs import Asks, CandidateFeatures, PersonFeatures, Reading, reading_of
from walras.schema import Floats, Floats32, Ints

# How far likeness of content moves the log-odds of what is wanted: a perfect likeness about doubles the odds.
LIKENESS_WEIGHT = 0.8
# How far the logarithm of the sequence model's score moves them: five deviations about triple the odds.
LEANING_WEIGHT = 0.6
# Rates stay inside these, so that no candidate is ever hopeless or certain.
SHARE_MIN, SHARE_MAX = 1e-5, 0.999


class Predicts(Protocol):
    """Foresees every outcome of every candidate."""

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Names of the H columns of what is foreseen, in the order of the registry's predicted outcomes."""
        ...

    def predict(self, asked: Asks, state: State, rows: Ints, leaning: Floats32 | None = None) -> Floats:
        """[N, H] expected outcomes of one exposure of each item at `rows`, each in its unit; finite, never NaN.

        Args:
            asked: whose page, where and when.
            state: what is known.
            rows: [N] of items.
            leaning: [N] the sequence model's score, in units of its deviation over the catalogue; None without a model.
        """
        ...


class Smoothed:
    """Rates with Bayesian smoothing, so that a page is personal before anything was trained."""

    def __init__(self, registry: Registry) -> None:
        """Foresee what this registry wants foreseen."""
        self._reading = reading_of(registry)

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Names of the H columns."""
        return self._reading.names

    def predict(self, asked: Asks, state: State, rows: Ints, leaning: Floats32 | None = None) -> Floats:
        """[N, H] expected outcomes of one exposure of each item at `rows`."""
        return self.foresee(*inputs.gather(asked, state, rows, self._reading), leaning)

    def foresee(self, person: PersonFeatures, candidates: CandidateFeatures, leaning: Floats32 | None = None) -> Floats:
        """[N, H] the same, from arrays."""
        reading = self._reading
        everyone = inputs.shrunk(person.everyone[None], np.zeros(len(reading.codes), np.float32), 1.0)[0]
        own = inputs.own_rates(person, reading)
        at = inputs.told(_by_item(candidates, everyone), reading)
        at = at + inputs.told(own, reading) - inputs.told(everyone, reading)
        for pair in inputs.pairs_of(person, candidates):
            moved = inputs.shrunk(pair, own, inputs.PERSON_PRIOR)
            at = at + (inputs.told(moved, reading) - inputs.told(own, reading)) / np.float32(2.0)
        mean, most = inputs.likeness(person, candidates, reading)
        at = at + np.float32(LIKENESS_WEIGHT) * ((mean + most) / 2.0)[:, None] * _of_choice(reading)
        if leaning is not None:
            scaled = inputs.scaled_leaning(leaning).astype(np.float32)
            at = at + np.float32(LEANING_WEIGHT) * scaled[:, None] * _of_choice(reading)
        return expected(at, reading)


def _by_item(candidates: CandidateFeatures, everyone: Floats32) -> Floats32:
    """[N, H] the item's rates, shrunk to the mean of its owner's and topic's, and those to everyone's."""
    owner = inputs.shrunk(candidates.owner_counts, everyone, 4 * inputs.ITEM_PRIOR)
    topic = inputs.shrunk(candidates.topic_counts, everyone, 4 * inputs.ITEM_PRIOR)
    return inputs.shrunk(candidates.item_counts, (owner + topic) / np.float32(2.0), 2 * inputs.ITEM_PRIOR)


def _of_choice(reading: Reading) -> Floats32:
    """[H] which way likeness moves an outcome; seconds move less, their scale being log(1 + s)."""
    return np.where(reading.measured, 0.5, reading.wanted).astype(np.float32)


def expected(at: Floats32 | Floats, reading: Reading) -> Floats:
    """[N, H] expected outcomes from the adding scale: shares of counted outcomes, units of measured ones."""
    bounded = np.clip(np.nan_to_num(at, nan=0.0), -30.0, 30.0).astype(np.float64)
    share = np.clip(1.0 / (1.0 + np.exp(-bounded)), SHARE_MIN, SHARE_MAX)
    amount = np.clip(np.expm1(np.clip(bounded, 0.0, 20.0)), 0.0, 10 * inputs.SECONDS_READ_MAX)
    made: Floats = np.where(reading.measured, amount, share)
    return made
