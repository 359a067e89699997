"""A small platform over a real log and real tables, with a ranker that reads the counters."""

import math

import msgspec
import numpy as np
import pytest

from walras.base.clock import SetClock
from walras.base.settings import Settings
from walras.events import Registry, SqliteLog
from walras.features import State
from walras.feed import Engine, Models, worth_of
from walras.feed.surfaces import SURFACES
from walras.ranking import Smoothed
from walras.retrieval import Cooccurrence, Explore, Followed, Fresh, Popular, TextSimilar
from walras.schema import Event, Item, ItemPut
from walras.world import World

NOW_MS = 1_790_000_000_000
ITEMS, OWNERS, TOPICS = 60, 12, 5


def items():
    return [
        Item(
            id=f"i{n}",
            owner=f"o{n % OWNERS}",
            title=f"film {n} about topic {n % TOPICS}",
            topics=(f"t{n % TOPICS}",),
            duration_s=30.0,
            created_ms=NOW_MS - n * 3_600_000,
        )
        for n in range(ITEMS)
    ]


def behaviour(people=20, each=15, seed=1):
    rng = np.random.default_rng(seed)
    for n in range(people * each):
        at = NOW_MS - 86_400_000 + n * 1_000
        item = f"i{int(rng.integers(ITEMS))}"
        person = f"p{n % people}"
        yield Event(person=person, item=item, outcome="exposure", time_ms=at, surface="feed")
        if rng.random() < 0.4:
            yield Event(person=person, item=item, outcome="like", time_ms=at + 5, surface="feed")


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """Every source is waited for: a busy machine does not change what a page is made of."""
    for name, surface in SURFACES.items():
        monkeypatch.setitem(SURFACES, name, msgspec.structs.replace(surface, source_budget_ms=math.inf))


@pytest.fixture
def clock():
    return SetClock(NOW_MS)


@pytest.fixture
def log(tmp_path, clock):
    log = SqliteLog(tmp_path / "log", Registry(), clock)
    yield log
    log.close()


@pytest.fixture
def world(tmp_path):
    world = World(f"sqlite:///{tmp_path / 'world.sqlite'}", models_folder=tmp_path / "models")
    world.upgrade()
    yield world
    world.close()


@pytest.fixture
def fresh_engine(log, world, clock):
    """Makes an engine that has read nothing yet."""

    def make():
        state = State(Registry())
        text = TextSimilar(state)
        sources = [text, *(make(state) for make in (Cooccurrence, Followed, Popular, Fresh, Explore))]
        worth = worth_of(state.registry, {})
        models = Models({s.name: s for s in sources}, Smoothed(state.registry), worth, text, None, {"worth": "0"})
        return Engine(log, world, state, models, clock, Settings())

    return make


@pytest.fixture
def engine(fresh_engine, log):
    log.append([ItemPut(item, item.created_ms) for item in items()])
    log.append(list(behaviour()))
    engine = fresh_engine()
    engine.catch_up()
    engine.project()
    return engine
