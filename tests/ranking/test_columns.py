"""Columns: the compiled loops say what plain numpy says, over drawn exposures and candidates."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from walras.ranking.columns import doubling, fill_alike, fill_own

WIDTH = 4


def _counts(draws, exposures):
    return draws.integers(0, 4, (exposures, WIDTH)).astype(np.float32)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 30), st.integers(0, 20))
def test_what_was_done_with_the_same_row_is_added(seed, exposures, candidates):
    draws = np.random.Generator(np.random.PCG64(seed))
    had = draws.integers(0, 5, exposures).astype(np.int32)
    wanted = draws.integers(-1, 7, candidates).astype(np.int32)
    counts, made = _counts(draws, exposures), np.zeros((candidates, WIDTH), np.float32)
    fill_own(wanted, had, np.argsort(had, kind="stable"), counts, made)
    same = (wanted[:, None] == had) & (wanted[:, None] > 0)
    assert np.array_equal(made, same.astype(np.float32) @ counts)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 30), st.integers(0, 20))
def test_what_was_done_with_the_same_class_is_added(seed, exposures, candidates):
    draws = np.random.Generator(np.random.PCG64(seed))
    had = draws.gamma(0.5, 20.0, exposures).astype(np.float32)
    wanted = draws.gamma(0.5, 20.0, candidates).astype(np.float32)
    counts, made = _counts(draws, exposures), np.zeros((candidates, WIDTH), np.float32)
    fill_alike(wanted, had, counts, np.zeros((6, WIDTH), np.float32), made)
    same = np.array([[doubling(w, 6) == doubling(h, 6) for h in had] for w in wanted], bool).reshape(
        candidates, exposures
    )
    assert np.array_equal(made, same.astype(np.float32) @ counts)


def test_classes_double():
    edges = [-1.0, 0.0, 0.4, 0.5, 1.4, 1.5, 3.4, 3.5, 7.4, 7.5, 1e9, np.inf, np.nan]
    assert [doubling(edge, 5) for edge in edges] == [0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 4, 0]
