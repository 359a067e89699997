"""Who lives in a town: as many as wanted, seeded, with tastes that the platform is never told."""

import msgspec
import numpy as np
import pytest
from scipy.stats import kstest

from walras.town.fitting import presence_shapes
from walras.town.luck import luck, normal
from walras.town.people import NEVER_MS, begin_day, end_day, friends_of, people_of, told
from walras.town.plans import DAY_MS, BadPlan, plan_of, read_plan, write_ways
from walras.town.sizes import sizes_of

PLAN = plan_of(scale=1_000_000, seed=3)
TOPICS = 17


@pytest.fixture
def people():
    return people_of(PLAN, TOPICS)


def test_luck_is_even_depends_on_its_keys_alone_and_differs_between_them():
    row, turn = np.arange(300)[:, None], np.arange(100)[None, :]
    drawn = luck(1, "skip", row, turn)
    assert drawn.shape == (300, 100) and kstest(drawn.ravel(), "uniform").pvalue > 0.001
    assert np.array_equal(drawn[7, 5:9], luck(1, "skip", 7, np.arange(5, 9)))
    assert not np.any(drawn == luck(1, "like", row, turn)) and not np.any(drawn == luck(2, "skip", row, turn))
    assert abs(np.corrcoef(drawn[:, 0], luck(1, "skip", row + 1, turn)[:, 0])[0, 1]) < 0.2
    assert kstest(normal(1, "n", row, turn).ravel(), "norm").pvalue > 0.001
    assert luck(1, "one", 5).shape == ()


def test_the_shapes_of_presence_give_daily_and_monthly_people(people):
    a, b = presence_shapes(PLAN.ways.reach)
    people = people_of(plan_of({"ways": {"presence_a": a, "presence_b": b}}, scale=100_000), TOPICS)
    target = sizes_of(100_000)
    assert people.presence.sum() == pytest.approx(target.daily, rel=0.01)
    assert (1 - (1 - people.presence) ** 30).sum() == pytest.approx(target.monthly, rel=0.01)


def test_towns_of_other_seeds_have_others_who_come_but_as_many_of_each_kind():
    minutes = []
    for seed in range(6):
        one = people_of(plan_of(scale=1_000_000, seed=seed), TOPICS)
        minutes.append((one.presence * one.stay * one.sessions).sum() / one.presence.sum())
    assert np.ptp(minutes) < 0.03 * np.mean(minutes)


def test_the_same_seed_gives_the_same_people_and_another_others(people):
    again, other = people_of(PLAN, TOPICS), people_of(plan_of(scale=1_000_000, seed=4), TOPICS)
    assert np.array_equal(people.taste, again.taste) and not np.array_equal(people.taste, other.taste)


def test_tastes_and_patience_are_not_told(people):
    said = msgspec.to_builtins(told(people))
    assert {name for one in said for name in one} == {"id", "market", "language", "age"}
    assert len({one["id"] for one in said}) == len(people)


def test_a_day_has_sessions_in_order_within_it_for_those_who_come(people):
    begin_day(people, PLAN, 2)
    starts = people.starts_ms[people.here]
    assert np.all(np.diff(starts.astype(np.float64), axis=1) >= 0)
    real = starts[starts < NEVER_MS]
    midnight_ms = PLAN.first_day_ms + 2 * DAY_MS
    assert real.min() >= midnight_ms and real.max() < midnight_ms + DAY_MS
    assert np.all(people.starts_ms[~people.here] == NEVER_MS) and np.all(people.next_ms[~people.here] == NEVER_MS)
    assert np.all(people.next_ms[people.here] < NEVER_MS)
    evening = ((real - midnight_ms) // 3_600_000 >= 18).mean()
    assert 0.25 < evening < 0.6


def test_a_good_day_brings_people_back(people):
    counts = []
    for pleased in (-1.0, 1.0):
        again = people_of(PLAN, TOPICS)
        for day in range(6):
            begin_day(again, PLAN, day)
            again.shown[again.here] = 10
            again.pleased[again.here] = 10 * (PLAN.ways.enjoyment_usual + pleased)
            end_day(again, PLAN.ways)
        counts.append(int(again.here.sum()))
    assert counts[1] > counts[0] + 20


def test_friends_are_as_many_as_wanted_and_mostly_near(people):
    pairs = friends_of(PLAN, people)
    assert len(pairs) == round(len(people) * PLAN.ways.friends / 2)
    assert len({tuple(pair) for pair in pairs.tolist()}) == len(pairs) and np.all(pairs[:, 0] < pairs[:, 1])
    assert (people.city[pairs[:, 0]] == people.city[pairs[:, 1]]).mean() > 0.5


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("scal = 3", "Did you mean 'scale'"),
        ("[ways]\nboredm = 1.0", "Did you mean 'boredom'"),
        ("scale = 3", "scale"),
        ("[ways]\nlearning = 2.0", "learning"),
        ("scale = ", "Mend the line"),
    ],
)
def test_a_plan_that_cannot_be_says_what_is_wrong(tmp_path, text, words):
    path = tmp_path / "plan.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(BadPlan, match=words):
        read_plan(path)


def test_ways_are_read_as_they_were_written(tmp_path):
    ways = msgspec.structs.replace(PLAN.ways, boredom=0.123)
    write_ways(tmp_path / "ways.toml", ways, "two\nlines")
    assert read_plan(tmp_path / "ways.toml", seed=9).ways == ways
