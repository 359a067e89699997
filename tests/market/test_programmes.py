"""Prices rise where a promise is behind or a limit ahead, never leave their bounds, and counts come in any way."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from walras.market import (
    CAP,
    FLOOR,
    RATIO,
    Counts,
    Programmes,
    Stretch,
    hindsight,
    lease,
    moved,
    only_better,
    planned,
    rehearsed,
    unfeasible,
)

LIMIT, PROMISE, RETURN = range(3)


def three(price=(0.2, 0.2, 0.2), most=5.0):
    return Programmes(
        np.array([CAP, FLOOR, RATIO]), np.array([100.0, 100.0, 0.0]), np.full(3, most), np.array(price, float)
    )


def after(consumed, used=(50.0, 50.0, 0.0), programmes=None):
    programmes = programmes or three()
    stretch = Stretch(0.5, 0.1)  # half of the traffic is over, and half of the amounts used: 10 of each are planned
    return moved(programmes, np.array(used), np.array(consumed, float), np.full(3, 10.0), stretch, np.full(3, 0.5))


def test_what_is_left_is_planned_along_the_traffic_that_is_left():
    plan = planned(three(), np.array([40.0, 80.0, -6.0]), Stretch(0.5, 0.1))
    assert plan == pytest.approx([12.0, 4.0, 1.2])
    assert planned(three(), np.array([120.0, 130.0, 5.0]), Stretch(0.9, 0.1)) == pytest.approx([0.0, 0.0, -5.0])


def test_prices_stay_on_plan_and_move_against_what_misses_it():
    assert after([10, 10, 0]).price_yuan == pytest.approx([0.2, 0.2, 0.2])
    over = after([20, 20, 10]).price_yuan
    assert over[LIMIT] > 0.2 and over[PROMISE] < 0.2 and over[RETURN] < 0.2
    under = after([0, 0, -10]).price_yuan
    assert under[LIMIT] < 0.2 and under[PROMISE] > 0.2 and under[RETURN] > 0.2


def test_a_limit_takes_from_a_value_and_a_promise_adds_to_it():
    assert three().added_yuan.tolist() == [-0.2, 0.2, 0.2]


@given(hnp.arrays(float, 3, elements=st.floats(-1e6, 1e6)), hnp.arrays(float, 3, elements=st.floats(0, 5)))
def test_a_price_stays_between_nothing_and_what_its_owner_pays(consumed, price):
    found = after(consumed, programmes=three(price)).price_yuan
    assert (found >= 0).all() and (found <= 5.0).all() and np.isfinite(found).all()
    again = after(consumed, programmes=three(price)).price_yuan
    assert (found == again).all()


def test_a_promise_that_cannot_be_kept_at_its_price_is_named():
    at_most = three((0.2, 5.0, 0.2))
    stretch = Stretch(0.5, 0.1)
    assert unfeasible(at_most, np.array([0.0, 50.0, -1.0]), stretch).tolist() == [False, True, False]
    assert not unfeasible(at_most, np.array([0.0, 70.0, -1.0]), stretch).any()
    assert not unfeasible(three(), np.array([0.0, 0.0, -1.0]), stretch).any()


def test_a_ratio_that_is_short_takes_only_what_mends_it():
    cost = np.array([0.0, 0.0, 100.0])
    assert only_better(three(), np.array([0.0, 0.0, -2.0]), cost)[RETURN]
    assert not only_better(three(), np.array([-9.0, -9.0, -0.5]), cost).any()


@given(st.permutations(range(6)), st.lists(st.integers(0, 5), max_size=6))
def test_reports_count_once_in_whatever_order_they_come(order, twice):
    amounts = np.arange(18.0).reshape(6, 3)
    counts = Counts(np.zeros(3))
    for n in [*order, *twice]:
        counts = counts.with_report(f"server-1/{n}", amounts[n])
    assert counts.used == pytest.approx(amounts.sum(axis=0))


@given(st.lists(st.tuples(st.floats(0, 50), st.floats(0, 1)), min_size=1, max_size=40))
def test_leases_never_promise_more_than_is_left_whatever_is_counted_back(turns):
    amount, spent, held = 100.0, 0.0, []
    for pace, share in turns:
        got = float(lease(np.array([amount - spent]), np.array([sum(held)]), np.array([pace]), 5.0)[0])
        held.append(got)
        if share > 0.5:  # a process reports; what it did not spend comes back
            lent = held.pop(0)
            spent += lent * share
    assert spent + sum(held) <= amount + 1e-9


def market_of(seed, pages=400, candidates=5):
    rng = np.random.default_rng(seed)
    value = rng.exponential(1.0, (pages, candidates))
    owner = rng.integers(0, 3, value.size)  # 0 has a limit, 1 a promise, 2 neither
    rows, columns = owner[owner < 2], np.flatnonzero(owner < 2)
    member = sp.csr_matrix((np.ones(len(rows)), (rows, columns)), (2, value.size))
    programmes = Programmes(np.array([CAP, FLOOR]), np.array([60.0, 260.0]), np.full(2, 9.0), np.zeros(2))
    return value, member, programmes


def filled(value, member, programmes):
    """[P] consumed and the value of one place a page at prices."""
    score = value + (programmes.added_yuan @ member).reshape(value.shape)
    best = score.argmax(axis=1)
    stands = score[np.arange(len(value)), best] > 0
    flat = (np.arange(len(value)) * value.shape[1] + best)[stands]
    return np.asarray(member[:, flat].sum(axis=1)).ravel(), float(value.ravel()[flat].sum())


@pytest.mark.parametrize("seed", range(4))
def test_prices_of_the_limit_lead_to_its_value(seed):
    value, member, programmes = market_of(seed)
    limit = hindsight(value, 1, member, programmes)
    consumed, worth = filled(value, member, programmes.priced(limit.price_yuan))
    assert limit.missed.max() == pytest.approx(0.0, abs=1e-6)
    # A page at a tie may fall on either side; there are at most as many as programmes.
    assert consumed[0] <= programmes.amount[0] + 2 and consumed[1] >= programmes.amount[1] - 2
    binds = limit.price_yuan > 1e-6
    assert consumed[binds] == pytest.approx(programmes.amount[binds], abs=2.0)
    assert worth == pytest.approx(limit.value_yuan, rel=0.01)


def test_a_promise_above_all_traffic_is_missed_and_named():
    value, member, programmes = market_of(0)
    above = Programmes(programmes.kind, np.array([60.0, 900.0]), programmes.most_yuan, programmes.price_yuan)
    limit = hindsight(value, 1, member, above)
    assert limit.missed[1] > 400 and limit.price_yuan[1] == pytest.approx(9.0, abs=1e-4)


@pytest.mark.parametrize("seed", range(4))
def test_a_rehearsal_finds_the_prices_of_the_limit(seed):
    value, member, programmes = market_of(seed)
    limit = hindsight(value, 1, member, programmes)

    def consume(at):
        return filled(value, member, at)[0], np.zeros(2)

    found = rehearsed(programmes, programmes.amount, consume, passes=80)
    assert found.price_yuan == pytest.approx(limit.price_yuan, abs=0.06)
