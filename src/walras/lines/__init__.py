"""One folder per trade; a line declares, the core decides.

Gives what every line is: the value `LINE` that its folder exports, and the house it is opened in.
`app` finds the lines by listing this folder; no line knows another, and none reaches retrieval, ranking, market or
features.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from litestar.types import ControllerRouterHandler

from walras.base.clock import Clock
from walras.base.ids import PersonId
from walras.base.settings import Settings
from walras.events import Log, Registry
from walras.ledger import Ledger
from walras.schema import Happening, Item, JournalEntry, Outcome, Pages, Surface, Usage
from walras.studio import AssetId, Studio
from walras.web import Statics
from walras.web.consoles import Desk
from walras.world import World

__all__ = ["Brought", "House", "Line", "Opened", "Screen", "Tick"]


@dataclass(frozen=True, slots=True)
class House:
    """What a line is handed by `app`: where it lives and whom it may ask."""

    home: Path
    settings: Settings
    clock: Clock
    registry: Registry
    log: Log
    world: World
    studio: Studio
    statics: Statics
    pages: Pages | None = None  # None outside a serving process
    ledger: Ledger | None = None  # None where nobody posts


@dataclass(frozen=True, slots=True)
class Tick:
    """Something to be done again and again, in one process of the platform; safe to repeat after a death."""

    name: str
    every_s: float
    run: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Screen:
    """A screen of the app: below which address, and which module of the browser draws it."""

    path: str  # such as `/v/:video`
    module: str  # a static file
    tab: str = ""  # key of the text under which the app's bar shows it; empty: not in the bar
    icon: str = ""


@dataclass(frozen=True, slots=True)
class Brought:
    """What a screen's module would ask for first, sent along with the page so that nobody waits for a second answer."""

    address: str  # the request it stands for, exactly as the module would send it
    body: bytes  # JSON
    picture: str = ""  # address of what is seen first


@dataclass(frozen=True, slots=True)
class Opened:
    """A line's parts over one house."""

    routes: Sequence[ControllerRouterHandler] = ()
    ticks: Sequence[Tick] = ()
    # Of a person with an account: how much waits to be read, everything kept of her, and forgetting all of it.
    unread: Callable[[str], int] | None = None
    export: Callable[[str], dict[str, Any]] | None = None
    forget: Callable[[str], object] | None = None
    # Takes an item of its kind that came without media, and media made for it: (item, asset, what people say of it).
    bring: Callable[[Item, AssetId, Sequence[tuple[PersonId, str]]], object] | None = None
    # By a screen's path, what its page brings along; None: the module asks for itself.
    brings: Mapping[str, Callable[[Any], Awaitable[Brought | None]]] = field(default_factory=dict)
    # What the operator console shows of it: numbers of now, and what is counted of an item or a person.
    gauges: Mapping[str, Callable[[], float]] = field(default_factory=dict)
    counts: Sequence[Callable[[str], Mapping[str, float]]] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """A trade."""

    name: str
    open: Callable[[House], Opened]
    outcomes: Sequence[Outcome] = ()
    surfaces: Sequence[Surface] = ()
    screens: Sequence[Screen] = ()
    static_folder: Path | None = None
    styles: Sequence[str] = ()  # static files that the app's page always has
    desks: Sequence[Desk] = ()  # its places in the consoles
    words: Sequence[str] = ()  # first parts of the keys of texts that its scripts use
    # What it posts to the ledger, pure functions all: by outcome of an event, of a paid order that has become final,
    # and of what a day of serving used.
    postings: Mapping[str, Callable[[Happening], Sequence[JournalEntry]]] = field(default_factory=dict)
    finals: Callable[[JournalEntry, int], JournalEntry] | None = None
    usage: Callable[[Usage, Settings], Sequence[JournalEntry]] | None = None
