"""[seq.beauty.*] Next-item quality on Beauty: whole catalogue, three seeds, baselines in the same run."""

import tempfile
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from bench.beauty import data_folder, read_contents, read_s3rec
from bench.sasrec import sasrec
from walras.schema import Floats32
from walras.train.dataset import Log, leave_one_out
from walras.train.evaluate import evaluate_next_item
from walras.train.fit import FitConfig, fit
from walras.train.ranks import Scorer

COMMAND = "python -m bench seq"
SEEDS = (0, 1, 2)
# No limit by the clock: a busy machine would cut the epochs, and the same seed gives the same weights everywhere.
BUDGET_S = 0.0
BASELINES = ("popularity", "item-kNN", "co-occurrence", "EASE-R", "implicit ALS")


def _plain(name: str, results: list[dict[str, Any]], column: str) -> float:
    return mean(result[name][column] for result in results)


def run() -> list[dict[str, Any]]:
    """Rows for the report."""
    log = read_s3rec(data_folder() / "s3rec_beauty" / "Beauty.txt.gz")
    attributes = data_folder() / "s3rec_beauty" / "Beauty_item2attributes.json.gz"
    results: list[dict[str, Any]] = []
    left_out: dict[str, str] = {}
    for seed in SEEDS:
        model, network = _fitted(log, seed, read_contents(attributes, log, seed))
        models = {"model": model, "network alone": network}
        if seed == SEEDS[0]:
            models |= {"ids alone": _fitted(log, seed, None)[0], "SASRec": _sasrec(log, seed)}
        report = evaluate_next_item(log, models, baselines=BASELINES if seed == SEEDS[0] else (), seeds=(seed,))
        left_out |= report["left_out"]
        results.append(report["results"])
    first = results[0]
    beside = {name: round(first[name]["recall@10"], 4) for name in (*BASELINES, "SASRec") if name in first}
    network_found = _plain("network alone", results, "recall@10")
    spread = stdev(result["model"]["recall@10"] for result in results)

    def row(name: str, column: str, target: str) -> dict[str, Any]:
        value, counted = _plain("model", results, column), first["co-occurrence"][column]
        note = (
            f"three seeds, spread {spread:.4f} of R@10; network alone R@10 {network_found:.4f}; the model reads the "
            "items' attributes, as it does when they lie beside an imported log; baselines read behaviour alone; "
            f"R@10 beside: {beside}; left out: {left_out or 'none'}"
        )
        return {
            "id": name, "value": round(value, 5), "unit": column, "baseline": round(counted, 5),
            "ratio": round(value / counted, 3), "target": target, "command": COMMAND, "note": note,
        }  # fmt: skip

    return [
        row("seq.beauty.r10", "recall@10", ">= 0.100"),
        row("seq.beauty.n10", "ndcg@10", ">= 0.062"),
        row("seq.beauty.unmasked", "recall@10_unmasked", ""),
        _ids_alone("seq.beauty.ids.r10", "recall@10", first),
        _ids_alone("seq.beauty.ids.n10", "ndcg@10", first),
    ]


def _fitted(log: Log, seed: int, content: Floats32 | None) -> tuple[Scorer, Scorer]:
    """The whole model and its network alone."""
    with tempfile.TemporaryDirectory(prefix="walras-bench-") as folder:
        fitted = fit(log, Path(folder), FitConfig(seed=seed, budget_s=BUDGET_S), content=content)
    return fitted.blend(), fitted.network()


def _sasrec(log: Log, seed: int) -> Scorer:
    split = leave_one_out(log.histories)
    return sasrec(split.train, split.valid, len(log.items), seed)


def _ids_alone(name: str, column: str, first: dict[str, Any]) -> dict[str, Any]:
    """The model that reads no attributes, of one seed."""
    value, counted = first["ids alone"][column], first["co-occurrence"][column]
    return {
        "id": name, "value": round(value, 5), "unit": column, "baseline": round(counted, 5),
        "ratio": round(value / counted, 3), "target": "", "command": COMMAND,
        "note": f"the same model without attributes, seed {SEEDS[0]}; plain SASRec {first['SASRec'][column]:.4f}",
    }  # fmt: skip
