"""The compiled loops give what plain arrays give."""

import numpy as np

from walras.retrieval.scoring import fill_products, fold, lean_to


def test_products_are_those_of_arrays() -> None:
    rng = np.random.default_rng(1)
    items, vector = rng.standard_normal((50, 33), np.float32), rng.standard_normal(33, np.float32)
    own, found = rng.integers(0, 50, 20).astype(np.int32), np.empty(20, np.float32)
    fill_products(items, own, vector, found)
    np.testing.assert_allclose(found, items[own] @ vector, atol=1e-5)


def test_neighbours_are_folded_once_each_without_nobody() -> None:
    near = np.array([[3, 0], [7, 3]], np.int32)
    strength = np.array([[1.0, 9.0], [2.0, 4.0]], np.float32)
    row, score = fold(near, strength, np.array([1.0, 0.5], np.float32))
    assert row.tolist() == [3, 7]
    assert score.tolist() == [3.0, 1.0]


def test_nothing_folds_to_nothing() -> None:
    row, score = fold(np.zeros((0, 4), np.int32), np.zeros((0, 4), np.float32), np.zeros(0, np.float32))
    assert (len(row), len(score)) == (0, 0)


def test_the_graph_says_nothing_of_rows_it_does_not_have() -> None:
    graph_row, graph_score = np.array([2, 5], np.int32), np.array([1.0, 4.0], np.float32)
    said = lean_to(np.array([5, 1, 9, 2], np.int32), graph_row, graph_score, 0.5)
    assert said.tolist() == [2.0, 0.0, 0.0, 0.5]
