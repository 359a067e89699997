"""An entry comes back from its row, and from its row in a Parquet file, as it was."""

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from walras.events import rows, segments
from walras.schema import (
    Event,
    Item,
    ItemGone,
    ItemPut,
    ModelChosen,
    PageRecord,
    Person,
    PersonGone,
    PersonPut,
    PlaceRecord,
)

# Any text but half surrogate pairs, which no door lets in: control characters, emoji, Chinese, right-to-left.
names = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
longs = st.integers(-(2**62), 2**62)
contexts = st.dictionaries(names, names, max_size=3)
numbers = st.floats(allow_nan=False)
events = st.builds(
    Event,
    person=names,
    item=names,
    owner=names,
    outcome=names,
    id=names,
    time_ms=longs,
    value=numbers,
    surface=names,
    page=names,
    place=st.integers(-1, 2**31 - 1),
    context=contexts,
)
places = st.builds(
    PlaceRecord, names, numbers, st.lists(numbers, max_size=3).map(tuple), names, numbers, st.integers(-1, 9)
)
pages = st.builds(
    PageRecord,
    id=names,
    person=names,
    surface=names,
    time_ms=longs,
    position=longs,
    seed=longs,
    count=st.integers(1, 100),
    places=st.lists(places, max_size=2).map(tuple),
    proposed=st.dictionaries(names, st.integers(0, 99), max_size=2),
    context=contexts,
)
items = st.builds(Item, id=names, owner=names, title=names, duration_s=numbers, attributes=contexts)
changes = st.one_of(
    st.builds(ItemPut, items, longs),
    st.builds(ItemGone, names, longs),
    st.builds(PersonPut, st.builds(Person, id=names, age=st.integers(0, 120)), longs),
    st.builds(PersonGone, names, longs),
    st.builds(ModelChosen, st.sampled_from(["sequence", "ranker", "text"]), names, longs),
)


def stored(entries):
    return [(seq, *rows.keyed_row(entry, 7)[1]) for seq, entry in enumerate(entries, 1)]


def through_parquet(stored_rows, folder):
    """The same rows written to a file and read again."""
    folder.mkdir(exist_ok=True)
    segment = segments.write_segment(folder, "2025-10-10", [segments.table_of(stored_rows)])
    frame = segments.ColdReader(folder).read(segment, 0, 99)
    (folder / segment.path).unlink()
    return frame


@settings(deadline=None)
@given(st.lists(events, min_size=1, max_size=3))
def test_events_come_back_from_rows_and_files(tmp_path_factory, sent):
    kept = stored(sent)
    assert [rows.event_of(row) for row in kept] == sent
    frame = through_parquet(kept, tmp_path_factory.getbasetemp() / "files")
    assert [rows.event_of(row) for row in segments.stored_rows(frame)] == sent


@settings(deadline=None)
@given(st.lists(st.one_of(events, pages, changes), min_size=1, max_size=6))
def test_a_stretch_is_the_same_from_rows_and_from_files(tmp_path_factory, sent):
    kept = stored(sent)
    frame = through_parquet(kept, tmp_path_factory.getbasetemp() / "files")
    hot, cold = rows.batch_of(kept), segments.frame_batch(frame)
    assert (hot.position, hot.changes, hot.pages) == (cold.position, cold.changes, cold.pages)
    for name in ("seq", "time_ms", "value", "place"):
        one, two = getattr(hot.events, name), getattr(cold.events, name)
        assert one.dtype == two.dtype and one.tolist() == two.tolist()
    for name in ("person", "item", "owner", "outcome", "surface", "page"):
        assert getattr(hot.events, name) == getattr(cold.events, name)
    taken = sent[: hot.position]
    assert list(hot.changes) == [e for e in taken if not isinstance(e, Event | PageRecord)]
    assert list(hot.pages) == [e for e in taken if isinstance(e, PageRecord)]


@given(st.lists(st.sampled_from(["event", "page", "item", "person-gone"]), max_size=8))
def test_a_stretch_is_the_longest_in_which_no_change_follows_anything_else(kinds):
    length = rows.stretch_length(kinds)
    others = [index for index, kind in enumerate(kinds) if kind in ("event", "page")]
    late = [i for i, kind in enumerate(kinds) if kind not in ("event", "page") and others and i > others[0]]
    assert length == (late[0] if late else len(kinds))


def test_keys_of_pages_and_events_are_apart_and_never_change():
    assert rows.event_key("e1").hex() == "cd3dc8b6cffb41e4163dcbd857ca87da"
    assert len({rows.event_key("a"), rows.page_key("a"), rows.event_key("page\x1ea")}) == 3


def test_numbers_survive_to_the_last_bit():
    values = [0.1 + 0.2, 5e-324, 1.7976931348623157e308, math.pi]
    kept = stored([Event(person="p", outcome="watch", value=value) for value in values])
    assert rows.batch_of(kept).events.value.tolist() == values
