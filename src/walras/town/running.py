"""Runs a town: beside a platform of its own, or beside one at an address."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from walras.client import AsyncWalras, Retry
from walras.town.day import DaySums, Moved, Pace, Town
from walras.town.paces import LivePace, PastPace, SandboxPace
from walras.town.plans import DAY_MS, TownPlan
from walras.town.sandbox import Sandbox, SandboxClock

# A platform that died comes back within two minutes or somebody must look.
PATIENT = Retry(tries=60, first_s=0.2, most_s=5.0, patience_s=120.0)
PLATFORM, CLOCK = "platform", "clock"


@dataclass(frozen=True, slots=True)
class Address:
    """A platform that runs already."""

    url: str
    key: str


@contextlib.contextmanager
def sandbox_of(plan: TownPlan, folder: Path) -> Iterator[Sandbox]:
    """A platform of the town's own, ended with the block."""
    folder.mkdir(parents=True, exist_ok=True)
    clock = SandboxClock(folder / CLOCK, plan.first_day_ms)
    sandbox = Sandbox(folder / PLATFORM, clock, workers=plan.workers, platform=plan.platform)
    sandbox.start()
    try:
        yield sandbox
    finally:
        sandbox.stop()
        clock.close()


@contextlib.asynccontextmanager
async def town_of(plan: TownPlan, folder: Path, where: Sandbox | Address, pace: Pace) -> AsyncIterator[Town]:
    """A town over a client of its own."""
    async with AsyncWalras(where.url, where.key, retry=PATIENT) as client:
        town = Town(plan, folder, client, pace)
        try:
            yield town
        finally:
            town.close()


def run_town(
    plan: TownPlan,
    folder: Path,
    address: Address | None = None,
    moved: Callable[[Moved], None] = lambda _: None,
) -> list[DaySums]:
    """Run a town until its days are over or a signal stops it; called again it goes on.

    Args:
        plan: size, seed, days, ways.
        folder: keeps everything of the town, its own platform included.
        address: of a running platform; None: the town starts its own.
        moved: is told how far it is.

    Returns:
        The days that ended in this call.

    Raises:
        ValueError: the folder holds a town of another plan.
    """
    with _told_to_stop() as stop:
        if address is not None:
            return asyncio.run(_days(plan, folder, address, PastPace(), moved, stop))
        with sandbox_of(plan, folder) as sandbox:
            return asyncio.run(_days(plan, folder, sandbox, SandboxPace(sandbox.clock), moved, stop))


def live_town(
    plan: TownPlan,
    folder: Path,
    address: Address,
    *,
    speed: float,
    hour: float,
    moved: Callable[[Moved], None] = lambda _: None,
) -> list[DaySums]:
    """Let a town live beside a running platform, `speed` times as fast, from an hour of its day on."""
    with _told_to_stop() as stop:
        return asyncio.run(_live(plan, folder, address, speed, hour, moved, stop))


async def _days(
    plan: TownPlan,
    folder: Path,
    where: Sandbox | Address,
    pace: Pace,
    moved: Callable[[Moved], None],
    stop: Callable[[], bool],
) -> list[DaySums]:
    async with town_of(plan, folder, where, pace) as town:
        return await town.run(plan.days, moved, stop)


async def _live(
    plan: TownPlan,
    folder: Path,
    address: Address,
    speed: float,
    hour: float,
    moved: Callable[[Moved], None],
    stop: Callable[[], bool],
) -> list[DaySums]:
    start_ms = plan.first_day_ms + round(hour / 24.0 * DAY_MS)
    async with town_of(plan, folder, address, LivePace(start_ms, speed)) as town:
        await town.begin()
        town.begin_at(start_ms)
        return await town.run(plan.days, moved, stop)


@contextlib.contextmanager
def _told_to_stop() -> Iterator[Callable[[], bool]]:
    """Whether a signal has asked for a pause; the town keeps its state at the next minute and ends."""
    asked: list[int] = []
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        for number in before:
            signal.signal(number, lambda number, _frame: asked.append(number))
        yield lambda: bool(asked)
    finally:
        for number, was in before.items():
            signal.signal(number, was)
