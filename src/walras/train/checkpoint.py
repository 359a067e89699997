"""Where a training stands, on disk: written beside and renamed, so that a killed training leaves the one before.

On resume: weights, optimisers, step, place in the data, random state and plan come from the file. Configuration, seed,
items and code must be the same in file and call; where they differ a new training begins from the file's weights.
"""

import os
import zipfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from walras.train.sequence import SequenceConfig, SequenceModel

FILE_NAME = "checkpoint.pt"
CODE_VERSION = "sequence-1"


@dataclass(slots=True)
class Checkpoint:
    """Everything needed to go on as if nothing had happened."""

    identity: dict[str, Any]  # what file and call must agree on
    model: SequenceConfig
    weights: dict[str, Any]
    best: dict[str, Any]
    optimisers: list[dict[str, Any]]
    random: torch.Tensor
    steps: int  # as planned
    step: int = 0
    epoch: int = 0
    batch: int = 0  # next batch of this epoch
    best_goodness: float = -1.0
    worse: int = 0  # epochs since the best one
    done: bool = False
    history: list[dict[str, float]] = field(default_factory=list)


def save(folder: Path, checkpoint: Checkpoint) -> None:
    """Write in one step."""
    folder.mkdir(parents=True, exist_ok=True)
    scratch = folder / (FILE_NAME + ".new")
    fields = {name: getattr(checkpoint, name) for name in Checkpoint.__slots__}
    with scratch.open("wb") as file:
        torch.save({**fields, "model": asdict(checkpoint.model)}, file)
        file.flush()
        os.fsync(file.fileno())
    scratch.replace(folder / FILE_NAME)


def load(folder: Path) -> Checkpoint | None:
    """The checkpoint of a folder; None where there is none that can be read."""
    path = folder / FILE_NAME
    if not zipfile.is_zipfile(path):
        return None
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
        return Checkpoint(**{**found, "model": SequenceConfig(**found["model"])})
    except (OSError, RuntimeError, TypeError, KeyError, EOFError, ValueError):
        return None


def begin_from(model: SequenceModel, earlier: Checkpoint, known: int) -> int:
    """Take over the weights of an earlier training of the same width; gives how many rows of items were known.

    Args:
        model: the new model, perhaps of more items.
        earlier: where the weights are.
        known: rows that both have in the same order, row 0 included; 0 takes nothing over.
    """
    if not known or earlier.model.width != model.config.width or earlier.model.blocks != model.config.blocks:
        return 0
    mine = model.state_dict()
    with torch.no_grad():
        for name, value in earlier.best.items():
            if name == "items.id.weight":
                mine[name][:known] = value[:known]
            elif not name.startswith(("items.content", "items.codes", "items.by_code")) and (
                mine[name].shape == value.shape
            ):
                mine[name].copy_(value)
    return known
