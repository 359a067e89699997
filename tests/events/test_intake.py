"""Good events of a batch are kept; each bad one is named by index, field and reason."""

import math

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from walras.base import limits
from walras.base.ids import id_fault
from walras.events import CORE, Registry, admit
from walras.schema import Event

NOW_MS = 1_760_000_000_000
REGISTRY = Registry()
GOOD = Event(person="p", item="i", outcome="click", id="e", time_ms=NOW_MS)


def refused(**changed):
    """The one rejection of a batch in which the second of three events is bad."""
    fields = {name: getattr(GOOD, name) for name in Event.__struct_fields__}
    good, rejected = admit([GOOD, Event(**{**fields, **changed}), GOOD], REGISTRY, NOW_MS)
    assert good == [GOOD, GOOD] and [r.index for r in rejected] == [1]
    msgspec.json.encode(rejected)
    return rejected[0]


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"outcome": "clik"}, "outcome", "'click'"),
        ({"outcome": ""}, "outcome", "Known"),
        ({"value": math.nan}, "value", "0 to 1e+09"),
        ({"value": math.inf}, "value", "count"),
        ({"value": -0.5}, "value", "0 to"),
        ({"outcome": "watch", "value": 86_401.0}, "value", "86400"),
        ({"time_ms": NOW_MS + limits.CLOCK_AHEAD_MS_MAX + 1}, "time_ms", "clock"),
        ({"time_ms": -1}, "time_ms", "1970"),
        ({"person": ""}, "person", "empty"),
        ({"person": "a\x00b"}, "person", "control"),
        ({"item": "i" * 257}, "item", "257"),
        ({"id": "\ud800"}, "id", "surrogate"),
        ({"page": "\n"}, "page", "control"),
        ({"owner": "\x7f"}, "owner", "control"),
        ({"item": ""}, "item", "happens to an item"),
        ({"item": "", "outcome": "follow"}, "owner", "owner's id"),
        ({"place": -2}, "place", "0 to"),
        ({"place": limits.PLACE_MAX + 1}, "place", "0 to"),
        ({"surface": "s" * 65}, "surface", "65"),
        ({"surface": "a\tb"}, "surface", "control"),
        ({"context": {str(n): "" for n in range(33)}}, "context", "33 keys"),
        ({"context": {"k": "v" * 1000}}, "context", "1001 characters"),
        ({"context": {"k": "\udfff"}}, "context", "surrogate"),
    ],
)
def test_what_is_wrong_is_named(changed, field, words):
    rejection = refused(**changed)
    assert rejection.field == field
    assert words in f"{rejection.reason} {rejection.value} {rejection.hint}"


@pytest.mark.parametrize(
    "changed",
    [
        {"time_ms": NOW_MS + limits.CLOCK_AHEAD_MS_MAX},
        {"time_ms": 1},
        {"value": 0.0},
        {"person": "店🛒 /\u200b\u3000é", "item": "x" * 256},
        {"item": "", "owner": "o", "outcome": "follow"},
        {"outcome": "follow"},
        {"context": {"query": "换行\n也可以"}, "surface": "search"},
        {"outcome": "watch", "value": 86_400.0},
    ],
)
def test_what_is_unusual_but_right_is_kept_as_it_is(changed):
    fields = {name: getattr(GOOD, name) for name in Event.__struct_fields__}
    sent = Event(**{**fields, **changed})
    assert admit([sent], REGISTRY, NOW_MS) == ([sent], [])


def test_an_event_without_id_or_time_is_given_them():
    nameless = Event(person="p", item="i", outcome="click")
    timed = Event(person="p", item="i", outcome="click", time_ms=5)
    (first, second, third, fourth), _ = admit([nameless, nameless, timed, timed], REGISTRY, NOW_MS)
    assert first.time_ms == second.time_ms == NOW_MS and first.id != second.id
    assert third == fourth and third.time_ms == 5 and len(third.id) == 32


@settings(deadline=None)
@given(
    st.lists(
        st.builds(
            Event,
            person=st.text(max_size=3) | st.sampled_from(["p", "店", "x" * 257]),
            item=st.text(max_size=3),
            id=st.text(max_size=3),
            owner=st.text(max_size=2),
            outcome=st.sampled_from([o.name for o in CORE]) | st.text(max_size=3),
            value=st.floats() | st.just(1.0),
            time_ms=st.integers(-5, NOW_MS * 2),
            place=st.integers(-3, 9),
            context=st.dictionaries(st.text(max_size=2), st.text(max_size=2), max_size=2),
        ),
        max_size=5,
    )
)
def test_every_event_is_either_good_or_rejected_and_good_ones_are_whole(events):
    good, rejected = admit(events, REGISTRY, NOW_MS)
    bad = {r.index for r in rejected}
    assert len(good) + len(rejected) == len(events) == len(good) + len(bad)
    kept = [e for index, e in enumerate(events) if index not in bad]
    for sent, e in zip(kept, good, strict=True):
        assert (e.person, e.item, e.value, e.context) == (sent.person, sent.item, sent.value, sent.context)
        assert e.id and e.time_ms and id_fault(e.person) is None and id_fault(e.id) is None
        assert 0 <= e.value < math.inf and e.outcome in REGISTRY.by_name
        msgspec.json.encode(e)
