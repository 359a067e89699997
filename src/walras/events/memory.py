"""A log that lives in memory: for tests, the town and benchmarks that are not about disks. It passes the same suite."""

import threading
from collections.abc import Sequence
from concurrent.futures import Future

from walras.base import limits
from walras.base.clock import Clock, SystemClock
from walras.base.errors import TooMuch, Unavailable
from walras.base.ids import EventId
from walras.events.intake import named
from walras.events.rows import EVENT, ROW_ID, Row, batch_of, event_of, keyed_row, page_key, page_of
from walras.schema import Batch, Entry, Event, PageRecord, Receipt

READ_ROWS = 50_000


class MemoryLog:
    """An append-only sequence of entries that ends with the process. See `Log`."""

    def __init__(self, clock: Clock | None = None) -> None:
        """Begin empty."""
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._rows: list[Row] = []  # stored rows; the seq of a row is its index + 1
        self._ids: dict[bytes, int] = {}
        self._closed = False

    def append(self, entries: Sequence[Entry]) -> list[Receipt]:
        """Keep entries. See `Log`."""
        if len(entries) > limits.FLUSH_QUEUE_MAX:
            raise TooMuch(f"{len(entries)} entries at once", hint=f"Send at most {limits.FLUSH_QUEUE_MAX} at once.")
        now_ms = self._clock.now_ms()
        keyed = [keyed_row(named(e, now_ms) if type(e) is Event else e, now_ms) for e in entries]
        with self._lock:
            if self._closed:
                raise Unavailable("the log is closed", field="log")
            return [self._keep(key, row) for key, row in keyed]

    def _keep(self, key: bytes | None, row: Row) -> Receipt:
        double = key is not None and key in self._ids
        if not double:
            self._rows.append((len(self._rows) + 1, *row))
            if key is not None:
                self._ids[key] = len(self._rows)
        return Receipt(EventId(row[ROW_ID] or ""), double)

    def submit(self, entries: Sequence[Entry]) -> "Future[list[Receipt]]":
        """Keep entries and answer with a finished future. See `Log`."""
        answer: Future[list[Receipt]] = Future()
        answer.set_result(self.append(entries))
        return answer

    def keep_page(self, page: PageRecord) -> None:
        """Keep a page. See `Log`."""
        self.append([page])

    def read(self, after: int, limit: int = READ_ROWS) -> Batch | None:
        """The next stretch behind `after`. See `Log`."""
        return batch_of(self._rows[after : after + limit])

    def position(self) -> int:
        """How many rows there are."""
        return len(self._rows)

    def page(self, page_id: str) -> PageRecord | None:
        """A page's record. See `Log`."""
        seq = self._ids.get(page_key(page_id))
        return None if seq is None else page_of(self._rows[seq - 1][-1])

    def history(self, person: str, limit: int) -> list[Event]:
        """A person's events, newest first. See `Log`."""
        hers = [row for row in self._rows if row[1] == EVENT and row[5] == person]
        return [event_of(row) for row in hers[::-1][:limit]]

    def close(self) -> None:
        """Take nothing more."""
        self._closed = True
