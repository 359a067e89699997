"""Assignment by hash: always the same, in the shares that were asked for, independent between trials."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from walras.world import Arm, Trial, assign

HALVES = (Arm("a"), Arm("b"))


def shares(trial: Trial, n: int = 20_000) -> dict[str | None, float]:
    counts = Counter(assign(trial, f"p{k}", 7) for k in range(n))
    return {arm: count / n for arm, count in counts.items()}


@given(unit=st.text(), seed=st.integers(0, 2**31))
def test_a_unit_always_has_the_same_arm(unit: str, seed: int) -> None:
    trial = Trial(name="按钮", arms=HALVES)
    assert assign(trial, unit, seed) == assign(trial, unit, seed) in ("a", "b")


def test_arms_get_their_shares() -> None:
    found = shares(Trial(name="t", arms=(Arm("a", 3.0), Arm("b", 1.0)), share=0.4))
    assert abs(found["a"] - 0.3) < 0.012
    assert abs(found["b"] - 0.1) < 0.012
    assert abs(found[None] - 0.6) < 0.012


def test_a_trial_that_grows_changes_nobodys_arm() -> None:
    small, large = (Trial(name="t", arms=HALVES, share=share) for share in (0.1, 0.9))
    before = {f"p{k}": assign(small, f"p{k}", 7) for k in range(2_000)}
    assert all(assign(large, unit, 7) == arm for unit, arm in before.items() if arm is not None)


def test_two_trials_are_independent() -> None:
    one, two = (Trial(name=name, arms=HALVES) for name in ("one", "two"))
    both = Counter((assign(one, f"p{k}", 7), assign(two, f"p{k}", 7)) for k in range(20_000))
    assert all(abs(count / 20_000 - 0.25) < 0.012 for count in both.values())
    assert len(both) == 4
