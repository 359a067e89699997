"""Gorse's items, users, times and feedback come back as they were sent."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from walras.base.errors import Invalid
from walras.doors.gorse.folding import event_of, fold, outcome_of, retraction
from walras.doors.gorse.shapes import (
    GorseFeedback,
    GorseItem,
    GorseUser,
    instant_ms,
    instant_text,
    item_of,
    item_shape,
    person_of,
    person_shape,
    span_ms,
    with_category,
    without_category,
)
from walras.events import Registry, admit

NOW_MS = 1_767_225_600_000
WORDS = st.text("abc视 ", min_size=1, max_size=6)
LABELS: Any = st.recursive(
    st.none() | WORDS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3)
)
ITEMS = st.builds(
    GorseItem,
    item_id=WORDS,
    is_hidden=st.booleans(),
    categories=st.lists(WORDS, max_size=12).map(tuple),
    timestamp=st.integers(1, NOW_MS).map(instant_text),
    labels=LABELS,
    comment=st.text(max_size=50) | st.just("x" * 1_500),
)


@given(ITEMS, ITEMS)
def test_an_item_comes_back_whatever_was_there_before(sent: GorseItem, before: GorseItem) -> None:
    item = item_of(sent, item_of(before, None))
    assert item_shape(item).categories == sent.categories
    assert item_shape(item_of(sent, None)) == sent


@given(WORDS, LABELS, st.text(max_size=50))
def test_a_user_comes_back(id: str, labels: Any, comment: str) -> None:
    sent = GorseUser(user_id=id, labels=labels, comment=comment)
    assert person_shape(person_of(sent, None)) == sent


def test_categories_are_added_and_taken_away() -> None:
    item = item_of(GorseItem(item_id="i", categories=("a",)), None)
    assert with_category(with_category(item, "b"), "b").topics == ("a", "b")
    assert without_category(item, "a").topics == ()


@given(st.integers(0, NOW_MS))
def test_instants_come_back(instant: int) -> None:
    assert instant_ms(instant_text(instant), "Timestamp") == instant


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-05T08:00:00Z", "2026-01-05T16:00:00+08:00", "2026-01-05 08:00:00", "2026/01/05 08:00:00",
        "2026-01-05T08:00:00.000000001Z", "2026-01-05 08:00:00 +0000 UTC", "1767600000", "1767600000000",
        "1767600000000000000", "Mon, 05 Jan 2026 08:00:00 GMT",
    ],
)  # fmt: skip
def test_instants_in_usual_ways_of_writing(text: str) -> None:
    assert instant_ms(text, "Timestamp") == 1_767_600_000_000


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "5", "9" * 40, "\x00"])
def test_instants_that_cannot_be_read(text: str) -> None:
    with pytest.raises(Invalid):
        instant_ms(text, "Timestamp")


def test_spans() -> None:
    assert [span_ms(text, "d") for text in ("", "0h0m0s", "1h30m", "1.5s", "300ms")] == [0, 0, 5_400_000, 1_500, 300]
    for bad in ("5", "1x", "h", "1h 2m", "-1s"):
        with pytest.raises(Invalid):
            span_ms(bad, "d")


def test_types_become_outcomes_and_come_back(registry: Registry) -> None:
    named = {
        "like": "like",
        "star": "save",
        "read": "exposure",
        "click": "click",
        "bought": "engage",
        "retract": "engage",
    }
    assert {type: outcome_of(type, registry) for type in named} == named
    for type in named:
        sent = GorseFeedback(feedback_type=type, user_id="u", item_id="i", timestamp=instant_text(NOW_MS))
        assert [given.type for given in fold([event_of(sent, registry, NOW_MS, put=False)])] == [type]


DEEDS = st.lists(
    st.tuples(st.sampled_from(["add", "put", "delete"]), st.sampled_from("ab"), st.integers(1, 9)), max_size=12
)


@given(DEEDS)
def test_folding_adds_replaces_and_takes_back(deeds: list[tuple[str, str, int]]) -> None:
    registry, expected, events = Registry(), {}, []
    for step, (deed, item, value) in enumerate(deeds):
        at_ms = NOW_MS + step
        if deed == "delete":
            events += [retraction(given, at_ms) for given in fold(reversed(events)) if given.item == item]
            expected.pop(item, None)
            continue
        shape = GorseFeedback(
            feedback_type="x", user_id="u", item_id=item, value=float(value), timestamp=instant_text(at_ms)
        )
        events.append(event_of(shape, registry, NOW_MS, put=deed == "put"))
        expected[item] = value + (expected.get(item, 0) if deed == "add" else 0)
    good, rejected = admit(events, registry, NOW_MS)
    assert not rejected
    assert {given.item: given.value for given in fold(reversed(good))} == expected
