"""A page holds what may be shown, remembers itself wholly, and comes out the same from its record."""

import msgspec
import numpy as np
import pytest

from walras.app.building import read_into
from walras.base.errors import Invalid
from walras.feed import make_page, remake, same_page
from walras.schema import Event, Item, ItemGone, ItemPut, PageRequest, Person, PersonPut

PAGE_BYTES_MAX = 4_000


def ask(person="p1", **more):
    return PageRequest(person=person, **more)


def test_a_page_is_full_and_holds_each_item_once(engine):
    page = make_page(ask(count=10), engine)
    assert [place.place for place in page.places] == list(range(10))
    assert len({place.item for place in page.places}) == 10
    assert all(place.title and place.reason and place.source for place in page.places)
    assert all(np.isfinite(place.value_yuan) for place in page.places)


def test_nobody_known_is_answered_as_anybody_is(engine):
    page = make_page(ask("nobody has met her"), engine)
    assert len(page.places) == 10


def test_an_empty_platform_answers_an_empty_page(fresh_engine):
    page = make_page(ask(), fresh_engine())
    assert page.places == ()


def test_what_was_seen_never_comes_back_however_often_one_asks(engine, log):
    seen = {event.item for event in log.history("p1", 1_000)}
    for _ in range(12):
        page = make_page(ask(count=20), engine)
        shown = [place.item for place in page.places]
        assert not seen & set(shown)
        seen |= set(shown)
        log.append([Event(person="p1", item=item, outcome="exposure", page=page.id) for item in shown])


def test_the_next_page_does_not_repeat_one_still_on_its_way_to_the_screen(engine):
    first = {place.item for place in make_page(ask(), engine).places}
    second = {place.item for place in make_page(ask(), engine).places}
    assert not first & second


def test_an_acknowledged_event_shows_in_the_next_page(engine, log):
    item = make_page(ask(), engine).places[0].item
    log.append([Event(person="other", item=item, outcome="exposure")])
    assert item not in {place.item for place in make_page(ask("other", count=40), engine).places}


def test_a_new_item_can_stand_on_the_next_page_and_a_deleted_one_cannot(engine, log):
    log.append([ItemPut(Item(id="new", owner="fresh-owner", title="brand new"), engine.clock.now_ms())])
    shown = {place.item for place in make_page(ask("somebody", count=60), engine).places}
    assert "new" in shown
    log.append([ItemGone("new", engine.clock.now_ms())])
    assert "new" not in {place.item for place in make_page(ask("another", count=60), engine).places}


def test_blocks_age_and_market_are_kept(engine, log):
    now = engine.clock.now_ms()
    log.append(
        [
            ItemPut(Item(id="old", title="for the old", age_min=18), now),
            ItemPut(Item(id="abroad", title="abroad only", markets=("br",)), now),
            PersonPut(Person(id="child", age=12, market="cn", blocked_owners=("o3",), blocked_topics=("t1",)), now),
        ]
    )
    page = make_page(ask("child", count=60), engine)
    shown = {place.item for place in page.places}
    assert shown and not shown & {"old", "abroad"}
    assert not any(place.owner == "o3" or "t1" in place.topics for place in page.places)


def test_what_the_request_excludes_stays_out(engine):
    unwanted = tuple(place.item for place in make_page(ask("q"), engine).places)
    page = make_page(ask("r", exclude=unwanted, count=40), engine)
    assert not set(unwanted) & {place.item for place in page.places}


def test_owners_stand_apart(engine):
    owners = [place.owner for place in make_page(ask(count=10), engine).places]
    assert all(owners[k] not in owners[max(0, k - 2) : k] for k in range(len(owners)))


def test_an_unknown_surface_is_refused_with_the_nearest_name(engine):
    with pytest.raises(Invalid, match="feed") as caught:
        make_page(ask(surface="feeed"), engine)
    assert caught.value.field == "surface"


def test_the_record_is_kept_whole_and_small(engine):
    sizes = []
    for n in range(30):
        page = make_page(ask(f"p{n}"), engine)
        record = engine.page_record(page.id)
        assert [p.item for p in record.places] == [p.item for p in page.places]
        assert record.proposed and record.losers and record.seed
        sizes.append(len(msgspec.msgpack.encode(record)))
    assert np.mean(sizes) <= PAGE_BYTES_MAX


def test_the_same_log_and_seed_make_the_same_page_again(engine, fresh_engine, log):
    records = [engine.page_record(make_page(ask(f"p{n % 7}", count=12), engine).id) for n in range(15)]
    log.append([Event(person="p1", item="i5", outcome="like"), Event(person="p2", item="i6", outcome="dislike")])
    for record in records:
        again = fresh_engine()
        read_into(again.state, log, until=record.position)
        assert same_page(record, remake(record, again)) == []


def test_another_seed_makes_another_page(engine):
    pages = {tuple(p.item for p in make_page(ask(f"new {n}", count=12, seed=n), engine).places) for n in range(8)}
    assert len(pages) > 1


def test_places_kept_for_chance_carry_their_chance(engine):
    drawn = [place for n in range(60) for place in make_page(ask(f"x{n}"), engine).places if place.source == "explore"]
    assert drawn
    assert all(0 < place.propensity < 0.05 for place in drawn)


def test_a_page_without_tables_goes_out_without_titles(engine, world):
    world.close()
    engine.world = world
    engine._items.clear()
    page = make_page(ask("later"), engine)
    assert page.places


def test_reasons_speak_both_languages(engine):
    english = make_page(ask("en", context={"language": "en"}), engine)
    chinese = make_page(ask("zh", context={"language": "zh-CN"}), engine)
    assert all("Foreseen" in place.reason for place in english.places)
    assert all("预计" in place.reason for place in chinese.places)
