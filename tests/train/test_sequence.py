"""Shows that the sequence model learns only from what it may, resumes exactly, and is judged and served as it is.

A small synthetic world: items in rings, each followed by its neighbour most of the time.
"""

import dataclasses
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from walras.base.streams import stream
from walras.features.tokens import VERSION
from walras.train.baselines import BASELINES, QUICK
from walras.train.checkpoint import FILE_NAME, load
from walras.train.dataset import Histories, Log, choices, from_lists, leave_one_out, next_items
from walras.train.evaluate import evaluate_next_item
from walras.train.export import INPUTS, PersonVector, content_arrays, served_items, unseen_vectors, write_bundle
from walras.train.fit import FitConfig, Fitted, fit
from walras.train.graph import GraphConfig, behaviour_vectors, build, count_pairs
from walras.train.ranks import judge, ndcg, ranks, recall
from walras.train.semantic import quantise
from walras.train.sequence import SequenceConfig, SequenceModel
from walras.train.windows import epoch, newest, padded, person_vectors
from walras.world.bundles import check_bundle, read_manifest

SMALL = FitConfig(
    seed=3, budget_s=0, epochs_max=3, steps_least=0, batch=32, negatives=16, width=16, save_every=4, learning_rate=0.01
)
ITEMS = 41


def lists(seed: int = 0, people: int = 150) -> list[list[int]]:
    rng = np.random.default_rng(seed)
    out = []
    for _ in range(people):
        row, one = int(rng.integers(1, ITEMS)), []
        for _ in range(int(rng.integers(4, 12))):
            one.append(row)
            row = row % (ITEMS - 1) + 1 if rng.random() < 0.8 else int(rng.integers(1, ITEMS))
            if row == one[-1]:
                row = row % (ITEMS - 1) + 1
        out.append(one)
    return out


def log_of(found: list[list[int]]) -> Log:
    people = tuple(f"p{n}" for n in range(len(found)))
    return Log(from_lists(found), people, ("", *(f"i{n}" for n in range(1, ITEMS))))


@pytest.fixture(scope="module")
def log() -> Log:
    return log_of(lists())


@pytest.fixture(scope="module")
def content() -> np.ndarray:
    found = np.random.default_rng(1).standard_normal((ITEMS, 8)).astype(np.float32)
    found[0] = 0
    return found


@pytest.fixture(scope="module")
def fitted(log: Log, content: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Fitted:
    return fit(log, tmp_path_factory.mktemp("fit"), SMALL, content=content)


def test_the_last_two_choices_are_held_out() -> None:
    split = leave_one_out(from_lists([[1, 2, 3, 4], [5, 6]]))
    assert split.train.item.tolist() == [1, 2, 5, 6]
    assert (split.valid.histories.item.tolist(), split.valid.item.tolist()) == ([1, 2], [3])
    assert (split.test.histories.item.tolist(), split.test.item.tolist()) == ([1, 2, 3], [4])


def test_a_visit_of_many_tokens_is_one_choice() -> None:
    plain = from_lists([[1, 1, 2, 3, 3, 4]])
    mixed = dataclasses.replace(plain, choice=np.array([False, True, True, False, False, True]))
    assert choices(mixed)[1].tolist() == [1, 2, 4]
    assert next_items(mixed).tolist() == [0, 2, 4, 0, 4, 0]
    assert leave_one_out(mixed).test.histories.item.tolist() == [1, 1, 2, 3, 3]


def test_nothing_fitted_depends_on_test_items(fitted: Fitted, content: np.ndarray, tmp_path: Path) -> None:
    changed = [[*one[:-1], one[-1] % (ITEMS - 1) + 1] for one in lists()]
    changed = [one if one[-1] != one[-2] else [*one[:-1], one[-1] % (ITEMS - 1) + 1] for one in changed]
    other = fit(log_of(changed), tmp_path, SMALL, content=content)
    assert np.array_equal(fitted.items, other.items)
    assert np.array_equal(fitted.graph.weight, other.graph.weight)
    assert (fitted.shares, fitted.graph.config, fitted.figures) == (other.shares, other.graph.config, other.figures)


def test_a_killed_training_ends_the_same(
    log: Log, content: np.ndarray, fitted: Fitted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import walras.train.fit as program

    steps, real = 0, program._step

    def killed(*given: object) -> float:
        nonlocal steps
        steps += 1
        if steps == 7:
            raise KeyboardInterrupt
        return real(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(program, "_step", killed)
    with pytest.raises(KeyboardInterrupt):
        fit(log, tmp_path, SMALL, content=content)
    monkeypatch.setattr(program, "_step", real)
    state = load(tmp_path)
    assert state is not None and 0 < state.step < 7
    resumed = fit(log, tmp_path, SMALL, content=content)
    assert np.array_equal(fitted.items, resumed.items)
    assert fitted.figures == resumed.figures


def test_a_torn_checkpoint_is_no_checkpoint(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"torn")
    assert load(tmp_path) is None


@pytest.fixture(scope="module", params=[0.0, 0.3], ids=["no popularity", "popularity"])
def timed(request: pytest.FixtureRequest, fitted: Fitted) -> Fitted:
    """The same with a bias of time that is not zero, without and with a share of popularity."""
    shares = dataclasses.replace(fitted.shares, popularity=request.param)
    common = (request.param * np.linspace(0.0, 1.0, ITEMS)).astype(np.float32)
    model = SequenceModel(dataclasses.replace(fitted.model.config, timed=True))
    model.load_state_dict(fitted.model.state_dict())
    for block in model.blocks:
        torch.nn.init.normal_(block.attention.by_time)
    return dataclasses.replace(fitted, model=model.eval(), shares=shares, common=common)


@pytest.fixture(scope="module")
def bundle(timed: Fitted, log: Log, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundles") / "v1"
    write_bundle(folder, timed, log, version="v1")
    return folder


@pytest.mark.parametrize("length", [1, 5, 64])
def test_onnx_gives_what_torch_gives(timed: Fitted, bundle: Path, length: int) -> None:
    rng = np.random.default_rng(length)
    item = served_items(timed)[rng.integers(1, ITEMS, (3, length))]
    codes = [rng.integers(1, 16, (3, length)) for _ in range(4)]
    codes[0][1, (length + 1) // 2 :] = 0
    with torch.no_grad():
        served = PersonVector(timed.model, timed.spread, popularity=timed.shares.popularity > 0).eval()
        wanted = served(torch.from_numpy(item), *(torch.from_numpy(c) for c in codes)).numpy()
    session = onnxruntime.InferenceSession(str(bundle / "person.onnx"), providers=["CPUExecutionProvider"])
    found = session.run(None, dict(zip(INPUTS, [item, *codes], strict=True)))[0]
    assert np.abs(found - wanted).max() < 1e-4


def test_the_bundle_holds_its_files_and_unseen_items_get_vectors(
    timed: Fitted, bundle: Path, content: np.ndarray
) -> None:
    manifest = read_manifest(bundle)
    check_bundle(bundle, manifest, VERSION)
    names = {"person.onnx", "items.npy", "item_ids.json", "graph.npz", "content.npz", "mix.json"}
    assert set(manifest.files) == names
    with np.load(bundle / "content.npz") as arrays:
        vectors = unseen_vectors(arrays, content[1:4])
    items = timed.model.items
    with torch.no_grad():
        wanted = torch.nn.functional.normalize(items.described(items.content[1:4], items.codes[1:4]), dim=-1)
    assert np.abs(vectors[:, : wanted.shape[1]] - wanted.numpy()).max() < 1e-5
    assert not vectors[:, wanted.shape[1] :].any()  # nobody has chosen an unseen item yet
    assert not unseen_vectors(content_arrays(timed), np.zeros((1, 8), np.float32)).any()


def test_later_tokens_do_not_change_earlier_states() -> None:
    torch.manual_seed(0)
    model = SequenceModel(SequenceConfig(item_count=ITEMS, width=16, blocks=2)).eval()
    one, two = padded(from_lists([[1, 2, 3, 4, 5]])), padded(from_lists([[1, 2, 3, 9, 8]]))
    with torch.no_grad():
        same, changed = one.states(model), two.states(model)
    assert torch.allclose(same[:, :3], changed[:, :3], atol=1e-6)
    assert not torch.allclose(same[:, 3:], changed[:, 3:], atol=1e-3)


def test_padding_changes_nothing(fitted: Fitted) -> None:
    both = from_lists([[1, 2], [3, 4, 5, 6, 7, 8]])
    alone = person_vectors(fitted.model, both.rows(np.array([0])))
    assert np.allclose(person_vectors(fitted.model, both)[:1], alone, atol=1e-6)


def test_the_true_item_stands_last_among_equals() -> None:
    scores = np.zeros((1, 6), np.float32)
    nobody = from_lists([[1, 2]])
    assert ranks(scores.copy(), nobody, np.array([3], np.int32), masked=False).tolist() == [5]
    assert ranks(scores.copy(), nobody, np.array([3], np.int32), masked=True).tolist() == [3]
    scores[0, 3] = np.nan
    assert ranks(scores, nobody, np.array([3], np.int32), masked=False).tolist() == [5]
    assert (recall(np.array([10, 11]), 10), ndcg(np.array([1, 11]), 10)) == (0.5, 0.5)


def test_windows_hold_every_target_of_a_long_history_once_or_more() -> None:
    history = from_lists([list(range(1, 31)), [1, 2]])
    seen = [true[true > 0].tolist() for _, true in epoch(history, next_items(history), 8, 4, np.random.default_rng(0))]
    assert {row for one in seen for row in one} == set(range(2, 31))


def test_semantic_ids_refine_and_say_nothing_of_nothing() -> None:
    rng = np.random.default_rng(0)
    vectors = np.concatenate([np.zeros((1, 4)), rng.standard_normal((200, 4))]).astype(np.float32)
    books = quantise(vectors, rng, size=8)
    codes = books.codes(vectors)
    assert codes.shape == (201, 3) and not codes[0].any() and codes[1:].min() >= 1 and codes.max() <= 8
    left = [vectors[1:].copy()]
    for level in range(3):
        left.append(left[-1] - books.centres[level][codes[1:, level] - 1])
    sizes = [float((rest**2).sum()) for rest in left]
    assert sizes == sorted(sizes, reverse=True) and sizes[3] < 0.4 * sizes[0]


def test_the_graph_counts_order_and_distance() -> None:
    counts = count_pairs(from_lists([[1, 2, 3]]), 4, GraphConfig(distance=1.0, back=0.5)).toarray()
    assert counts[1].tolist() == [0, 0, 1.0, 0.5]
    assert counts[3].tolist() == [0, 0.25, 0.5, 0]
    assert build(from_lists([[1, 2, 3]]), 4).index[1, :3].tolist() == [2, 3, 0]


def test_the_model_beats_chance_and_the_report_is_whole(fitted: Fitted, log: Log) -> None:
    report = evaluate_next_item(log, {"model": fitted.blend()}, baselines=QUICK)
    assert set(report["results"]) == {"model", *QUICK}
    for figures in report["results"].values():
        assert set(figures) == {"recall@10", "ndcg@10", "recall@10_unmasked", "ndcg@10_unmasked"}
    assert report["results"]["model"]["ndcg@10"] > 2 * report["results"]["popularity"]["ndcg@10"]


@pytest.mark.parametrize("name", [name for name in BASELINES if name != "implicit ALS"])
def test_each_baseline_ranks_everything(name: str, log: Log) -> None:
    split = leave_one_out(log.histories)
    scorer = BASELINES[name](split.train, ITEMS, 0)
    scores = scorer(split.test.histories)
    assert scores.shape == (len(split.test.item), ITEMS) and np.isfinite(scores).all()
    assert judge(scorer, split.test, ITEMS)["recall@10"] > 0.05


def test_the_newest_tokens_are_read() -> None:
    found: Histories = newest(from_lists([[1, 2, 3], [4]]), 2)
    assert found.item.tolist() == [2, 3, 4]


def test_a_training_of_more_items_begins_where_the_last_one_ended(
    fitted: Fitted, log: Log, content: np.ndarray, tmp_path: Path
) -> None:
    from walras.train.kept import _as_start, keep_judged, load_judged

    keep_judged(tmp_path, fitted, log)
    kept = load_judged(tmp_path)
    assert kept is not None and kept[1] == log.items
    grown = Log(log.histories, log.people, (*log.items, "new"))
    told = np.concatenate([content, content[1:2]])
    going = fit(grown, tmp_path, dataclasses.replace(SMALL, epochs_max=1), content=told, earlier=_as_start(kept))
    assert len(going.items) == ITEMS + 1
    assert going.epochs[0]["loss"] < fitted.epochs[0]["loss"]


def test_items_that_met_nobody_begin_without_a_direction() -> None:
    lists = [[1, 2, 3], [2, 1, 3], [3, 2, 1]] * 4
    vectors = behaviour_vectors(from_lists(lists), 40, 32, stream(1, "vectors"))
    assert not vectors[0].any() and not vectors[4:].any()
    np.testing.assert_allclose(np.linalg.norm(vectors[1:4], axis=1), 1.0, atol=1e-5)
