"""Metrics against plain versions and known answers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from walras.train import rank_metrics as rm


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=30))
def test_auc_is_the_share_of_pairs_in_order(rows):
    taken, said = np.array([r[0] for r in rows]), np.array([float(r[1]) for r in rows])
    pairs = [(s > t) + (s == t) / 2 for s in said[taken] for t in said[~taken]]
    expected = np.mean(pairs) if pairs else np.nan
    assert rm.auc(taken, said) == pytest.approx(expected, nan_ok=True)


def test_gauc_weighs_people_by_rows_and_leaves_out_those_of_one_kind():
    taken = np.array([1, 0, 1, 1, 0, 0])
    said = np.array([0.9, 0.1, 0.5, 0.2, 0.3, 0.4])
    who = np.array([1, 1, 2, 2, 2, 3])
    assert rm.gauc(taken, said, who) == pytest.approx((2 * 1.0 + 3 * 0.5) / 5)


def test_calibration_error_of_the_truth_is_small_and_of_a_doubled_rate_is_the_rate():
    rng = np.random.default_rng(0)
    truth = rng.uniform(0.1, 0.4, 50_000)
    taken = rng.random(50_000) < truth
    assert rm.ece(taken, truth) < 0.01
    assert rm.ece(taken, 2 * truth) == pytest.approx(0.25, abs=0.01)


def test_log_loss_is_bounded():
    assert rm.log_loss(np.array([1, 0]), np.array([0.5, 0.5])) == pytest.approx(np.log(2))
    assert np.isfinite(rm.log_loss(np.array([1]), np.array([0.0])))


def test_xauc_of_the_order_itself():
    amount = np.array([1.0, 5.0, 2.0, 2.0])
    assert rm.xauc(amount, amount) == 1.0
    assert rm.xauc(amount, -amount) == 0.0
    assert rm.xauc(amount, np.zeros(4)) == 0.5


def test_winners_are_the_best_of_each_page():
    assert rm.winners(np.array([1.0, 3.0, 2.0, 0.5]), np.array([7, 7, 8, 8])).tolist() == [False, True, True, False]
