"""Ids and streams: the same name gives the same draws and ids, another name others."""

from hypothesis import given
from hypothesis import strategies as st

from walras.base.ids import content_id, id_fault, new_id
from walras.base.streams import share_of, stream


@given(st.integers(0, 2**32), st.text(max_size=30), st.text(max_size=30))
def test_streams_depend_on_seed_and_name_alone(seed, one, other):
    first = stream(seed, one).random(4).tolist()
    assert first == stream(seed, one).random(4).tolist()
    assert (first == stream(seed, other).random(4).tolist()) == (one == other)
    assert 0 <= share_of(seed, one) < 1


@given(st.lists(st.text(max_size=8), min_size=1, max_size=5))
def test_the_same_content_has_the_same_id(parts):
    assert content_id(*parts) == content_id(*parts)
    assert content_id(*parts) != content_id(*parts, "more")


def test_new_ids_sort_by_time_and_differ():
    ids = [new_id("p", now) for now in (1, 2, 3, 1_790_000_000_000)]
    assert ids == sorted(ids) and new_id("p", 1) != new_id("p", 1)


def test_unusable_ids_are_named():
    assert id_fault("视频/1 🎬") is None
    assert "empty" in id_fault("") and "control" in id_fault("a\x00b") and "characters" in id_fault("x" * 300)
