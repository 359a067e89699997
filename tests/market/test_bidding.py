"""Automatic bids: uniform in value, within budget, at the target of return."""

import numpy as np
import pytest

from walras.market import Bidders, bid_yuan, marginal_return, moved_bidders


def one(mu=1.0, nu=0.0, target=0.0, cap=np.inf):
    return Bidders(*(np.array([x]) for x in (mu, nu, target, cap)))


def test_it_bids_its_value_where_nothing_binds_and_less_where_a_budget_does():
    assert bid_yuan(one(), np.array([2.0])) == pytest.approx([2.0])
    assert bid_yuan(one(mu=4.0), np.array([2.0])) == pytest.approx([0.5])
    assert bid_yuan(one(cap=0.3), np.array([2.0])) == pytest.approx([0.3])
    assert bid_yuan(one(), np.array([-1.0])) == pytest.approx([0.0])


def test_a_target_alone_lets_it_bid_up_to_value_over_target():
    # As the price of the target grows, the bid nears v / R: not a yuan more than the value it brings.
    assert bid_yuan(one(mu=1e-4, nu=1e4, target=3.0), np.array([6.0])) == pytest.approx([2.0], rel=1e-3)


def test_prices_rise_with_what_is_missed():
    said = {"planned_yuan": np.array([10.0]), "step": 0.5, "ratio_step": 0.5}
    fast = moved_bidders(one(nu=0.1, target=2.0), spent_yuan=np.array([20.0]), value_yuan=np.array([10.0]), **said)
    assert fast.budget_price[0] > 1.0 and fast.ratio_price[0] > 0.1
    slow = moved_bidders(one(nu=0.1, target=2.0), spent_yuan=np.array([0.0]), value_yuan=np.array([10.0]), **said)
    assert slow.budget_price[0] < 1.0 and slow.ratio_price[0] < 0.1
    without = moved_bidders(one(), spent_yuan=np.array([20.0]), value_yuan=np.array([0.0]), **said)
    assert without.ratio_price[0] == 0.0


@pytest.mark.parametrize("target", [0.0, 1.5, 2.5])
def test_over_a_day_of_second_prices_it_keeps_budget_and_target(target):
    rng, bidders = np.random.default_rng(1), one(mu=1.0, nu=0.1 if target else 0.0, target=target)
    budget, spent, value, stretches = 200.0, 0.0, 0.0, 200
    for n in range(stretches):
        worth, others = rng.lognormal(0.0, 0.7, 40), rng.lognormal(0.0, 0.5, 40)
        bids = bid_yuan(bidders, worth)
        wins = bids > others
        paid, got = others[wins].sum(), worth[wins].sum()
        if spent + paid > budget:
            break
        plan = (budget - spent) / (stretches - n)
        spent, value = spent + paid, value + got
        bidders = moved_bidders(
            bidders, spent_yuan=np.array([paid]), planned_yuan=np.array([plan]), value_yuan=np.array([got]),
            step=0.05, ratio_step=0.05,
        )  # fmt: skip
    assert spent <= budget
    if target:
        assert value >= 0.95 * target * spent
    else:
        assert spent > 0.9 * budget


def test_the_marginal_return_shows_a_poor_last_yuan():
    value, paid, organic = np.array([10.0, 10.0, 4.0]), np.array([0.0, 1.0, 3.0]), np.array([10.0, 6.0, 2.0])
    average, marginal = marginal_return(value, paid, organic)
    assert (average, marginal) == (6.0, 1.5)
    assert marginal_return(value, np.zeros(3), organic) == (float("inf"), float("inf"))
