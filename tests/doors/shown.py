"""An engine whose pages follow what a person liked, so that the screens have something to show.

It is the stand-in, with items ranked by the likes of their topic, what was met before left out, and a full record.
"""

from collections import Counter
from dataclasses import dataclass, field

from tests.doors.stand_in import StandIn
from walras.base.ids import EventId, ItemId, OwnerId, PageId, PersonId, new_id
from walras.schema import (
    Event,
    Item,
    ItemPut,
    ModelStatus,
    Page,
    PageRecord,
    PageRequest,
    Place,
    PlaceRecord,
    Status,
    TrainingStatus,
)

TOPICS = ("cooking", "cycling", "pottery", "mountains", "old trains", "gardening", "kittens", "jazz")
TITLES = {
    "cooking": "Hand-pulled noodles, from flour to bowl",
    "cycling": "The climb above the reservoir",
    "pottery": "Celadon, and why it cracks",
    "mountains": "First snow on the north ridge",
    "old trains": "The steam line of the brick works",
    "gardening": "Moving a maple in winter",
    "kittens": "Three kittens meet a mirror",
    "jazz": "A trio in a stairwell",
}
LOSERS = 8


@dataclass
class Shown(StandIn):
    """The stand-in with pages worth looking at, and a status that moves."""

    training: TrainingStatus = field(default_factory=TrainingStatus)
    asked: int = 0
    models: tuple[ModelStatus, ...] = ()

    def make_page(self, request: PageRequest) -> Page:
        self.catch_up()
        now_ms = self.clock.now_ms()
        ranked = self._ranked(request.person)
        language = "zh" if request.context.get("language", "").startswith("zh") else "en"
        places = tuple(self._place(n, item, value, language) for n, (item, value) in enumerate(ranked[: request.count]))
        id = PageId(new_id("p", now_ms))
        self.log.keep_page(self._record(id, request, ranked))
        return Page(
            id=id, person=request.person, surface=request.surface, time_ms=now_ms, places=places,
            versions={"worth": "0"},
        )  # fmt: skip

    def status(self) -> Status:
        self.asked += 1
        now_ms = self.clock.now_ms()
        return Status(
            started_ms=now_ms - 3_600_000, now_ms=now_ms, people=len(self.state.person_row.names) - 1, items=96,
            events=1_200_000 + self.asked, events_per_s=100.0 + self.asked, pages_per_s=30.0 + self.asked % 5,
            latency_ms={"p50": 3.5, "p99": 11.0}, sources={"popular": 0.7, "fresh": 0.3}, models=self.models,
            training=self.training, position=self.state.position, disk_free_bytes=80_000_000_000, log_bytes=4_000_000,
        )  # fmt: skip

    def _ranked(self, person: PersonId) -> list[tuple[Item, float]]:
        """Items not met before, the best first: each like of a topic raises its items."""
        items = {item.id: item for item in self._newest()}
        past = self.log.history(person, 1_000)
        met = {event.item for event in past}
        liked = Counter(items[e.item].topics[0] for e in past if e.outcome == "like" and e.item in items)
        values = [(item, 0.004 + 0.003 * liked[item.topics[0]] - n * 1e-5) for n, item in enumerate(items.values())]
        return sorted(((i, v) for i, v in values if i.id not in met), key=lambda pair: -pair[1])

    def _place(self, place: int, item: Item, value: float, language: str) -> Place:
        outcomes = {"watch": 12.0, "like": 0.06, "long_view": 0.2, "skip": 0.1}
        explained = {
            "en": f"Many people choose it now; worth {value:.4f} yuan.",
            "zh": f"现在很多人选择它，价值 {value:.4f} 元。",
        }
        return Place(
            item=item.id, place=place, value_yuan=value, outcomes=outcomes, source="popular",
            reason=explained[language], owner=item.owner, kind=item.kind, title=item.title, topics=item.topics,
        )  # fmt: skip

    def _record(self, id: PageId, request: PageRequest, ranked: list[tuple[Item, float]]) -> PageRecord:
        count, met = request.count, {event.item for event in self.log.history(request.person, 1_000)}
        stood = [PlaceRecord(item.id, value, (), "popular", 1.0, n) for n, (item, value) in enumerate(ranked[:count])]
        lost = [PlaceRecord(item.id, value, (), "fresh") for item, value in ranked[count : count + LOSERS]]
        return PageRecord(
            id=id, person=request.person, surface=request.surface, time_ms=self.clock.now_ms(),
            position=self.state.position, seed=7, count=count, places=tuple(stood), losers=tuple(lost),
            proposed={"popular": len(ranked), "fresh": 12}, dropped={"seen": len(met)} if met else {},
            versions={"worth": "0"},
        )  # fmt: skip


def furnish(engine: Shown) -> None:
    """Put items of every topic and two people with a past into the log, and bring the tables up to date."""
    now_ms = engine.clock.now_ms()
    items = [_item(n, now_ms) for n in range(96)]
    engine.log.append([ItemPut(item, now_ms) for item in items])
    engine.log.append(
        [
            Event(
                id=EventId(f"e-{person}-{n}"), person=PersonId(person), item=items[n * 7].id, outcome=outcome,
                value=40.0 if outcome == "watch" else 1.0, time_ms=now_ms - 3_600_000 * (n + 1),
            )
            for person in ("ann", "bo")
            for n, outcome in enumerate(("like", "watch", "long_view", "save", "comment"))
        ]
    )  # fmt: skip
    engine.catch_up()
    engine.world.catch_up(engine.log.read)


def _item(n: int, now_ms: int) -> Item:
    topic = TOPICS[n % len(TOPICS)]
    return Item(
        id=ItemId(f"v{n}"), owner=OwnerId(f"studio-{n % 9}"), title=f"{TITLES[topic]}, part {n // len(TOPICS) + 1}",
        topics=(topic,), duration_s=20.0 + 3 * n, created_ms=now_ms - n * 60_000,
    )  # fmt: skip
