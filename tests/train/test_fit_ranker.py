"""The ranker's training: on a log of known truth it finds the truth, and what it writes serves as it was trained."""

import numpy as np
import pytest
import torch

from tests import ranker_log
from walras.base.errors import Corrupt, Invalid
from walras.events import Registry
from walras.features import State
from walras.ranking import Inputs, Ranker, gather, read, reading_of
from walras.ranking.smoothed import expected
from walras.schema import Batch
from walras.train import fit_ranker
from walras.train.exposures import rows_of
from walras.train.fit_ranker import Plan, fit, fit_rows, raw_of, save
from walras.train.ranker import ServedCandidates, ServedPerson

READING = reading_of(Registry())
LIKE, WATCH = READING.names.index("like"), READING.names.index("watch")


@pytest.fixture(scope="module")
def rows():
    return rows_of(ranker_log.log(4_000), Registry())


@pytest.fixture(scope="module")
def fitted(rows):
    return fit_rows(rows, Registry(), Plan(epochs=4, members=2))


@pytest.fixture(scope="module")
def bundle(fitted, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "r1"
    save(fitted, folder, 7)
    return folder


@pytest.fixture(scope="module")
def state():
    state = State(Registry())
    for batch in ranker_log.log(4_000):
        state.apply(batch)
    return state


def test_the_exported_graphs_say_what_the_network_says(fitted, bundle, rows):
    ranker = Ranker.load(bundle, Registry())
    given = Inputs(rows.person[-1], rows.candidates[-300:], rows.tokens[-1].astype(np.float32), rows.mask[-1])
    sides = [member.candidates for member in fitted.members]
    with torch.no_grad():
        person = ServedPerson([m.person for m in fitted.members])(
            *(torch.from_numpy(x) for x in (given.person, given.tokens, given.mask))
        )
        said = ServedCandidates(sides, fitted.length_at)(torch.from_numpy(given.candidates), *person).numpy()
    np.testing.assert_allclose(ranker.raw(given), said, atol=1e-4)


def test_one_person_for_all_equals_each_row_with_its_own(fitted, rows):
    some = rows.at(np.arange(len(rows) - 20, len(rows)))
    member = fitted.members[0]
    served = ServedCandidates([member.candidates], fitted.length_at)
    at_first = type(some)(**{**{f: getattr(some, f) for f in some.__dataclass_fields__}, "place": some.place * 0})
    with torch.no_grad():
        for n in range(20):
            person = ServedPerson([member.person])(
                torch.from_numpy(some.person[n]),
                torch.from_numpy(some.tokens[n]).float(),
                torch.from_numpy(some.mask[n]),
            )
            alone = served(torch.from_numpy(some.candidates[n : n + 1]), *person).numpy()[0]
            np.testing.assert_allclose(alone, raw_of(member, at_first, fitted.length_at)[n], atol=1e-4)


def test_what_was_trained_on_is_what_is_served(rows):
    """The last row was read while replaying; the state before it reads the same."""
    batch = ranker_log.log(4_000)[0]
    last = batch.events.time_ms[np.flatnonzero(np.array(batch.events.outcome) == "exposure")[-1]]
    keep = int(np.flatnonzero(batch.events.time_ms == last)[0])
    events = type(batch.events)(**{f: getattr(batch.events, f)[:keep] for f in batch.events.__dataclass_fields__})
    state = State(Registry())
    state.apply(type(batch)(keep, batch.changes, events, ()))
    item = np.array([state.item_row[batch.events.item[keep]]], np.int32)
    asked = ranker_log.asked(state, batch.events.person[keep], int(last))
    made = read(*gather(asked, state, item, READING), READING)
    np.testing.assert_allclose(made.candidates[0], rows.candidates[-1], rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(made.person, rows.person[-1], rtol=1e-3, atol=1e-3)


def test_it_finds_who_suits_what_and_how_much(bundle, state):
    ranker = Ranker.load(bundle, Registry())
    items = np.array([state.item_row[f"i{n}"] for n in range(ranker_log.ITEMS)], np.int32)
    suited, other, seconds = [], [], []
    for person in range(ranker_log.PEOPLE):
        said = ranker.predict(ranker_log.asked(state, f"p{person}"), state, items)
        mine = np.array([ranker_log.suits(person, n) for n in range(ranker_log.ITEMS)])
        suited.append(said[mine, LIKE].mean())
        other.append(said[~mine, LIKE].mean())
        seconds.append(said[:, WATCH].mean())
    assert np.mean(suited) == pytest.approx(ranker_log.SUITS, abs=0.12)
    assert np.mean(other) == pytest.approx(ranker_log.ELSE, abs=0.08)
    assert np.mean(seconds) == pytest.approx(2 * (5 + 10 * 0.35), rel=0.2)


def test_what_never_varied_in_training_says_nothing_later(bundle, rows):
    ranker = Ranker.load(bundle, Registry())
    person, some = rows.person[-1].copy(), rows.candidates[-50:].copy()
    given = (rows.tokens[-1].astype(np.float32), rows.mask[-1])
    before = ranker.raw(Inputs(person, some, *given))
    still_person, still = np.ptp(rows.person, axis=0) == 0, np.ptp(rows.candidates, axis=0) == 0
    assert still.any() and still_person.any()
    after = ranker.raw(Inputs(person + np.float32(3) * still_person, some + np.float32(3) * still, *given))
    np.testing.assert_allclose(after, before, atol=1e-5)


def test_metrics_are_of_rows_not_learnt_from(fitted):
    assert fitted.metrics["like.auc"] > 0.7
    assert fitted.metrics["like.ece"] < 0.13  # 300 rows: bins of 30 stray by .07 under the truth
    assert fitted.metrics["like.ece_winners"] < 0.2
    assert 0.5 < fitted.metrics["watch.xauc"] < 1.0


def test_calibration_mends_a_wrong_slope_and_offset():
    rng = np.random.default_rng(0)
    truth = rng.normal(-1.0, 1.5, 20_000)
    came = np.zeros((20_000, len(READING.names)), np.float32)
    came[:, LIKE] = rng.random(20_000) < 1 / (1 + np.exp(-truth))
    raw = np.zeros_like(came, dtype=np.float64)
    raw[:, LIKE] = truth / 0.7 + 0.5
    calibration = fit_ranker.calibrate(raw, came, Registry(), (0, 0))
    assert calibration.slope[LIKE] == pytest.approx(0.7, abs=0.05)
    assert calibration.offset[LIKE] == pytest.approx(-0.35, abs=0.08)


def test_places_that_are_looked_at_less_do_not_make_items_worse():
    """Examination is learnt by place: what is foreseen is for the first place, where everybody looks."""
    attention = (1.0, 0.3, 0.3, 0.3)
    rows = rows_of(ranker_log.log(3_000, attention=attention), Registry())
    fitted = fit_rows(rows, Registry(), Plan(epochs=4))
    examined = fitted.members[0].examined.detach().numpy()[:4, LIKE]
    assert (examined[1:] < -0.4).all()


def test_nothing_to_learn_is_refused_with_what_was_found():
    with pytest.raises(Invalid, match="too little to learn"):
        rows_of(ranker_log.log(50), Registry())
    with pytest.raises(Invalid, match="too little to learn"):
        rows_of([], Registry())


def test_what_came_without_an_exposure_teaches_nothing_where_exposures_are_named():
    (shown,) = ranker_log.log(400)
    late = [(ranker_log.NOW_MS + n, f"q{n}", f"i{n}", "comment", 1.0, -1) for n in range(40)]
    beside = Batch(999, (), ranker_log.columns(late), ())
    rows = rows_of([shown, beside], Registry())
    assert len(rows) == 400
    assert not rows.outcomes[:, READING.names.index("comment")].any()


def test_a_log_of_takings_alone_is_learnt_against_drawn_items():
    rows = rows_of(ranker_log.log(2_500, shown=False), Registry())
    assert rows.sampled
    assert 0.15 < (rows.outcomes[:, LIKE] > 0).mean() < 0.25
    fitted = fit_rows(rows, Registry(), Plan(epochs=2))
    assert fitted.metrics["sampled"] == 1.0
    assert fitted.metrics["like.auc"] > 0.6


def test_the_same_seed_trains_the_same_network(rows):
    made = [fit_rows(rows.at(slice(0, 1_500)), Registry(), Plan(epochs=1)) for _ in range(2)]
    assert made[0].calibration == made[1].calibration


def test_a_bundle_appears_whole_and_says_how_it_was_made(tmp_path):
    told = []
    manifest = fit(
        ranker_log.log(1_000), Registry(), tmp_path / "r2", Plan(epochs=1, seed=3), now_ms=5,
        progress=lambda share, sentence: told.append(share),
    )  # fmt: skip
    assert told == sorted(told) and told[-1] == 1.0
    assert sorted(p.name for p in (tmp_path / "r2").iterdir()) == [
        "calibration.json", "candidates.onnx", "manifest.json", "person.onnx",
    ]  # fmt: skip
    assert [p.name for p in tmp_path.iterdir()] == ["r2"]
    assert (manifest.version, manifest.kind, manifest.seed, manifest.created_ms) == ("r2", "ranker", 3, 5)


def test_a_changed_file_is_refused(bundle, tmp_path):
    import shutil

    for name in ("person.onnx", "candidates.onnx", "calibration.json"):
        copy = tmp_path / name.replace(".", "-")
        shutil.copytree(bundle, copy)
        path = copy / name
        path.write_bytes(path.read_bytes()[:-1] + b"x")
        with pytest.raises(Corrupt, match=name):
            Ranker.load(copy, Registry())
    with pytest.raises(Corrupt):
        Ranker.load(tmp_path / "nowhere", Registry())


def test_other_outcomes_are_refused(bundle):
    fewer = [outcome for outcome in Registry() if outcome.name != "skip"]
    with pytest.raises(Corrupt, match="foresees"):
        Ranker.load(bundle, Registry(fewer))


def test_expected_is_bounded_for_anything():
    odd = np.array([[np.nan] * len(READING.names), [1e9] * len(READING.names), [-1e9] * len(READING.names)])
    assert np.isfinite(expected(odd, READING)).all()
