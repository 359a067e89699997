"""Inputs: their shapes and names agree, what is missing has a default, and nothing is ever NaN."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import ranker_log
from walras.events import Registry
from walras.features import State
from walras.ranking import ATTENDED_MAX, CandidateFeatures, PersonFeatures, gather, names, read, reading_of
from walras.ranking.inputs import exposures_of, shrunk

READING = reading_of(Registry())
H = len(READING.names)


@pytest.fixture(scope="module")
def state():
    state = State(Registry())
    for batch in ranker_log.log(600):
        state.apply(batch)
    return state


def test_columns_have_names(state):
    rows = np.arange(1, 40, dtype=np.int32)
    made = read(*gather(ranker_log.asked(state), state, rows, READING), READING)
    person, candidates = names(READING, 64)
    assert made.person.shape == (len(person),)
    assert made.candidates.shape == (39, len(candidates))
    assert made.tokens.shape[0] == ATTENDED_MAX
    assert 0 < made.mask.sum() <= ATTENDED_MAX
    assert candidates[9] == "duration"


def test_the_unknown_reads_as_the_population(state):
    rows = np.array([0, 1], np.int32)
    made = read(*gather(ranker_log.asked(state, "nobody"), state, rows, READING), READING)
    person, candidates = names(READING, 64)
    like = made.person[person.index("own.like")]
    assert made.candidates[0, candidates.index("item.like")] == pytest.approx(like, abs=0.05)
    assert made.mask.sum() == 0
    assert np.isfinite(made.candidates).all()


def test_neighbouring_behaviours_are_one_exposure(state):
    seen = state.person_view("p1", ranker_log.NOW_MS)
    item, outcomes, time_ms = exposures_of(seen, READING)
    assert (item[1:] != item[:-1]).all()
    assert len(item) == len(outcomes) == len(time_ms) < len(seen.items)
    assert outcomes[:, READING.names.index("like")].max() == 1.0
    assert outcomes[:, READING.names.index("watch")].max() > 1.0


def test_more_likes_read_as_a_higher_rate():
    counts = np.zeros((2, 1 + H), np.float32)
    counts[:, 0], counts[1, 1:] = 10.0, 5.0
    low, high = shrunk(counts, np.full(H, 0.1, np.float32), 5.0)
    assert (high > low).all()


floats = st.floats(-1e9, 1e9, width=32) | st.sampled_from([np.nan, np.inf, -np.inf])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 5), st.integers(1, 6), floats, floats)
def test_nothing_is_ever_nan(exposures, count, odd, other):
    odd, other = np.float32(odd), np.float32(other)
    with np.errstate(all="ignore"):
        person = PersonFeatures(
            np.full((exposures, H), 1.0, np.float32), np.full(exposures, max(other, 0), np.float32),
            np.full(exposures, 5.0, np.float32), np.ones(exposures, np.int32), np.ones(exposures, np.int32),
            np.ones(exposures, np.float32), np.full((exposures, 64), odd, np.float32), np.ones(1 + H, np.float32),
            3.0, 1,
        )  # fmt: skip
        counts = np.abs(np.full((count, 1 + H), other, np.float32))
        made = CandidateFeatures(
            counts, counts, counts, np.ones(count, np.int32), np.zeros(count, np.int32),
            np.full(count, odd, np.float32), np.full(count, 7.0, np.float32), np.full((count, 64), odd, np.float32),
        )  # fmt: skip
        inputs = read(person, made, READING)
    for part in (inputs.person, inputs.candidates, inputs.tokens):
        assert np.isfinite(part).all()
