"""Words of the screens in every language, read from the Babel catalogues beside this file, one a part.

A message has a key such as `feed.next`, not an English sentence, so that the English can be mended without touching
the other languages. Values stand in braces: `{count}`. Plural forms are chosen by the language's own rule.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from babel import Locale, negotiate_locale
from babel.messages.pofile import read_po

LANGUAGES: dict[str, str] = {"en": "English", "zh-CN": "简体中文"}
DEFAULT = "en"
_FOLDER = Path(__file__).parent / "catalogues"
# More words than this in an Accept-Language header are noise; the header is the caller's.
_ASKED_MAX = 20
_SHORT = {"zh": "zh-CN"}


@dataclass(frozen=True, slots=True)
class Texts:
    """Every message in one language; call it with a key."""

    language: str  # as in <html lang>
    messages: Mapping[str, tuple[str, ...]]  # by key: one form, or one for each plural category of the language

    def __call__(self, key: str, count: float | None = None, **values: object) -> str:
        """The message, with values filled in.

        Args:
            key: the message's key. An unknown one is our own mistake and raises KeyError.
            count: chooses the plural form, and fills `{count}`.
            values: fill the braces of these names.
        """
        forms = self.messages[key]
        if count is None:
            return forms[0].format(**values)
        return forms[min(self._form(count), len(forms) - 1)].format(count=count, **values)

    def for_scripts(self, rooms: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Messages whose key begins with one of these words and a dot, to be handed to a page's scripts."""
        wanted = tuple(f"{room}." for room in rooms)
        return {key: forms for key, forms in self.messages.items() if key.startswith(wanted)}

    def _form(self, count: float) -> int:
        return 0 if Locale.parse(self.language, sep="-").plural_form(count) == "one" else 1


@cache
def texts_in(language: str) -> Texts:
    """The catalogues of one of `LANGUAGES`.

    Raises:
        KeyError: there are none, which is our own mistake: ask `choose_language` first.
    """
    assert LANGUAGES[language], language
    messages: dict[str, tuple[str, ...]] = {}
    for path in sorted((_FOLDER / language).glob("*.po")):
        found = _messages(path, language)
        assert not (twice := set(found) & set(messages)), f"{path.name} says again {twice}"
        messages |= found
    return Texts(language, messages)


def _messages(path: Path, language: str) -> dict[str, tuple[str, ...]]:
    with path.open("rb") as file:
        catalogue = read_po(file, locale=language.replace("-", "_"))
    return {key_of(message.id): forms_of(message.string) for message in catalogue if message.id}


def choose_language(*wished: str, accept: str = "") -> str:
    """The language to answer in.

    Args:
        wished: tags in order of weight, such as the address's and the cookie's; empty ones are passed over.
        accept: the request's Accept-Language header.

    Returns:
        One of `LANGUAGES`; English where nothing wished is known.
    """
    asked = [w for w in wished if w] + _by_weight(accept)
    found = negotiate_locale(
        [_SHORT.get(a.split("-")[0].lower(), a) for a in asked], list(LANGUAGES), sep="-", aliases={}
    )
    return found or DEFAULT


def key_of(message_id: object) -> str:
    """The key of a catalogue's message: its id, or the first of two where it has plural forms."""
    return str(message_id[0] if isinstance(message_id, tuple) else message_id)


def forms_of(string: object) -> tuple[str, ...]:
    """A catalogue's message as forms: one, or one for each plural category."""
    return tuple(str(form) for form in string) if isinstance(string, tuple | list) else (str(string),)


def _by_weight(accept: str) -> list[str]:
    """Tags of an Accept-Language header, the most wanted first; what cannot be read is passed over."""
    weighed: list[tuple[float, str]] = []
    for part in accept.split(",")[:_ASKED_MAX]:
        tag, _, quality = part.partition(";q=")
        weighed.append((_number(quality), tag.strip()))
    return [tag for weight, tag in sorted(weighed, key=lambda pair: -pair[0]) if tag and weight > 0]


def _number(quality: str) -> float:
    try:
        return float(quality) if quality else 1.0
    except ValueError:
        return 0.0
