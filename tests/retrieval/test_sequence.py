"""What is served is what was judged: the source's scores are the trained blend's, and new items are found at once."""

import shutil
import warnings
from pathlib import Path

import numpy as np
import pytest

from tests.features.logs_made import NOW_MS, batches, put
from tests.retrieval.test_exclusions import asking, made
from walras.base.errors import Corrupt
from walras.features import WIDTH, State
from walras.retrieval import SequenceSource, read_bundle
from walras.schema import Event
from walras.train.blending import Blend
from walras.train.dataset import Log, from_lists
from walras.train.export import content_arrays, unseen_vectors, write_bundle
from walras.train.fit import FitConfig, Fitted, fit
from walras.train.windows import person_vectors

ITEMS = 41
SMALL = FitConfig(
    seed=3, budget_s=0, epochs_max=2, steps_least=0, batch=32, negatives=16, width=16, save_every=50, learning_rate=0.01
)


def title(row: int) -> str:
    return f"clip about subject number {row % 8}"


@pytest.fixture(scope="module")
def log() -> Log:
    rng = np.random.default_rng(0)
    lists = [
        [int(1 + (first + step) % 40) for step in range(length)] for first, length in rng.integers(4, 40, (150, 2))
    ]
    lists = [one[:12] for one in lists]
    return Log(from_lists(lists), tuple(f"p{n}" for n in range(150)), ("", *(f"i{n}" for n in range(1, ITEMS))))


@pytest.fixture(scope="module")
def fitted(log: Log, tmp_path_factory: pytest.TempPathFactory) -> Fitted:
    state = made([put(f"i{n}", title=title(n)) for n in range(1, ITEMS)])
    content = state.catalogue.texts["vector"][:ITEMS].astype(np.float32)
    return fit(log, tmp_path_factory.mktemp("fit"), SMALL, content=content)


@pytest.fixture(scope="module")
def written(fitted: Fitted, log: Log, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundle") / "v1"
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # The exporter that writes small graphs says of itself that it is the older one.
        write_bundle(folder, fitted, log, version="v1")
    return folder


@pytest.fixture
def folder(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(written, tmp_path / "v1"))


@pytest.fixture
def state(log: Log) -> State:
    # Items get rows in another order than the model's, and an item nobody trained on is among them.
    puts = [put(f"i{n}", title=title(n)) for n in [99, *range(ITEMS - 1, 0, -1)]]
    events = []
    for n, person in enumerate(log.people):
        rows = log.histories.item[log.histories.indptr[n] : log.histories.indptr[n + 1]]
        for row in rows.tolist():
            events.append(Event(person=person, outcome="exposure", item="i99", time_ms=NOW_MS))
            events.append(Event(person=person, outcome="engage", item=log.items[row], time_ms=NOW_MS))
    return made([*puts, *events])


def test_served_scores_are_those_that_were_judged(fitted: Fitted, log: Log, folder: Path, state: State) -> None:
    source = SequenceSource(state, read_bundle(folder))
    histories = log.histories.rows(np.arange(5))
    vectors = person_vectors(fitted.model, histories)
    variance = np.einsum("bd,de,be->b", vectors, fitted.spread, vectors)
    scaled = vectors / np.sqrt(variance)[:, None]
    blend = Blend(lambda _: scaled @ fitted.items.T, fitted.graph, fitted.shares.graph, fitted.common)
    wanted = blend.scorer()(histories)
    for n in range(5):
        proposal = source.propose(asking(state, person=log.people[n]), 100)
        rows = source.rows.of_state(proposal.row)
        known = rows > 0
        assert known.sum() >= 20
        assert proposal.score[known] == pytest.approx(wanted[n][rows[known]], abs=5e-3)
        assert (np.diff(proposal.score) <= 1e-6).all()


def test_an_item_made_after_the_training_is_found_at_once(folder: Path, state: State) -> None:
    source = SequenceSource(state, read_bundle(folder))
    before = {state.item_row.names[row] for row in source.propose(asking(state, person="p1"), 100).row}
    for batch in batches([put("new", title=title(5))], before=10_000):
        state.apply(batch)
    after = {state.item_row.names[row] for row in source.propose(asking(state, person="p1"), 100).row}
    assert after - before == {"new"}


def test_somebody_nobody_met_is_left_to_other_sources(folder: Path, state: State) -> None:
    assert len(SequenceSource(state, read_bundle(folder)).propose(asking(state, person="nobody"), 10).row) == 0


def test_vectors_of_unmet_items_are_those_of_the_training(fitted: Fitted, folder: Path) -> None:
    content = np.random.default_rng(1).standard_normal((9, WIDTH)).astype(np.float32)
    wanted = unseen_vectors(content_arrays(fitted), content)
    assert read_bundle(folder).content.vectors(content) == pytest.approx(wanted, abs=1e-5)


@pytest.mark.parametrize("fault", ["lost", "cut", "mixed"])
def test_a_damaged_model_is_refused(folder: Path, fault: str) -> None:
    if fault == "lost":
        (folder / "graph.npz").unlink()
    elif fault == "cut":
        (folder / "person.onnx").write_bytes((folder / "person.onnx").read_bytes()[:100])
    else:
        (folder / "item_ids.json").write_text('["", "i1"]')
    with pytest.raises(Corrupt):
        read_bundle(folder)
