"""Texts that people write: what of them is kept, whom they name, and which words their reader does not want to see."""

import re
import unicodedata
from collections.abc import Iterable

from walras.base.errors import Invalid
from walras.base.limits import MENTIONS_MAX
from walras.web import texts_in

# Control characters but for the line break; and marks that turn the direction of everything behind them.
_UNSEEN = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_LINES = re.compile(r"\n{3,}")
_MENTION = re.compile(r"(?<![\w@.])@([A-Za-z0-9][A-Za-z0-9_.]{1,28}[A-Za-z0-9_])")


def usable_text(text: str, field: str, most: int) -> str:
    """A text as it is kept: trimmed, without unseen characters. HTML stays what it is, a text.

    Args:
        text: as it was written, in any script.
        field: its name, for the error.
        most: characters that are taken.

    Raises:
        Invalid: nothing is left of it, or it is too long.
    """
    kept = _LINES.sub("\n\n", _UNSEEN.sub("", text.replace("\r\n", "\n"))).strip()
    if not kept:
        raise Invalid("is empty", field=field)
    if len(kept) > most:
        raise Invalid(f"has {len(kept)} characters, at most {most} are taken", field=field)
    return kept


def mentions_in(text: str) -> list[str]:
    """Handles that a text names, each once, the first of them."""
    return list(dict.fromkeys(found.lower() for found in _MENTION.findall(text)))[:MENTIONS_MAX]


def has_word(text: str, words: Iterable[str]) -> bool:
    """Whether a text holds one of these words, however it is written."""
    plain = _plain(text)
    return any(word and _plain(word) in plain for word in words)


def sentence(key: str, language: str) -> str:
    """The text of a key, such as the cause of a failure; empty where there is none."""
    said = texts_in(language or "en").messages.get(key)
    return said[0] if said else ""


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
