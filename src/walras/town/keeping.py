"""A town that is stopped, or killed, goes on: its state is kept each hour, and pages since then in a journal.

The state is written beside the old one and put in its place in one step. Pages that were answered after it stand in
the journal, one a line, and are not asked for again: so the day that goes on is the day that was begun.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from walras.client import Event, Page, Place
from walras.town.lines import Life, Line
from walras.town.people import moving
from walras.town.plans import TownPlan

STATE, JOURNAL, SUMS = "town.npz", "pages.jsonl", "days.jsonl"
_VERSION = 1


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What of a town's state is no array."""

    version: int
    plan: dict[str, Any]
    day: int
    tick: int
    pairs: int
    begun: bool
    ids: list[str]
    waiting: list[Event]
    digest: str
    today: dict[str, int]


class _Line(msgspec.Struct, frozen=True, array_like=True):
    """One answered page."""

    row: int
    number: int
    page: str
    places: list[tuple[str, str, tuple[str, ...]]]  # item, kind, topics


def save(folder: Path, life: Life, lines: list[Line], kept: Kept) -> None:
    """Write everything down in one step, and begin the journal anew."""
    works, makers = life.studio.works, life.studio.makers
    arrays: dict[str, Any] = {f"people.{name}": value for name, value in moving(life.people).items()}
    arrays |= {f"works.{name}": getattr(works, name) for name in ("traits", "quality", "topic", "maker", "duration_s")}
    arrays |= {f"makers.{name}": getattr(makers, name) for name in ("skill", "will", "echo", "made")}
    arrays |= {f"{line.name}.{name}": value for line in lines for name, value in line.keep().items()}
    arrays["follows"] = np.fromiter(sorted(life.follows), np.int64, len(life.follows))
    arrays["kept"] = np.frombuffer(msgspec.json.encode(kept), np.uint8)
    scratch = folder / (STATE + ".new")
    with scratch.open("wb") as file:
        np.savez(file, **arrays)
        file.flush()
        os.fsync(file.fileno())
    scratch.replace(folder / STATE)


def load(folder: Path, life: Life, lines: list[Line]) -> Kept:
    """Put a kept state back into a town of the same plan.

    Raises:
        ValueError: it was kept by another version, or of another plan.
    """
    with np.load(folder / STATE) as file:
        arrays = {name: file[name] for name in file.files}
    kept = msgspec.json.decode(arrays.pop("kept").tobytes(), type=Kept)
    if kept.version != _VERSION or kept.plan != identity(life.plan):
        raise ValueError(f"{folder} holds a town of another plan. Give its own plan, or another folder.")
    for name in moving(life.people):
        setattr(life.people, name, arrays[f"people.{name}"])
    works, makers = life.studio.works, life.studio.makers
    for name in ("traits", "quality", "topic", "maker", "duration_s"):
        setattr(works, name, arrays[f"works.{name}"])
    for name in ("skill", "will", "echo", "made"):
        setattr(makers, name, arrays[f"makers.{name}"])
    works.ids = kept.ids
    works.row_of = {id: n for n, id in enumerate(kept.ids)}
    life.follows, life.pairs = set(arrays["follows"].tolist()), kept.pairs
    for line in lines:
        line.take_up(_of(arrays, line.name))
    return kept


def identity(plan: TownPlan) -> dict[str, Any]:
    """What of a plan may not change while a town lives; how long, and how many at once, may."""
    said: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(plan))
    return {name: value for name, value in said.items() if name not in ("days", "concurrency", "workers")}


def _of(arrays: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    return {name[len(prefix) + 1 :]: value for name, value in arrays.items() if name.startswith(prefix + ".")}


class Journal:
    """Pages that were answered since the state was kept."""

    def __init__(self, folder: Path) -> None:
        """Read what is there, and go on behind it."""
        self._path = folder / JOURNAL
        cut_torn_line(self._path)
        lines = (msgspec.json.decode(line, type=_Line) for line in whole_lines(self._path))
        self._known = {(line.row, line.number): line for line in lines}
        self._file = self._path.open("ab", buffering=0)

    def known(self, row: int, number: int) -> Page | None:
        """The page that was answered before the town was stopped, or None."""
        line = self._known.get((row, number))
        if line is None:
            return None
        places = tuple(
            Place(item=item, place=n, value_yuan=0.0, source="", reason="", kind=kind, topics=topics)
            for n, (item, kind, topics) in enumerate(line.places)
        )
        return Page(id=line.page, person="", surface="", time_ms=0, places=places)

    def add(self, row: int, number: int, page: Page) -> None:
        """Write an answered page down, before anybody looks at it."""
        places = [(place.item, place.kind, place.topics) for place in page.places]
        self._file.write(msgspec.json.encode(_Line(row, number, page.id, places)) + b"\n")

    def begin_anew(self) -> None:
        """Forget everything: the state was kept."""
        self._known = {}
        self._file.close()
        self._file = self._path.open("wb", buffering=0)

    def close(self) -> None:
        """Let the file go."""
        self._file.close()


def whole_lines(path: Path) -> list[bytes]:
    """Lines that were written to their end; a death cuts the last one off."""
    text = path.read_bytes() if path.exists() else b""
    return text[: text.rfind(b"\n") + 1].splitlines()


def cut_torn_line(path: Path) -> None:
    """Take away a line that a death cut off, so that what is written next does not stand behind its beginning."""
    if path.exists():
        os.truncate(path, path.read_bytes().rfind(b"\n") + 1)
