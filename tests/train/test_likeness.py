"""Shows that content stands in where pairs say nothing, and that a graph with a share of it is kept as it is."""

from pathlib import Path

import numpy as np
import pytest

from walras.schema import Floats32
from walras.train.dataset import Log, from_lists, leave_one_out
from walras.train.fit import FitConfig, fit
from walras.train.graph import GraphConfig, build
from walras.train.kept import _revive, keep_judged, load_judged
from walras.train.likeness import alike, build_with
from walras.train.ranks import judge

QUICK_FIT = FitConfig(seed=1, budget_s=0, epochs_max=2, steps_least=20, batch=32, negatives=64, width=16)
KINDS, EACH = 12, 40


def _log_of_kinds() -> tuple[Log, Floats32]:
    """People keep to a kind, and nearly every item of it is chosen too rarely for pairs; the content says the kind."""
    rng = np.random.default_rng(3)
    lists = [
        [int(row) + 1 for row in rng.integers(KINDS) * EACH + rng.permutation(EACH)[: int(rng.integers(4, 7))]]
        for _ in range(150)
    ]
    content = np.zeros((KINDS * EACH + 1, 64), np.float32)
    content[np.arange(1, len(content)), np.arange(len(content) - 1) // EACH] = 1.0
    items = ("", *(f"i{n}" for n in range(1, len(content))))
    return Log(from_lists(lists), tuple(f"p{n}" for n in range(len(lists))), items), content


def test_the_nearest_by_content_are_named_with_their_cosines() -> None:
    content = np.array([[0, 0], [1, 0], [3, 4], [0, 2], [-1, 0], [0, 0]], np.float32)
    found = alike(from_lists([[1, 2, 3], [4, 5, 1]]), content, kept=2).toarray()
    assert np.allclose(found[1], [0, 0, 0.6, 0, 0, 0])
    assert np.allclose(found[3], [0, 0, 0.8, 0, 0, 0])
    assert not found[[0, 4, 5]].any() and not found[:, [0, 4, 5]].any()


def test_no_content_and_one_item_are_like_nothing() -> None:
    assert alike(from_lists([[1, 2]]), np.zeros((3, 4), np.float32)).nnz == 0
    assert alike(from_lists([[1]]), np.ones((2, 4), np.float32)).nnz == 0


def test_a_share_of_content_names_items_that_nobody_chose_together() -> None:
    histories, content = from_lists([[1, 2], [3, 4]]), np.ones((5, 4), np.float32)
    assert build(histories, 5, GraphConfig()).matrix()[1, 3] == 0
    assert build_with(histories, 5, GraphConfig(content=1.0), content).matrix()[1, 3] > 0
    with pytest.raises(ValueError, match="content"):
        build(histories, 5, GraphConfig(content=1.0))


def test_the_model_reads_contents_and_is_the_same_when_it_is_kept(tmp_path: Path) -> None:
    log, content = _log_of_kinds()
    test = leave_one_out(log.histories).test
    blind = fit(log, tmp_path / "blind", QUICK_FIT)
    fitted = fit(log, tmp_path / "told", QUICK_FIT, content=content)
    found = {name: judge(one.blend(), test, len(log.items))["recall@10"] for name, one in (("b", blind), ("f", fitted))}
    assert found["f"] > found["b"] + 0.05
    assert fitted.graph.config.content > 0 and blind.graph.config.content == 0
    keep_judged(tmp_path, fitted, log)
    kept = load_judged(tmp_path)
    assert kept is not None
    some = test.histories.rows(np.arange(20))
    assert np.allclose(_revive(kept[0], log).blend()(some), fitted.blend()(some), atol=1e-5)
