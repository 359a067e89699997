"""What befalls a platform while a town uses it: a client that kills, fills, doubles and delays, as a seed says.

The town speaks to the platform through `Storm`, which has the client's own methods. It remembers every event that was
acknowledged and every page that was answered, which is what invariants are held against afterwards.
"""

import asyncio
import resource
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec

from walras.client import AsyncWalras, Event, EventsTaken, Item, ManyPut, Page, Person
from walras.town.luck import stream
from walras.town.sandbox import Sandbox

Kind = Literal["kill", "worker", "restart", "disk", "twice", "late", "clock ahead", "clock back"]
KINDS: tuple[Kind, ...] = get_args(Kind)
# What every seed has one of: without a death there is no storm, and each is dear, since a platform must start again.
_DEADLY: tuple[Kind, ...] = ("kill", "restart", "worker")
_MILD: tuple[Kind, ...] = tuple(kind for kind in KINDS if kind not in _DEADLY)
_FAULTS_MIN, _FAULTS_MAX = 3, 6
# A file may grow by so much before the disk is "full": part of a batch fits, the rest does not.
_ROOM_BYTES = 16_384
_MINUTE_MS = 60_000


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that goes wrong."""

    tick: int
    kind: Kind
    size: float  # in 0..1: how long, how much, how far


def schedule(seed: int, ticks: range) -> list[Fault]:
    """What goes wrong in a seed, in order of time; the same for the same seed."""
    rng = stream(seed, "faults")
    count = int(rng.integers(_FAULTS_MIN - 1, _FAULTS_MAX))
    kinds = [_DEADLY[int(rng.integers(len(_DEADLY)))], *(_MILD[int(n)] for n in rng.integers(len(_MILD), size=count))]
    at = sorted(int(n) for n in rng.choice(len(ticks), len(kinds), replace=False))
    order = rng.permutation(len(kinds))
    return [
        Fault(tick=ticks[tick], kind=kinds[int(n)], size=float(rng.random())) for tick, n in zip(at, order, strict=True)
    ]


@dataclass(slots=True)
class Memory:
    """What a platform has promised, and what it was told."""

    acknowledged: dict[str, Event] = field(default_factory=dict)
    sent: set[str] = field(default_factory=set)
    pages: dict[str, tuple[str, ...]] = field(default_factory=dict)
    items: set[str] = field(default_factory=set)


class Storm:
    """A client through which things go wrong, and which remembers what was promised."""

    def __init__(self, client: AsyncWalras, sandbox: Sandbox, seed: int, memory: Memory) -> None:
        """Nothing is wrong yet."""
        self._client, self._sandbox, self.memory = client, sandbox, memory
        self._rng = stream(seed, "storm")
        self._next: list[Fault] = []
        self._held: list[Event] = []
        self.now_ms = 0

    def arm(self, fault: Fault) -> None:
        """Let it go wrong at the next thing that is told."""
        self._next.append(fault)

    @property
    def armed(self) -> bool:
        """Whether something is still to go wrong."""
        return bool(self._next)

    # ------------------------------------------------------------ what the town asks

    async def put_users(self, people: Sequence[Person]) -> ManyPut:
        """As the client's."""
        return await self._client.put_users(people)

    async def put_items(self, items: Sequence[Item]) -> ManyPut:
        """As the client's; what was answered must be there ever after."""
        taken = await self._client.put_items(items)
        self.memory.items |= {item.id for item in items}
        return taken

    async def feed(
        self,
        person: str,
        *,
        surface: str | None = None,
        count: int | None = None,
        seed: int | None = None,
        dials: Mapping[str, object] | None = None,
    ) -> Page:
        """As the client's; the page's record must be there ever after."""
        page = await self._client.feed(person, surface=surface, count=count, seed=seed, dials=dials)
        self.memory.pages[page.id] = tuple(place.item for place in page.places)
        return page

    async def send_many(self, events: Sequence[Event]) -> EventsTaken:
        """Send events, while what is armed happens."""
        fault = self._next.pop(0) if self._next else None
        if fault is None:
            return await self._tell(events)
        match fault.kind:
            case "kill" | "restart" | "worker":
                return await self._while_dying(events, fault)
            case "disk":
                return await self._on_a_full_disk(events, fault)
            case "twice":
                taken, _ = await asyncio.gather(self._tell(events), self._tell(self._shuffled(events)))
                return taken
            case "late":
                held = max(1, round(fault.size * len(events)))
                self._held += events[:held]
                return await self._tell(events[held:])
            case _:
                return await self._under_another_time(events, fault)

    async def settle(self) -> None:
        """Let happen what is still armed, then tell in disorder and in small lots what was held back or refused."""
        while self._next:
            again = self._shuffled(list(self.memory.acknowledged.values()))[:50]
            await self.send_many(again)
        while self._held:
            held, self._held = self._shuffled(self._held), []
            for start in range(0, len(held), 7):
                await self._tell(held[start : start + 7])

    # ------------------------------------------------------------ what goes wrong

    async def _tell(self, events: Sequence[Event]) -> EventsTaken:
        self.memory.sent |= {event.id for event in events}
        taken = await self._client.send_many(events)
        refused = {fault.index: fault for fault in taken.rejected}
        for n, event in enumerate(events):
            if n not in refused:
                self.memory.acknowledged[event.id] = event
            elif refused[n].field == "time_ms":
                self._held.append(event)  # the platform's clock is wrong; it is told again when it is right
        return taken

    async def _while_dying(self, events: Sequence[Event], fault: Fault) -> EventsTaken:
        """The platform dies while it is told, and comes back after a while; the client asks on meanwhile."""
        telling = asyncio.create_task(self._tell(events))
        await asyncio.sleep(0.02 * fault.size)
        children = self._sandbox.pids()
        if fault.kind == "worker" and len(children) > 1:
            await asyncio.to_thread(self._sandbox.kill_one, children[int(self._rng.integers(len(children)))])
            return await telling
        await asyncio.to_thread(self._sandbox.stop if fault.kind == "restart" else self._sandbox.kill)
        await asyncio.sleep(fault.size)
        await asyncio.to_thread(self._sandbox.start)
        return await telling

    async def _on_a_full_disk(self, events: Sequence[Event], fault: Fault) -> EventsTaken:
        """No file of the platform may grow for a moment, by the kernel's own limit; then there is room again."""
        self._limit(_largest(self._sandbox.home / "log") + _ROOM_BYTES)
        telling = asyncio.create_task(self._tell(events))
        try:
            await asyncio.sleep(0.3 + fault.size)
        finally:
            self._limit(resource.RLIM_INFINITY)
        return await telling

    async def _under_another_time(self, events: Sequence[Event], fault: Fault) -> EventsTaken:
        """The clock jumps and comes back; where it stands behind, what lies too far ahead of it is refused."""
        by_ms = round((5 + 1_435 * fault.size) * _MINUTE_MS)
        self._sandbox.clock.set(self.now_ms + (by_ms if fault.kind == "clock ahead" else -by_ms))
        try:
            return await self._tell(events)
        finally:
            self._sandbox.clock.set(self.now_ms)

    def _limit(self, size: int) -> None:
        assert self._sandbox.process is not None
        for pid in (self._sandbox.process.pid, *self._sandbox.pids()):
            hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)[1]
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))

    def _shuffled(self, events: Sequence[Any]) -> list[Any]:
        return [events[int(n)] for n in self._rng.permutation(len(events))]


def _largest(folder: Path) -> int:
    return max((path.stat().st_size for path in folder.rglob("*") if path.is_file()), default=0)
