"""How the town's time goes beside the platform's: in a sandbox, beside a running app, or into its past."""

import asyncio
import time

from walras.town.sandbox import SandboxClock


class SandboxPace:
    """The platform's clock is the town's: it is moved to each instant, and nobody waits."""

    def __init__(self, clock: SandboxClock) -> None:
        """Take the clock."""
        self._clock = clock

    async def reach(self, town_ms: int) -> None:
        """Move the clock."""
        self._clock.set(town_ms)

    def outside_ms(self, town_ms: int) -> int:
        """The same instant."""
        return town_ms


class PastPace:
    """A platform with its own clock is told of days that are over; its pages are made now."""

    async def reach(self, town_ms: int) -> None:
        """Nothing to wait for."""

    def outside_ms(self, town_ms: int) -> int:
        """The same instant, which has passed."""
        return town_ms


class LivePace:
    """The town's day goes on beside the platform's own, `speed` times as fast; events happen when they are told."""

    def __init__(self, from_ms: int, speed: float) -> None:
        """Begin now.

        Args:
            from_ms: the town's instant that is now.
            speed: seconds of the town in a second.
        """
        self._from_ms, self._speed = from_ms, speed
        self._began_ms, self._began_s = time.time_ns() // 1_000_000, time.monotonic()

    async def reach(self, town_ms: int) -> None:
        """Wait until then."""
        wait_s = (town_ms - self._from_ms) / 1000 / self._speed - (time.monotonic() - self._began_s)
        if wait_s > 0:
            await asyncio.sleep(wait_s)

    def outside_ms(self, town_ms: int) -> int:
        """When it is, or was, on the platform's clock; never ahead of it."""
        at_ms = self._began_ms + (town_ms - self._from_ms) / self._speed
        return round(min(at_ms, time.time_ns() // 1_000_000))
