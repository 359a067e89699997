"""The text model is trained with the others, chosen, read by a running engine, found again, and rolled back."""

import msgspec
import numpy as np
import pytest

from walras.app import open_engine, open_log, replay_page, replay_state, world_of
from walras.app.building import TextSwap, models_loader
from walras.base.settings import Settings
from walras.feed import make_page
from walras.schema import Event, Item, ItemGone, ItemPut, ModelChosen, PageRequest

pytestmark = pytest.mark.timeout(600)
QUICK = Settings(train_budget_s=5, seed=3)
START_MS = 1_700_000_000_000
# Each subject in words that share nothing between the languages.
SUBJECTS = [
    ("running sneakers", "跑步鞋"),
    ("garden hose", "花园水管"),
    ("chocolate biscuit", "巧克力饼干"),
    ("yoga lesson", "瑜伽课程"),
    ("electric guitar", "电吉他"),
]
FORMS = ["the {} {}", "{} for you {}", "好物 {} {}", "今日 {} {}"]
EACH = 16


def items() -> list[Item]:
    made = []
    for subject, names in enumerate(SUBJECTS):
        for n in range(2 * EACH):
            title = FORMS[n % 4].format(names[n % 4 // 2], n)
            made.append({"id": f"{subject}-{n}", "title": title})
    return msgspec.convert(made, list[Item])


def events() -> list[Event]:
    """Everybody stays with one subject, in both languages."""
    rng, made = np.random.default_rng(5), []
    for person in range(150):
        for n, item in enumerate(rng.permutation(2 * EACH)[:7].tolist()):
            told = {"id": f"{person}/{n}", "person": f"p{person}", "item": f"{person % len(SUBJECTS)}-{item}"}
            made.append({**told, "outcome": "click", "time_ms": START_MS + 1_000 * (7 * person + n)})
    return msgspec.convert(made, list[Event])


def bilingual_share(engine) -> float:
    """Of the texts nearest to Chinese words of a subject: the share that is of the subject, in English."""
    found = 0
    for subject, (_, chinese) in enumerate(SUBJECTS):
        row, score = engine.models.text.near(engine.state.catalogue.text.vector(chinese), 2 * EACH)
        best = row[np.argsort(-score)]
        names = [engine.state.item_row.names[n] for n in best]
        found += sum(name in {f"{subject}-{n}" for n in range(2 * EACH) if n % 4 < 2} for name in names)
    return found / (len(SUBJECTS) * EACH)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    from walras.train.program import train_all

    home = tmp_path_factory.mktemp("bilingual")
    with open_log(home, QUICK) as (log, _registry, clock):
        log.append([ItemPut(item, clock.now_ms()) for item in items()])
        log.append(events())
    with open_engine(home, QUICK) as engine:
        before = bilingual_share(engine)
        assert engine.state.catalogue.text.version not in engine.models.versions.values()
        report = train_all(home, QUICK, refit=True, progress=lambda _status: None)
        # The engine that runs takes it without a restart, as the upkeep does.
        page_before = make_page(PageRequest(person="p1", count=5), engine)
        take_over = TextSwap(engine).prepare()
        assert take_over is not None and engine.state.catalogue.text.version.startswith("text-random")
        put, now_ms = msgspec.structs.replace(items()[1], title="garden hose 水"), engine.clock.now_ms()
        engine.log.append([ItemPut(put, now_ms), ItemGone(items()[-1].id, now_ms)])
        take_over()
        assert TextSwap(engine).prepare() is None
        assert len(make_page(PageRequest(person="p1", count=5), engine).places) == len(page_before.places)
        assert len(engine.models.text.near(engine.state.catalogue.text.vector("水管"), 5)[0]) == 0
        engine.models = models_loader(home, engine)(engine.models.versions)
        assert models_loader(home, engine)(engine.models.versions) is None
        after = bilingual_share(engine)
        vectors = engine.state.catalogue.texts.used()["vector"].copy()
    return home, report, before, after, vectors


def test_it_is_trained_chosen_and_written_into_the_log(trained):
    home, report, _before, _after, _vectors = trained
    text = next(model for model in report["models"] if model["kind"] == "text")
    assert text["metrics"]["neighbours@10"] > text["metrics"]["neighbours@10_untrained"]
    with open_log(home, QUICK) as (log, _registry, _clock):
        position, chosen = 0, []
        while (batch := log.read(position)) is not None:
            position = batch.position
            chosen += [change for change in batch.changes if isinstance(change, ModelChosen)]
    assert chosen[0].kind == "text" and chosen[0].version == text["version"]


def test_what_is_chosen_together_is_near_in_both_languages(trained):
    _home, _report, before, after, _vectors = trained
    assert after > before + 0.3


def test_a_restart_reads_the_same_and_so_does_the_log(trained):
    home, _report, _before, after, vectors = trained
    with open_engine(home, QUICK) as engine:
        assert bilingual_share(engine) == pytest.approx(after)
        assert np.array_equal(engine.state.catalogue.texts.used()["vector"], vectors)
        page = make_page(PageRequest(person="p3", count=5), engine)
        assert page.versions["text"] == engine.state.catalogue.text.version
    assert replay_state(home, QUICK)["equal"]
    assert replay_page(home, QUICK, page.id)["differences"] == []


def test_models_name_the_text_model_they_have_learnt(trained):
    home, report, _before, _after, _vectors = trained
    versions = {model["kind"]: model["version"] for model in report["models"]}
    mix = msgspec.json.decode((home / "models" / versions["sequence"] / "mix.json").read_bytes())
    assert mix["text"] == versions["text"]


def test_under_another_text_model_new_items_are_left_to_other_sources(trained):
    home, _report, _before, _after, _vectors = trained
    with open_engine(home, QUICK) as engine:
        from walras.features import untrained

        new = msgspec.structs.replace(items()[0], id="new")
        engine.log.append([ItemPut(new, engine.clock.now_ms())])
        engine.catch_up()
        row, rows = engine.state.item_row["new"], engine.models.trunk.rows
        rows.catch_up()
        assert rows.vectors(np.array([row], np.int32)).any()
        engine.state.catalogue.read_again(untrained(), [*items(), new])
        assert not rows.vectors(np.array([row], np.int32)).any()
        assert rows.vectors(np.array([engine.state.item_row["0-1"]], np.int32)).any()


def test_a_second_model_is_rolled_back_like_the_others(trained):
    from walras.features import fit_text, save_text
    from walras.features.texts import load_text

    home, report, _before, _after, _vectors = trained
    first = next(model for model in report["models"] if model["kind"] == "text")["version"]
    texts = [item.title for item in items()]
    made = save_text(
        home / "models" / "text-second", fit_text(texts, np.zeros((0, 2), np.int32), 1), seed=1, created_ms=1
    )
    with world_of(home, QUICK) as world:
        world.models.register(made)
        world.models.activate("text-second")
    with open_engine(home, QUICK) as engine:
        assert engine.state.catalogue.text.version == "text-second"
        assert engine.world.models.roll_back("text").version == first
        TextSwap(engine).prepare()()
        assert engine.state.catalogue.text.version == first
        text = load_text(home / "models" / first).vector(items()[0].title)
        row = engine.state.item_row[items()[0].id]
        assert engine.state.catalogue.texts["vector"][row] == pytest.approx(text, abs=1e-3)
