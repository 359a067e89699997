"""[cold.*] Items met fewer than five times, and people after each of their first ten choices.

Amazon Industrial tells what a text is worth; its text model is learnt from the training side alone. For people, a fifth
of them is kept from the training altogether: after k of their choices the next one is to be found among all items.
"""

import ast
import csv
import gzip
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from bench.beauty import data_folder
from bench.kuairand import log as kuairand_log
from bench.report import DOCS
from walras.features import fit_text
from walras.schema import Floats32, Longs
from walras.train.baselines import BASELINES
from walras.train.dataset import Histories, Judged, Log, choices, from_lists, leave_one_out
from walras.train.fit import FitConfig, fit
from walras.train.ranks import Scorer, judge

COMMAND = "python -m bench cold"
FEW, STEPS = 5, 10
BUDGET_S = 60.0
BESIDE = ("popularity", "co-occurrence")
Row = dict[str, Any]


def run() -> list[Row]:
    """Rows for the report, and the curves as a picture."""
    log, texts = _industrial()
    videos = _kuairand()
    curves = {"industrial": _curve(log, texts), "kuairand": _curve(videos, None)}
    _draw(curves)
    return [*_rare_rows(log, texts), *(row for name, curve in curves.items() for row in _curve_rows(name, curve))]


def _industrial() -> tuple[Log, list[str]]:
    """Everybody's longest history with what came next, and the items' texts, row 0 nobody's."""
    folder = data_folder() / "amazon_industrial"
    longest: dict[str, list[int]] = {}
    for name in ("valid", "test"):
        with gzip.open(folder / f"Industrial_and_Scientific_{name}.csv.gz", "rt") as rows:
            for row in csv.DictReader(rows):
                items = [*ast.literal_eval(row["history_item_id"]), int(row["item_id"])]
                if len(items) > len(longest.get(row["user_id"], [])):
                    longest[row["user_id"]] = items
    told = msgspec.json.decode(gzip.decompress((folder / "Industrial_and_Scientific.item.json.gz").read_bytes()))
    people = sorted(longest)
    histories = from_lists([[item + 1 for item in longest[person]] for person in people])
    texts = [""] * (len(told) + 1)
    for item, said in told.items():
        texts[int(item) + 1] = f"{said['title']} {said['description'][:400]}"
    return Log(histories, tuple(people), ("", *(str(n) for n in range(len(told))))), texts


def _kuairand() -> Log:
    """What each person liked, in order."""
    (batch,), _days = kuairand_log()
    events = batch.events
    rows: dict[str, int] = {}
    lists: dict[str, list[int]] = {}
    for n, outcome in enumerate(events.outcome):
        if outcome == "like":
            row = rows.setdefault(events.item[n], len(rows) + 1)
            lists.setdefault(events.person[n], []).append(row)
    return Log(from_lists(list(lists.values())), tuple(lists), ("", *rows))


def _vectors(texts: list[str], train: Histories, seed: int = 0) -> Floats32:
    """[I, C] of a text model learnt from who chose what after what, on the training side."""
    indptr, chosen = choices(train)
    last = np.zeros(len(chosen), bool)
    last[indptr[1:][np.diff(indptr) > 0] - 1] = True
    next_to = np.stack([chosen[:-1], chosen[1:]], axis=1)[~last[:-1]].astype(np.int32)
    model = fit_text(texts, next_to, seed)
    return np.stack([model.vector(text) for text in texts])


# ---------------------------------------------------------------- rare items


def _rare_rows(log: Log, texts: list[str]) -> list[Row]:
    split, item_count = leave_one_out(log.histories), len(log.items)
    rare = _rare(split.test, split.train, item_count)
    found = {
        name: judge(_fitted(log, content), rare, item_count)["ndcg@10"]
        for name, content in (("with texts", _vectors(texts, split.train)), ("without", None))
    }
    counted = judge(BASELINES["co-occurrence"](split.train, item_count, 0), rare, item_count)["ndcg@10"]
    note = f"{len(rare.item)} people; without texts {found['without']:.4f}, co-occurrence {counted:.4f}"
    return [_row("cold.industrial.rare_items.n10", found["with texts"], max(counted, found["without"]), note)]


def _rare(judged: Judged, train: Histories, item_count: int) -> Judged:
    """Those whose true item was met fewer than five times in training."""
    met = np.bincount(train.item, minlength=item_count)
    kept = np.flatnonzero(met[judged.item] < FEW)
    first, stop = judged.histories.indptr[kept], judged.histories.indptr[kept + 1]
    return Judged(judged.histories.take(first, stop), judged.item[kept])


def _fitted(log: Log, content: Floats32 | None) -> Scorer:
    with tempfile.TemporaryDirectory(prefix="walras-bench-") as folder:
        return fit(log, Path(folder), FitConfig(seed=0, budget_s=BUDGET_S), content=content).blend()


# ---------------------------------------------------------------- new people


def _curve(log: Log, texts: list[str] | None) -> dict[str, list[tuple[float, int]]]:
    """By method: NDCG@10 after 1 … 10 choices of people kept from the training, and of how many."""
    indptr, chosen = choices(log.histories)
    people = np.arange(len(log.histories))
    kept = people % 5 == 0
    known = log.histories.rows(people[~kept])
    train_log = Log(known, tuple(np.asarray(log.people, object)[~kept]), log.items)
    content = None if texts is None else _vectors(texts, leave_one_out(known).train)
    scorers: dict[str, Scorer] = {"model": _fitted(train_log, content)}
    scorers |= {name: BASELINES[name](known, len(log.items), 0) for name in BESIDE}
    lists = [chosen[indptr[person] : indptr[person + 1]].tolist() for person in people[kept]]
    return {
        name: [_after(scorer, lists, k, len(log.items)) for k in range(1, STEPS + 1)]
        for name, scorer in scorers.items()
    }


def _after(scorer: Scorer, lists: list[list[int]], k: int, item_count: int) -> tuple[float, int]:
    long = [each for each in lists if len(each) > k]
    true: Longs = np.array([each[k] for each in long])
    judged = Judged(from_lists([each[:k] for each in long]), true.astype(np.int32))
    return float(judge(scorer, judged, item_count)["ndcg@10"]), len(long)


def _curve_rows(name: str, curve: dict[str, list[tuple[float, int]]]) -> list[Row]:
    rows = []
    for k in range(STEPS):
        beside = {method: curve[method][k][0] for method in BESIDE}
        note = f"{curve['model'][k][1]} people; " + ", ".join(f"{m} {v:.4f}" for m, v in beside.items())
        rows.append(_row(f"cold.{name}.after_{k + 1}.n10", curve["model"][k][0], max(beside.values()), note))
    return rows


def _row(id: str, value: float, best: float, note: str) -> Row:
    ratio = round(value / max(best, 1e-9), 3)
    shared = {"unit": "ndcg@10", "target": f"> {best:.5f}", "command": COMMAND, "note": note}
    return {"id": id, "value": round(value, 5), "baseline": round(best, 5), "ratio": ratio} | shared


def _draw(curves: dict[str, dict[str, list[tuple[float, int]]]]) -> None:
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, len(curves), figsize=(9, 3.2), layout="constrained")
    plot: Callable[..., Any]
    for axis, (name, curve) in zip(axes, curves.items(), strict=True):
        for method, points in curve.items():
            plot = axis.plot
            plot(range(1, STEPS + 1), [value for value, _ in points], marker="o", label=method)
        axis.set_title(name)
        axis.set_xlabel("choices known of a person the training never met")
        axis.set_ylabel("NDCG@10")
        axis.legend()
    figure.savefig(DOCS / "cold.svg", metadata={"Date": None})
    pyplot.close(figure)
