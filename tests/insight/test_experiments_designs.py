"""Where arms touch a plain split is wrong and the design is right; policies and worths are held against the truth."""

import numpy as np
import pytest

from bench.markets import MARKETS, biases
from walras.insight.experiments import evaluate, overlap, weigh


@pytest.mark.parametrize("market", MARKETS)
def test_over_twenty_seeds_the_design_is_near_the_truth_and_the_plain_split_is_not(market):
    found = biases(market, 20)
    assert found["naive"] > 0.5
    assert found["design"] < 0.3
    assert found["design"] < found["naive"] / 3
    assert found["covered"] >= 0.8


# ---------------------------------------------------------------- other policies


def logged(rng, n=20_000, actions=5):
    """Choices of a policy that prefers some actions, with rewards that depend on context and action."""
    context = rng.normal(0, 1, n)
    pull = np.exp(np.outer(context, np.linspace(-1, 1, actions)))
    old = pull / pull.sum(axis=1, keepdims=True)
    chosen = (rng.random(n)[:, None] > np.cumsum(old, axis=1)).sum(axis=1).clip(0, actions - 1)
    mean = 0.2 + 0.1 * np.outer(np.tanh(context), np.linspace(1, -1, actions)) + 0.02 * np.arange(actions)
    new = np.roll(old, 2, axis=1)
    rows = np.arange(n)
    reward = (rng.random(n) < mean[rows, chosen]).astype(float)
    return reward, old[rows, chosen], new[rows, chosen], mean, new, chosen


def test_three_estimators_find_what_another_policy_brings():
    covered, narrower = {"ips": 0, "self_normalised": 0, "doubly_robust": 0}, 0
    for seed in range(60):
        reward, propensity, target, mean, new, chosen = logged(np.random.default_rng(seed), 4_000)
        truth = float((mean * new).sum(axis=1).mean())
        wrong = 0.8 * mean
        rows = np.arange(len(reward))
        found = evaluate(reward, propensity, target, foreseen=(wrong[rows, chosen], (wrong * new).sum(axis=1)))
        for name in covered:
            estimate = getattr(found, name)
            covered[name] += estimate.low <= truth <= estimate.high
        exact = evaluate(reward, propensity, target, foreseen=(mean[rows, chosen], (mean * new).sum(axis=1)))
        narrower += exact.doubly_robust.se < found.ips.se
    assert all(count >= 51 for count in covered.values()), covered
    assert narrower >= 40


def test_little_overlap_is_reported_and_not_enough():
    even = overlap(np.ones(1_000))
    assert (even.effective, even.is_enough) == (pytest.approx(1_000), True)
    lopsided = overlap(np.r_[np.full(999, 0.01), 900.0])
    assert lopsided.effective < 2
    assert not lopsided.is_enough
    assert not overlap(np.ones(1_000), share_unseen=0.3).is_enough
    assert overlap(np.zeros(10)).effective == 0.0


def test_where_nothing_of_the_other_policy_was_seen_nothing_is_said():
    found = evaluate(np.ones(10), np.ones(10), np.zeros(10))
    assert np.isnan(found.self_normalised.effect)
    assert found.doubly_robust is None
    with pytest.raises(AssertionError):
        evaluate(np.ones(2), np.zeros(2), np.ones(2))


# ---------------------------------------------------------------- worth of outcomes

WORTH = np.array([0.0004, 0.01, 0.03])


def moved(rng, experiments=60):
    """Experiments that moved three outcomes, and return by what those are worth; errors hang together over people."""
    true = rng.normal(0, 1, (experiments, 3)) * np.array([2.0, 0.2, 0.05])
    spread = np.array([1.2, 0.12, 0.03, 0.0015])
    alike = np.eye(4) + 0.6 * (1 - np.eye(4))
    error = np.outer(spread, spread) * alike
    noise = rng.multivariate_normal(np.zeros(4), error, experiments)
    return true + noise[:, :3], true @ WORTH + noise[:, 3], np.broadcast_to(error, (experiments, 4, 4))


def test_the_worth_of_outcomes_is_found_where_a_plain_regression_is_not():
    covered, errors, plain = 0, [], []
    for seed in range(40):
        effects, returned, error = moved(np.random.default_rng(seed))
        found = weigh(("watch", "like", "follow"), effects, returned, error, yuan_a_return=2.0)
        assert [one.outcome for one in found] == ["watch", "like", "follow"]
        covered += sum(one.low_yuan <= 2 * w <= one.high_yuan for one, w in zip(found, WORTH, strict=True))
        errors.append(np.array([one.yuan for one in found]) / (2 * WORTH) - 1)
        plain.append(np.linalg.lstsq(effects, returned, rcond=None)[0] / WORTH - 1)
    assert 0.88 <= covered / 120 <= 0.99
    assert np.abs(np.mean(errors, axis=0)).max() < 0.12
    assert np.abs(np.mean(plain, axis=0)).max() > 0.15


def test_an_outcome_that_no_experiment_moved_and_too_few_experiments_give_no_worth():
    rng = np.random.default_rng(1)
    effects, returned, error = moved(rng)
    effects = effects.copy()
    effects[:, 2] = rng.normal(0, 0.02, 60)
    found = weigh(("watch", "like", "follow"), effects, returned, error, yuan_a_return=2.0)
    assert [one.outcome for one in found] == ["watch", "like"]
    assert weigh(("watch", "like", "follow"), effects[:4], returned[:4], error[:4], yuan_a_return=2.0) == []
