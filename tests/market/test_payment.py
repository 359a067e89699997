"""What a bid pays: between nothing and itself, nothing where it changed nothing, and never less for saying less."""

import itertools

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from walras.market import Bids, Rules, allocate, displaced_yuan, examination_weights, first_price_yuan, next_price_yuan

SOLE = 1_000  # payers of their own begin here


@st.composite
def auctions(draw, alone=True):
    n = draw(st.integers(1, 14))
    money = st.integers(0, 40).map(lambda fen: fen / 4)
    organic = draw(hnp.arrays(np.float64, n, elements=money)) - 2.0 + np.arange(n) * 1e-7
    bid = draw(hnp.arrays(np.float64, n, elements=money)) * draw(hnp.arrays(bool, n))
    payer = np.arange(n) + SOLE if alone else draw(hnp.arrays(np.int64, n, elements=st.integers(1, 3)))
    owner, topic = (draw(hnp.arrays(np.int64, n, elements=st.integers(0, most))) for most in (4, 3))
    rules = Rules(draw(st.integers(1, 6)), draw(st.integers(1, 4)), draw(st.integers(1, 3)))
    return Bids(organic, bid, payer, draw(hnp.arrays(bool, n)), owner, topic), rules


def filled(bids, rules, bid=None):
    value = bids.organic_yuan + (bids.bid_yuan if bid is None else bid)
    return allocate(value, bids.allowed, rules, owner=bids.owner, topic=bids.topic).chosen


def weight_of(chosen, n, weights):
    found = np.flatnonzero(chosen == n)
    return weights[found[0]] if len(found) else 0.0


def paid_by(bids, rules, n, said):
    """The examination that one candidate gets and what it pays when it says so much."""
    bid = bids.bid_yuan.copy()
    bid[n] = said
    stated = Bids(bids.organic_yuan, bid, bids.payer, bids.allowed, bids.owner, bids.topic)
    weights, chosen = examination_weights(rules.places), filled(stated, rules)
    paid = displaced_yuan(stated, rules, weights, chosen)
    found = np.flatnonzero(chosen == n)
    return (weights[found[0]], paid[found[0]]) if len(found) else (0.0, 0.0)


@given(auctions(alone=False))
def test_a_payment_lies_between_nothing_and_the_bid(auction):
    bids, rules = auction
    weights, chosen = examination_weights(rules.places), filled(bids, rules)
    paid = displaced_yuan(bids, rules, weights, chosen)
    assert (paid >= 0).all()
    assert (paid <= first_price_yuan(bids.bid_yuan, weights, chosen) + 1e-9).all()
    assert (paid[bids.bid_yuan[chosen] == 0] == 0).all()


@given(auctions())
def test_who_stood_there_anyway_pays_nothing(auction):
    bids, rules = auction
    weights, chosen = examination_weights(rules.places), filled(bids, rules)
    paid = displaced_yuan(bids, rules, weights, chosen)
    for place, n in enumerate(chosen):
        without = filled(bids, rules, np.where(np.arange(len(bids.bid_yuan)) == n, 0.0, bids.bid_yuan))
        if weight_of(without, n, weights) == weights[place]:
            assert paid[place] == pytest.approx(0.0, abs=1e-9)


@given(auctions(), st.floats(0, 15))
def test_saying_the_true_value_is_a_best_answer(auction, said):
    bids, rules = auction
    bidding = np.flatnonzero((bids.bid_yuan > 0) & bids.allowed)
    assume(len(bidding))
    n = int(bidding[0])
    truth = float(bids.bid_yuan[n])
    (honest, pays), (other, pays_other) = paid_by(bids, rules, n, truth), paid_by(bids, rules, n, said)
    assert truth * honest - pays >= truth * other - pays_other - 1e-9
    assert (other - honest) * (said - truth) >= 0  # a higher bid never gets a worse place
    assert (pays_other - pays) * (said - truth) >= -1e-9  # nor a lower payment


def vcg(bids, rules, weights, payer):
    """Displaced value by enumeration of all pages, for pages without gaps."""

    def best(bid):
        value = bids.organic_yuan + bid
        free = np.flatnonzero(bids.allowed)
        pages = itertools.permutations(free, min(rules.places, len(free)))
        return max(((value[list(page)] @ weights[: len(page)], page) for page in pages), key=lambda pair: pair[0])

    worth, page = best(bids.bid_yuan)
    without, _ = best(np.where(bids.payer == payer, 0.0, bids.bid_yuan))
    offered = sum(bids.bid_yuan[n] * weights[k] for k, n in enumerate(page) if bids.payer[n] == payer)
    return offered - (worth - without)


@given(auctions(alone=False))
def test_without_gaps_it_is_the_value_the_bid_displaced(auction):
    bids, rules = auction
    rules = Rules(min(rules.places, 3))
    n = min(len(bids.bid_yuan), 6)
    bids = Bids(
        *(
            part[:n]
            for part in (bids.organic_yuan + 20.0, bids.bid_yuan, bids.payer, bids.allowed, bids.owner, bids.topic)
        )
    )
    weights, chosen = examination_weights(rules.places), filled(bids, rules)
    paid = displaced_yuan(bids, rules, weights, chosen)
    for payer in set(bids.payer[chosen].tolist()):
        total = paid[bids.payer[chosen] == payer].sum()
        assert total == pytest.approx(vcg(bids, rules, weights, payer), abs=0.02)


def test_other_auctions_stand_beside_it():
    organic, bid = np.array([1.0, 0.0, 0.5]), np.array([0.0, 2.0, 0.0])
    bids = Bids(organic, bid, np.arange(3), np.ones(3, bool), np.zeros(3, np.int64), np.zeros(3, np.int64))
    weights, rules = examination_weights(2), Rules(2)
    chosen = filled(bids, rules)
    assert chosen.tolist() == [1, 0]
    assert first_price_yuan(bid, weights, chosen).tolist() == [2.0, 0.0]
    assert next_price_yuan(bids, weights, chosen).tolist() == [1.0, 0.0]
    # It pushed one down from the first place to the second, and the other from the page.
    assert displaced_yuan(bids, rules, weights, chosen)[0] == pytest.approx(1.0 * (1 - weights[1]) + 0.5 * weights[1])
