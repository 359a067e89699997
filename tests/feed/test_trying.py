"""Configurations of a page on a share of people: what is set holds, the record names it, and the page is made again."""

from walras.app.building import read_into
from walras.base.ids import PersonId
from walras.feed import make_page
from walras.feed.replay import remake, same_page
from walras.schema import PageRequest
from walras.world import Arm, Guard, Trial

GUARDS = (Guard("watch_minutes"),)


def trying(engine, world, sets, name="tried"):
    world.trials.create(Trial(name=name, arms=(Arm("as before", 1e-9), Arm("tried", 1.0, sets)), guards=GUARDS))
    world.trials.start(name)
    engine.read_terms()


def record(engine, person="p1"):
    return engine.page_record(make_page(PageRequest(person=PersonId(person)), engine).id)


def test_nothing_is_written_of_trials_where_none_runs(engine):
    page = record(engine)
    assert (page.arms, page.parameters, engine.write_exposures()) == ({}, {}, 0)


def test_sources_shares_and_gaps_are_those_of_the_arm_and_the_page_is_made_again(engine, world, log, fresh_engine):
    sets = {"feed.source.fresh": 0.0, "feed.source.popular": 7.0, "feed.explore_share": 0.0, "feed.fresh_share": 0.0}
    trying(engine, world, sets)
    page = record(engine)
    assert page.arms == {"tried": "tried"}
    assert page.parameters == sets
    assert "fresh" not in page.proposed
    assert page.proposed["popular"] == 7
    again = fresh_engine()
    read_into(again.state, log, until=page.position)
    assert same_page(page, remake(page, again)) == []


def test_a_worth_that_is_tried_moves_values_as_much(engine, world):
    before = record(engine)
    trying(engine, world, dict.fromkeys(("feed.worth.like", "feed.worth.follow"), 100.0))
    after = record(engine)
    assert max(place.value_yuan for place in after.places) > 2 * max(place.value_yuan for place in before.places)


def test_by_value_alone_owners_may_stand_side_by_side(engine, world):
    trying(engine, world, {"feed.allocator": "by-value", "feed.explore_share": 0.0, "feed.fresh_share": 0.0})
    values = [place.value_yuan for place in record(engine).places]
    assert values == sorted(values, reverse=True)


def test_a_model_that_is_not_loaded_leaves_the_active_one(engine, world):
    trying(engine, world, {"feed.model.ranker": "r-next"})
    page = record(engine)
    assert page.versions == engine.models.versions
    engine.tried = {
        ("", "r-next"): engine.models.__class__(
            **{
                **{name: getattr(engine.models, name) for name in engine.models.__slots__},
                "versions": {"ranker": "r-next"},
            }
        )
    }
    assert record(engine).versions == {"ranker": "r-next"}


def test_exposures_reach_the_log_once_a_day(engine, world, log):
    trying(engine, world, {"feed.fresh_share": 0.2})
    for _ in range(3):
        record(engine)
        record(engine, "p2")
    assert engine.write_exposures() == 2
    assert engine.write_exposures() == 0
    log.submit([]).result()
    engine.catch_up()
    seen = [event for event in engine.history("p1", 5) if event.outcome == "assignment"]
    assert [(event.surface, event.place, event.value) for event in seen] == [("tried", 1, 1.0)]
