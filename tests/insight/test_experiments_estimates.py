"""Estimators on data whose truth is known: nobody is promised more than holds.

The long forms (1,000 A/A tests, coverage, peeking) are in `bench/experiments.py`; here each is short, on fixed seeds.
"""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from walras.insight.experiments import (
    by_group,
    cuped,
    difference,
    discoveries,
    holm,
    least_effect,
    least_squares,
    needed,
    of_normal,
    ratio_difference,
    sample_ratio,
    sequence,
    together,
    totals,
    unlike,
)

RUNS = 400
# Four standard errors of a share of 5 % over so many runs.
BORNE = 4 * (0.05 * 0.95 / RUNS) ** 0.5


def watch(rng, n, times=1.0):
    """Seconds of watching: many watch nothing, few very long."""
    return np.where(rng.random(n) < 0.4, 0.0, rng.lognormal(3.0, 1.2, n)) * times


def test_nothing_is_found_in_twenty_where_nothing_is_and_the_truth_lies_inside():
    rng = np.random.default_rng(1)
    truth = 0.1 * 0.6 * np.exp(3.0 + 1.2**2 / 2)
    alarms = covered = 0
    for _ in range(RUNS):
        alarms += difference(watch(rng, 1_500), watch(rng, 1_500)).p < 0.05
        found = difference(watch(rng, 1_500), watch(rng, 1_500, 1.1))
        covered += found.low <= truth <= found.high
    assert abs(alarms / RUNS - 0.05) < BORNE
    assert abs(covered / RUNS - 0.95) < BORNE


def test_ratios_of_units_that_hang_together_are_covered_and_pieces_taken_for_units_are_not():
    rng = np.random.default_rng(2)
    covered = naive = 0
    for _ in range(RUNS):
        arms = []
        for _arm in range(2):
            days = 1.0 + rng.poisson(3.0, 400)
            arms.append((rng.gamma(2.0, 5.0, 400) * days, days))
        found = ratio_difference(*arms)
        covered += found.low <= 0 <= found.high
        pieces = difference(*[np.repeat(minutes / days, days.astype(int)) for minutes, days in arms])
        naive += pieces.low <= 0 <= pieces.high
    assert abs(covered / RUNS - 0.95) < BORNE
    assert naive / RUNS < 0.9


def test_clusters_are_covered_and_the_regression_says_the_same():
    rng = np.random.default_rng(3)
    covered, again = 0, 0
    for _ in range(RUNS):
        sizes = rng.integers(5, 30, 80)
        cluster = np.repeat(np.arange(80), sizes)
        values = rng.normal(0, 1, 80)[cluster] + rng.normal(0, 1, len(cluster))
        treated = cluster % 2 == 1
        found = ratio_difference(totals(values[~treated], cluster[~treated]), totals(values[treated], cluster[treated]))
        covered += found.low <= 0 <= found.high
        fitted = least_squares(values, np.stack([np.ones(len(values)), treated.astype(float)], axis=1), (cluster,))
        effect, se = fitted.along([0.0, 1.0])
        assert effect == pytest.approx(found.effect)
        again += abs(effect) <= stats.t.ppf(0.975, fitted.freedom) * se
    assert abs(covered / RUNS - 0.95) < BORNE
    assert abs(again / RUNS - 0.95) < BORNE


def test_what_the_past_foretold_is_taken_out_and_the_effect_stays():
    rng = np.random.default_rng(4)
    before = rng.gamma(2.0, 10.0, 4_000)
    values = before + rng.normal(0, 5, 4_000)
    values[2_000:] += 1.0
    less = cuped(values, before)
    plain, narrow = difference(values[:2_000], values[2_000:]), difference(less[:2_000], less[2_000:])
    assert less.mean() == pytest.approx(values.mean())
    assert narrow.se < 0.4 * plain.se
    assert narrow.low < 1.0 < narrow.high
    many = np.stack([before, rng.normal(0, 1, 4_000)], axis=1)
    assert cuped(values, many).std() <= less.std()


def test_looking_twenty_times_finds_something_by_plain_intervals_and_hardly_ever_by_sequences():
    rng = np.random.default_rng(5)
    always = once = 0
    for _ in range(200):
        one, other = watch(rng, 4_000), watch(rng, 4_000)
        looks = [difference(one[:n], other[:n]) for n in range(400, 4_001, 200)]
        found = [sequence(look, n / 4_000) for look, n in zip(looks, range(400, 4_001, 200), strict=True)]
        once += any(look.p < 0.05 for look in looks)
        always += any(not look.low <= 0 <= look.high for look in found)
        assert all((look.p < 0.05) == (not look.low <= 0 <= look.high) for look in found)
    assert once / 200 > 0.12
    assert always / 200 <= 0.05


@given(st.floats(-5, 5), st.floats(0.01, 3), st.floats(0.01, 10))
def test_a_sequence_is_wider_than_one_look_and_its_p_value_is_larger(effect, se, reached):
    once = of_normal(effect, se, 1.0, 100)
    always = sequence(once, reached)
    assert always.low < once.low
    assert always.high > once.high
    assert always.p >= once.p or always.p == pytest.approx(once.p)


def test_uneven_arms_are_told_from_even_ones_at_any_look():
    rng = np.random.default_rng(6)
    alarms = 0
    for _ in range(200):
        counts = np.cumsum(rng.multinomial(300, [0.5, 0.3, 0.2], 30), axis=0).astype(float)
        alarms += min(sample_ratio(row, np.array([5.0, 3.0, 2.0])) for row in counts) < 0.05
    assert alarms / 200 <= 0.05
    assert sample_ratio(np.array([5_200.0, 4_800.0]), np.ones(2)) < 0.01
    assert sample_ratio(np.array([50_000.0, 50_100.0]), np.ones(2)) > 0.5


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_adjusted_p_values_are_larger_keep_their_order_and_holm_is_the_stricter(p):
    plain = np.array(p)
    strict, fewer = holm(plain), discoveries(plain)
    assert (strict >= plain - 1e-12).all()
    assert (strict >= fewer - 1e-12).all()
    assert (np.diff(strict[np.argsort(plain, kind="stable")]) >= -1e-12).all()


def test_groups_that_differ_are_told_and_those_that_do_not_are_not():
    rng = np.random.default_rng(7)
    group, treated = np.repeat(np.arange(4), 500), rng.random(2_000) < 0.5
    same = rng.normal(0, 1, 2_000) + 0.3 * treated
    other = rng.normal(0, 1, 2_000) + 1.0 * (treated & (group == 2))
    effects, unequal = by_group(other, treated, group)
    assert unequal < 0.001
    assert [one for one, found in effects if found.p < 0.01] == [2]
    assert by_group(same, treated, group)[1] > 0.01
    assert unlike([]) == 1.0
    both = together([found for _, found in effects])
    assert both.se < min(found.se for _, found in effects)


def test_the_least_effect_is_found_four_times_in_five():
    rng = np.random.default_rng(8)
    effect = least_effect(2.0, 1_000)
    assert abs(needed(effect, 2.0) - 1_000) <= 1
    found = [difference(rng.normal(0, 2, 500), rng.normal(effect, 2, 500)).p < 0.05 for _ in range(RUNS)]
    assert abs(np.mean(found) - 0.8) < 4 * (0.16 / RUNS) ** 0.5
    assert least_effect(2.0, 1_000, correlation=0.6) == pytest.approx(0.8 * effect)
    assert least_effect(2.0, 1_000, cluster=(21.0, 0.15)) == pytest.approx(2.0 * effect)


def test_where_nothing_varies_there_is_no_error_and_no_discovery():
    flat = np.zeros(50)
    found = difference(flat, flat)
    assert (found.effect, found.se, found.low, found.high, found.p) == (0.0, 0.0, 0.0, 0.0, 1.0)
    assert np.isnan(found.share)


def test_what_is_written_here_is_what_scipy_says():
    rng = np.random.default_rng(11)
    for sizes in ((5, 9), (400, 300), (2, 2)):
        one, other = rng.gamma(1.0, 3.0, sizes[0]), rng.normal(2.0, 1.0, sizes[1])
        ours, theirs = difference(one, other), stats.ttest_ind(other, one, equal_var=False)
        between = theirs.confidence_interval(0.95)
        assert (ours.p, ours.low, ours.high) == pytest.approx((theirs.pvalue, between.low, between.high), rel=1e-6)
    p = np.round(rng.random(40) ** 3, 2)
    assert discoveries(p) == pytest.approx(stats.false_discovery_control(p, method="bh"))
    assert discoveries(np.zeros(0)).tolist() == []
    effects = [of_normal(effect, se, 1.0, 10) for effect, se in ((0.5, 0.2), (-0.1, 0.3), (0.2, 0.1))]
    weight = np.asarray([each.se for each in effects]) ** -2.0
    effect = np.asarray([each.effect for each in effects])
    q = weight @ (effect - weight @ effect / weight.sum()) ** 2
    assert unlike(effects) == pytest.approx(stats.chi2.sf(q, 2))


def test_knowing_a_report_loads_no_library_of_statistics():
    code = "import sys, walras.insight.experiments; sys.exit('scipy.stats' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def looked_at_daily(rng, people, days, spread):
    """Whether an A/A test alarms on any day, by sequence and by plain intervals, where each goes on gathering days."""
    is_treated, came = rng.random(people) < 0.5, rng.integers(0, days, people)
    taste, total, alarms = rng.lognormal(0.0, spread, people), np.zeros(people), np.zeros(2, bool)
    for day in range(days):
        here = came <= day
        total[here] += rng.gamma(2.0, 5.0, here.sum()) * taste[here]
        enrolled = np.maximum(day - came + 1.0, 0.0)
        one, other = here & ~is_treated, here & is_treated
        if min(one.sum(), other.sum()) >= 100:
            found = ratio_difference((total[one], enrolled[one]), (total[other], enrolled[other]))
            reached = float(enrolled.sum()) / (people * days / 2)
            alarms |= [sequence(found, reached).p < 0.05, found.p < 0.05]
    return alarms


@pytest.mark.parametrize("spread", [0.0, 1.0])
def test_a_sequence_holds_where_people_gather_days_between_looks(spread):
    rng = np.random.default_rng(5)
    always, once = np.mean([looked_at_daily(rng, 600, 20, spread) for _ in range(150)], axis=0)
    assert always <= 0.05
    # Where people differ much, one day's look says nearly what the day before said: plain intervals err little.
    assert spread or once > 0.1, "plain intervals alarm more often the more one looks"
