"""A town's day, in order of time: what has happened is told, then pages are asked for, then people look at them.

Each tick (a minute) first sends every event whose instant has come, in one batch, then asks for the pages that people
want now, each with a seed of its own. Those pages are for different people and what they show is told later, so they
may be asked for at once: whenever the same seed is run, the same is told and the same is shown.
"""

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import msgspec
import numpy as np

from walras.client import Event, EventsTaken, Item, ManyPut, Page, Person
from walras.town.keeping import STATE, SUMS, Journal, Kept, cut_torn_line, identity, load, save, whole_lines
from walras.town.lines import Life, Line, Shown, lines_of
from walras.town.luck import Longs, bits_of
from walras.town.people import begin_day, end_day, open_next, people_of, person_id, told
from walras.town.plans import DAY_MS, HOUR_MS, TownPlan
from walras.town.works import Studio

_SELLING = frozenset({"ad", "product", "deal"})


class DaySums(msgspec.Struct, frozen=True, kw_only=True):
    """A day in figures, as the town itself counted what was acknowledged."""

    day: int
    people: int  # who came
    month: int  # who came on any day of this month so far
    minutes: float  # of one who came
    interactions: float  # of one who came
    pairs: int  # who follow each other at its end
    exposures: int
    pages: int
    short_pages: int  # with fewer places than were asked for
    events: int
    refused: int
    uploads: int
    enjoyment: float  # what a video pleased, on average
    digest: str  # of every event that was sent, in order


class Pace(Protocol):
    """How the town's time and the platform's go together."""

    async def reach(self, town_ms: int) -> None:
        """Wait, or move the platform's clock, until the town's instant has come."""
        ...

    def outside_ms(self, town_ms: int) -> int:
        """The instant the platform is told for one of the town's."""
        ...


class Platform(Protocol):
    """What a town asks of the client: the client itself, or one through which things go wrong."""

    async def put_users(self, people: Sequence[Person]) -> ManyPut:
        """Make or change people."""
        ...

    async def put_items(self, items: Sequence[Item]) -> ManyPut:
        """Make or change items."""
        ...

    async def send_many(self, events: Sequence[Event]) -> EventsTaken:
        """Send events."""
        ...

    async def feed(
        self,
        person: str,
        *,
        surface: str | None = None,
        count: int | None = None,
        seed: int | None = None,
        dials: Mapping[str, object] | None = None,
    ) -> Page:
        """Fill a page."""
        ...


@dataclass(slots=True)
class Moved:
    """How far a day is."""

    day: int
    share: float
    people: int
    pages: int
    events: int


class Town:
    """A town that uses a platform through its public client."""

    def __init__(self, plan: TownPlan, folder: Path, client: Platform, pace: Pace) -> None:
        """Make everybody; nothing is sent yet.

        Args:
            plan: size, seed and ways.
            folder: where state, journal and sums are kept.
            client: to the platform.
            pace: how its time goes.
        """
        self.plan, self.folder, self._client, self._pace = plan, folder, client, pace
        folder.mkdir(parents=True, exist_ok=True)
        topics = _topics()
        people = people_of(plan, topics)
        self.life = Life(plan, people, Studio(plan, people))
        self.lines: list[Line] = lines_of(self.life)
        self.day, self.tick = 0, 0
        self._begun = False
        self._waiting: dict[int, list[Event]] = defaultdict(list)
        self._today: dict[str, Any] = {}
        self._digest = ""
        self._journal = Journal(folder)
        if (folder / STATE).exists():
            self._take_up(load(folder, self.life, self.lines))

    @property
    def ticks(self) -> int:
        """Ticks of a day."""
        return round(DAY_MS / (self.plan.tick_s * 1000))

    def close(self) -> None:
        """Let files go; the platform is somebody else's to end."""
        self._journal.close()

    # ------------------------------------------------------------ days

    async def begin(self) -> None:
        """Tell the platform who and what there is, once."""
        if self._begun:
            return
        await self._pace.reach(self.plan.first_day_ms)
        await self._client.put_users(told(self.life.people))
        for line in self.lines:
            items, events = line.begin()
            await self._put(items)
            await self._send(events)
        self._begun = True
        self._keep()

    def begin_at(self, town_ms: int) -> None:
        """Let the first day begin late: sessions that would have begun before are left out."""
        if self.day or self.tick:
            return
        people, ways = self.life.people, self.plan.ways
        begin_day(people, self.plan, 0)
        self._today = _nothing_yet()
        self.tick = int((town_ms - self._instant(0)) // (self.plan.tick_s * 1000))
        while len(early := np.flatnonzero(people.next_ms < town_ms)):
            open_next(people, early, np.zeros(len(early), np.int64), ways)

    async def run(
        self, days: int, moved: Callable[[Moved], None] = lambda _: None, stop: Callable[[], bool] = lambda: False
    ) -> list[DaySums]:
        """Live until so many days are over, or until told to stop; goes on within the day it was stopped in.

        Args:
            days: in all, those before included.
            moved: is told how far the day is.
            stop: asked every tick; where it says so the state is kept and the town waits.
        """
        await self.begin()
        made: list[DaySums] = []
        while self.day < days:
            done = await self._day(moved, stop)
            if done is None:
                break
            made.append(done)
        return made

    async def _day(self, moved: Callable[[Moved], None], stop: Callable[[], bool]) -> DaySums | None:
        people, ticks = self.life.people, self.ticks
        hour = max(1, round(HOUR_MS / (self.plan.tick_s * 1000)))
        if self.tick == 0:
            begin_day(people, self.plan, self.day)
            self._today = _nothing_yet()
        while self.tick < ticks:
            await self._step()
            self.tick += 1
            moved(Moved(self.day, self.tick / ticks, int(people.here.sum()), self._today["pages"], self._sent))
            stopped = stop()
            if stopped or (self.tick % hour == 0 and self.tick < ticks):
                self._keep()
            if stopped and self.tick < ticks:
                return None
        return await self._evening()

    @property
    def _sent(self) -> int:
        return int(self._today["events"])

    async def _step(self) -> None:
        """One tick: what happened, what was made, who looks."""
        from_ms, to_ms = self._instant(self.tick), self._instant(self.tick + 1)
        await self._pace.reach(to_ms)
        for line in self.lines:
            items = line.new_items(from_ms, to_ms)
            self._today["uploads"] += len(items)
            await self._put(items)
        await self._tell(self.tick)
        rows = self._askers(to_ms)
        if len(rows):
            pages = await self._pages(rows)
            self._look(rows, pages)

    async def _evening(self) -> DaySums:
        """The day's last events are told, makers and people learn from it, and it is written down."""
        await self._pace.reach(self._instant(self.ticks))
        last = self.ticks - 1
        # What people began just before midnight is told with the day it belongs to, and late ones tomorrow.
        await self._tell(last)
        people, ways = self.life.people, self.plan.ways
        sums = self._sums()
        np.savez(self.folder / f"day-{self.day:04d}.npz", seconds=people.seconds, acted=people.acted, here=people.here)
        end_day(people, ways)
        for line in self.lines:
            line.evening()
        self.day, self.tick = self.day + 1, 0
        self._waiting = _earlier(self._waiting, self.ticks)
        # Before the state: a death between the two writes the day again, and never loses it.
        cut_torn_line(self.folder / SUMS)
        with (self.folder / SUMS).open("ab") as file:
            file.write(msgspec.json.encode(sums) + b"\n")
        self._keep()
        return sums

    def _sums(self) -> DaySums:
        people, today = self.life.people, self._today
        came = max(int(people.here.sum()), 1)
        shown = max(int(people.shown.sum()), 1)
        return DaySums(
            day=self.day,
            people=int(people.here.sum()),
            month=int(people.ever.sum()),
            minutes=float(people.seconds.sum()) / 60.0 / came,
            interactions=float(people.acted.sum()) / came,
            pairs=self.life.pairs,
            exposures=int(people.shown.sum()),
            pages=today["pages"],
            short_pages=today["short"],
            events=today["events"],
            refused=today["refused"],
            uploads=today["uploads"],
            enjoyment=float(people.pleased.sum()) / shown,
            digest=self._digest,
        )

    # ------------------------------------------------------------ what is told

    async def _put(self, items: Sequence[Item]) -> None:
        if items:
            await self._client.put_items([self._outside_item(item) for item in items])

    def _outside_item(self, item: Item) -> Item:
        return msgspec.structs.replace(item, created_ms=max(self._pace.outside_ms(item.created_ms), 0))

    async def _tell(self, tick: int) -> None:
        """Send what has happened until the end of a tick, in order of time."""
        due = [event for at in sorted(self._waiting) if at <= tick for event in self._waiting.pop(at)]
        due.sort(key=lambda event: (event.time_ms, event.id))
        await self._send(due)

    async def _send(self, events: Sequence[Event]) -> None:
        if not events:
            return
        said = [msgspec.structs.replace(e, time_ms=self._pace.outside_ms(e.time_ms)) for e in events]
        taken = await self._client.send_many(said)
        if self._today:
            self._today["events"] += len(events)
            self._today["refused"] += len(taken.rejected)
        told_of = "\n".join(f"{e.id} {e.outcome} {e.item} {e.value} {e.time_ms}" for e in events)
        self._digest = hashlib.blake2b((self._digest + told_of).encode(), digest_size=16).hexdigest()

    # ------------------------------------------------------------ who looks

    def _askers(self, now_ms: int) -> Longs:
        """Rows of who wants a page by now, in the order in which they want it."""
        next_ms = self.life.people.next_ms
        rows = np.flatnonzero(next_ms <= now_ms)
        order: Longs = rows[np.lexsort((rows, next_ms[rows]))]
        return order

    async def _pages(self, rows: Longs) -> list[Page]:
        gate = asyncio.Semaphore(self.plan.concurrency)

        async def one(row: int) -> Page:
            async with gate:
                return await self._page(row)

        return list(await asyncio.gather(*(one(row) for row in rows.tolist())))

    async def _page(self, row: int) -> Page:
        number, asking = int(self.life.people.pages[row]), self.plan.page
        page = self._journal.known(row, number)
        if page is None:
            seed = int(bits_of(self.plan.seed, "page", row, number)) >> 2
            page = await self._client.feed(
                person_id(row),
                surface=asking.surface,
                count=asking.places,
                seed=seed,
                dials=asking.dials or None,
            )
            self._journal.add(row, number, page)
        self.life.people.pages[row] += 1
        return page

    def _look(self, rows: Longs, pages: Sequence[Page]) -> None:
        places = self.plan.page.places
        work = np.full((len(rows), places), -1, np.int64)
        sells = np.zeros((len(rows), places), np.bool_)
        for b, page in enumerate(pages):
            for k, place in enumerate(page.places[:places]):
                work[b, k] = self.life.studio.row(place)
                sells[b, k] = place.kind in _SELLING
        self._today["pages"] += len(pages)
        self._today["short"] += int((work < 0).any(1).sum())
        at_ms = np.full(len(rows), self._instant(self.tick + 1))
        shown = Shown(rows, at_ms, work, sells, [page.id for page in pages])
        for line in self.lines:
            for event in line.look(shown):
                self._waiting[self._tick_of(event.time_ms)].append(event)

    # ------------------------------------------------------------ time and keeping

    def _instant(self, tick: int) -> int:
        return self.plan.first_day_ms + self.day * DAY_MS + round(tick * self.plan.tick_s * 1000)

    def _tick_of(self, time_ms: int) -> int:
        """The tick at whose end an instant has come."""
        since = time_ms - self.plan.first_day_ms - self.day * DAY_MS
        return max(self.tick + 1, int(since // (self.plan.tick_s * 1000)))

    def _keep(self) -> None:
        waiting = [event for at in sorted(self._waiting) for event in self._waiting[at]]
        kept = Kept(
            version=1,
            plan=identity(self.plan),
            day=self.day,
            tick=self.tick,
            pairs=self.life.pairs,
            begun=self._begun,
            ids=self.life.studio.works.ids,
            waiting=waiting,
            digest=self._digest,
            today=self._today,
        )
        save(self.folder, self.life, self.lines, kept)
        self._journal.begin_anew()

    def _take_up(self, kept: Kept) -> None:
        self.day, self.tick, self._begun, self._digest = kept.day, kept.tick, kept.begun, kept.digest
        self._today = dict(kept.today)
        for event in kept.waiting:
            since = event.time_ms - self.plan.first_day_ms - self.day * DAY_MS
            self._waiting[max(self.tick, int(since // (self.plan.tick_s * 1000)))].append(event)


def _nothing_yet() -> dict[str, int]:
    return {"pages": 0, "short": 0, "events": 0, "refused": 0, "uploads": 0}


def _earlier(waiting: dict[int, list[Event]], ticks: int) -> dict[int, list[Event]]:
    """What waits, by the ticks of the next day."""
    moved: dict[int, list[Event]] = defaultdict(list)
    for at, events in waiting.items():
        moved[max(0, at - ticks)] += events
    return moved


def _topics() -> int:
    from walras.town.subjects import load_subjects

    return len(load_subjects())


def read_sums(folder: Path) -> list[DaySums]:
    """The days that are over, each once: a day that a death made write itself again counts as it was written last."""
    days = (msgspec.json.decode(line, type=DaySums) for line in whole_lines(folder / SUMS))
    found = {one.day: one for one in days}
    return [found[day] for day in sorted(found)]
