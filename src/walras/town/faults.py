"""The town as the platform's fault test: evenings in which things go wrong as a seed says, and what must hold after.

After each fault, and at the end, through the public API: every acknowledged event stands in its person's history as it
was told and once, nothing stands there that nobody told, every answered page has its record, every item is there in a
legal state, and the state counts what the log holds. At the very end, by `walras` commands: the state made anew from
the log is the running one, a page is made again from its record, and the books are whole.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

import msgspec

from walras.client import AsyncWalras, ClientError, Event
from walras.client.values import State
from walras.town.day import Town
from walras.town.paces import SandboxPace
from walras.town.people import person_id
from walras.town.plans import DAY_MS, FIRST_DAY_MS, HOUR_MS, TownPlan, plan_of
from walras.town.running import PATIENT, sandbox_of
from walras.town.sandbox import Sandbox
from walras.town.storms import Fault, Memory, Storm, schedule

# An evening of a very small town: some hundred events a person, all of which one answer of a history holds.
_SCALE, _TICK_S, _FROM_HOUR, _HISTORY_MAX = 60_000_000, 900.0, 17, 1_000
_LISTED = 1_000
_NO_COMMAND = "No such command"


class Storms(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a seed."""

    seed: int
    faults: list[Fault]
    violations: list[str]
    events: int
    pages: int
    repeat: str  # the command that does it again


@dataclass(slots=True)
class _StormPace:
    """The sandbox's pace, with a fault armed where one is due."""

    inner: SandboxPace
    storm: Storm
    faults: list[Fault]
    first_ms: int
    after: list[Fault] = field(default_factory=list)  # have been armed since the last look

    async def reach(self, town_ms: int) -> None:
        """Move the clock; arm what is due."""
        self.storm.now_ms = town_ms
        await self.inner.reach(town_ms)
        while self.faults and self.first_ms + self.faults[0].tick * _TICK_S * 1000 < town_ms:
            self.after.append(self.faults[0])
            self.storm.arm(self.faults.pop(0))

    def outside_ms(self, town_ms: int) -> int:
        """The same instant."""
        return town_ms


def plan_of_seed(seed: int, evening: int = 0) -> TownPlan:
    """The town of a seed: every fourth has two serving processes."""
    ways = {"friends": 3.0, "stock": 600, "uploads_a_day": 60.0, "stay_s": 600.0}
    return plan_of(
        {"ways": ways, "tick_s": _TICK_S, "page": {"places": 10}},
        scale=_SCALE,
        seed=seed,
        workers=2 if seed % 4 == 0 else 1,
        first_day_ms=FIRST_DAY_MS + evening * DAY_MS,
    )


def weather(seeds: Sequence[int], folder: Path, told: Callable[[str], None] = lambda _: None) -> list[Storms]:
    """Run seeds one evening after the other on one platform; a seed alone has a platform of its own.

    Args:
        seeds: of town and faults.
        folder: an empty one.
        told: hears what goes wrong and what was looked at.
    """
    words = [*(str(seed) for seed in seeds), *(["--together"] if len(seeds) > 1 else [])]
    memory, found = Memory(), list[Storms]()
    with sandbox_of(plan_of_seed(seeds[0]), folder) as sandbox:
        for evening, seed in enumerate(seeds):
            before = len(memory.acknowledged), len(memory.pages)
            plan, faults = plan_of_seed(seed, evening), schedule(seed, _ticks())
            violations = asyncio.run(_evening(plan, folder / f"seed-{seed}", sandbox, memory, faults, told))
            one = Storms(
                seed=seed,
                faults=faults,
                violations=violations,
                events=len(memory.acknowledged) - before[0],
                pages=len(memory.pages) - before[1],
                repeat=f"walras town faults {' '.join(words)}",
            )
            found.append(one)
        sandbox.stop()
        found[-1].violations.extend(_by_commands(sandbox, memory, told))
    return found


def _ticks() -> range:
    """When things may go wrong: from an hour after the evening's beginning to an hour before midnight."""
    hour = round(3600 / _TICK_S)
    return range((_FROM_HOUR + 1) * hour, 23 * hour)


async def _evening(
    plan: TownPlan,
    folder: Path,
    sandbox: Sandbox,
    memory: Memory,
    faults: list[Fault],
    told: Callable[[str], None],
) -> list[str]:
    async with AsyncWalras(sandbox.url, sandbox.key, retry=PATIENT) as client:
        storm = Storm(client, sandbox, plan.seed, memory)
        pace = _StormPace(SandboxPace(sandbox.clock), storm, list(faults), plan.first_day_ms)
        town = Town(plan, folder, storm, pace)
        people = len(town.life.people)
        violations: list[str] = []
        try:
            await town.begin()
            town.begin_at(plan.first_day_ms + _FROM_HOUR * HOUR_MS)
            while town.day == 0:
                await town.run(1, stop=lambda: True)
                if pace.after and not storm.armed:
                    gone, pace.after = pace.after, []
                    told(", ".join(fault.kind for fault in gone))
                    violations += [f"after {gone[-1].kind}: {said}" for said in await _look(client, memory, people)]
            await storm.settle()
            violations += [f"at the end: {said}" for said in await _look(client, memory, people)]
        finally:
            town.close()
        return violations


# ---------------------------------------------------------------- what must hold


async def _look(client: AsyncWalras, memory: Memory, people: int) -> list[str]:
    """Every sentence says what does not hold."""
    try:
        return [
            *await _histories(client, memory, people),
            *await _pages(client, memory),
            *await _items(client, memory),
            *await _counted(client, memory),
        ]
    except ClientError as error:
        return [f"the platform does not answer: {error}"]


async def _histories(client: AsyncWalras, memory: Memory, people: int) -> list[str]:
    found = [event for row in range(people) for event in await client.history(person_id(row), n=_HISTORY_MAX)]
    times = Counter(event.id for event in found)
    said = [f"event {id} stands {count} times" for id, count in times.items() if count > 1]
    said += [f"event {id} was acknowledged and is lost" for id in memory.acknowledged.keys() - times.keys()]
    said += [f"event {id} stands there and nobody told it" for id in times.keys() - memory.sent]
    for event in found:
        promised = memory.acknowledged.get(event.id)
        if promised is not None and _content(promised) != _content(event):
            said.append(f"event {event.id} was told as {_content(promised)} and stands as {_content(event)}")
    return said


def _content(event: Event) -> tuple[object, ...]:
    return event.person, event.outcome, event.item, event.time_ms, event.value, event.page, event.place


async def _pages(client: AsyncWalras, memory: Memory) -> list[str]:
    said = []
    for id, items in memory.pages.items():
        try:
            record = await client.page(id)
        except ClientError as error:
            said.append(f"page {id} was answered and has no record: {error}")
            continue
        if tuple(place.item for place in record.places) != items:
            said.append(f"page {id} was answered with other places than its record has")
    return said


async def _items(client: AsyncWalras, memory: Memory) -> list[str]:
    found, cursor = {}, ""
    while True:
        some = await client.items(cursor, _LISTED)
        found.update({item.id: item.state for item in some.items})
        if not (cursor := some.cursor):
            break
    said = [f"item {id} was put and is lost" for id in memory.items - found.keys()]
    return said + [f"item {id} is {state}" for id, state in found.items() if state not in get_args(State)]


async def _counted(client: AsyncWalras, memory: Memory) -> list[str]:
    """The state has seen each event once: not fewer than were acknowledged, not more than were told."""
    events = (await client.status()).events
    if len(memory.acknowledged) <= events <= len(memory.sent):
        return []
    return [f"the state counts {events} events; {len(memory.acknowledged)} of {len(memory.sent)} were acknowledged"]


def _by_commands(sandbox: Sandbox, memory: Memory, told: Callable[[str], None]) -> list[str]:
    told("replay")
    said = _command(sandbox, "replay", "--json")
    if memory.pages:
        said += _command(sandbox, "replay", "--page", next(reversed(memory.pages)), "--json")
    told("audit")
    return said + _command(sandbox, "audit", "--json")


def _command(sandbox: Sandbox, *words: str) -> list[str]:
    done = sandbox.command(*words)
    # A platform without books has none to look at.
    if done.returncode == 0 or _NO_COMMAND in done.stderr:
        return []
    try:
        sentence = json.loads(done.stdout).get("sentence", done.stdout)
    except ValueError:
        sentence = done.stderr.strip()[-500:] or done.stdout.strip()[-500:]
    return [f"`walras {' '.join(words)}` ended with {done.returncode}: {sentence}"]
