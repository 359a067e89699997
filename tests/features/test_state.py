"""The state is a function of the log: cut in any way, in any order, replayed or read from disk, it is the same.

The compiled loop is held against a plain reading of the same rules in Python.
"""

from collections import defaultdict
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.features.logs_made import NOW_MS, Row, batches, page, put
from walras.base.errors import Corrupt
from walras.events import Registry, TextColumn
from walras.features import State
from walras.features.columns import NEUTRAL_MAX
from walras.schema import Batch, Event, Item, ItemGone, ItemPut, Person, PersonGone, PersonPut

REGISTRY = Registry()
OUTCOMES = ["exposure", "click", "watch", "like", "follow", "unfollow", "block", "unblock", "order", "skip"]

events = st.builds(
    Event,
    person=st.sampled_from(["p1", "p2", "o1"]),
    outcome=st.sampled_from(OUTCOMES),
    item=st.sampled_from(["", "i1", "i2", "i3", "i4", "i5", "i6"]),
    owner=st.sampled_from(["", "", "o1", "p2"]),
    time_ms=st.integers(NOW_MS - 1_000, NOW_MS + 1_000),
    value=st.floats(0, 100, width=32),
    surface=st.sampled_from(["feed", "mall", "nobody's"]),
)
changes = st.one_of(
    st.builds(
        lambda name, owner, topics, state, made: ItemPut(
            Item(id=name, owner=owner, topics=tuple(topics), state=state, title="title 标题", created_ms=made), NOW_MS
        ),
        st.sampled_from(["i1", "i2", "i3"]), st.sampled_from(["o1", "p2"]), st.lists(st.sampled_from("abc")),
        st.sampled_from(["live", "limited", "hidden"]), st.integers(0, 5),
    ),
    st.builds(lambda name: ItemGone(name, NOW_MS), st.sampled_from(["i1", "i9"])),
    st.builds(lambda name: PersonGone(name, NOW_MS), st.sampled_from(["p1", "nobody"])),
    st.builds(
        lambda name, blocked: PersonPut(Person(id=name, market="cn", blocked_items=tuple(blocked)), NOW_MS),
        st.sampled_from(["p1", "p2"]), st.lists(st.sampled_from(["i1", "i2"])),
    ),
)  # fmt: skip
pages = st.builds(
    page,
    st.sampled_from(["p1", "p2"]),
    st.lists(st.sampled_from(["i1", "i2"]), max_size=3),
    st.integers(NOW_MS, NOW_MS + 4_000_000),
)
logs = st.lists(st.one_of(events, events, events, changes, pages), max_size=120)


def made(rows: list[Row], cuts: list[int] | None = None) -> State:
    state = State(REGISTRY)
    for batch in batches(rows, cuts or ()):
        state.apply(batch)
    return state


@settings(max_examples=60, deadline=None)
@given(logs, st.lists(st.integers(0, 120)))
def test_a_log_cut_in_any_way_gives_the_same_bytes(rows: list[Row], cuts: list[int]) -> None:
    whole = made(rows)
    assert made(rows, cuts).digest() == whole.digest()
    assert made(rows, list(range(len(rows)))).digest() == whole.digest()


def as_in_a_file(batch: Batch) -> Batch:
    """The same stretch with texts as columns, as closed days give them."""
    texts = ("person", "item", "owner", "outcome", "surface", "page")
    columns = {name: TextColumn(pl.Series([*getattr(batch.events, name)], dtype=pl.String)) for name in texts}
    return replace(batch, events=replace(batch.events, **columns))


@settings(max_examples=60, deadline=None)
@given(logs, st.lists(st.integers(0, 120)), st.integers(0, 3))
def test_texts_as_columns_and_as_lists_give_the_same_bytes(rows: list[Row], cuts: list[int], turn: int) -> None:
    state = State(REGISTRY)
    for n, one in enumerate(batches(rows, cuts)):
        state.apply(as_in_a_file(one) if n % 4 != turn else one)
        if n % 3 == turn:
            state.rest()
    assert state.digest() == made(rows).digest()


def plain_sequence(rows: list[tuple[int, Event]]) -> list[tuple[int, str]]:
    """The newest 200 of all behaviours and the newest 50 neutral ones, by time and then by arrival."""
    ordered = sorted(rows, key=lambda row: (row[1].time_ms, row[0]))
    neutral = [row for row in ordered if row[1].outcome in ("exposure", "unblock")][-NEUTRAL_MAX:]
    kept = [row for row in ordered if row[1].outcome not in ("exposure", "unblock") or row in neutral]
    return [(row[1].time_ms, row[1].item) for row in kept[-200:]]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 500), st.floats(0, 1))
def test_late_events_give_the_sequence_of_sorted_ones(seed: int, count: int, neutral: float) -> None:
    rng = np.random.Generator(np.random.PCG64(seed))
    times = NOW_MS + rng.permutation(count)
    rows = [
        Event(
            person="p1", outcome="exposure" if rng.random() < neutral else "like",
            item=f"i{rng.integers(300)}", time_ms=int(t),
        )
        for t in times
    ]  # fmt: skip
    late, ordered = made(list(rows)), made(sorted(rows, key=lambda e: e.time_ms))
    views = [state.person_view("p1", NOW_MS) for state in (late, ordered)]
    names = [
        [state.item_row.names[row] for row in view.items] for state, view in zip((late, ordered), views, strict=True)
    ]
    assert names[0] == names[1]
    assert list(zip(views[0].times_ms.tolist(), names[0], strict=True)) == plain_sequence(list(enumerate(rows)))


@settings(max_examples=40, deadline=None)
@given(st.lists(events, max_size=150))
def test_seen_follows_and_counts_are_those_of_a_plain_reading(rows: list[Event]) -> None:
    state = made(list(rows))
    seen, followed, blocked = defaultdict(set), defaultdict(set), defaultdict(set)
    for e in rows:
        if e.item:
            seen[e.person].add(e.item)
        if e.owner:
            {"follow": followed, "block": blocked}.get(e.outcome, defaultdict(set))[e.person].add(e.owner)
            if e.outcome in ("unfollow", "block"):
                followed[e.person].discard(e.owner)
            if e.outcome == "unblock":
                blocked[e.person].discard(e.owner)
    for person in ("p1", "p2", "o1"):
        view = state.person_view(person, NOW_MS)
        assert {state.item_row.names[row] for row in view.seen} == seen[person]
        assert {state.owner_row.names[row] for row in view.followed} == followed[person]
        assert {state.owner_row.names[row] for row in view.blocked_owners} == blocked[person]
    row, column = state.item_row.get("i1", 0), state.counters.column[5]
    likes = sum(e.item == "i1" and e.outcome == "like" for e in rows)
    if row:
        assert state.counters.item[row, column] * state.counters.scale(NOW_MS) == pytest.approx(likes, rel=1e-4)


def test_decay_halves_a_count_in_a_week_and_survives_years() -> None:
    week = 7 * 86_400_000
    years = [Event(person="p1", outcome="like", item="i1", time_ms=NOW_MS + n * 100 * week) for n in range(20)]
    state = made([*years, Event(person="p1", outcome="like", item="i2", time_ms=years[-1].time_ms - week)])
    row = [state.item_row["i1"], state.item_row["i2"]]
    now = state.counters.item[row, state.counters.column[5]] * state.counters.scale(years[-1].time_ms)
    assert now.tolist() == pytest.approx([1.0, 0.5], rel=1e-3)


def test_a_mutual_follow_is_one_of_two_people() -> None:
    follow = [("p1", "p2"), ("p2", "p1"), ("p1", "o1")]
    state = made([Event(person=a, outcome="follow", owner=b, time_ms=NOW_MS) for a, b in follow])
    owners = state.owner_row.known(["p2", "o1", "p1"])
    assert state.mutual(state.person_row["p1"], owners).tolist() == [True, False, False]


def test_an_owner_is_followed_through_an_item() -> None:
    state = made([put("i1", owner="o1"), Event(person="p1", outcome="follow", item="i1", time_ms=NOW_MS)])
    assert state.person_view("p1", NOW_MS).followed.tolist() == [state.owner_row["o1"]]


def test_a_person_nobody_met_has_an_empty_view_and_leaves_no_trace() -> None:
    state = made([put("i1")])
    before = state.digest()
    view = state.person_view("nobody", NOW_MS)
    assert (view.row, len(view.items), len(view.seen), view.age) == (0, 0, 0, 0)
    assert state.digest() == before


def test_who_left_is_forgotten_and_can_come_back_as_new() -> None:
    state = made([Event(person="p1", outcome="like", item="i1", time_ms=NOW_MS), page("p1", ["i1"])])
    for batch in batches([PersonGone("p1", NOW_MS)], before=2):
        state.apply(batch)
    assert len(state.person_view("p1", NOW_MS).items) == 0
    for batch in batches([Event(person="p1", outcome="like", item="i2", time_ms=NOW_MS)], before=3):
        state.apply(batch)
    view = state.person_view("p1", NOW_MS)
    assert [state.item_row.names[row] for row in view.seen] == ["i2"] and len(view.served) == 0


def test_what_was_served_is_known_for_half_an_hour() -> None:
    state = made([put("i1"), put("i2"), page("p1", ["i1", "i2"])])
    assert len(state.person_view("p1", NOW_MS + 29 * 60_000).served) == 2
    assert len(state.person_view("p1", NOW_MS + 31 * 60_000).served) == 0


def test_popular_is_what_is_chosen_often_and_when_seen() -> None:
    rows: list[Row] = [put(name) for name in ("good", "shown")] + [ItemPut(Item(id="gone", state="removed"), NOW_MS)]
    for n in range(40):
        rows += [Event(person=f"p{n}", outcome="exposure", item=i, time_ms=NOW_MS) for i in ("good", "shown", "gone")]
        rows += [Event(person=f"p{n}", outcome="like", item=i, time_ms=NOW_MS) for i in ("good", "gone")]
    rows += [Event(person=f"p{n}", outcome="like", item="shown", time_ms=NOW_MS) for n in range(20)]
    state = made(rows)
    assert [state.item_row.names[row] for row in state.popular.row] == ["good", "shown"]


@settings(max_examples=20, deadline=None)
@given(logs, logs)
def test_a_snapshot_goes_on_as_if_nothing_had_stopped(tmp_path_factory, rows: list[Row], later: list[Row]) -> None:
    folder = tmp_path_factory.mktemp("snapshot") / "state"
    state = made(rows)
    state.save(folder)
    state.save(folder)
    read = State.load(folder, REGISTRY)
    assert read.digest() == state.digest()
    for batch in batches(later, before=len(rows)):
        state.apply(batch)
        read.apply(batch)
    assert read.digest() == state.digest()


@pytest.mark.parametrize("fault", ["bit", "cut", "lost", "manifest", "registry"])
def test_a_damaged_or_foreign_snapshot_is_refused(tmp_path, fault: str) -> None:
    folder = tmp_path / "state"
    made([put("i1"), Event(person="p1", outcome="like", item="i1", time_ms=NOW_MS)]).save(folder)
    file, registry = folder / "sequences.slot_item.npy", REGISTRY
    content = bytearray(file.read_bytes())
    if fault == "bit":
        content[-1] ^= 1
        file.write_bytes(content)
    elif fault == "cut":
        file.write_bytes(content[:-4])
    elif fault == "lost":
        file.unlink()
    elif fault == "manifest":
        (folder / "manifest.json").write_text("{")
    else:
        registry = Registry(list(REGISTRY)[:-1])
    with pytest.raises(Corrupt):
        State.load(folder, registry)


def test_rates_are_shrunk_and_finite() -> None:
    rows: list[Row] = [
        put("i1", owner="o1", topics=("a",)),
        put("i2", owner="o1", topics=("a",)),
        put("i3", owner="o2"),
    ]
    for n in range(100):
        rows.append(Event(person=f"p{n}", outcome="exposure", item="i1", time_ms=NOW_MS))
        rows.append(Event(person=f"p{n}", outcome="watch", item="i1", value=30.0, time_ms=NOW_MS))
        if n % 2:
            rows.append(Event(person=f"p{n}", outcome="like", item="i1", time_ms=NOW_MS))
    state = made(rows)
    item = state.item_row.known(["i1", "i2", "i3", "nobody"])
    owner, topic = state.items["owner"][item], state.items["topics"][item, 0]
    rates = state.counters.rates(item, owner, topic, np.array([5, 3]), NOW_MS)
    assert np.isfinite(rates).all()
    assert rates[0] == pytest.approx([0.5, 30.0], rel=0.05)
    assert abs(rates[1, 0] - 0.5) <= abs(rates[3, 0] - 0.5) + 1e-9
