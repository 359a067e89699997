"""The engine: what a page is made from, kept up with the log. One per process, used from one thread."""

from collections import OrderedDict, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from walras.base.clock import Clock
from walras.base.errors import Unavailable
from walras.base.ids import ItemId
from walras.base.logs import room_log
from walras.base.settings import Settings
from walras.events import Log, Registry
from walras.features import State
from walras.feed.meter import Meter
from walras.ranking import Predicts
from walras.retrieval import Source, TextSimilar, Trunk, VectorIndex
from walras.schema import Batch, Claim, Event, Floats, Item, ItemGone, ItemPut, PageRecord, PageRequest
from walras.world import Reader, Settled, World

# Titles and texts kept at hand, so that a page does not ask the tables for what every page shows.
ITEMS_KEPT_MAX = 500_000
# Rows of the log that are read in one go; a page waits for at most this much before it looks for more.
CATCH_UP_ROWS = 20_000
_log = room_log("feed")


@dataclass(frozen=True, slots=True)
class Models:
    """What was trained, as it serves now, and the worth of what it foresees. Replaced whole, never changed."""

    sources: Mapping[str, Source]
    ranker: Predicts
    worth_yuan: Floats  # [H] in the order of the registry's predicted outcomes
    text: TextSimilar  # knows words
    vectors: VectorIndex | None = None  # of the sequence model, where there is one
    versions: Mapping[str, str] = field(default_factory=dict)
    trunk: Trunk | None = None  # the sequence model itself, which the ranker reads too


@dataclass(slots=True)
class Engine:
    """All that a page needs, in one value."""

    log: Log
    world: World
    state: State
    models: Models
    clock: Clock
    settings: Settings
    meter: Meter = field(default_factory=Meter)
    # Pages that were answered and have not come back through the log yet, by person: their items are not repeated.
    unsettled: defaultdict[str, dict[str, tuple[str, ...]]] = field(default_factory=lambda: defaultdict(dict))
    # Promises and trials of the tables, read anew by `read_terms`; a page only looks at them here.
    claims: Mapping[str, Claim] = field(default_factory=dict)
    trials: Reader = field(init=False)
    # Models of versions that only some people's pages are made with, by what was asked for; loaded beside serving.
    tried: Mapping[tuple[str, str], Models] = field(default_factory=dict)
    _items: OrderedDict[str, Item] = field(default_factory=OrderedDict)

    def __post_init__(self) -> None:
        """Nothing is tried before the tables were read."""
        self.trials = Reader(self.settings.seed, self.world.trials.parameters)

    @property
    def registry(self) -> Registry:
        """Known outcomes."""
        return self.state.registry

    def catch_up(self) -> None:
        """Read the log to its end: what was acknowledged before this call is known after it."""
        while (batch := self.log.read(self.state.position, CATCH_UP_ROWS)) is not None:
            self.take(batch)

    def take(self, batch: Batch) -> None:
        """Take one stretch of the log."""
        self.state.apply(batch)
        if len(batch.events):
            self.meter.events(self.clock.now_ms(), len(batch.events))
        for page in batch.pages:
            self._settle(page)
        for change in batch.changes:
            if isinstance(change, ItemPut):
                self._items.pop(change.item.id, None)
            elif isinstance(change, ItemGone):
                self._items.pop(change.id, None)

    def project(self) -> None:
        """Bring the tables up to the log.

        Raises:
            Unavailable: the database does not answer; the next call goes on where this one stopped.
        """
        self.world.catch_up(self.log.read)

    def read_terms(self) -> None:
        """Read which promises and trials run now.

        Raises:
            Unavailable: the database does not answer; those known before go on.
        """
        claims = self.world.promises.claims(self.clock.now_ms(), self.settings.promised_price_most_yuan)
        self.claims = {claim.item: claim for claim in claims}
        self.trials.take(self.world.trials.live())

    def settled(self, request: PageRequest, now_ms: int) -> Settled:
        """What trials set for this page, each exposure being remembered for `write_exposures`."""
        city = request.context.get("city", "")
        return self.trials.settle("feed", {"person": request.person, "city": city}, now_ms)

    def write_exposures(self) -> int:
        """Write the exposures to trials that pages left behind, off the answers' path; how many there were.

        They are not waited for: what is lost when the process dies is written again with the next page of its window.
        """
        waiting = self.trials.drain()
        if waiting:
            self.log.submit(waiting)
        return len(waiting)

    def keep(self, record: PageRecord) -> None:
        """Write a page's record and remember that it is on its way."""
        self.log.keep_page(record)
        self.unsettled[record.person][record.id] = tuple(place.item for place in record.places)

    def on_the_way(self, person: str) -> tuple[ItemId, ...]:
        """Items of pages answered to this person that the log has not given back yet."""
        pages = self.unsettled.get(person)
        return tuple(ItemId(item) for items in pages.values() for item in items) if pages else ()

    def items(self, ids: Sequence[str]) -> dict[str, Item]:
        """Items by id, from what is at hand or from the tables; those that nobody put are missing.

        Raises:
            Unavailable: the database does not answer.
        """
        asked = [id for id in ids if id not in self._items]
        found = self.world.items.get_many(asked) if asked else {}
        self._items.update(found)
        known = {id: self._items[id] for id in ids if id in self._items}
        while len(self._items) > ITEMS_KEPT_MAX:
            self._items.popitem(last=False)
        return known

    def titles(self, ids: Sequence[str]) -> tuple[dict[str, Item], bool]:
        """Items for showing, and whether the tables answered: a page goes out without titles rather than not at all."""
        try:
            return self.items(ids), True
        except Unavailable as error:
            _log.warning("a page goes without titles: %s", error)
            return {}, False

    def history(self, person: str, count: int) -> list[Event]:
        """A person's events, newest first."""
        return self.log.history(person, count)

    def page_record(self, page_id: str) -> PageRecord | None:
        """A page's record."""
        return self.log.page(page_id)

    def _settle(self, page: PageRecord) -> None:
        pages = self.unsettled.get(page.person)
        if pages is not None:
            pages.pop(page.id, None)
            if not pages:
                del self.unsettled[page.person]


def worth_of(registry: Registry, yuan: Mapping[str, float]) -> Floats:
    """[H] worth of each predicted outcome: what the table of prices says, else what the outcome was declared with."""
    return np.asarray([yuan.get(o.name, o.worth_yuan) for o in registry.predicted], np.float64)
