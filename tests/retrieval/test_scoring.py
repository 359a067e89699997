"""The compiled loops give what plain arrays give."""

import numpy as np

from walras.features import CHOICE, NEUTRAL
from walras.retrieval.scoring import Graph, fill_products, fill_visits, fold, joined, lean_to, leaned


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


def test_the_graph_leans_to_rows_of_the_state_in_units_of_its_deviation() -> None:
    neighbours = np.array([[0, 0], [2, 3], [3, 0], [1, 0]], np.int32)
    weights = np.array([[0, 0], [1.0, 2.0], [4.0, 0], [0.5, 0]], np.float32)
    graph = Graph(neighbours, weights, np.array([0, 30, 0, 10], np.int32))  # the state has no row of the model's 2
    row, score = leaned(graph, np.array([1, 2, 3], np.int32), np.ones(3, np.float32))
    assert row.tolist() == [10, 30]
    np.testing.assert_allclose(score, np.array([6.0, 0.5]) / np.std([0.0, 0.5, 1.0, 6.0]), rtol=1e-5)


def test_a_visit_is_a_run_of_behaviour_with_one_item_in_which_it_was_chosen() -> None:
    flags, found = np.array([0, CHOICE, NEUTRAL], np.uint8), np.empty(9, np.int32)
    items = np.array([4, 4, 5, 4, 6, 6, 4, 7, 7], np.int32)
    done = np.array([1, 1, 2, 1, 0, 0, 1, 0, 1], np.uint8)  # the exposure of 5 does not end the run with 4
    assert found[: fill_visits(items, done, flags, found)].tolist() == [4, 4, 7]


def test_joined_rows_are_those_of_either_once() -> None:
    some, others = np.array([9, 2, 5], np.int32), np.array([5, 1, 9], np.int32)
    assert joined(some, others).tolist() == [1, 2, 5, 9]
    assert joined(some[:0], others[:0]).tolist() == []
