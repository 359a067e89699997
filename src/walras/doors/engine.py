"""What the routes ask of the running platform. `app` builds it; tests build a small one over a real log and world."""

from collections.abc import Sequence
from typing import Protocol

from walras.base.clock import Clock
from walras.base.ids import ItemId, PageId, PersonId
from walras.base.settings import Settings
from walras.events import Log, Registry
from walras.features import State
from walras.schema import Event, Page, PageRecord, PageRequest, Status
from walras.world import World

Scored = list[tuple[ItemId, float]]


class ServingEngine(Protocol):
    """Everything a route needs, in one value."""

    @property
    def log(self) -> Log:
        """The only way in."""
        ...

    @property
    def world(self) -> World:
        """What exists."""
        ...

    @property
    def registry(self) -> Registry:
        """Known outcomes."""
        ...

    @property
    def clock(self) -> Clock:
        """What time it is."""
        ...

    @property
    def settings(self) -> Settings:
        """As this process was started."""
        ...

    @property
    def state(self) -> State:
        """What is known now, in this process."""
        ...

    def catch_up(self) -> None:
        """Read the log to its end into the state; microseconds where nothing is new."""
        ...

    def make_page(self, request: PageRequest) -> Page:
        """Fill a page and write its record."""
        ...

    def page_record(self, id: PageId) -> PageRecord | None:
        """A page's record, None where there is no such page."""
        ...

    def history(self, person: PersonId, count: int) -> list[Event]:
        """A person's newest events, newest first."""
        ...

    def similar(self, item: ItemId, count: int) -> Scored:
        """Items like this one, best first; empty where the item is not known."""
        ...

    def recommend(self, person: PersonId, count: int, topic: str = "") -> Scored:
        """Items for a person, best first, without a page's record."""
        ...

    def session(self, items: Sequence[ItemId], count: int, topic: str = "") -> Scored:
        """Items for somebody of whom only these choices are known, the newest first."""
        ...

    def popular(self, count: int, topic: str = "") -> Scored:
        """What is chosen most now, best first."""
        ...

    def latest(self, count: int, topic: str = "") -> Scored:
        """The newest items; the score is the second they were made."""
        ...

    def status(self) -> Status:
        """How the platform is, as this process sees it."""
        ...
