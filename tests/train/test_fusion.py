"""The sequence model's score joins the ranker with its due weight, without moving what is expected on average;
and it is read only where the judged model has not learnt from the row.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from walras.events import Registry
from walras.ranking import fused, reading_of, scaled_leaning
from walras.train.dataset import Log, from_lists
from walras.train.fusion import fuse, learnt_until

REGISTRY = Registry()
READING = reading_of(REGISTRY)
CHOICE = np.array([o.choice for o in REGISTRY.predicted])


def rows(weight: float, count: int = 4_000, seed: int = 1):
    """Rows whose takings follow the network, and the score with a weight."""
    rng = np.random.default_rng(seed)
    raw = rng.normal(-1.0, 1.0, (count, len(READING.names)))
    score = rng.normal(0.0, 1.0, count).astype(np.float32)
    share = 1.0 / (1.0 + np.exp(-(raw + weight * scaled_leaning(score)[:, None])))
    came = (rng.random(raw.shape) < share).astype(np.float32)
    raw[:, READING.measured] = np.log1p(5.0)
    came[:, READING.measured] = np.expm1(
        np.log1p(5.0) + 0.3 * weight * scaled_leaning(score)[:, None] + rng.normal(0, 0.2, (count, 1))
    )
    return raw, score, np.maximum(came, 0.0)


@pytest.mark.parametrize("weight", [0.0, 0.8, 1.5])
def test_the_weight_that_was_there_is_found(weight: float) -> None:
    raw, score, came = rows(weight)
    found = fuse(raw, score, came, READING, CHOICE, "s1")
    assert found is not None and found.sequence == "s1"
    counted = np.flatnonzero(~READING.measured)
    np.testing.assert_allclose(np.array(found.weight)[counted], weight, atol=0.2)


@settings(max_examples=15, deadline=None)
@given(weight=st.floats(-1.0, 2.0), seed=st.integers(0, 100))
def test_what_is_expected_on_average_stays(weight: float, seed: int) -> None:
    raw, score, came = rows(weight, 800, seed)
    found = fuse(raw, score, came, READING, CHOICE, "s1")
    assert found is not None
    moved = fused(raw, score, found)
    for h in np.flatnonzero(~READING.measured):
        before, after = (1.0 / (1.0 + np.exp(-x[:, h])) for x in (raw, moved))
        assert after.mean() == pytest.approx(before.mean(), rel=1e-3)


def test_few_choices_or_a_score_that_never_varies_tell_nothing() -> None:
    raw, score, came = rows(1.0, 30)
    assert fuse(raw, score, came * 0, READING, CHOICE, "s1") is None
    raw, score, came = rows(1.0)
    assert fuse(raw, score * 0, came, READING, CHOICE, "s1") is None


def test_rows_count_only_behind_what_the_judged_model_has_learnt() -> None:
    histories = from_lists([[1, 2, 3, 4], [1, 2]])
    histories.time_ms[:] = np.array([10, 20, 30, 40, 10, 20])
    log = Log(histories, ("ann", "bo"), ("", "a", "b", "c", "d"))
    # Ann's last two choices are held out, so what was learnt of her ends with the second; Bo is learnt wholly.
    assert learnt_until(log) == {"ann": 20}
