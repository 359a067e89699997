"""Nothing forbidden ever comes back: rules and whole pages are held against a plain reading of the log."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.features.logs_made import NOW_MS, Row, batches, page, put
from walras.base.streams import stream
from walras.events.outcomes import Registry
from walras.features import State
from walras.retrieval import (
    Asked,
    Cooccurrence,
    Explore,
    Followed,
    Fresh,
    Popular,
    Reason,
    TextSimilar,
    dropped_by_reason,
    exclude,
    propose_all,
    rules_of,
)
from walras.schema import Event, Item, ItemGone, ItemPut, Person, PersonPut, SourceShare, Surface

REGISTRY = Registry()
SOURCES = (Cooccurrence, Followed, Popular, Fresh, Explore, TextSimilar)
FEED = Surface(
    name="feed", kinds=("video",), sources=tuple(SourceShare(one.name, 30) for one in SOURCES), source_budget_ms=1e6
)
IDS = [f"i{n}" for n in range(12)]

items = st.builds(
    Item,
    id=st.sampled_from(IDS), owner=st.sampled_from(["", "o1", "o2", "p1"]),
    title=st.sampled_from(["red shoes", "红色跑步鞋"]),
    kind=st.sampled_from(["video", "video", "product"]), state=st.sampled_from(["live", "live", "limited", "hidden"]),
    topics=st.lists(st.sampled_from("ab"), max_size=2).map(tuple), age_min=st.sampled_from([0, 0, 18]),
    markets=st.lists(st.sampled_from(["cn", "br"]), max_size=2).map(tuple),
)  # fmt: skip
rows = st.one_of(
    items.map(lambda item: ItemPut(item, NOW_MS)),
    items.map(lambda item: ItemPut(item, NOW_MS)),
    st.builds(lambda name: ItemGone(name, NOW_MS), st.sampled_from(IDS)),
    st.builds(
        Event,
        person=st.sampled_from(["p1", "p2"]), item=st.sampled_from([*IDS, "nobody's"]), time_ms=st.just(NOW_MS),
        outcome=st.sampled_from(["exposure", "like", "follow", "block", "unblock"]),
    ),
    st.builds(lambda names: page("p1", names), st.lists(st.sampled_from(IDS), max_size=2)),
)  # fmt: skip
people = st.builds(
    Person,
    id=st.just("p1"), market=st.sampled_from(["", "cn"]), age=st.sampled_from([0, 12, 30]),
    blocked_items=st.lists(st.sampled_from(IDS), max_size=1).map(tuple),
    blocked_topics=st.lists(st.just("a"), max_size=1).map(tuple),
    blocked_owners=st.lists(st.just("o2"), max_size=1).map(tuple),
)  # fmt: skip


def made(log: list[Row]) -> State:
    state = State(REGISTRY)
    for batch in batches(log):
        state.apply(batch)
    return state


def asking(state: State, person: str = "p1", surface: Surface = FEED, exclude: tuple[str, ...] = ()) -> Asked:
    return Asked(
        person=state.person_view(person, NOW_MS), surface=surface, now_ms=NOW_MS, rng=stream(1, "test"),
        exclude=state.item_row.known(exclude),
    )  # fmt: skip


def plain_forbidden(log: list[Row], person: Person, excluded: str) -> set[str]:
    """What may not come back, read off the log in plain words."""
    shown: dict[str, Item] = {}
    met, blocked, follows = {excluded}, set(person.blocked_owners), set()
    for row in log:
        if isinstance(row, ItemPut):
            shown[row.item.id] = row.item
        elif isinstance(row, ItemGone):
            shown.pop(row.id, None)
        elif isinstance(row, Event) and row.person == "p1":
            met.add(row.item)
        elif not isinstance(row, Event) and hasattr(row, "places"):
            met |= {place.item for place in row.places}
    owner_then: dict[str, str] = {}
    by_events: set[str] = set()
    for row in log:
        if isinstance(row, ItemPut):
            owner_then[row.item.id] = row.item.owner
        if isinstance(row, Event) and row.person == "p1" and (owner := owner_then.get(row.item, "")):
            if row.outcome == "follow":
                follows.add(owner)
            if row.outcome == "block":
                by_events.add(owner)
                follows.discard(owner)
            if row.outcome == "unblock":
                by_events.discard(owner)
    bad = met | set(person.blocked_items) | (set(IDS) - set(shown))
    for name, item in shown.items():
        old = person.age and item.age_min > person.age
        abroad = item.markets and person.market not in item.markets
        against = item.owner in blocked | by_events or set(item.topics) & set(person.blocked_topics)
        limited = item.state == "limited" and item.owner not in follows
        if old or abroad or against or limited or item.state == "hidden" or item.kind != "video" or item.owner == "p1":
            bad.add(name)
    return bad


@settings(max_examples=120, deadline=None)
@given(st.lists(rows, max_size=60), people, st.sampled_from(IDS))
def test_nothing_forbidden_comes_back_and_all_else_may(log: list[Row], person: Person, excluded: str) -> None:
    log = [*log, PersonPut(person, NOW_MS)]
    state = made(log)
    asked = asking(state, exclude=(excluded,))
    proposed = propose_all({one.name: one(state) for one in SOURCES}, asked)
    assert proposed.missing == ()
    left = exclude(proposed.candidates, asked, state)
    assert not left.dropped.any(), "sources keep to the rules themselves"
    names = {state.item_row.names[row] for row in left.row}
    forbidden = plain_forbidden(log, person, excluded)
    assert not names & forbidden
    every = np.arange(1, len(state.item_row.names), dtype=np.int32)
    allowed = {state.item_row.names[row] for row in every[rules_of(asked, state).reasons(every) == 0]}
    assert allowed == set(IDS) - forbidden


CASES: list[tuple[str, Item, list[Row], Person]] = [
    ("seen", Item(id="x"), [Event(person="p1", outcome="exposure", item="x", time_ms=NOW_MS)], Person(id="p1")),
    ("served", Item(id="x"), [page("p1", ["x"])], Person(id="p1")),
    ("blocked_owner", Item(id="x", owner="o"), [], Person(id="p1", blocked_owners=("o",))),
    ("blocked_item", Item(id="x"), [], Person(id="p1", blocked_items=("x",))),
    ("blocked_topic", Item(id="x", topics=("a", "b")), [], Person(id="p1", blocked_topics=("b",))),
    ("not_live", Item(id="x", state="hidden"), [], Person(id="p1")),
    ("limited", Item(id="x", owner="o", state="limited"), [], Person(id="p1")),
    ("market", Item(id="x", markets=("br",)), [], Person(id="p1", market="cn")),
    ("age", Item(id="x", age_min=18), [], Person(id="p1", age=12)),
    ("kind", Item(id="x", kind="product"), [], Person(id="p1")),
    ("own", Item(id="x", owner="p1"), [], Person(id="p1")),
]


@pytest.mark.parametrize(("reason", "item", "log", "person"), CASES)
def test_each_rule_gives_its_reason(reason: str, item: Item, log: list[Row], person: Person) -> None:
    state = made([ItemPut(item, NOW_MS), ItemPut(Item(id="y", topics=("c",)), NOW_MS), PersonPut(person, NOW_MS), *log])
    asked = asking(state)
    reasons = rules_of(asked, state).reasons(state.item_row.known(["x", "y"]))
    assert [Reason(int(reasons[0])).name.lower(), int(reasons[1])] == [reason, 0]


def test_dropped_rows_stay_with_their_reason() -> None:
    state = made([put("x"), put("y")])
    asked = asking(state, person="nobody")
    candidates = propose_all({"popular": Popular(state), "explore": Explore(state)}, asked).candidates
    other = asking(state, person="nobody", exclude=("x",))
    left = exclude(candidates, other, state)
    assert len(left) == len(candidates) == 2
    assert dropped_by_reason(left) == {"request": 1}


def test_a_surface_that_repeats_shows_again_after_its_span() -> None:
    surface = Surface(name="feed", sources=(), repeat_after_ms=1_000)
    state = made([put("x"), put("y")] + [Event(person="p1", outcome="like", item=i, time_ms=NOW_MS - ago)
                                        for i, ago in (("x", 2_000), ("y", 10))])  # fmt: skip
    reasons = rules_of(asking(state, surface=surface), state).reasons(state.item_row.known(["x", "y"]))
    assert reasons.tolist() == [0, Reason.SEEN]
