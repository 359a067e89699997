"""Promised exposures: they never take more than the kept share, and their written chances are those that happen."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from walras.app.building import read_into
from walras.base.clock import HOUR_MS
from walras.feed import make_page, remake, same_page
from walras.feed.promises import HOLDOUT, PROGRAMME, draw, weights
from walras.schema import Claim, Item, ItemPut, PageRequest
from walras.world import Arm, Guard, Promise, Trial, behind, moved_price, priced

MADE = {"promised": 300, "starts_ms": 0, "ends_ms": 48 * HOUR_MS}


@pytest.fixture
def promising(engine, log, clock):
    """Twelve new videos, each promised exposures, some further behind."""
    now = clock.now_ms()
    made = [Item(id=f"n{n}", owner=f"new{n}", title=f"new {n}", topics=("t1",), created_ms=now) for n in range(12)]
    log.append([ItemPut(item, now) for item in made])
    engine.claims = {f"n{n}": Claim(f"n{n}", (n + 1) / 12, 0.002) for n in range(12)}
    return engine


def page_of(engine, n):
    page = make_page(PageRequest(person=f"guest{n}", count=10, seed=n), engine)
    engine.unsettled.clear()
    return page


@given(st.lists(st.floats(0.01, 1.0), min_size=1, max_size=8), st.integers(0, 1_000))
def test_chances_of_a_draw_are_those_of_its_weights(some, seed):
    weight = np.asarray(some)
    drawn = draw(weight, 3, np.random.default_rng(seed))
    assert len(set(drawn.who.tolist())) == len(drawn.who) == min(3, len(some))
    left = weight.copy()
    for one, chance in zip(drawn.who.tolist(), drawn.chance.tolist(), strict=True):
        assert chance == pytest.approx(left[one] / left.sum())
        left[one] = 0.0


def test_frequencies_over_seeds_agree_with_the_written_chances():
    weight = np.asarray([0.1, 0.2, 0.7])
    found = Counter(int(draw(weight, 1, np.random.default_rng(seed)).who[0]) for seed in range(6_000))
    shares = np.asarray([found[n] / 6_000 for n in range(3)])
    assert np.abs(shares - weight).max() < 4 * np.sqrt(0.25 / 6_000)


@given(st.lists(st.tuples(st.floats(-1, 1), st.floats(-2, 2)), min_size=1, max_size=10))
def test_every_promise_has_a_chance(pairs):
    behind_by, value = np.asarray(pairs).T
    assert (weights(behind_by, value) > 0).all()


def test_the_further_behind_the_heavier():
    heavy = weights(np.asarray([0.1, 0.5, 0.9]), np.full(3, 0.02))
    assert (np.diff(heavy) > 0).all()


def test_promises_take_no_more_than_the_kept_share_and_say_their_price(promising):
    places = [place for n in range(150) for place in page_of(promising, n).places]
    paid = [place for place in places if place.programme]
    assert paid
    assert len(paid) / len(places) < 0.1 + 4 * np.sqrt(0.1 * 0.9 / len(places))
    assert {(place.programme, place.price_yuan, place.source) for place in paid} == {(PROGRAMME, 0.002, "fresh")}
    assert all(0 < place.propensity <= 0.1 for place in paid)


def test_those_further_behind_are_shown_more(promising):
    paid = Counter(p.item for n in range(200) for p in page_of(promising, n).places if p.programme)
    assert sum(paid[f"n{n}"] for n in range(6, 12)) > sum(paid[f"n{n}"] for n in range(6))


def test_frequencies_of_first_draws_agree_with_the_chances_of_the_records(promising):
    """Of the first kept place of each page: expected counts from the written weights against what happened."""
    found, expected = Counter(), Counter()
    for n in range(300):
        record = promising.page_record(page_of(promising, n).id)
        first = next((place for place in record.places if place.programme), None)
        if first is None:
            continue
        found[first.item in {f"n{k}" for k in range(6, 12)}] += 1
        expected["n"] += 1
    # Values are alike here, so the weights are those of `behind`: 7..12 of 1..12.
    chance = sum(range(7, 13)) / sum(range(1, 13))
    spread = 4 * np.sqrt(chance * (1 - chance) * expected["n"])
    assert abs(found[True] - chance * expected["n"]) < spread


def test_pages_with_promises_are_made_again_whatever_is_promised_now(promising, fresh_engine, log):
    records = [promising.page_record(page_of(promising, n).id) for n in range(15)]
    assert any(record.claims for record in records)
    for record in records:
        again = fresh_engine()
        again.claims = {"n1": Claim("n1", 1.0, 0.05)}
        read_into(again.state, log, until=record.position)
        made = remake(record, again)
        assert same_page(record, made) == []
        assert [p.propensity for p in made.places] == [p.propensity for p in record.places]


def test_those_held_out_have_no_kept_places(promising, world, log, fresh_engine):
    world.trials.create(Trial(name=HOLDOUT, arms=(Arm("off"), Arm("on", 1e-9)), guards=(Guard("watch_minutes"),)))
    world.trials.start(HOLDOUT)
    promising.read_terms()
    promising.claims = {f"n{n}": Claim(f"n{n}", 1.0, 0.002) for n in range(12)}
    records = [promising.page_record(page_of(promising, n).id) for n in range(20)]
    assert not any(place.programme for record in records for place in record.places)
    assert all(record.arms == {HOLDOUT: "off"} for record in records)
    again = fresh_engine()
    read_into(again.state, log, until=records[0].position)
    assert same_page(records[0], remake(records[0], again)) == []


@given(st.floats(0.0001, 0.05), st.floats(-1, 1), st.floats(-1, 1), st.integers(0, 10 * HOUR_MS))
def test_prices_rise_with_how_far_behind_and_stay_within_limits(price, one, other, span):
    low, high = sorted((one, other))
    assert moved_price(price, low, span, 0.05) <= moved_price(price, high, span, 0.05)
    assert 0.0001 <= moved_price(price, one, span, 0.05) <= 0.05
    if span:
        up, down = (moved_price(price, behind_by, span, 0.05) for behind_by in (1.0, -1.0))
        assert up >= price * 0.999999 >= down * 0.999998


def test_a_promise_behind_grows_dear_and_one_ahead_cheap():
    late = Promise(video="v", maker="m", **MADE)
    ahead = Promise(video="v", maker="m", delivered=290, **MADE)
    now = 24 * HOUR_MS
    assert behind(late, now) == 0.5 and behind(ahead, now) < 0
    assert priced(late, now, 0.05).price_yuan > late.price_yuan
    assert priced(ahead, now, 0.05).price_yuan < ahead.price_yuan


def test_claims_are_what_runs_and_is_not_delivered(world):
    world.promises.make(
        [
            Promise(video="a", maker="m", **MADE),
            Promise(video="b", maker="m", delivered=300, **MADE),
            Promise(video="c", maker="m", state="met", **MADE),
        ]
    )
    assert [claim.item for claim in world.promises.claims(HOUR_MS, 0.05)] == ["a"]
    world.promises.make([Promise(video="a", maker="other", delivered=7, **MADE)])
    assert world.promises.get("a").maker == "m"
    assert world.promises.claims(49 * HOUR_MS, 0.05) == []
