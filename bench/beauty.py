"""The S3-Rec Beauty log as histories, and what its items are, read from the data folder; see its README."""

import gzip
import os
import tempfile
from pathlib import Path

import msgspec
import numpy as np

from walras.features import load_text, untrained
from walras.schema import Floats32
from walras.train.dataset import Log, from_lists
from walras.train.texts import train_text

ROOT = Path(__file__).resolve().parents[1]


def data_folder() -> Path:
    """Where the data sets lie: WALRAS_DATA, or beside the checkout."""
    return Path(os.environ.get("WALRAS_DATA") or ROOT.parent / "shared" / "data")


def read_s3rec(path: Path) -> Log:
    """One person a line, items in order of time."""
    with gzip.open(path, "rt") as lines:
        rows = [line.split() for line in lines]
    items = sorted({item for row in rows for item in row[1:]})
    number = {item: n for n, item in enumerate(items, 1)}
    histories = from_lists([[number[item] for item in row[1:]] for row in rows])
    return Log(histories, tuple(row[0] for row in rows), ("", *items))


def read_contents(path: Path, log: Log, seed: int) -> Floats32:
    """[I, C] contents of the items from the attributes beside the log, read as `walras train` reads topics."""
    with gzip.open(path, "rb") as file:
        attributes = msgspec.json.decode(file.read(), type=dict[str, list[int]])
    texts = {item: " ".join(["", *map(str, topics), ""]) for item, topics in attributes.items()}
    with tempfile.TemporaryDirectory(prefix="walras-bench-") as folder:
        train_text(Path(folder) / "text", texts, log, untrained(), seed=seed, created_ms=0)
        model = load_text(Path(folder) / "text")
    return np.stack([model.vector(texts.get(item, "")) for item in log.items])
