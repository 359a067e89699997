"""Models that understand content, each behind one small interface; which one stands behind it is a setting.

They are loaded on first use, in the worker's process alone: a serving process never imports them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from walras.base.errors import Invalid
from walras.base.settings import Settings


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words and when they are said."""

    start_s: float
    end_s: float
    text: str


@dataclass(frozen=True, slots=True)
class Heard:
    """Speech as text."""

    pieces: Sequence[Piece] = ()
    is_clear: bool = False  # good enough to stand under the video as captions
    language: str = ""

    def text(self) -> str:
        """All of it."""
        return " ".join(piece.text for piece in self.pieces)


class Reading(Protocol):
    """Text on pictures."""

    @property
    def name(self) -> str:
        """Name and version, for the asset's record."""
        ...

    def read(self, pictures: Sequence[Path]) -> str:
        """What stands on them, a line each, no line twice."""
        ...


class Hearing(Protocol):
    """Speech to text."""

    @property
    def name(self) -> str:
        """Name and version, for the asset's record."""
        ...

    def hear(self, sound: Path) -> Heard:
        """What is said.

        Args:
            sound: a WAV file, 16 kHz, one channel, 16 bit.
        """
        ...


class Language(Protocol):
    """Which language a text is in."""

    @property
    def name(self) -> str:
        """Name and version, for the asset's record."""
        ...

    def language(self, text: str) -> str:
        """ISO 639-1; empty where it is not sure."""
        ...


class Safety(Protocol):
    """What a picture shows that not everybody should see."""

    @property
    def name(self) -> str:
        """Name and version, for the asset's record."""
        ...

    def judge(self, pictures: Sequence[Path]) -> dict[str, float]:
        """Class → highest score of any picture, 0 … 1."""
        ...


class Looks(Protocol):
    """Pictures as a vector."""

    @property
    def name(self) -> str:
        """Name and version, for the asset's record."""
        ...

    def looks(self, pictures: Sequence[Path]) -> tuple[float, ...]:
        """One vector of all of them, L2 norm 1."""
        ...


@dataclass(frozen=True, slots=True)
class Models:
    """Those that are chosen; None where one is switched off."""

    reading: Reading | None = None
    hearing: Hearing | None = None
    language: Language | None = None
    safety: Safety | None = None
    looks: Looks | None = None
    refused: dict[str, str] = field(default_factory=dict)  # part → why it could not be had


def models_of(settings: Settings) -> Models:
    """The models that the settings choose. One that can't be had is left out, and each asset says so.

    Raises:
        Invalid: a setting names no provider.
    """
    refused: dict[str, str] = {}
    return Models(
        reading=_had("reading", settings.understand_reading, refused),
        hearing=_hearing(settings, refused),
        language=_had("language", settings.understand_language, refused),
        safety=_had("safety", settings.understand_safety, refused),
        looks=_had("looks", settings.understand_looks, refused),
        refused=refused,
    )


def _hearing(settings: Settings, refused: dict[str, str]) -> Hearing | None:
    chosen = settings.understand_hearing
    if chosen.startswith(("http://", "https://")):
        from walras.studio.hearing import ByUrl

        return ByUrl(chosen, settings.understand_hearing_model, settings.understand_hearing_key)
    found: Hearing | None = _had("hearing", chosen, refused)
    return found


def _had(part: str, chosen: str, refused: dict[str, str]) -> Any:
    if chosen == "off":
        return None
    from walras.studio.embedded import CHOSEN, EMBEDDED

    provider = EMBEDDED[part] if chosen == "embedded" else CHOSEN.get((part, chosen))
    if provider is None:
        names = ["embedded", "off", *(name for of, name in CHOSEN if of == part), *["a URL"][: part == "hearing"]]
        raise Invalid(
            "names no provider", field=f"understand_{part}", value=chosen, hint=f"Write {' or '.join(names)}."
        )
    try:
        return provider()
    except ImportError as error:
        refused[part] = f"{error.name} is not installed"
        return None
