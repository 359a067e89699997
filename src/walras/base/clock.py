"""What time it is. The only module that may read the machine's clock."""

import time
from dataclasses import dataclass
from typing import Protocol

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


def elapsed_s() -> float:
    """Seconds on a clock that never jumps, for measuring spans; its zero means nothing."""
    return time.perf_counter()


def day_of(instant_ms: int) -> str:
    """The UTC day of an instant, as YYYY-MM-DD."""
    return time.strftime("%Y-%m-%d", time.gmtime(instant_ms // 1000))
