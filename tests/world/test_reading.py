"""The one call by which a parameter is read: its value, and one exposure for each unit and window."""

import pytest

from walras.base.errors import Invalid
from walras.world import Arm, Guard, Layer, Live, Reader, Step, Trial, TrialStatus

DAY_MS = 86_400_000
GUARDS = (Guard("watch_minutes"),)
MORE = Trial(
    name="more chance",
    arms=(Arm("as before"), Arm("more", 1.0, {"feed.explore_share": 0.2})),
    guards=GUARDS,
    allowed={"tester": "more"},
)


def reader(*live: Live) -> Reader:
    made = Reader(7)
    made.take(live)
    return made


def running(trial: Trial, **more: object) -> Live:
    return Live.of(TrialStatus(trial, "running", **more))


def test_without_trials_there_is_the_default_and_no_exposure() -> None:
    idle = reader()
    assert idle.read("feed.explore_share", {"person": "p1"}, 5) == -1.0
    assert (idle.settle("feed", {"person": "p1"}, 5).arms, idle.drain()) == ({}, [])
    with pytest.raises(Invalid, match=r"feed\.explore_share"):
        idle.read("feed.explore_shore", {"person": "p1"}, 5)


def test_each_unit_is_exposed_once_a_window_and_in_one_arm() -> None:
    asked = reader(running(MORE))
    for day in range(2):
        for n in range(100):
            for again in range(3):
                value = asked.read("feed.explore_share", {"person": f"p{n}"}, day * DAY_MS + again)
                assert value == {"as before": -1.0, "more": 0.2}[_arm(asked, f"p{n}", day)]
    events = asked.drain()
    assert len(events) == len({event.id for event in events}) == 200
    assert {event.surface for event in events} == {"more chance"}
    assert 60 < sum(event.place for event in events) < 140
    assert asked.drain() == []


def _arm(asked: Reader, person: str, day: int) -> str:
    return asked.settle("feed", {"person": person}, day * DAY_MS).arms["more chance"]


def test_those_on_the_allow_list_are_marked_as_placed_by_name() -> None:
    asked = reader(running(MORE))
    assert asked.read("feed.explore_share", {"person": "tester"}, 5) == 0.2
    assert [event.value for event in asked.drain()] == [0.0]


def test_two_processes_write_the_same_event() -> None:
    events = []
    for _ in range(2):
        asked = reader(running(MORE))
        asked.settle("feed", {"person": "p1"}, 5)
        events += asked.drain()
    assert events[0] == events[1]


def test_a_page_meets_only_trials_that_set_something_of_it() -> None:
    other = Trial(name="mall", arms=(Arm("a"), Arm("b", 1.0, {"shop.coupon": 1.0})), guards=GUARDS)
    plain = Trial(name="plain", arms=(Arm("a"), Arm("b")), guards=GUARDS)
    assert set(reader(running(MORE), running(other), running(plain)).settle("feed", {"person": "p1"}, 5).arms) == {
        "more chance",
        "plain",
    }


def test_a_launched_arm_reaches_all_but_the_holdout_and_what_is_tried_goes_over_it() -> None:
    layer = Layer(name="page", holdout=0.2)
    launched = Trial(name="l", arms=(Arm("a"), Arm("b", 1.0, {"feed.fresh_share": 0.3})), guards=GUARDS, layer="page")
    tried = Trial(name="t", arms=(Arm("a", 1e-9), Arm("b", 1.0, {"feed.fresh_share": 0.4})), guards=GUARDS, share=0.1)
    asked = reader(running(tried), Live.of(TrialStatus(launched, "launched", winner="b"), layer))
    values = [asked.read("feed.fresh_share", {"person": f"p{n}"}, 5) for n in range(4_000)]
    assert abs(values.count(-1.0) / 4_000 - 0.18) < 0.03
    assert abs(values.count(0.4) / 4_000 - 0.1) < 0.02
    # Who has what was launched is no longer compared with anybody, so it leaves no exposure.
    assert {event.surface for event in asked.drain()} == {"t"}


def test_a_switchback_takes_cities_and_spans_of_time() -> None:
    trial = Trial(
        name="s", arms=(Arm("a"), Arm("b")), guards=GUARDS, unit="window", design="switchback", window_ms=3_600_000
    )
    asked = reader(running(trial))
    arms = {
        (city, hour): asked.settle("feed", {"person": f"p{n}", "city": city}, hour * 3_600_000 + n).arms["s"]
        for city in ("北京", "成都")
        for hour in range(100)
        for n in range(3)
    }
    events = asked.drain()
    assert len(events) == 200
    assert {event.context["unit"] for event in events} == {f"{city}@{hour}" for city, hour in arms}
    assert 70 < list(arms.values()).count("a") < 130


def test_a_ramp_only_adds_people() -> None:
    trial = Trial(name="r", arms=(Arm("a"), Arm("b")), guards=GUARDS, share=0.5, steps=(Step(0.05, 1.0),))
    small, large = running(trial), running(trial, step=1)
    before = {f"p{n}": small.arm(f"p{n}", 7) for n in range(3_000)}
    taken = {unit: arm for unit, arm in before.items() if arm is not None}
    assert 90 < len(taken) < 210
    assert all(large.arm(unit, 7) == arm for unit, arm in taken.items())
