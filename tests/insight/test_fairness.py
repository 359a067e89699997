"""The report of fairness against numbers known by hand, and the experiment's answer against a known difference."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from walras.base.clock import HOUR_MS, SetClock
from walras.base.ids import PageId
from walras.events import Registry, SqliteLog
from walras.insight import FairnessReader, gini
from walras.insight.fairness import HOLDOUT, difference, waited
from walras.schema import Event, Item, ItemPut, PageRecord

NOW_MS = 1_790_000_000_000


@pytest.fixture
def log(tmp_path):
    log = SqliteLog(tmp_path / "log", Registry(), SetClock(NOW_MS))
    yield log
    log.close()


@pytest.mark.parametrize(("amounts", "known"), [([], 0), ([5, 5, 5], 0), ([0, 0, 0, 1], 0.75), ([1, 3], 0.25)])
def test_gini_of_known_shares(amounts, known):
    assert gini(amounts) == pytest.approx(known)


@given(st.lists(st.floats(0, 1e6), max_size=30), st.floats(0.1, 10))
def test_gini_knows_no_unit_and_stays_in_bounds(amounts, factor):
    assert gini(amounts) + 1e-9 >= 0 and gini(amounts) < 1
    assert gini([factor * amount for amount in amounts]) == pytest.approx(gini(amounts), abs=1e-6)


def test_those_that_still_wait_count_as_waiting_longest():
    assert waited([1.0, 2.0, 3.0], 1, 0.5) == 2.0
    assert waited([1.0, 2.0, 3.0], 1, 0.9) is None
    assert waited([], 0, 0.5) is None


def test_the_report_counts_the_log_once(log):
    log.append([ItemPut(Item(id=f"v{n}", owner=f"m{n % 2}", created_ms=NOW_MS - HOUR_MS), NOW_MS) for n in range(4)])
    log.append([Event(person=f"p{n}", item="v0", outcome="exposure", time_ms=NOW_MS - 1_000 + n) for n in range(300)])
    log.append([Event(person="p1", owner="m0", outcome="follow"), Event(person="p2", item="v1", outcome="exposure")])
    reader = FairnessReader(log.read, lambda: NOW_MS)
    first, second = reader.report(), reader.report()
    assert first == second
    assert [(one.maker, one.exposures, one.followers) for one in first.makers] == [("m0", 300, 1), ("m1", 1, 0)]
    assert (first.new_videos, first.reached, first.share_small) == (4, 1, pytest.approx(1.0))
    assert first.first300_p50_h is None and first.gini == pytest.approx(gini([300, 1]))
    assert first.cost_minutes is None and (first.people_on, first.people_off) == (0, 0)
    assert first.is_whole and first.position == log.position()


def test_a_long_log_is_read_in_stretches_and_says_how_far_it_is(log):
    log.append([ItemPut(Item(id="v", owner="m", created_ms=NOW_MS - HOUR_MS), NOW_MS - 40)])
    log.append([Event(person=f"p{n}", item="v", outcome="exposure", time_ms=NOW_MS - 30 + n) for n in range(30)])
    asked: list[int] = []

    def read(after, limit):
        asked.append(limit)
        return log.read(after, limit)

    reader = FairnessReader(read, lambda: NOW_MS, stretch=5)
    assert not reader.read_on() and asked == [], "nobody has asked for it"
    first = reader.report()
    assert asked == [5, 5] and not first.is_whole
    assert first.position < log.position() and first.read_ms < NOW_MS - 1
    while reader.read_on():
        pass
    last = reader.report()
    assert last.is_whole and last.position == log.position() and last.read_ms == NOW_MS - 1
    assert last.makers[0].exposures == 30


def test_the_cost_is_the_difference_between_the_arms(log):
    for n in range(240):
        arm = "off" if n % 2 else "on"
        log.keep_page(
            PageRecord(
                id=PageId(f"p{n}"), person=f"p{n}", surface="video", time_ms=NOW_MS - 1_000, position=0, seed=1,
                count=1, arms={HOLDOUT: arm},
            )
        )  # fmt: skip
    log.append(
        [
            Event(person=f"p{n}", item="v", outcome="watch", value=660.0 if n % 2 else 600.0, time_ms=NOW_MS)
            for n in range(240)
        ]
    )
    cost = FairnessReader(log.read, lambda: NOW_MS).report().cost_minutes
    assert cost is not None and cost.mean == pytest.approx(1.0) and cost.people == 240


def test_the_cost_is_a_day_not_a_stay():
    on, off = [(10.0, 5.0)] * 100, [(6.0, 2.0)] * 150
    cost = difference(on, off)
    assert cost is not None and (cost.mean, cost.low, cost.high) == pytest.approx((1.0, 1.0, 1.0))


def test_the_interval_covers_the_truth_though_people_stay_unlike_long():
    rng = np.random.default_rng(3)
    inside = 0
    for _ in range(200):
        days = rng.integers(1, 15, (2, 150)).astype(float)
        minutes = rng.gamma(2, 5, (2, 150)) * days + np.asarray([[0.0], [1.0]]) * days
        on, off = (list(zip(minutes[arm], days[arm], strict=True)) for arm in (0, 1))
        cost = difference(on, off)
        inside += cost.low <= 1.0 <= cost.high
    assert 180 <= inside < 200
