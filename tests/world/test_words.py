"""Blocked words: found however they are written, and not inside other words of Latin letters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from walras.world import hides


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("spoiler", "A SPOILER!"),
        ("spoiler", "ｓｐｏｉｌｅｒ"),
        ("剧透", "这是剧透视频"),
        ("cat", "猫cat猫"),
        ("c++", "learn c++ now"),
        ("two words", "Two   Words"),
        ("STRASSE", "straße"),
        (".*", "a .* b"),
    ],
)
def test_a_word_is_found(word: str, text: str) -> None:
    assert hides((word,))(text)


@pytest.mark.parametrize(
    ("word", "text"), [("ass", "class"), ("cat", "category"), (".*", "anything"), ("剧透", "剧本")]
)
def test_another_word_is_not(word: str, text: str) -> None:
    assert not hides((word,))(text)


@given(words=st.lists(st.text(max_size=8), max_size=5), text=st.text(max_size=60))
def test_any_words_and_any_text_can_be_read(words: list[str], text: str) -> None:
    assert hides(tuple(words))(text) in (True, False)
    assert not hides(())(text)
