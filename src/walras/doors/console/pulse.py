"""Numbers of now that the status does not hold: who is here, and how long was watched today, read from the log."""

import threading
from collections import OrderedDict

import msgspec

from walras.base.clock import Clock
from walras.events import Log
from walras.schema import Batch

# Somebody is here who did something within the last five minutes.
HERE_MS = 5 * 60_000
_DAY_MS = 86_400_000
_ROWS = 20_000
# A console that was closed for hours reads on so far and no further at one asking; the next asking goes on.
_STRETCHES = 40


class Beat(msgspec.Struct, frozen=True):
    """The numbers of now."""

    people_now: int
    watch_minutes_today: float
    pages_today: int
    is_behind: bool = False  # whether the log has not been read to its end yet


class Pulse:
    """Reads the log from the start of today on, while somebody looks."""

    def __init__(self, log: Log, clock: Clock) -> None:
        """Read nothing yet."""
        self._log = log
        self._clock = clock
        self._turn = threading.Lock()
        self._position = -1
        self._day = -1
        self._last: OrderedDict[str, int] = OrderedDict()  # person → instant of her newest deed
        self._watched_s = 0.0
        self._pages = 0

    def beat(self) -> Beat:
        """Read what is new and say the numbers."""
        with self._turn:
            now_ms = self._clock.now_ms()
            self._begin(now_ms)
            is_behind = self._read_on(now_ms)
            here = [person for person, at_ms in self._last.items() if at_ms < now_ms - HERE_MS]
            for person in here:
                del self._last[person]
            return Beat(len(self._last), self._watched_s / 60, self._pages, is_behind)

    def _begin(self, now_ms: int) -> None:
        """At the first look, and at the first of each day, count from midnight (UTC) on."""
        day = now_ms // _DAY_MS
        if day == self._day:
            return
        if self._position < 0:
            self._position = _position_at(self._log, min(day * _DAY_MS, now_ms - HERE_MS))
        self._day, self._watched_s, self._pages = day, 0.0, 0

    def _read_on(self, now_ms: int) -> bool:
        for _ in range(_STRETCHES):
            batch = self._log.read(self._position, _ROWS)
            if batch is None:
                return False
            self._take(batch, now_ms)
            self._position = batch.position
        return True

    def _take(self, batch: Batch, now_ms: int) -> None:
        events, midnight_ms = batch.events, self._day * _DAY_MS
        columns = zip(events.time_ms.tolist(), events.person, events.outcome, events.value.tolist(), strict=True)
        for at_ms, person, outcome, value in columns:
            if now_ms - HERE_MS <= at_ms <= now_ms + HERE_MS:
                self._last[person] = max(at_ms, self._last.get(person, 0))
            if outcome == "watch" and midnight_ms <= at_ms < midnight_ms + _DAY_MS:
                self._watched_s += value
        for page in batch.pages:
            self._pages += page.time_ms >= midnight_ms
            if page.time_ms >= now_ms - HERE_MS:
                self._last[page.person] = max(page.time_ms, self._last.get(page.person, 0))


def _position_at(log: Log, instant_ms: int) -> int:
    """A position before which nothing happened that is as new as an instant; rows lie nearly in the order of time."""
    low, high = 0, log.position()
    while high - low > _ROWS:
        middle = (low + high) // 2
        at_ms = _instant_behind(log, middle)
        if at_ms is None or at_ms >= instant_ms:
            high = middle
        else:
            low = middle
    # What was written together may lie out of order, so the reading begins a little earlier.
    return max(0, low - _ROWS)


def _instant_behind(log: Log, position: int) -> int | None:
    batch = log.read(position, 1)
    if batch is None:
        return None
    for rows in (batch.changes, batch.pages):
        if rows:
            return rows[0].time_ms
    return int(batch.events.time_ms[0]) if len(batch.events) else None
