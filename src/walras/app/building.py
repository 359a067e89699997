"""Opens a home folder: the log, the tables, the state and the models, joined into an engine."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import faiss

from walras.app.lines import registry_of_lines
from walras.base.clock import Clock, SystemClock
from walras.base.errors import Corrupt
from walras.base.ids import ModelVersion
from walras.base.logs import room_log
from walras.base.settings import Settings
from walras.events import Log, Registry, SqliteLog
from walras.features import State
from walras.features.tokens import VERSION as TOKENS_VERSION
from walras.feed import Engine, Models, worth_of
from walras.ranking import FEATURE_VERSION, Ranker, Smoothed
from walras.retrieval import (
    Cooccurrence,
    Explore,
    Followed,
    Fresh,
    Popular,
    SequenceSource,
    Source,
    TextSimilar,
    read_bundle,
    warm_up,
)
from walras.schema import Batch, ModelChosen
from walras.world import World, open_world

# What models of each kind read; one that was trained on another reading is refused.
FEATURES = {"sequence": TOKENS_VERSION, "ranker": FEATURE_VERSION}
STATE_FOLDER = "state"
# After a start that had to apply more rows than this, the state is written down for the next one.
SNAPSHOT_ROWS = 20_000
READ_ROWS = 50_000
_log = room_log("app")


# ---------------------------------------------------------------- opening


@contextlib.contextmanager
def open_log(home: Path, settings: Settings) -> Iterator[tuple[SqliteLog, Registry, Clock]]:
    """The log of a home folder, with the outcomes it knows."""
    registry, clock = registry_of_lines(), SystemClock()
    log = SqliteLog(home / "log", registry, clock, settings.disk_free_mb_min)
    try:
        yield log, registry, clock
    finally:
        log.close()


@contextlib.contextmanager
def world_of(home: Path, settings: Settings) -> Iterator[World]:
    """The tables of a home folder, brought up to date."""
    world = open_world(home, settings, features=FEATURES)
    try:
        yield world
    finally:
        world.close()


@contextlib.contextmanager
def open_engine(home: Path, settings: Settings) -> Iterator[Engine]:
    """An engine that has read the whole log and loaded the chosen models."""
    with open_log(home, settings) as (log, registry, clock), world_of(home, settings) as world:
        state = restore_state(home, log, registry)
        engine = Engine(log, world, state, bare_models(state, world, clock.now_ms()), clock, settings)
        engine.project()
        loaded = models_loader(home, engine)({})
        if loaded is not None:
            engine.models = loaded
        yield engine


# ---------------------------------------------------------------- state


def restore_state(home: Path, log: Log, registry: Registry) -> State:
    """The state from its snapshot and the log behind it; from the log alone where the snapshot cannot be used."""
    state = State(registry)
    folder = home / STATE_FOLDER
    if folder.exists():
        try:
            state = State.load(folder, registry)
        except Corrupt as error:
            _log.warning("%s The state is made anew from the log.", error)
        if state.position > log.position():
            _log.warning("the snapshot is ahead of the log; the state is made anew from the log")
            state = State(registry)
    before = state.position
    read_into(state, log)
    if state.position - before > SNAPSHOT_ROWS:
        keep_state(home, state)
    return state


def read_into(state: State, log: Log, until: int | None = None) -> None:
    """Apply the log to a state, to its end or up to a position."""
    while (batch := _next(log, state.position, until)) is not None:
        state.apply(batch)


def _next(log: Log, after: int, until: int | None) -> Batch | None:
    """The next stretch, shortened so that it ends at `until` or before it."""
    if until is None:
        return log.read(after)
    rows = min(READ_ROWS, until - after)
    while rows > 0:
        batch = log.read(after, rows)
        if batch is None or batch.position <= until:
            return batch
        # Rows were taken out of the log, so that many rows reach further than their number says.
        rows //= 2
    return None


def keep_state(home: Path, state: State) -> None:
    """Write the state down, so that the next start need not read the whole log."""
    try:
        state.save(home / STATE_FOLDER)
    except OSError as error:
        _log.warning("the state could not be written down, the next start will take longer: %s", error)


# ---------------------------------------------------------------- models


def plain_sources(state: State, text: TextSimilar) -> dict[str, Source]:
    """Sources that need no training."""
    sources: list[Source] = [Cooccurrence(state), Followed(state), Popular(state), Fresh(state), text, Explore(state)]
    return {source.name: source for source in sources}


def bare_models(state: State, world: World, now_ms: int) -> Models:
    """What pages are made with before anything was trained."""
    # Requests come side by side, one a core: a search that takes all cores makes each of them slower.
    faiss.omp_set_num_threads(1)
    worth, text = world.prices.at(now_ms), TextSimilar(state)
    sources = plain_sources(state, text)
    warm_up(sources, state)
    return Models(
        sources=sources,
        ranker=Smoothed(state.registry),
        worth_yuan=worth_of(state.registry, worth.yuan),
        text=text,
        versions={"worth": str(worth.version)},
    )


def models_loader(home: Path, engine: Engine) -> Callable[[Mapping[str, str]], Models | None]:
    """A function that loads the models chosen in the tables, where they are not those that serve already."""

    def load(versions: Mapping[str, str]) -> Models | None:
        wanted = {}
        for kind in ("sequence", "ranker"):
            model = engine.world.models.whole(kind)
            if model is not None:
                wanted[kind] = model.version
        if all(versions.get(kind) == wanted.get(kind) for kind in ("sequence", "ranker")):
            return None
        return load_models(engine, wanted)

    return load


def load_models(engine: Engine, wanted: Mapping[str, str]) -> Models:
    """Models of these versions; one that cannot be loaded is refused and the page is made without it."""
    models = bare_models(engine.state, engine.world, engine.clock.now_ms())
    for kind, version in wanted.items():
        folder = engine.world.models.path(version)
        try:
            models = _with_model(models, kind, folder, engine)
        except Corrupt as error:
            _log.warning("model %s is refused: %s", version, error)
            engine.world.models.refuse(version, str(error))
    warm_up(models.sources, engine.state)
    return models


def _with_model(models: Models, kind: str, folder: Path, engine: Engine) -> Models:
    versions = {**models.versions, kind: folder.name}
    if kind == "ranker":
        return replace(models, ranker=Ranker.load(folder, engine.registry), versions=versions)
    source = SequenceSource(engine.state, read_bundle(folder))
    sources = {source.name: source, **models.sources}
    return replace(models, sources=sources, vectors=source.index, trunk=source.trunk, versions=versions)


def choose_model(home: Path, settings: Settings, version: str) -> None:
    """Let a model serve, here and in every running server, and write the choice into the log.

    Raises:
        NotFound: no model has this version.
        Corrupt: its files are not what was registered.
    """
    with open_log(home, settings) as (log, _registry, clock), world_of(home, settings) as world:
        model = world.models.activate(version)
        log.append([ModelChosen(model.manifest.kind, ModelVersion(model.version), clock.now_ms())])
