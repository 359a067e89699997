"""From a log to trained models in a running engine: trained, chosen, swapped in, refused when damaged, judged."""

import msgspec
import numpy as np
import pytest

from walras.app import open_engine, open_log, replay_page, replay_state, world_of
from walras.app.building import models_loader
from walras.app.seeding import fill_with_sample
from walras.base.settings import Settings
from walras.feed import make_page
from walras.schema import PageRequest
from walras.town.sample import write_sample

pytestmark = pytest.mark.timeout(600)
QUICK = Settings(train_budget_s=5, seed=3)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    from walras.train.program import train_all

    home = tmp_path_factory.mktemp("trained")
    with open_log(home, QUICK) as opened:
        fill_with_sample(home, 3, opened, write_sample)
    said = []
    report = train_all(home, QUICK, refit=True, progress=said.append)
    return home, report, said


def test_both_models_are_trained_with_progress(trained):
    _home, report, said = trained
    assert [model["kind"] for model in report["models"] if model["kind"] != "text"] == ["sequence", "ranker"]
    assert said[-1].done >= said[0].done and all(0 <= status.done <= 1 for status in said)


def test_pages_are_made_with_them_and_can_be_made_again(trained):
    home, report, _said = trained
    versions = {model["kind"]: model["version"] for model in report["models"]}
    with open_engine(home, QUICK) as engine:
        person = engine.state.person_row.names[5]
        page = make_page(PageRequest(person=person, count=10), engine)
    assert {kind: page.versions[kind] for kind in versions} == versions
    assert all(np.isfinite(place.value_yuan) for place in page.places)
    assert replay_page(home, QUICK, page.id)["differences"] == []


def test_the_state_is_what_the_log_says(trained):
    assert replay_state(trained[0], QUICK)["equal"]


def test_evaluate_names_the_model_and_every_baseline(trained):
    from walras.train.program import evaluate_home

    report = evaluate_home(trained[0], QUICK, plot=None, progress=lambda _name, _done: None)
    for name in ("model", "popularity", "item-kNN", "co-occurrence"):
        assert set(report[name]) >= {"recall@10", "ndcg@10", "recall@10_unmasked", "ndcg@10_unmasked"}
    assert report["protocol"] and report["seeds"]
    msgspec.json.encode(report)


def test_a_damaged_model_is_refused_and_pages_go_on(trained):
    home, report, _said = trained
    version = next(model["version"] for model in report["models"] if model["kind"] == "ranker")
    path = home / "models" / version / "candidates.onnx"
    whole = path.read_bytes()
    path.write_bytes(whole[:-100])
    try:
        with open_engine(home, QUICK) as engine:
            page = make_page(PageRequest(person="anybody", count=5), engine)
            assert page.places and "ranker" not in page.versions
            assert models_loader(home, engine)(engine.models.versions) is None
    finally:
        path.write_bytes(whole)
    with world_of(home, QUICK) as world:
        assert world.models.get(version).state == "refused"
