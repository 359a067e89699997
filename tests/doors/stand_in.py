"""A small engine over a real log and a real world: pages are the newest items, so that the doors alone are tested."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from walras.base.clock import Clock, SystemClock
from walras.base.errors import Invalid
from walras.base.ids import ItemId, PageId, PersonId, new_id
from walras.base.settings import Settings
from walras.events import Log, Registry, SqliteLog
from walras.features import State
from walras.schema import Event, Item, Page, PageRecord, PageRequest, Place, Status
from walras.world import World, open_world


@dataclass
class StandIn:
    """The protocol `ServingEngine`, with the plainest answer to each question."""

    log: Log
    world: World
    registry: Registry
    clock: Clock
    settings: Settings
    state: State

    def catch_up(self) -> None:
        while (batch := self.log.read(self.state.position)) is not None:
            self.state.apply(batch)

    def make_page(self, request: PageRequest) -> Page:
        if request.surface not in ("feed", "mall"):
            raise Invalid("is no known surface", field="surface", value=request.surface)
        self.catch_up()
        now_ms = self.clock.now_ms()
        places = tuple(
            Place(
                item=item.id, place=place, value_yuan=0.01, outcomes={"like": 0.1}, source="fresh", reason="New here",
                title=item.title,
            )
            for place, item in enumerate(self._newest()[: request.count])
        )  # fmt: skip
        id = PageId(new_id("p", now_ms))
        self.log.keep_page(
            PageRecord(
                id=id, person=request.person, surface=request.surface, time_ms=now_ms, position=self.state.position,
                seed=1, count=request.count,
            )
        )  # fmt: skip
        return Page(id=id, person=request.person, surface=request.surface, time_ms=now_ms, places=places)

    def page_record(self, id: PageId) -> PageRecord | None:
        return self.log.page(id)

    def history(self, person: PersonId, count: int) -> list[Event]:
        return self.log.history(person, count)

    def similar(self, item: ItemId, count: int) -> list[tuple[ItemId, float]]:
        known = {i.id: i for i in self._newest()}
        if item not in known:
            return []
        topics = set(known[item].topics)
        near = [(i.id, float(len(topics & set(i.topics)))) for i in known.values() if i.id != item]
        return sorted((n for n in near if n[1] > 0), key=lambda n: -n[1])[:count]

    def recommend(self, person: PersonId, count: int, topic: str = "") -> list[tuple[ItemId, float]]:
        seen = {event.item for event in self.log.history(person, 10_000)}
        return [scored for scored in self.latest(10_000, topic) if scored[0] not in seen][:count]

    def session(self, items: Sequence[ItemId], count: int, topic: str = "") -> list[tuple[ItemId, float]]:
        found: dict[ItemId, float] = {}
        for item in items:
            for near, score in self.similar(item, 100):
                found[near] = found.get(near, 0.0) + score
        allowed = {id for id, _ in self.latest(10_000, topic)} - set(items)
        return sorted(((i, s) for i, s in found.items() if i in allowed), key=lambda n: -n[1])[:count]

    def popular(self, count: int, topic: str = "") -> list[tuple[ItemId, float]]:
        return self.latest(count, topic)

    def latest(self, count: int, topic: str = "") -> list[tuple[ItemId, float]]:
        items = [item for item in self._newest() if not topic or topic in item.topics]
        return [(item.id, item.created_ms / 1000) for item in items[:count]]

    def status(self) -> Status:
        now_ms = self.clock.now_ms()
        return Status(started_ms=now_ms, now_ms=now_ms, position=self.state.position)

    def _newest(self) -> list[Item]:
        live = [item for item in self.world.items.list("", 1_000).values if item.state == "live"]
        return sorted(live, key=lambda item: -item.created_ms)


@contextmanager
def stand_in(home: Path, settings: Settings | None = None, clock: Clock | None = None) -> Iterator[StandIn]:
    """An engine in an empty folder; closed at the end."""
    settings, clock, registry = settings or Settings(disk_free_mb_min=0), clock or SystemClock(), Registry()
    world = open_world(home, settings, clock=clock)
    log = SqliteLog(home / "log", registry, clock)
    try:
        yield StandIn(log, world, registry, clock, settings, State(registry))
    finally:
        log.close()
        world.close()
