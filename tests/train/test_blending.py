"""Shows that the model loses to no baseline where order, taste or popularity says all; it is served as it is judged."""

import dataclasses
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from walras.train.baselines import BASELINES, ease
from walras.train.blending import Shares, commonness
from walras.train.dataset import Log, from_lists, leave_one_out
from walras.train.export import INPUTS, write_bundle
from walras.train.fit import FitConfig, Fitted, fit
from walras.train.graph import regressed
from walras.train.ranks import judge
from walras.train.sequence import sampled_loss
from walras.train.windows import padded

QUICK_FIT = FitConfig(seed=1, budget_s=0, epochs_max=3, steps_least=60, batch=32, negatives=64, width=16)
# Judged are a few hundred people: what chance alone moves.
NOISE = 0.03


def _in_order(rng: np.random.Generator, items: int) -> list[int]:
    """Each item's neighbour comes next, most of the time."""
    row = int(rng.integers(items))
    found = [row]
    for _ in range(int(rng.integers(4, 10))):
        row = (row + 1) % items if rng.random() < 0.8 else int(rng.integers(items))
        found.append(row)
    return [row + 1 for row in found]


def _by_taste(rng: np.random.Generator, items: int) -> list[int]:
    """A person's own tenth of the catalogue, in no order."""
    first = int(rng.integers(10)) * items // 10
    return [int(row) + 1 for row in first + rng.permutation(items // 10)[: int(rng.integers(5, items // 10))]]


def _by_popularity(rng: np.random.Generator, items: int) -> list[int]:
    """What everybody takes, without any taste."""
    share = 1.0 / np.arange(1, items + 1)
    return [int(row) + 1 for row in rng.choice(items, 6, replace=False, p=share / share.sum())]


def _by_habit(rng: np.random.Generator, items: int) -> list[int]:
    """A person's few items, again and again."""
    own = rng.choice(items, 12, replace=False)
    found = [int(own[int(rng.integers(len(own)))]) + 1 for _ in range(25)]
    return [row for n, row in enumerate(found) if not n or row != found[n - 1]]


def _log(kind: str, people: int) -> Log:
    rng = np.random.default_rng(5)
    items = {"order": 60, "taste": 200, "popularity": 400, "habit": 300}[kind]
    make = {"order": _in_order, "taste": _by_taste, "popularity": _by_popularity, "habit": _by_habit}[kind]
    histories = from_lists([make(rng, items) for _ in range(people)])
    return Log(histories, tuple(f"p{n}" for n in range(people)), ("", *(f"i{n}" for n in range(1, items + 1))))


@pytest.mark.parametrize("kind", ["order", "taste", "popularity", "habit"])
def test_the_model_loses_to_no_baseline(kind: str, tmp_path: Path) -> None:
    log = _log(kind, 300)
    split, item_count = leave_one_out(log.histories), len(log.items)
    model = judge(fit(log, tmp_path, QUICK_FIT).blend(), split.test, item_count)
    for name in BASELINES:
        if name != "implicit ALS":
            other = judge(BASELINES[name](split.train, item_count, 0), split.test, item_count)
            assert model["recall@10"] >= other["recall@10"] - NOISE, name


def test_a_handful_of_people_can_be_learnt_from(tmp_path: Path) -> None:
    log = _log("popularity", 8)
    figures = judge(fit(log, tmp_path, QUICK_FIT).blend(), leave_one_out(log.histories).test, len(log.items))
    assert 0.0 <= figures["recall@10"] <= 1.0


@pytest.fixture
def popular(tmp_path: Path) -> tuple[Fitted, Log]:
    log = _log("popularity", 60)
    fitted = fit(log, tmp_path / "work", QUICK_FIT)
    common = 0.5 * commonness(leave_one_out(log.histories).train, len(log.items))
    return dataclasses.replace(fitted, shares=Shares(0.0, 0.5), common=common), log


def test_popularity_is_served_in_the_vectors(popular: tuple[Fitted, Log], tmp_path: Path) -> None:
    fitted, log = popular
    write_bundle(tmp_path / "v1", fitted, log, version="v1")
    items = np.load(tmp_path / "v1" / "items.npy")
    some = from_lists([[1, 5, 9]])

    window = padded(some)
    codes = [part.numpy() for part in (window.outcome, window.value, window.surface, window.gap)]
    session = onnxruntime.InferenceSession(str(tmp_path / "v1" / "person.onnx"), providers=["CPUExecutionProvider"])
    person = session.run(None, dict(zip(INPUTS, [items[[[1, 5, 9]]], *codes], strict=True)))[0]
    assert np.abs(person @ items.T - fitted.blend()(some))[:, 1:].max() < 1e-3
    with np.load(tmp_path / "v1" / "content.npz") as content:
        assert content["projection"].shape[1] == content["codes"].shape[2] == items.shape[1]


def test_the_regression_is_that_of_the_baseline_where_it_is_positive() -> None:
    log = _log("taste", 80)
    found = regressed(log.histories, len(log.items)).toarray()
    one = from_lists([[7]])
    wanted = ease(log.histories, len(log.items))(one)[0]
    assert np.allclose(found[7], np.maximum(wanted, 0.0), atol=1e-5)


def test_smoothing_wishes_a_little_of_everything() -> None:
    torch.manual_seed(0)
    state, true, drawn = torch.randn(3, 4), torch.randn(3, 4), torch.randn(5, 4)
    rows, share = torch.tensor([1, 2, 3, 4, 5, 6, 7, 8]), torch.zeros(5)
    logits = torch.cat([(state * true).sum(-1, keepdim=True), state @ drawn.T], dim=1)
    wish = torch.full((3, 6), 0.1 / 5)
    wish[:, 0] = 0.9
    wanted = -(wish * logits.log_softmax(dim=1)).sum(1).mean()
    assert torch.allclose(sampled_loss(state, true, drawn, rows, share, 1.0, 0.1), wanted, atol=1e-5)
