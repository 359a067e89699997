"""The Open Bandit sample that ships in the package obp: one policy's clicks foretold from the other's log.

obp itself asks for Python below 3.11 and pins old packages, so it is not installed: only its wheel's data files are
read. `WALRAS_OBP_WHEEL` names the wheel; else pip fetches it into a temporary folder.
"""

import csv
import io
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from walras.insight.experiments import Worthwhile, evaluate

WHEEL = "obp==0.4.1"
CAMPAIGNS = ("all", "men", "women")
ITEMS = {"all": 80, "men": 34, "women": 46}
PLACES, DRAWS = 3, 200_000


def relative_errors() -> list[dict[str, Any]]:
    """By campaign and direction: the true click rate, the estimates and how far off they are."""
    with tempfile.TemporaryDirectory(prefix="walras-bench-") as folder:
        wheel = zipfile.ZipFile(_wheel(Path(folder)))
        priors = _priors(wheel.read("obp/policy/conf/prior_bts.yaml").decode())
        return [
            _one(wheel, campaign, old, new, priors[campaign])
            for campaign in CAMPAIGNS
            for old, new in (("random", "bts"), ("bts", "random"))
        ]


def _one(wheel: zipfile.ZipFile, campaign: str, old: str, new: str, prior: np.ndarray) -> dict[str, Any]:
    item, place, click, propensity = _log(wheel, old, campaign)
    truth = float(_log(wheel, new, campaign)[2].mean())
    n = ITEMS[campaign]
    table = _thompson(prior) if new == "bts" else np.full((n, PLACES), 1.0 / n)
    foreseen = _smoothed(item, click, n)
    target = table[item, place]
    found: Worthwhile = evaluate(
        click, propensity, target, foreseen=(foreseen[item], (table * foreseen[:, None]).sum(axis=0)[place])
    )
    assert found.doubly_robust is not None
    estimates = {"ips": found.ips, "self_normalised": found.self_normalised, "doubly_robust": found.doubly_robust}
    return {
        "campaign": campaign,
        "from": old,
        "truth": truth,
        "overlap": found.overlap,
        **{name: abs(each.effect - truth) / truth for name, each in estimates.items()},
        # The truth is a mean of ten thousand clicks itself and has an error too.
        "covered": abs(found.self_normalised.effect - truth)
        <= 1.96 * np.hypot(found.self_normalised.se, np.sqrt(truth * (1 - truth) / 10_000)),
    }


def _thompson(prior: np.ndarray) -> np.ndarray:
    """[N, K] chance of each item in each place by Thompson sampling from the Beta beliefs that ship with the log."""
    rng, counts = np.random.default_rng(7), np.zeros((len(prior), PLACES))
    for _ in range(DRAWS // 2_000):
        drawn = rng.beta(prior[:, 0], prior[:, 1], (2_000, len(prior)))
        best = np.argsort(-drawn, axis=1)[:, :PLACES]
        for place in range(PLACES):
            counts[:, place] += np.bincount(best[:, place], minlength=len(prior))
    return np.asarray(counts / (DRAWS // 2_000 * 2_000))


def _smoothed(item: np.ndarray, click: np.ndarray, n: int) -> np.ndarray:
    """[N] click rate of each item, drawn towards the mean of all by as much as a hundred exposures say."""
    shown, clicked = np.bincount(item, minlength=n), np.bincount(item, click, n)
    return np.asarray((clicked + 100 * click.mean()) / (shown + 100))


def _log(wheel: zipfile.ZipFile, policy: str, campaign: str) -> tuple[np.ndarray, ...]:
    text = io.StringIO(wheel.read(f"obp/dataset/obd/{policy}/{campaign}/{campaign}.csv").decode())
    rows = [
        (int(r["item_id"]), int(r["position"]) - 1, float(r["click"]), float(r["propensity_score"]))
        for r in csv.DictReader(text)
    ]
    item, place, click, propensity = map(np.asarray, zip(*rows, strict=True))
    return item, place, click, propensity


def _priors(text: str) -> dict[str, np.ndarray]:
    """[N, 2] by campaign, from a file of `campaign:`, `alpha:`, `beta:` and lines of numbers."""
    found: dict[str, dict[str, list[float]]] = {}
    campaign = belief = ""
    for line in text.splitlines():
        word = line.strip().rstrip(":")
        if line and not line.startswith(" "):
            campaign = word
        elif word.startswith("- "):
            found.setdefault(campaign, {}).setdefault(belief, []).append(float(word[2:]))
        elif word:
            belief = word
    return {name: np.array([each["alpha"], each["beta"]]).T for name, each in found.items()}


def _wheel(folder: Path) -> Path:
    if named := os.environ.get("WALRAS_OBP_WHEEL"):
        return Path(named)
    asked = ["download", "-q", "--no-deps", "--ignore-requires-python", "-d", str(folder), WHEEL]
    subprocess.run([sys.executable, "-m", "pip", *asked], check=True)
    return next(folder.glob("*.whl"))
