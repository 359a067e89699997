"""Each source names what it should: known answers on small states, and exact chances where it draws."""

import time

import numpy as np
import pytest

from tests.features.logs_made import NOW_MS, Row, batches, put
from tests.retrieval.test_exclusions import asking, made
from walras.base.streams import stream
from walras.features import State
from walras.retrieval import (
    Asked,
    Cooccurrence,
    Explore,
    Followed,
    Fresh,
    Popular,
    Proposal,
    TextSimilar,
    VectorIndex,
    merge,
    propose_all,
    similar,
    warm_up,
)
from walras.retrieval.standing import draw, even_draw, inclusion
from walras.schema import Event, SourceShare, Surface


def liked(person: str, *items: str) -> list[Row]:
    return [Event(person=person, outcome="like", item=i, time_ms=NOW_MS + n) for n, i in enumerate(items)]


def names(state: State, proposal: Proposal) -> list[str]:
    return [state.item_row.names[row] for row in proposal.row]


def test_what_is_chosen_together_is_proposed_in_that_order() -> None:
    log: list[Row] = [put(name) for name in "abc"]
    for n in range(5):
        log += liked(f"q{n}", "a", "b") + (liked(f"r{n}", "a", "c") if n < 2 else [])
    state = made([*log, *liked("p1", "a")])
    assert names(state, Cooccurrence(state).propose(asking(state), 10)) == ["b", "c"]


def test_followed_owners_newest_come_first_and_only_theirs() -> None:
    log: list[Row] = [put(f"{o}{n}", owner=o, created_ms=NOW_MS + n) for o in ("o1", "o2", "o3") for n in range(40)]
    log += [Event(person="p1", outcome="follow", owner=o, time_ms=NOW_MS) for o in ("o1", "o2")]
    state = made(log)
    assert names(state, Followed(state).propose(asking(state), 4)) == ["o139", "o239", "o138", "o238"]


def test_an_item_put_again_moves_and_a_hidden_one_leaves_its_owner() -> None:
    follow = Event(person="p1", outcome="follow", owner="o1", time_ms=NOW_MS)
    state = made([put("x", owner="o1"), put("y", owner="o1"), put("x", owner="o2"), put("y", state="hidden"), follow])
    assert names(state, Followed(state).propose(asking(state), 4)) == []
    assert state.catalogue.live == 1 and [state.item_row.names[row] for row in state.catalogue.fresh] == ["x"]


def test_every_item_is_explored_with_its_logged_chance() -> None:
    state = made([put(f"i{n}", state="live" if n % 3 else "hidden") for n in range(90)])
    source, taken = Explore(state), np.zeros(91)
    for n in range(400):
        asked = Asked(state.person_view("", NOW_MS), Surface(name="feed", sources=()), NOW_MS, stream(n, "explore"))
        proposal = source.propose(asked, 12)
        taken[proposal.row] += 1
        assert proposal.propensity == pytest.approx(18 / 90)
    assert taken[taken > 0] / 400 == pytest.approx(18 / 90, abs=0.1)
    assert (taken > 0).sum() == 60


def test_a_draw_takes_each_with_exactly_its_chance() -> None:
    need = np.array([100.0, 5.0, 3.0, 1.0, 1.0, 0.5])
    chance = inclusion(need, 3)
    assert chance.sum() == pytest.approx(3) and chance.max() <= 1.0
    taken = np.zeros(6)
    for n in range(3_000):
        drawn = draw(chance, stream(n, "draw"))
        assert len(drawn) == 3
        taken[drawn] += 1
    assert taken / 3_000 == pytest.approx(chance, abs=0.03)


def test_an_even_draw_has_no_doubles() -> None:
    for rows, count in ((10, 10), (1_000, 20), (1_000, 900)):
        assert len(set(even_draw(rows, count, stream(rows, "even")).tolist())) == count


def test_new_owners_are_drawn_more_often() -> None:
    log: list[Row] = [put(f"{o}{n}", owner=o) for o in ("known", "new") for n in range(20)]
    log += [Event(person=f"q{n}", outcome="exposure", item="known0", time_ms=NOW_MS) for n in range(500)]
    state = made(log)
    proposal = Fresh(state).propose(asking(state), 10)
    by_name = dict(zip(names(state, proposal), proposal.propensity.tolist(), strict=True))
    assert len(by_name) == 10
    new = [chance for name, chance in by_name.items() if name.startswith("new")]
    assert new and min(new) > 3 * max([c for name, c in by_name.items() if name.startswith("known")], default=0.0)


@pytest.mark.parametrize(("chosen", "like", "unlike"), [("red running shoes", "running shoes for men", "garden hose"),
                                                        ("红色跑步鞋", "男士跑步鞋 轻便", "家用花园水管")])  # fmt: skip
def test_a_new_item_is_found_by_its_words_at_once(chosen: str, like: str, unlike: str) -> None:
    state = made([put("a", title=chosen), *liked("p1", "a")])
    source = TextSimilar(state)
    assert names(state, source.propose(asking(state), 5)) == []
    for batch in batches([put("like", title=like), put("unlike", title=unlike)], before=10):
        state.apply(batch)
    assert names(state, source.propose(asking(state), 5))[0] == "like"
    assert similar(state, state.item_row["a"], 1, source).reason == ("text",)


def test_an_index_finds_what_a_plain_product_finds_also_after_changes() -> None:
    rng = stream(1, "vectors")
    vectors = rng.standard_normal((2_001, 16)).astype(np.float32)
    index = VectorIndex(16, lambda rows: vectors[rows])
    rows = np.arange(1, 2_001, dtype=np.int32)
    index.add(rows, vectors[rows])
    vectors[7] = 10 * vectors[3]
    index.add(np.array([7], np.int32), vectors[[7]])
    index.remove(np.array([9], np.int32))
    found, _ = index.search(vectors[3], 10)
    product = vectors @ vectors[3]
    product[[0, 9]] = -np.inf
    assert len(set(found.tolist()) & set(np.argsort(-product)[:10].tolist())) >= 9
    assert found[0] == 7 and 9 not in index.search(vectors[9], 10)[0] and len(index) == 1_999


def test_an_inverted_file_is_built_beside_and_keeps_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("walras.retrieval.vectors.FLAT_MAX", 1_500)
    rng = stream(2, "vectors")
    vectors = rng.standard_normal((3_001, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    index = VectorIndex(16, lambda rows: vectors[rows])
    index.add(np.arange(1, 2_001, dtype=np.int32), vectors[1:2_001])
    index.add(np.arange(2_001, 3_001, dtype=np.int32), vectors[2_001:])
    index.settle()
    assert len(index._base.rows) >= 2_000
    assert all(index.search(vectors[row], 5)[0][0] == row for row in (1, 500, 2_500, 3_000))


class Late:
    name, waits = "late", False

    def propose(self, asked: Asked, count: int) -> Proposal:
        time.sleep(0.05)
        return Proposal(np.array([1], np.int32), np.ones(1, np.float32), np.ones(1, np.float32))


class Broken:
    name, waits = "broken", False

    def propose(self, asked: Asked, count: int) -> Proposal:
        raise RuntimeError("broken on purpose")


def test_a_source_that_fails_is_late_or_unknown_is_named_and_the_page_goes_on() -> None:
    state = made([put("a"), *liked("q", "a")])
    shares = tuple(SourceShare(name, 5) for name in ("late", "broken", "nowhere", "popular"))
    sources = {"late": Late(), "broken": Broken(), "popular": Popular(state)}
    warm_up({"popular": Popular(state)}, state)
    asked = asking(state, surface=Surface(name="feed", sources=shares, source_budget_ms=20.0))
    proposed = propose_all(sources, asked)
    assert proposed.missing == ("late", "broken", "nowhere")
    assert proposed.counts == {"popular": 1} and len(proposed.candidates) == 1


def test_merging_keeps_the_first_source_and_remembers_all() -> None:
    def of(*rows: int) -> Proposal:
        return Proposal(
            np.array(rows, np.int32), np.arange(len(rows), dtype=np.float32), np.ones(len(rows), np.float32)
        )

    merged = merge([("one", of(5, 3)), ("two", of(3, 9, 5)), ("three", of())])
    assert merged.row.tolist() == [5, 3, 9]
    assert merged.source.tolist() == [0, 0, 1] and merged.named_by.tolist() == [3, 3, 2]
    assert merged.sources == ("one", "two", "three")


def test_warming_up_changes_nothing() -> None:
    state = made([put("a"), *liked("q", "a")])
    before = state.digest()
    warm_up({one.name: one(state) for one in (Cooccurrence, Followed, Popular, Fresh, Explore, TextSimilar)}, state)
    warm_up({}, State(state.registry))
    assert state.digest() == before
