"""A bucket lets its rate through over time, at once one second of it, and never more."""

from hypothesis import given
from hypothesis import strategies as st

from walras.web import TokenBuckets


@given(st.floats(0.1, 50), st.lists(st.floats(0, 3), min_size=1, max_size=200))
def test_no_more_than_the_rate_and_one_bucket_pass(per_s: float, waits: list[float]) -> None:
    buckets, now, passed = TokenBuckets(), 100.0, 0
    for wait in waits:
        now += wait
        passed += buckets.take("k", per_s, now).allowed
    assert passed <= max(per_s, 1.0) + per_s * (now - 100.0) + 1e-6


@given(st.floats(0.01, 50))
def test_after_the_time_told_the_next_passes(per_s: float) -> None:
    buckets, now = TokenBuckets(), 0.0
    while (told := buckets.take("k", per_s, now)).allowed:
        assert told.retry_after_s == 0
    assert buckets.take("k", per_s, now + told.retry_after_s).allowed


def test_keys_do_not_share_and_old_ones_are_forgotten() -> None:
    buckets = TokenBuckets(buckets_max=2)
    assert buckets.take("a", 1, 0).allowed and not buckets.take("a", 1, 0).allowed
    assert buckets.take("b", 1, 0).allowed and buckets.take("c", 1, 0).allowed
    assert buckets.take("a", 1, 0).allowed  # forgotten, and so full again


def test_headers_say_the_rate_and_when_to_ask_again() -> None:
    buckets = TokenBuckets()
    first, second = buckets.take("k", 1, 0), buckets.take("k", 1, 0)
    assert dict(first.headers()) == {b"ratelimit-policy": b'"key";q=1;w=1', b"ratelimit": b'"key";r=0;t=1'}
    assert dict(second.headers())[b"retry-after"] == b"1"
