"""Opens a home folder: the log, the tables, the state and the models, joined into an engine."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import faiss

from walras.app.lines import registry_of_lines
from walras.base.clock import Clock, clock_of
from walras.base.errors import Corrupt
from walras.base.ids import ModelVersion
from walras.base.limits import BULK_MAX
from walras.base.logs import room_log
from walras.base.settings import Settings
from walras.events import Log, Registry, SqliteLog
from walras.features import UNTRAINED, State, TextModel, load_text, untrained, words_of
from walras.features.texts import VERSION as TEXTS_VERSION
from walras.features.tokens import VERSION as TOKENS_VERSION
from walras.feed import Engine, Models, asked_versions, worth_of
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
from walras.schema import Batch, Floats32, Item, ModelChosen
from walras.world import Model, World, open_world

# What models of each kind read; one that was trained on another reading is refused.
FEATURES = {"text": TEXTS_VERSION, "sequence": TOKENS_VERSION, "ranker": FEATURE_VERSION}
# Kinds whose files a page is made with; the text model lies in the state.
TRAINED = ("sequence", "ranker")
STATE_FOLDER = "state"
# After a start that had to apply more rows than this, the state is written down for the next one.
SNAPSHOT_ROWS = 20_000
READ_ROWS = 50_000
# Told how many rows of the log are read, and how many there are.
Moved = Callable[[int, int], None]
_log = room_log("app")


# ---------------------------------------------------------------- opening


@contextlib.contextmanager
def open_log(home: Path, settings: Settings) -> Iterator[tuple[SqliteLog, Registry, Clock]]:
    """The log of a home folder, with the outcomes it knows."""
    registry, clock = registry_of_lines(), clock_of(settings.sandbox_clock)
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
        state = restore_state(home, log, registry, chosen_text(world))
        engine = Engine(log, world, state, bare_models(state, world, clock.now_ms()), clock, settings)
        engine.project()
        loaded = models_loader(home, engine)({})
        if loaded is not None:
            engine.models = loaded
        yield engine


# ---------------------------------------------------------------- state


def restore_state(
    home: Path, log: Log, registry: Registry, text: TextModel | None = None, moved: Moved = lambda _done, _total: None
) -> State:
    """The state from its snapshot and the log behind it; from the log alone where the snapshot cannot be used."""
    state = State(registry, text=text)
    folder = home / STATE_FOLDER
    if folder.exists():
        try:
            state = State.load(folder, registry, text=text)
        except Corrupt as error:
            _log.warning("%s The state is made anew from the log.", error)
        if state.position > log.position():
            _log.warning("the snapshot is ahead of the log; the state is made anew from the log")
            state = State(registry, text=text)
    before = state.position
    read_into(state, log, moved=moved)
    if state.position - before > SNAPSHOT_ROWS:
        keep_state(home, state)
    return state


def read_into(state: State, log: Log, until: int | None = None, moved: Moved = lambda _done, _total: None) -> None:
    """Apply the log to a state, to its end or up to a position; `moved` is told how far it is."""
    total = log.position() if until is None else until
    while (batch := _next(log, state.position, until)) is not None:
        state.apply(batch)
        moved(state.position, max(total, state.position))
    state.rest()


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


# ---------------------------------------------------------------- texts


def chosen_text(world: World) -> TextModel:
    """The text model chosen in the tables; the untrained one where none is whole."""
    while (model := world.models.whole("text")) is not None:
        try:
            return load_text(world.models.path(model.version))
        except Corrupt as error:
            world.models.refuse(model.version, str(error))
    return untrained()


def text_named(world: World, version: str) -> TextModel:
    """The text model of a page's record; the untrained one where it names none.

    Raises:
        Corrupt: it is gone or cannot be read.
    """
    return load_text(world.models.path(version)) if version else untrained()


class TextSwap:
    """Reads all texts anew with the chosen text model, beside serving, and lets it take over."""

    def __init__(self, engine: Engine) -> None:
        """Nothing is read yet."""
        self._engine = engine

    def prepare(self) -> Callable[[], None] | None:
        """Read all texts with the chosen model; runs on another thread and may take a minute.

        Returns:
            What makes the model take over, for the engine's own thread; None where it serves already.
        """
        catalogue, models = self._engine.state.catalogue, self._engine.world.models
        active = models.active("text")
        if (active.version if active else UNTRAINED) == catalogue.text.version:
            return None
        text, seen = chosen_text(self._engine.world), len(catalogue.text_puts)
        if text.version == catalogue.text.version:
            return None
        vectors: dict[str, Floats32] = {item.id: text.vector(words_of(item)) for item in self._items()}
        return lambda: self._take_over(text, vectors, seen)

    def _items(self) -> Iterator[Item]:
        cursor = ""
        while True:
            listing = self._engine.world.items.list(cursor, BULK_MAX)
            yield from listing.values
            if not (cursor := listing.cursor):
                return

    def _take_over(self, text: TextModel, vectors: dict[str, Floats32], seen: int) -> None:
        """Items put or gone while the others were read are read now."""
        engine, catalogue = self._engine, self._engine.state.catalogue
        engine.catch_up()
        engine.project()
        late = {catalogue.items.names[row] for row in catalogue.text_puts[seen:]}
        vectors.update((id, text.vector(words_of(item))) for id, item in engine.world.items.get_many([*late]).items())
        catalogue.take_reading(text, vectors)


# ---------------------------------------------------------------- models


def plain_sources(state: State, text: TextSimilar) -> dict[str, Source]:
    """Sources that need no training."""
    sources: list[Source] = [Cooccurrence(state), Followed(state), Popular(state), Fresh(state), text, Explore(state)]
    return {source.name: source for source in sources}


def bare_models(state: State, world: World, now_ms: int, text: TextSimilar | None = None) -> Models:
    """What pages are made with before anything was trained; `text` knows texts already, where it is given."""
    # Requests come side by side, one a core: a search that takes all cores makes each of them slower.
    faiss.omp_set_num_threads(1)
    worth, known = world.prices.at(now_ms), text is not None
    text = text or TextSimilar(state)
    sources = plain_sources(state, text)
    # What serves already is warm, and another thread may be asking it.
    warm_up({name: source for name, source in sources.items() if not known or source is not text}, state)
    return Models(
        sources=sources,
        ranker=Smoothed(state.registry),
        worth_yuan=worth_of(state.registry, worth.yuan),
        text=text,
        versions={"worth": str(worth.version), **versions_of_text(state)},
    )


def versions_of_text(state: State) -> dict[str, str]:
    """What a page's record says of the text model: nothing while it is the untrained one."""
    version = state.catalogue.text.version
    return {} if version == UNTRAINED else {"text": version}


def models_loader(home: Path, engine: Engine) -> Callable[[Mapping[str, str]], Models | None]:
    """A function that loads the models chosen in the tables, where they are not those that serve already."""

    def load(versions: Mapping[str, str]) -> Models | None:
        models = engine.world.models

        def others(look: Callable[[str], Model | None]) -> dict[str, str] | None:
            wanted = {kind: found.version for kind in TRAINED if (found := look(kind)) is not None}
            known = {**wanted, **versions_of_text(engine.state)}
            return None if all(versions.get(kind) == known.get(kind) for kind in ("text", *TRAINED)) else wanted

        # Files are read through only where others are to be loaded: a bundle of a million items has half a gigabyte.
        if others(models.active) is None or (wanted := others(models.whole)) is None:
            return with_worth(engine, versions)
        return load_models(engine, wanted)

    return load


def with_worth(engine: Engine, versions: Mapping[str, str]) -> Models | None:
    """The models that serve with the table of worth that is in force now; None where that is the same."""
    worth = engine.world.prices.at(engine.clock.now_ms())
    if versions.get("worth", str(worth.version)) == str(worth.version):
        return None
    known = {**engine.models.versions, "worth": str(worth.version)}
    return replace(engine.models, worth_yuan=worth_of(engine.registry, worth.yuan), versions=known)


def load_tried(engine: Engine) -> Mapping[tuple[str, str], Models] | None:
    """Models of the versions that running trials try, beside those that serve; None where nothing changed.

    A version that cannot be loaded is refused, and its arm has the active one meanwhile, as the page's record says.
    """
    serving = engine.models
    asked = {asked_versions(sets) for live in engine.world.trials.live() for sets in live.sets.values()} - {("", "")}
    stands = {one: models for one, models in engine.tried.items() if one in asked and _suits(models, serving, one)}
    missing = asked - set(stands)
    if not missing and len(stands) == len(engine.tried):
        return None
    for one in missing:
        known = {model.version for model in engine.world.models.list()}
        if unknown := set(one) - known - {""}:
            _log.warning("no model has the version %s that a trial tries", ", ".join(sorted(unknown)))
            stands[one] = serving
            continue
        versions = {kind: serving.versions[kind] for kind in TRAINED if kind in serving.versions}
        named = {kind: version for kind, version in zip(TRAINED, one, strict=True) if version}
        stands[one] = load_models(engine, {**versions, **named})
    return stands


def _suits(models: Models, serving: Models, asked: tuple[str, str]) -> bool:
    """Whether all that was not asked for is as it serves now."""
    kept = [kind for kind, version in zip(TRAINED, asked, strict=True) if not version]
    return all(models.versions.get(kind) == serving.versions.get(kind) for kind in (*kept, "text", "worth"))


def load_models(engine: Engine, wanted: Mapping[str, str]) -> Models:
    """Models of these versions; one that cannot be loaded is refused and the page is made without it."""
    models = bare_models(engine.state, engine.world, engine.clock.now_ms(), _text_in_use(engine))
    for kind, version in wanted.items():
        folder = engine.world.models.path(version)
        try:
            models = _with_model(models, kind, folder, engine)
        except Corrupt as error:
            _log.warning("model %s is refused: %s", version, error)
            engine.world.models.refuse(version, str(error))
    if "sequence" in models.sources:
        warm_up({"sequence": models.sources["sequence"]}, engine.state)
    return models


def _text_in_use(engine: Engine) -> TextSimilar | None:
    """The source of texts that serves, where it reads with the chosen model; its index need not be built anew."""
    return engine.models.text if engine.models.text.is_current else None


def settled(models: Models | None, in_use: TextSimilar) -> Models | None:
    """Models whose vector indices are built: a page that came before that would scan all vectors.

    Args:
        models: as loaded; None where there are none.
        in_use: the source of texts that serves, which its own thread tends.
    """
    if models is None:
        return None
    if models.text is not in_use:
        models.text.index.settle()
    if models.vectors is not None:
        models.vectors.settle()
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
