"""The S3-Rec Beauty log as histories, read from the data folder; see its README for the protocol."""

import gzip
import os
from pathlib import Path

from walras.train.dataset import Log, from_lists

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
