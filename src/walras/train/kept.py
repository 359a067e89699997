"""Keeps the judged model of a home folder, and trains from its log: the functions that the command line calls."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from walras.base.errors import Corrupt, Invalid, NotFound
from walras.features import UNTRAINED
from walras.schema import Floats32
from walras.train import checkpoint as checkpoints
from walras.train.baselines import QUICK
from walras.train.blending import Shares, commonness, covariance
from walras.train.checkpoint import Checkpoint
from walras.train.dataset import CHOICES_MIN, Log, leave_one_out, read_log
from walras.train.evaluate import evaluate_next_item
from walras.train.export import write_bundle
from walras.train.fit import FitConfig, Fitted, Progress, fit, refit, silent
from walras.train.former import read_former
from walras.train.fusion import keep_learnt_until
from walras.train.graph import GraphConfig
from walras.train.likeness import build_with
from walras.train.semantic import Codebooks
from walras.train.sequence import SequenceConfig, SequenceModel
from walras.train.windows import item_vectors
from walras.world.bundles import Manifest

FILE_NAME = "judged.pt"
# The same as a bundle, so that the ranker reads its score as serving would.
JUDGED_FOLDER = "judged"
CONTENT_BLOCK = 4_096
Contents = Callable[[Sequence[str]], Floats32]  # ids of items → [N, C]


def train_sequence(
    log_folder: Path,
    work: Path,
    bundle: Path,
    *,
    config: FitConfig | None = None,
    contents: Contents | None = None,
    text: str = UNTRAINED,
    again: bool = True,
    until: int | None = None,
    created_ms: int = 0,
    progress: Progress = silent,
) -> Manifest:
    """Train from the log, keep the judged model, write the served one as a bundle.

    Args:
        log_folder: where the log lies.
        work: where checkpoints and the judged model are kept between trainings.
        bundle: folder to write; its name becomes the version.
        config: how to learn.
        contents: gives the items' content vectors, where there are any.
        text: version of the text model they come from.
        again: go on over the held-out items too before serving; the judged model stays as it was.
        until: the last seq of the log that is read.
        created_ms: written into the manifest.
        progress: is told stage, share done and a sentence.

    Raises:
        Invalid: the log holds too little to learn from.
    """
    earlier = load_judged(work)
    log = read_log(log_folder, known_items=earlier[1][1:] if earlier else (), until=until)
    if not len(leave_one_out(log.histories).test.item):
        raise Invalid(
            f"there is too little to learn from: nobody has {CHOICES_MIN} choices", field="log",
            hint="Import or send more behaviour; counters and popularity serve until then.",
        )  # fmt: skip
    content = None if contents is None else _read_contents(contents, log)
    started = _as_start(earlier) if earlier else None
    fitted = fit(log, work, config, content=content, earlier=started, progress=progress)
    keep_judged(work, fitted, log)
    _keep_bundle(work / JUDGED_FOLDER, fitted, log, version=bundle.name, text=text)
    served = refit(fitted, log, progress=progress) if again else fitted
    return write_bundle(bundle, served, log, version=bundle.name, created_ms=created_ms, text=text)


def evaluate_log(
    log_folder: Path,
    work: Path,
    *,
    baselines: Sequence[str] = QUICK,
    until: int | None = None,
    progress: Callable[[str, float], None] = lambda _name, _done: None,
) -> dict[str, Any]:
    """Judge the kept model, under the name `model`, and the baselines, by everybody's last choice.

    Raises:
        NotFound: nothing was trained yet.
        Invalid: the log has grown items since; train again.
    """
    kept = load_judged(work)
    if kept is None:
        raise NotFound("no model was trained yet", field="model", hint="Run walras train first.")
    weights, items = kept
    log = read_log(log_folder, known_items=items[1:], until=until)
    if log.items != items or weights["tokens"] != len(log.histories.item):
        raise Invalid("the log has grown since the training", field="model", hint="Run walras train first.")
    fitted = _revive(weights, log)
    return evaluate_next_item(
        log, {"model": fitted.blend(), "network alone": fitted.network()}, baselines=baselines,
        seeds=(fitted.config.seed,), former=read_former(log_folder, log, until), progress=progress,
    )  # fmt: skip


def keep_judged(work: Path, fitted: Fitted, log: Log) -> None:
    """Keep a model that has seen no held-out item."""
    work.mkdir(parents=True, exist_ok=True)
    kept = {
        "weights": fitted.model.state_dict(), "model": asdict(fitted.model.config), "config": asdict(fitted.config),
        "graph": asdict(fitted.graph.config), "shares": asdict(fitted.shares), "figures": fitted.figures,
        "centres": torch.from_numpy(fitted.codebooks.centres), "items": list(log.items),
        "tokens": len(log.histories.item), "epochs": fitted.epochs,
    }  # fmt: skip
    scratch = work / (FILE_NAME + ".new")
    torch.save(kept, scratch)
    scratch.replace(work / FILE_NAME)


def _keep_bundle(folder: Path, fitted: Fitted, log: Log, *, version: str, text: str) -> None:
    """Write the judged model as a bundle beside its place, then move it there."""
    scratch = folder.with_name(folder.name + ".new")
    shutil.rmtree(scratch, ignore_errors=True)
    write_bundle(scratch, fitted, log, version=version, text=text)
    keep_learnt_until(scratch, log)
    shutil.rmtree(folder, ignore_errors=True)
    scratch.replace(folder)


def load_judged(work: Path) -> tuple[dict[str, Any], tuple[str, ...]] | None:
    """The kept model and its items; None where there is none.

    Raises:
        Corrupt: it is there and cannot be read.
    """
    path = work / FILE_NAME
    if not path.exists():
        return None
    try:
        kept: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        return kept, tuple(kept["items"])
    except (OSError, RuntimeError, KeyError, EOFError) as error:
        raise Corrupt("the kept model cannot be read", field=path.name, hint="Delete it and train again.") from error


def _revive(kept: dict[str, Any], log: Log) -> Fitted:
    model = SequenceModel(SequenceConfig(**kept["model"]))
    model.load_state_dict(kept["weights"])
    train = leave_one_out(log.histories).train
    graph = build_with(train, len(log.items), GraphConfig(**kept["graph"]), model.items.content.numpy())
    items = item_vectors(model)
    shares = Shares(**kept["shares"]) if "shares" in kept else Shares(kept["weight"])
    books = Codebooks(kept["centres"].numpy())
    config = FitConfig(**kept["config"])
    return Fitted(
        model,
        graph,
        shares,
        shares.popularity * commonness(train, len(items)),
        books,
        covariance(items),
        items,
        kept["figures"],
        config,
        kept["epochs"],
    )


def _as_start(earlier: tuple[dict[str, Any], tuple[str, ...]]) -> Checkpoint:
    kept = earlier[0]
    none = torch.zeros(0)
    return checkpoints.Checkpoint({}, SequenceConfig(**kept["model"]), {}, kept["weights"], [], none, 0)


def _read_contents(contents: Contents, log: Log) -> Floats32:
    """[I, C] of the log's items; row 0 zeros."""
    parts = [
        np.asarray(contents(log.items[n : n + CONTENT_BLOCK]), np.float32)
        for n in range(1, len(log.items), CONTENT_BLOCK)
    ]
    found = np.concatenate([np.zeros((1, parts[0].shape[1]), np.float32), *parts])
    return np.asarray(np.nan_to_num(found), np.float32)
