"""The proven optimum against enumeration and an integer program; the greedy page against it."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.optimize import Bounds, LinearConstraint, milp

from walras.market import Rules, allocate, examination_weights, optimum, page_value_yuan, upper_bound_yuan


@st.composite
def pages(draw, most=6):
    n = draw(st.integers(0, most))
    value = draw(hnp.arrays(np.float64, n, elements=st.integers(-8, 40).map(lambda fen: fen / 4)))
    owner, topic = (draw(hnp.arrays(np.int64, n, elements=st.integers(0, count))) for count in (3, 2))
    rules = Rules(draw(st.integers(1, 4)), draw(st.integers(1, 3)), draw(st.integers(1, 3)))
    return value, draw(hnp.arrays(bool, n)), rules, owner, topic


def keeps(page, rules, owner, topic):
    for label, gap in ((owner, rules.owner_gap), (topic, rules.topic_gap)):
        for a, b in itertools.combinations(range(len(page)), 2):
            if b - a < gap and label[page[a]] == label[page[b]] != 0:
                return False
    return True


def enumerated(value, allowed, rules, owner, topic, weights):
    free = np.flatnonzero(allowed).tolist()
    all_pages = (p for size in range(rules.places + 1) for p in itertools.permutations(free, size))
    return max(
        (page_value_yuan(value, np.array(p, np.int64), weights) for p in all_pages if keeps(p, rules, owner, topic)),
        default=0.0,
    )


@given(pages())
def test_it_is_the_best_of_all_pages(page):
    value, allowed, rules, owner, topic = page
    weights = examination_weights(rules.places)
    got = optimum(value, allowed, rules, owner=owner, topic=topic, examination=weights)
    assert got.is_exact
    assert got.value_yuan == pytest.approx(enumerated(value, allowed, rules, owner, topic, weights), abs=1e-9)
    assert got.value_yuan == pytest.approx(page_value_yuan(value, got.chosen, weights), abs=1e-9)
    assert keeps(got.chosen.tolist(), rules, owner, topic) and allowed[got.chosen].all()


def by_integer_program(value, rules, owner, weights):
    """One item a place, one place an item, at most one item of an owner within its gap; solved by HiGHS."""
    n, k = len(value), rules.places
    rows = []
    for place in range(k):
        rows.append([(item, place) for item in range(n)])
    rows += [[(item, place) for place in range(k)] for item in range(n)]
    for one in set(owner.tolist()) - {0}:
        mine = np.flatnonzero(owner == one).tolist()
        for start in range(max(k - rules.owner_gap + 1, 1)):
            rows.append([(item, place) for item in mine for place in range(start, min(start + rules.owner_gap, k))])
    matrix = np.zeros((len(rows), n * k))
    for row, cells in enumerate(rows):
        for item, place in cells:
            matrix[row, item * k + place] = 1.0
    found = milp(
        -np.outer(value, weights).ravel(), integrality=np.ones(n * k), bounds=Bounds(0, 1),
        constraints=LinearConstraint(matrix, ub=1.0),
    )  # fmt: skip
    return -found.fun


@settings(max_examples=25)
@given(st.integers(0, 10_000))
def test_it_is_what_an_integer_program_finds(seed):
    rng = np.random.default_rng(seed)
    value, owner = rng.exponential(1.0, 14), rng.integers(0, 4, 14)
    rules, nothing = Rules(5, owner_gap=3), np.zeros(14, np.int64)
    weights = examination_weights(5)
    got = optimum(value, np.ones(14, bool), rules, owner=owner, topic=nothing, examination=weights)
    # The program may leave a place empty and go on; with so many owners no page gains by it.
    assert got.is_exact and got.value_yuan >= by_integer_program(value, rules, owner, weights) - 1e-6


@given(pages(most=30), st.integers(1, 4))
def test_with_one_gap_the_greedy_page_has_a_third_of_the_optimum_at_least(page, gap):
    value, allowed, rules, owner, topic = page
    value, rules = np.abs(value), Rules(rules.places, owner_gap=gap)
    weights = examination_weights(rules.places)
    best = optimum(value, allowed, rules, owner=owner, topic=topic, examination=weights)
    chosen = allocate(value, allowed, rules, owner=owner, topic=topic).chosen
    assert page_value_yuan(value, chosen, weights) >= best.value_yuan / 3 - 1e-9
    assert best.value_yuan <= best.bound_yuan + 1e-9 <= upper_bound_yuan(value, allowed, weights) + 2e-9


def test_too_many_pages_are_given_up_with_a_bound():
    rng = np.random.default_rng(0)
    value, owner, topic = rng.exponential(1.0, 200), rng.integers(1, 4, 200), rng.integers(1, 4, 200)
    weights, rules = examination_weights(10), Rules(10, 3, 2)
    got = optimum(value, np.ones(200, bool), rules, owner=owner, topic=topic, examination=weights, nodes_max=50)
    assert not got.is_exact and 0 < got.value_yuan < got.bound_yuan
