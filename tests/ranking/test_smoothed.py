"""Smoothed: personal before anything was trained, and moved the right way by what is counted."""

import numpy as np
import pytest

from tests import ranker_log
from walras.events import Registry
from walras.features import State
from walras.ranking import Smoothed


@pytest.fixture(scope="module")
def state():
    state = State(Registry())
    for batch in ranker_log.log(3_000):
        state.apply(batch)
    return state


def test_it_leans_to_what_the_person_likes(state):
    rows = np.array([state.item_row[f"i{n}"] for n in range(ranker_log.ITEMS)], np.int32)
    ranker = Smoothed(Registry())
    like = ranker.outcomes.index("like")
    for person in range(6):
        said = ranker.predict(ranker_log.asked(state, f"p{person}"), state, rows)[:, like]
        suited = np.array([ranker_log.suits(person, n) for n in range(ranker_log.ITEMS)])
        assert said[suited].mean() > 1.5 * said[~suited].mean()


def test_one_more_like_of_an_item_raises_it(state):
    ranker, rows = Smoothed(Registry()), np.array([state.item_row["i3"]], np.int32)
    like = ranker.outcomes.index("like")
    before = ranker.predict(ranker_log.asked(state, "nobody"), state, rows)[0, like]
    column = state.counters.column[5]
    state.counters.item[rows[0], column] += 5.0 / state.counters.scale(ranker_log.NOW_MS)
    after = ranker.predict(ranker_log.asked(state, "nobody"), state, rows)[0, like]
    state.counters.item[rows[0], column] -= 5.0 / state.counters.scale(ranker_log.NOW_MS)
    assert after > before
