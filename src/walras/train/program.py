"""The training program: the log → a text model, a sequence model and a ranker, registered and chosen for serving.

read the log → text model → sequence model (judged, then refitted) → ranker → register → activate → write the choices
into the log. What follows the text model reads texts with the one that is chosen.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from walras.base.clock import Clock, clock_of, elapsed_s
from walras.base.errors import Invalid
from walras.base.ids import ModelVersion
from walras.base.settings import Settings
from walras.events import Log, Registry, SqliteLog
from walras.features import State, TextModel, load_text, words_of
from walras.features.texts import VERSION as TEXTS_VERSION
from walras.features.tokens import VERSION as TOKENS_VERSION
from walras.ranking import FEATURE_VERSION
from walras.schema import Batch, EventColumns, Floats32, ItemGone, ItemPut, ModelChosen, TrainingStatus
from walras.train import fit_ranker
from walras.train.dataset import read_log
from walras.train.fit import FitConfig
from walras.train.fusion import read_foresight
from walras.train.kept import JUDGED_FOLDER, evaluate_log, train_sequence
from walras.train.plots import comparison
from walras.train.teacher import teacher_named
from walras.train.texts import read_text, train_text
from walras.world import Manifest, World, open_world, read_manifest

# What each kind of model reads; written into manifests and checked when a model is loaded.
FEATURES = {"text": TEXTS_VERSION, "sequence": TOKENS_VERSION, "ranker": FEATURE_VERSION}
WORK_FOLDER = "training"
# The ranker replays this many of the newest events at most: beyond, its quality hardly grows and its memory does.
RANKER_EVENTS_MAX = 1_000_000
# Share of a training's progress that the sequence model takes.
SEQUENCE_SHARE = 0.8

Report = dict[str, Any]
Tell = Callable[[TrainingStatus], None]


@dataclass(slots=True)
class _Telling:
    """Turns shares of single stages into one progress with an estimate of what is left."""

    tell: Tell
    started_s: float

    def say(self, stage: str, done: float, message: str = "") -> None:
        """So far is `done` of everything."""
        spent = elapsed_s() - self.started_s
        left = spent * (1.0 - done) / done if done > 0.02 else -1.0
        self.tell(TrainingStatus(state="running", stage=stage, done=done, seconds_left=left, message=message))


def train_all(home: Path, settings: Settings, *, refit: bool, progress: Tell) -> Report:
    """Train all models from a home folder's log and let them serve.

    Args:
        home: the home folder.
        settings: budget, seed and threads.
        refit: go on over the held-out items after the model was judged; the judged one is kept for `evaluate`.
        progress: is told how far it is.

    Returns:
        `models` with kind, version and metrics, and `notes` in sentences.

    Raises:
        Invalid: there is too little to learn from.
    """
    clock, registry, telling = clock_of(settings.sandbox_clock), Registry(), _Telling(progress, elapsed_s())
    log = SqliteLog(home / "log", registry, clock, settings.disk_free_mb_min)
    world = open_world(home, settings, features=FEATURES)
    try:
        made: list[Manifest] = []
        notes: list[str] = []
        changes, batches = _read(log)
        text = _serving_text(world)
        try:
            made.append(_text(home, settings, changes, text, clock))
            text = load_text(home / "models" / made[0].version)
        except Invalid as error:
            notes.append(str(error))
        for step in (_sequence, _ranker):
            try:
                made.append(step(home, settings, (changes, batches, text), registry, clock, refit, telling))
            except Invalid as error:
                notes.append(str(error))
        if not made:
            raise Invalid("there is too little to learn from", field="log", hint=" ".join(notes))
        for manifest in made:
            _choose(manifest, world, log, clock)
    finally:
        world.close()
        log.close()
    models = [{"kind": m.kind, "version": m.version, "metrics": m.metrics, "seed": m.seed} for m in made]
    return {"models": models, "notes": notes, "seconds": round(elapsed_s() - telling.started_s, 1)}


def evaluate_home(
    home: Path, settings: Settings, *, plot: Path | None, progress: Callable[[str, float], None]
) -> Report:
    """Judge the kept model beside the baselines; `plot` gets the comparison as an SVG."""
    report = evaluate_log(home / "log", home / WORK_FOLDER, progress=progress)
    beside = report.get("beside_former")
    # Each ranking also by its own name at the top, for scripts; the former system's is of its own people alone.
    report |= {**(beside["results"] if beside else {}), **report["results"]}
    if plot is not None:
        plot.write_text(comparison(report["results"], beside["results"] if beside else None), "utf-8")
    return report


_Read = tuple[tuple[Any, ...], list[Batch], TextModel]


def _read(log: Log) -> tuple[tuple[Any, ...], list[Batch]]:
    """All changes of the log, and its newest stretches of events."""
    changes: list[Any] = []
    batches: list[Batch] = []
    position, held = 0, 0
    while (batch := log.read(position)) is not None:
        position, held = batch.position, held + len(batch.events)
        changes.extend(batch.changes)
        batches.append(Batch(batch.position, (), batch.events, ()))
        while held - len(batches[0].events) >= RANKER_EVENTS_MAX:
            held -= len(batches.pop(0).events)
    return tuple(changes), batches


def _serving_text(world: World) -> TextModel:
    """What reads texts now."""
    model = world.models.whole("text")
    return read_text(None if model is None else world.models.path(model.version))


def _text(home: Path, settings: Settings, changes: tuple[Any, ...], serving: TextModel, clock: Clock) -> Manifest:
    texts: dict[str, str] = {}
    for change in changes:
        if isinstance(change, ItemPut):
            texts[change.item.id] = words_of(change.item)
        elif isinstance(change, ItemGone):
            texts.pop(change.id, None)
    version, log = f"text-{clock.now_ms():011x}", read_log(home / "log")
    return train_text(
        home / "models" / version,
        texts,
        log,
        serving,
        seed=settings.seed,
        created_ms=clock.now_ms(),
        teacher=teacher_named(settings.text_teacher),
    )


def _sequence(
    home: Path, settings: Settings, read: _Read, registry: Registry, clock: Clock, refit: bool, telling: _Telling
) -> Manifest:
    version = f"sequence-{clock.now_ms():011x}"
    config = FitConfig(seed=settings.seed, budget_s=float(settings.train_budget_s), threads=settings.train_threads)
    return train_sequence(
        home / "log",
        home / WORK_FOLDER,
        home / "models" / version,
        config=config,
        contents=contents_of(read[0], registry, read[2]),
        text=read[2].version,
        again=refit,
        created_ms=clock.now_ms(),
        progress=lambda stage, done, message: telling.say(stage, SEQUENCE_SHARE * done, message),
    )


def _ranker(
    home: Path, settings: Settings, read: _Read, registry: Registry, clock: Clock, _refit: bool, telling: _Telling
) -> Manifest:
    version = f"ranker-{clock.now_ms():011x}"
    plan = fit_ranker.Plan(seed=settings.seed, threads=settings.train_threads, budget_s=settings.train_budget_s / 2)
    changes, batches, text = read
    judged = home / WORK_FOLDER / JUDGED_FOLDER
    return fit_ranker.fit(
        [Batch(0, changes, _NO_EVENTS, ()), *batches],
        registry,
        home / "models" / version,
        plan,
        now_ms=clock.now_ms(),
        foresight=read_foresight(judged, read_manifest(judged).version) if judged.exists() else None,
        text=text,
        progress=lambda done, message: telling.say("ranker", SEQUENCE_SHARE + (1 - SEQUENCE_SHARE) * done, message),
    )


_NO_EVENTS = EventColumns(
    np.zeros(0, np.int64), np.zeros(0, np.int64), (), (), (), (), np.zeros(0), (), (), np.zeros(0, np.int32)
)


def contents_of(
    changes: tuple[Any, ...], registry: Registry, text: TextModel | None = None
) -> Callable[[Sequence[str]], Floats32] | None:
    """Content vectors of items as the serving state reads them; None where no item has a text."""
    state = State(registry, text=text)
    state.apply(Batch(0, changes, _NO_EVENTS, ()))
    vectors = state.catalogue.texts["vector"]
    if not np.any(vectors):
        return None

    def contents(items: Sequence[str]) -> Floats32:
        rows = np.fromiter((state.item_row.get(item, 0) for item in items), np.int32, len(items))
        return np.asarray(vectors[rows], np.float32)

    return contents


def _choose(manifest: Manifest, world: World, log: Log, clock: Clock) -> None:
    world.models.register(manifest)
    world.models.activate(manifest.version)
    log.append([ModelChosen(manifest.kind, ModelVersion(manifest.version), clock.now_ms())])
