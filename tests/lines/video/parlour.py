"""A house with a real log and real tables, people with accounts, and media that nobody had to make."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from walras.base.clock import SetClock
from walras.base.ids import EventId, ItemId, OwnerId, PageId, PersonId
from walras.base.settings import Settings
from walras.events import Log, Registry, SqliteLog
from walras.lines import House
from walras.lines.video.entities import Video
from walras.lines.video.trade import Trade, open_trade
from walras.lines.video.wishes import Wish
from walras.schema import Event, Page, PageRecord, PageRequest, Place, PlaceRecord
from walras.studio import Asset, AssetId, Understood, open_studio
from walras.web import Statics
from walras.world import Account, AccountSettings, World

MORNING_MS = 1_767_600_000_000
SAFE = Understood(language="en", safety={"nsfw": 0.01}, screen_text="GO", speech="come and see")


@dataclass
class NewestFirst:
    """Pages with the newest live items, in the place of the core."""

    log: Log
    world: World
    clock: SetClock
    made: int = 0
    asked: list[PageRequest] = field(default_factory=list)

    def make_page(self, request: PageRequest) -> Page:
        self.asked.append(request)
        self.made += 1
        items = sorted(self.world.items.list(n=1000).values, key=lambda item: item.created_ms, reverse=True)
        live = [item for item in items if item.state == "live" and item.id not in request.exclude][: request.count]
        id = PageId(f"p{self.made:027d}")
        records = tuple(
            PlaceRecord(item=item.id, value_yuan=0.02, outcomes=(), source="fresh", place=n)
            for n, item in enumerate(live)
        )
        now_ms = self.clock.now_ms()
        self.log.keep_page(
            PageRecord(
                id=id, person=request.person, surface=request.surface, time_ms=now_ms, position=0, seed=1,
                count=request.count, places=records,
            )
        )  # fmt: skip
        places = tuple(
            Place(
                item=item.id, place=n, value_yuan=0.02, outcomes={"like": 0.1}, source="fresh", reason="New here.",
                owner=item.owner, title=item.title,
            )
            for n, item in enumerate(live)
        )  # fmt: skip
        return Page(id=id, person=request.person, surface=request.surface, time_ms=now_ms, places=places)


@dataclass
class Parlour:
    """The trade with hands to play it."""

    trade: Trade
    house: House
    clock: SetClock
    pages: NewestFirst
    said: int = 0

    def person(
        self, handle: str, settings: AccountSettings | None = None, roles: tuple[str, ...] = ("maker",)
    ) -> PersonId:
        account = Account(
            person=PersonId(f"p-{handle}"), handle=handle, name=handle.title(), roles=roles,
            settings=settings or AccountSettings(),
        )  # fmt: skip
        self.house.world.accounts.create(account, "")
        return account.person

    def asset(self, maker: PersonId, understood: Understood | None = SAFE, **fields: object) -> Asset:
        id = AssetId("pending")
        known = Asset(
            id=id, owner=maker, duration_s=10.0, width=720, height=1280, understood=understood,
            models={"safety": "test 1"}, **fields,  # type: ignore[arg-type]
        )  # fmt: skip
        return self.house.studio.adopt(maker, {}, known)

    def video(self, maker: PersonId, **wish: object) -> Video:
        self.clock.instant_ms += 10
        asset = self.asset(maker)
        wanted = Wish(**{"title": "A day", **wish})  # type: ignore[arg-type]
        return self.trade.publishing.bring(maker, asset.id, wanted)

    def say(
        self, person: str, outcome: str, item: str = "", *, owner: str = "", value: float = 1.0, **more: object
    ) -> str:
        self.clock.instant_ms += 1
        self.said += 1
        more.setdefault("time_ms", self.clock.instant_ms)
        more.setdefault("id", EventId(f"e{self.said}"))
        event = Event(
            person=PersonId(person),
            outcome=outcome,
            item=ItemId(item),
            owner=OwnerId(owner),
            value=value,
            **more,  # type: ignore[arg-type]
        )
        self.house.log.append([event])
        return event.id

    def follow(self, *pairs: tuple[str, str]) -> None:
        for person, whom in pairs:
            self.say(person, "follow", owner=whom)
        self.trade.counts.catch_up()

    def counts(self, subject: str) -> dict[str, int]:
        self.trade.counts.catch_up()
        return {what: n for what, n in self.trade.relations.counts([subject])[subject].items() if n}


@contextmanager
def open_parlour(home: Path, url: str, log: Log | None = None) -> Iterator[Parlour]:
    home.mkdir(parents=True, exist_ok=True)
    clock = SetClock(MORNING_MS)
    registry = Registry()
    world = World(url, models_folder=home / "models", clock=clock)
    world.upgrade()
    own = log or SqliteLog(home / "log", registry, clock)
    pages = NewestFirst(own, world, clock)
    studio = open_studio(home, world.database, clock, Settings())
    house = House(home, Settings(), clock, registry, own, world, studio, Statics(), pages)
    try:
        yield Parlour(open_trade(house), house, clock, pages)
    finally:
        own.close()
        world.close()
