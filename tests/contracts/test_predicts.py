"""Every ranker: the registry's outcomes in their order, finite, within their units, the same for any order of rows."""

import numpy as np
import pytest

from tests import ranker_log
from walras.events import Registry
from walras.features import State
from walras.ranking import Ranker, Smoothed
from walras.train.fit_ranker import Plan, fit


@pytest.fixture(scope="module")
def state():
    state = State(Registry())
    for batch in ranker_log.log(2_000):
        state.apply(batch)
    return state


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "r1"
    fit(ranker_log.log(2_000), Registry(), folder, Plan(epochs=1))
    return folder


@pytest.fixture(params=["smoothed", "trained"])
def ranker(request):
    if request.param == "smoothed":
        return Smoothed(Registry())
    return Ranker.load(request.getfixturevalue("bundle"), Registry())


ROWS = np.arange(0, 50, dtype=np.int32)


def test_outcomes_are_the_registrys(ranker):
    assert ranker.outcomes == tuple(outcome.name for outcome in Registry().predicted)


@pytest.mark.parametrize("person", ["p1", "nobody"])
def test_what_is_foreseen_is_finite_and_within_its_unit(ranker, state, person):
    said = ranker.predict(ranker_log.asked(state, person), state, ROWS)
    assert said.shape == (len(ROWS), len(ranker.outcomes))
    assert said.dtype == np.float64
    assert np.isfinite(said).all() and (said >= 0).all()
    counted = [n for n, outcome in enumerate(Registry().predicted) if outcome.unit == "count"]
    assert (said[:, counted] <= 1).all()


def test_rows_do_not_touch_each_other(ranker, state):
    asked = ranker_log.asked(state)
    said = ranker.predict(asked, state, ROWS)
    np.testing.assert_allclose(ranker.predict(asked, state, ROWS[::-1])[::-1], said, rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(ranker.predict(asked, state, ROWS[7:8]), said[7:8], rtol=1e-3, atol=1e-6)


def test_no_candidates_are_no_rows(ranker, state):
    assert ranker.predict(ranker_log.asked(state), state, ROWS[:0]).shape == (0, len(ranker.outcomes))


def test_an_empty_state_is_answered(ranker):
    state = State(Registry())
    said = ranker.predict(ranker_log.asked(state), state, np.zeros(1, np.int32))
    assert np.isfinite(said).all()
