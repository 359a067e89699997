"""A page is filled best first and keeps its rules; shown over random candidates and against enumeration."""

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from walras.market import Rules, allocate, examination_weights, page_value_yuan, value_yuan


@st.composite
def pages(draw):
    n = draw(st.integers(0, 30))
    finite = st.floats(-100, 100, allow_nan=False)
    value = draw(hnp.arrays(np.float64, n, elements=finite))
    allowed = draw(hnp.arrays(bool, n))
    owner = draw(hnp.arrays(np.int64, n, elements=st.integers(0, 5)))
    topic = draw(hnp.arrays(np.int64, n, elements=st.integers(0, 4)))
    rules = Rules(draw(st.integers(0, 12)), draw(st.integers(1, 4)), draw(st.integers(1, 3)))
    return value, allowed, owner, topic, rules


@given(pages())
def test_fills_all_it_can_with_each_item_once_and_none_that_is_not_allowed(page):
    value, allowed, owner, topic, rules = page
    got = allocate(value, allowed, rules, owner=owner, topic=topic)
    assert len(got.chosen) == min(rules.places, allowed.sum())
    assert len(set(got.chosen.tolist())) == len(got.chosen)
    assert allowed[got.chosen].all() and allowed[got.losers].all()
    assert not set(got.chosen.tolist()) & set(got.losers.tolist())
    assert (np.diff(value[got.losers]) <= 0).all()


@given(pages())
def test_gaps_are_broken_only_where_no_candidate_kept_them(page):
    value, allowed, owner, topic, rules = page
    got = allocate(value, allowed, rules, owner=owner, topic=topic).chosen.tolist()
    left = set(np.flatnonzero(allowed).tolist())
    for place, item in enumerate(got):
        recent = got[max(0, place - rules.owner_gap + 1) : place] if rules.owner_gap > 1 else []
        taken = {owner[i] for i in recent} - {0}
        if owner[item] in taken:
            assert all(owner[i] in taken for i in left)
        left.discard(item)


@given(pages())
def test_without_rules_it_is_the_optimum(page):
    value, allowed, owner, topic, rules = page
    value, allowed, owner, topic = value[:7], allowed[:7], owner[:7], topic[:7]
    rules = Rules(min(rules.places, 3))
    weights = examination_weights(rules.places)
    got = allocate(value, allowed, rules, owner=owner, topic=topic)
    size = len(got.chosen)
    best = max(
        (
            page_value_yuan(value, np.array(p, np.int64), weights)
            for p in itertools.permutations(np.flatnonzero(allowed), size)
        ),
        default=0.0,
    )
    assert np.isclose(page_value_yuan(value, got.chosen, weights), best)


def test_a_kept_place_goes_to_its_class_and_to_all_where_the_class_is_empty():
    value = np.array([5.0, 4.0, 3.0, 2.0])
    none = np.zeros(4, np.int64)
    classes = np.array([[False, False, False, True], [False, False, False, False]])
    got = allocate(
        value, np.ones(4, bool), Rules(3), owner=none, topic=none, kept_for=np.array([-1, 0, 1]), classes=classes
    )
    assert got.chosen.tolist() == [0, 3, 1]
    assert got.reserved.tolist() == [-1, 0, -1]


def test_gaps_are_kept_where_they_can_be():
    value = np.array([5.0, 4.9, 4.8, 1.0])
    owner = np.array([1, 1, 2, 3])
    got = allocate(value, np.ones(4, bool), Rules(4, owner_gap=3), owner=owner, topic=np.zeros(4, np.int64))
    assert got.chosen.tolist() == [0, 2, 3, 1]


def test_not_a_number_never_stands_on_a_page():
    value = np.array([np.nan, 1.0, np.inf])
    none = np.zeros(3, np.int64)
    got = allocate(value, np.ones(3, bool), Rules(3), owner=none, topic=none)
    assert got.chosen.tolist() == [1]


@given(st.integers(0, 40), st.lists(st.floats(0, 1), max_size=5))
def test_examination_never_rises(places, given_weights):
    weights = examination_weights(places, tuple(given_weights))
    assert len(weights) == places and (np.diff(weights) <= 0).all()


@given(st.integers(0, 6), st.integers(1, 5), st.integers(0, 3), st.integers(0, 2**16))
def test_value_is_the_plain_sum(n, h, p, seed):
    rng = np.random.default_rng(seed)
    outcomes, worth, bid = rng.normal(size=(n, h)), rng.normal(size=h), rng.normal(size=n)
    member, price = rng.normal(size=(n, p)), rng.normal(size=p)
    plain = [
        sum(outcomes[i, j] * worth[j] for j in range(h)) + bid[i] + sum(member[i, j] * price[j] for j in range(p))
        for i in range(n)
    ]
    assert np.allclose(value_yuan(outcomes, worth, bid, member=member, price_yuan=price), plain)


def _plainly(value, allowed, rules, owner, topic, kept_for, classes):
    """One place after the other, each the best by all candidates looked at."""
    chosen, reserved = [], []
    for place in range(min(rules.places, int(allowed.sum()))):
        left = [n for n in np.argsort(-value, kind="stable").tolist() if allowed[n] and n not in chosen]
        near = [{label[n] for n in chosen[max(0, place - gap + 1) :]} - {0} if gap > 1 else set()
                for label, gap in ((owner, rules.owner_gap), (topic, rules.topic_gap))]  # fmt: skip
        by_owner = [n for n in left if owner[n] not in near[0]]
        by_both = [n for n in by_owner if topic[n] not in near[1]]
        of_class = [
            n for pool in (by_both, by_owner) for n in pool if kept_for[place] >= 0 and classes[kept_for[place], n]
        ]
        chosen.append((of_class or by_both or by_owner or left)[0])
        reserved.append(kept_for[place] if of_class else -1)
    return chosen, reserved


@given(pages(), st.integers(0, 2**32 - 1))
def test_kept_places_too_are_filled_as_by_looking_at_everybody(page, seed):
    value, allowed, owner, topic, rules = page
    draws = np.random.Generator(np.random.PCG64(seed))
    kept_for = draws.integers(-1, 2, rules.places)
    classes = draws.random((2, len(value))) < 0.3
    got = allocate(value, allowed, rules, owner=owner, topic=topic, kept_for=kept_for, classes=classes)
    want = _plainly(value, allowed, rules, owner.tolist(), topic.tolist(), kept_for.tolist(), classes)
    assert (got.chosen.tolist(), got.reserved.tolist()) == want
