"""The seam where each trade adds what people do: a behaviour per line, in `town/<line>.py`.

A line is handed the people, the makers' studio and what was shown, and gives what was done. It moves people's hidden
state; it never speaks to the platform itself.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from walras.client import Event, Item
from walras.town.luck import Bools, Longs
from walras.town.people import People
from walras.town.plans import TownPlan
from walras.town.works import Studio


@dataclass(frozen=True, slots=True)
class Shown:
    """B pages that were answered at one moment, K places each."""

    row: Longs  # [B] whose
    at_ms: Longs  # [B] when she begins to look
    work: Longs  # [B, K] rows in Works; -1: no place
    sells: Bools  # [B, K] whether it wants to sell something
    page: Sequence[str]  # [B] ids


@dataclass(slots=True)
class Life:
    """Everything that lives in a town and is shared by its lines."""

    plan: TownPlan
    people: People
    studio: Studio
    follows: set[int] = field(default_factory=set)  # of row · P + row: who follows whom
    pairs: int = 0  # who follow each other

    def follow(self, who: int, whom: int) -> bool:
        """Let one follow another; whether she had not before."""
        count = len(self.people)
        key = who * count + whom
        if key in self.follows or who == whom:
            return False
        self.follows.add(key)
        self.pairs += whom * count + who in self.follows
        return True


class Line(Protocol):
    """What people do in one trade."""

    name: str

    def begin(self) -> tuple[list[Item], list[Event]]:
        """What there is on the eve of the first day: items to put, and what had happened before."""
        ...

    def new_items(self, from_ms: int, to_ms: int) -> list[Item]:
        """Items that are made between two instants."""
        ...

    def look(self, shown: Shown) -> list[Event]:
        """What people do with the pages they were shown; each learns when she asks for her next one."""
        ...

    def evening(self) -> None:
        """The day is over: what was learnt from it."""
        ...

    def keep(self) -> Mapping[str, Any]:
        """Arrays to be kept, so that the line can go on."""
        ...

    def take_up(self, kept: Mapping[str, Any]) -> None:
        """Go on from what was kept."""
        ...


def lines_of(life: Life) -> list[Line]:
    """The behaviours that a plan names.

    Raises:
        KeyError: nobody wrote one of this name.
    """
    from walras.town.video import VideoLine

    known: dict[str, Callable[[Life], Line]] = {VideoLine.name: VideoLine}
    return [known[name](life) for name in life.plan.lines]
