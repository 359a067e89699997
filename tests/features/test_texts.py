"""Texts as vectors: what shares words is near in Chinese and English; behaviour brings together what shares none."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.features.logs_made import put
from tests.retrieval.test_exclusions import made
from walras.base.errors import Corrupt, Invalid
from walras.features import TextModel, fit_text, load_text, save_text, untrained
from walras.features.texts import BUCKETS, characters_of, grams
from walras.schema import Item

NEAR = [
    ("red running shoes", "running shoes for men", "garden hose 20 m"),
    ("红色跑步鞋", "男士跑步鞋 轻便透气", "家用花园水管"),
    ("苹果手机壳", "手机壳 防摔", "儿童连衣裙"),
    ("how to bake sourdough bread", "Sourdough Bread baking", "cat falls off sofa"),
    ("スニーカー 赤", "赤いスニーカー", "電動ドリル"),
]


@pytest.fixture(scope="module")
def plain() -> TextModel:
    return untrained()


def likeness(model: TextModel, one: str, other: str) -> float:
    return float(model.vector(one) @ model.vector(other))


@pytest.mark.parametrize(("one", "near", "far"), NEAR)
def test_related_texts_are_nearer_than_unrelated(plain: TextModel, one: str, near: str, far: str) -> None:
    assert likeness(plain, one, near) > likeness(plain, one, far) + 0.2


@settings(deadline=None)
@given(st.text(max_size=300))
def test_any_text_has_a_vector_of_length_one_or_none(plain: TextModel, text: str) -> None:
    length = float(np.linalg.norm(plain.vector(text)))
    assert length == pytest.approx(1.0, abs=1e-4) or length == 0.0


def test_grams_are_as_many_characters_as_the_script_needs() -> None:
    assert len(grams(characters_of("跑步鞋"))) == 3 + 2 + 1
    assert len(grams(characters_of("shoe"))) == 4 + 3 + 2  # with the spaces at either end
    assert len(grams(characters_of(""))) == 0
    assert grams(characters_of("ＡＢＣ　d")).tolist() == grams(characters_of("abc d")).tolist()
    assert grams(characters_of("shoe")).max() < BUCKETS


SHOES = ["sneakers {}", "running shoes {}", "跑步鞋 {}"]
HOSES = ["garden hose {}", "watering pipe {}", "花园水管 {}"]


def trained(pairs: bool) -> TextModel:
    """Texts of two subjects in words that share nothing; people choose within one subject."""
    rng = np.random.default_rng(1)
    texts = [form.format(n) for n in range(40) for form in (*SHOES, *HOSES)]
    subject = np.arange(len(texts)) % 6 // 3
    left = rng.integers(0, len(texts), 4_000)
    right = rng.integers(0, len(texts), 4_000)
    kept = subject[left] == subject[right]
    together = np.stack([left, right], 1)[kept].astype(np.int32)
    return fit_text(texts, together if pairs else np.zeros((0, 2), np.int32), seed=1)


def test_behaviour_brings_together_what_shares_no_word(plain: TextModel) -> None:
    model = trained(pairs=True)
    for one, near, far in (("sneakers", "跑步鞋", "花园水管"), ("watering pipe", "花园水管", "跑步鞋")):
        assert likeness(model, one, near) > likeness(model, one, far) + 0.3
        assert likeness(model, one, near) > likeness(plain, one, near) + 0.3


def test_training_is_the_same_for_one_seed_and_needs_no_behaviour() -> None:
    assert (trained(pairs=True).projection == trained(pairs=True).projection).all()
    model = trained(pairs=False)
    assert likeness(model, "running shoes 3", "running shoes 8") > likeness(model, "running shoes 3", "garden hose 8")
    assert np.linalg.norm(model.vector("完全没见过的词")) == pytest.approx(1.0, abs=1e-4)


def test_too_few_texts_are_refused() -> None:
    with pytest.raises(Invalid):
        fit_text(["", "a"], np.zeros((0, 2), np.int32), seed=1)


def test_a_model_survives_the_disk_and_a_damaged_one_is_refused(tmp_path: Path) -> None:
    model = trained(pairs=True)
    save_text(tmp_path / "text-1", model, seed=1, created_ms=0)
    read = load_text(tmp_path / "text-1")
    assert read.version == "text-1"
    assert read.vector("sneakers") == pytest.approx(model.vector("sneakers"), abs=1e-2)
    (tmp_path / "text-1" / "text.npz").write_bytes(b"nothing")
    with pytest.raises(Corrupt):
        load_text(tmp_path / "text-1")


def test_another_model_reads_all_items_anew(plain: TextModel) -> None:
    state, model = made([put("a", title="sneakers")]), trained(pairs=True)
    state.catalogue.read_again(model, [Item(id="a", title="sneakers")])
    assert state.catalogue.texts["vector"][state.item_row["a"]] == pytest.approx(model.vector("sneakers"), abs=1e-2)
