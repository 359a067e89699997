"""The loop that looks after experiments: it rolls back what harms, steps on what does not, and writes both down."""

import numpy as np
import pytest

from walras.base.clock import DAY_MS, HOUR_MS, SetClock
from walras.events import Registry, SqliteLog
from walras.loops import TrialsLoop
from walras.schema import Event
from walras.world import Arm, Guard, Reader, Step, Trial, World

START_MS = 20_000 * DAY_MS


@pytest.fixture
def house(tmp_path):
    clock = SetClock(START_MS)
    world = World(f"sqlite:///{tmp_path / 'world.sqlite'}", models_folder=tmp_path / "models", clock=clock)
    world.upgrade()
    log = SqliteLog(tmp_path / "log", Registry(), clock)
    yield clock, world, log
    log.close()
    world.close()


def run(house, minutes):
    """A trial whose second arm changes watching by so many minutes, looked at every hour for two days."""
    clock, world, log = house
    arms = (Arm("as before"), Arm("other", 1.0, {"feed.fresh_share": 0.3}))
    steps = (Step(0.5, 1.0), Step(0.8, 12.0))
    world.trials.create(Trial(name="t", arms=arms, guards=(Guard("watch_minutes"),), steps=steps, planned=800))
    world.trials.start("t")
    reader, rng, loop = Reader(7), np.random.default_rng(1), TrialsLoop(world, log.folder, clock, Registry())
    seen = []
    for hour in range(48):
        reader.take(world.trials.live())
        events = []
        for n in range(60):
            person = f"p{int(rng.integers(1_500))}"
            arm = reader.settle("feed", {"person": person}, clock.now_ms()).arms.get("t")
            watched = 60 * max(rng.normal(10 + minutes * (arm == "other"), 2.0), 0.0)
            about = {"person": person, "item": "i", "time_ms": clock.now_ms()}
            events.append(Event(outcome="watch", value=watched, id=f"w{hour}/{n}", **about))
        log.append([*reader.drain(), *events])
        clock.instant_ms += HOUR_MS
        loop.run()
        status = world.trials.get("t")
        seen.append((status.state, status.step))
    return seen


def test_a_harmful_arm_is_rolled_back_and_the_record_says_why(house):
    seen = run(house, minutes=-6.0)
    assert seen[-1][0] == "rolled-back"
    assert seen[-1][1] < 2
    _, world, _ = house
    assert "harms watch_minutes" in world.trials.get("t").reason
    deeds = [(deed.who, deed.what, deed.whom) for deed in world.audit.read().deeds]
    assert ("walras", "trial.roll-back", "t") in deeds
    assert world.trials.live() == []


def test_a_harmless_arm_goes_up_its_steps_and_no_further(house):
    seen = run(house, minutes=0.0)
    assert [state for state, _ in seen] == ["running"] * 48
    steps = [step for _, step in seen]
    assert steps == sorted(steps)
    assert steps[-1] == 2


def test_it_ends_by_itself_on_its_day(house):
    clock, world, log = house
    arms = (Arm("a"), Arm("b"))
    world.trials.create(Trial(name="t", arms=arms, guards=(Guard("likes"),), planned_end_ms=START_MS + 5))
    world.trials.start("t")
    loop = TrialsLoop(world, log.folder, clock, Registry())
    loop.run()
    assert world.trials.get("t").state == "running"
    clock.instant_ms += 5
    loop.run()
    assert world.trials.get("t").state == "ended"
