"""Does again and again what the lines asked for, each at its own pace; one that fails does not stop the others."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from walras.base.logs import room_log

_log = room_log("loops")


class Ticks(Protocol):
    """Something to be done again and again."""

    @property
    def name(self) -> str:
        """For the log."""
        ...

    @property
    def every_s(self) -> float:
        """Seconds between two beginnings."""
        ...

    @property
    def run(self) -> Callable[[], Any]:
        """Do it; safe to repeat after a death."""
        ...


class Ticking:
    """Several of them in one thread, in the order given."""

    def __init__(self, ticks: Sequence[Ticks]) -> None:
        """Each is due at once."""
        self._ticks = ticks
        self._due_s = [0.0] * len(ticks)

    def tick(self, now_s: float) -> None:
        """Do what is due.

        Args:
            now_s: seconds that have gone by, of a clock that never goes back.
        """
        for n, each in enumerate(self._ticks):
            if now_s < self._due_s[n]:
                continue
            self._due_s[n] = now_s + each.every_s
            try:
                each.run()
            except Exception:
                _log.exception("%s failed and is tried again in %s s", each.name, each.every_s)
