"""[cold.amazon.*] Items met fewer than five times, on Amazon Industrial: with their texts and without."""

import ast
import csv
import gzip
import tempfile
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from bench.beauty import data_folder
from walras.features import untrained
from walras.schema import Floats32
from walras.train.baselines import BASELINES
from walras.train.dataset import Histories, Judged, Log, from_lists, leave_one_out
from walras.train.fit import FitConfig, fit
from walras.train.ranks import judge

COMMAND = "python -m bench cold"
FEW = 5


def _read(folder: Path) -> tuple[Log, Floats32]:
    """Everybody's longest history with what came next, and the items' content vectors."""
    longest: dict[str, list[int]] = {}
    for name in ("valid", "test"):
        with gzip.open(folder / f"Industrial_and_Scientific_{name}.csv.gz", "rt") as rows:
            for row in csv.DictReader(rows):
                items = [*ast.literal_eval(row["history_item_id"]), int(row["item_id"])]
                if len(items) > len(longest.get(row["user_id"], [])):
                    longest[row["user_id"]] = items
    texts = msgspec.json.decode(gzip.decompress((folder / "Industrial_and_Scientific.item.json.gz").read_bytes()))
    people = sorted(longest)
    histories = from_lists([[item + 1 for item in longest[person]] for person in people])
    model = untrained()
    vectors = np.zeros((len(texts) + 1, 64), np.float32)
    for item, told in texts.items():
        vectors[int(item) + 1] = model.vector(f"{told['title']} {told['description'][:400]}")
    return Log(histories, tuple(people), ("", *(str(n) for n in range(len(texts))))), vectors


def _rare(judged: Judged, train: Histories, item_count: int) -> Judged:
    """Those whose true item was met fewer than five times in training."""
    met = np.bincount(train.item, minlength=item_count)
    kept = np.flatnonzero(met[judged.item] < FEW)
    first, stop = judged.histories.indptr[kept], judged.histories.indptr[kept + 1]
    return Judged(judged.histories.take(first, stop), judged.item[kept])


def run() -> list[dict[str, Any]]:
    """Rows for the report."""
    log, vectors = _read(data_folder() / "amazon_industrial")
    split, item_count = leave_one_out(log.histories), len(log.items)
    rare = _rare(split.test, split.train, item_count)
    found: dict[str, float] = {}
    for name, content in (("with texts", vectors), ("without", None)):
        with tempfile.TemporaryDirectory(prefix="walras-bench-") as folder:
            fitted = fit(log, Path(folder), FitConfig(seed=0), content=content)
        found[name] = judge(fitted.blend(), rare, item_count)["ndcg@10"]
    counted = judge(BASELINES["co-occurrence"](split.train, item_count, 0), rare, item_count)["ndcg@10"]
    with_texts, without = found["with texts"], found["without"]
    note = f"{len(rare.item)} people; without texts {without:.4f}, co-occurrence {counted:.4f}"
    row = {
        "id": "cold.amazon.n10_rare",
        "value": round(with_texts, 5),
        "unit": "ndcg@10",
        "baseline": round(without, 5),
    }
    return [row | {"ratio": round(with_texts / max(without, 1e-9), 3), "command": COMMAND, "note": note}]
