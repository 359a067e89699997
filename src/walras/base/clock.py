"""What time it is. The only module that may read the machine's clock."""

import mmap
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from walras.base.errors import Invalid

DAY_MS = 86_400_000
HOUR_MS = 3_600_000


class Clock(Protocol):
    """A source of instants: milliseconds since 1970-01-01 UTC."""

    def now_ms(self) -> int:
        """Return the present instant, in milliseconds UTC."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now_ms(self) -> int:
        """Return the machine's present instant, in milliseconds UTC."""
        return time.time_ns() // 1_000_000


@dataclass(slots=True)
class SetClock:
    """A clock that stands still until it is set; for tests, replay and the town."""

    instant_ms: int

    def now_ms(self) -> int:
        """Return the instant it was set to."""
        return self.instant_ms


class SandboxClock:
    """A clock whose hand stands in a file, so that a simulation moves it for every process of a platform at once.

    The file has eight bytes: milliseconds since 1970-01-01 UTC, little-endian and signed. It is mapped, so that a look
    costs as little as one at the machine's clock, and so that one write of eight bytes moves it.
    """

    def __init__(self, path: Path) -> None:
        """Map the file.

        Raises:
            Invalid: it is not there, or has another size.
        """
        try:
            with path.open("rb") as file:
                self._hand = mmap.mmap(file.fileno(), 8, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:
            hint = "Write eight bytes into it: milliseconds UTC as a little-endian integer."
            raise Invalid(f"is no clock: {error}", field="sandbox_clock", value=str(path), hint=hint) from error

    def now_ms(self) -> int:
        """Return the instant the file says, in milliseconds UTC."""
        return int.from_bytes(self._hand[:8], "little", signed=True)


def clock_of(sandbox_clock: str) -> Clock:
    """The clock of a platform: the machine's own, or the sandbox's where a file is named.

    Raises:
        Invalid: the file is no clock.
    """
    return SandboxClock(Path(sandbox_clock)) if sandbox_clock else SystemClock()


def elapsed_s() -> float:
    """Seconds on a clock that never jumps, for measuring spans; its zero means nothing."""
    return time.perf_counter()


def day_of(instant_ms: int) -> str:
    """The UTC day of an instant, as YYYY-MM-DD."""
    return time.strftime("%Y-%m-%d", time.gmtime(instant_ms // 1000))
