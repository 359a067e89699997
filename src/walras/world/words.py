"""Words that somebody does not want to meet: whether a text has one of them."""

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache


@lru_cache(maxsize=10_000)
def hides(words: tuple[str, ...]) -> Callable[[str], bool]:
    """What says of a title or a comment whether it has one of these words; about a microsecond a text.

    Capitals, width and accents written apart make no difference. A word of Latin letters is found as a word, so `ass`
    does not hide a class; in scripts without spaces it is found anywhere.
    """
    parts = [_pattern(plain) for word in words if (plain := _plain(word))]
    if not parts:
        return _nothing
    search = re.compile("|".join(parts)).search
    return lambda text: search(_plain(text)) is not None


def _nothing(_text: str) -> bool:
    return False


def _pattern(word: str) -> str:
    before = r"(?<![0-9a-z])" if _is_latin(word[0]) else ""
    after = r"(?![0-9a-z])" if _is_latin(word[-1]) else ""
    return before + re.escape(word) + after


def _is_latin(sign: str) -> bool:
    return sign.isascii() and sign.isalnum()


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
