"""Group commit: what many threads append meanwhile is written by one transaction and one flush."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from walras.base import limits
from walras.base.errors import Exhausted, Invalid, TooMuch, Unable, Unavailable
from walras.base.ids import EventId
from walras.base.logs import room_log
from walras.events.lots import Lot, Written
from walras.events.rows import ROW_ID
from walras.schema import Receipt

# Pages on which nobody acted yet reach the log after this long at the latest.
_PAGES_MOVE_S = 0.1
_log = room_log("events")


@dataclass(slots=True)
class _Waiting:
    """What one caller appended, and where the answer goes."""

    rows: Written
    answer: "Future[list[Receipt]]" = field(default_factory=Future)

    def answer_with(self, doubles: list[bool]) -> None:
        """Tell the caller that its entries are durable."""
        rows = self.rows
        ids = rows.ids if isinstance(rows, Lot) else [row[ROW_ID] or "" for _, row in rows]
        self.answer.set_result([Receipt(EventId(name), double) for name, double in zip(ids, doubles, strict=True)])


class GroupCommit:
    """One writer thread. It never waits for more to come: a group is what came while the last flush was under way."""

    def __init__(self, write: Callable[[Sequence[Written]], list[bool]], sweep: Callable[[], None]) -> None:
        """Start the thread.

        Args:
            write: writes lots and rows durably and says which were doubles; raises Unable where it cannot.
            sweep: called when nothing came for a moment, and at the end.
        """
        self._write = write
        self._sweep = sweep
        self._queue: deque[_Waiting] = deque()
        self._queued = 0
        self._closing = False
        self._changed = threading.Condition()
        self._trouble = ""
        self._thread = threading.Thread(target=self._run, name="walras-log", daemon=True)
        self._thread.start()

    def submit(self, rows: Written) -> "Future[list[Receipt]]":
        """Queue a lot or rows; the future holds their receipts once they are durable.

        Raises:
            TooMuch: more rows than are ever taken at once.
            Exhausted: the queue is full.
            Unavailable: the log is closed.
        """
        if len(rows) > limits.FLUSH_QUEUE_MAX:
            raise TooMuch(f"{len(rows)} entries at once", hint=f"Send at most {limits.FLUSH_QUEUE_MAX} at once.")
        waiting = _Waiting(rows)
        with self._changed:
            if self._closing:
                raise Unavailable("the log is closed", field="log")
            if self._queued + len(rows) > limits.FLUSH_QUEUE_MAX:
                hint = "The disk is slower than what comes in; send again in a moment."
                raise Exhausted(f"{self._queued} entries wait for the log", field="log", hint=hint)
            self._queue.append(waiting)
            self._queued += len(rows)
            self._changed.notify()
        return waiting.answer

    def close(self) -> None:
        """Write what is queued, then end the thread."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                if not self._queue and not self._closing:
                    self._changed.wait(_PAGES_MOVE_S)
                group = self._take()
                done = self._closing and not group
            if group:
                self._commit(group)
            else:
                self._try_sweep()
            if done:
                return

    def _take(self) -> list[_Waiting]:
        group: list[_Waiting] = []
        count = 0
        while self._queue and (not group or count + len(self._queue[0].rows) <= limits.GROUP_ROWS_MAX):
            group.append(self._queue.popleft())
            count += len(group[-1].rows)
        self._queued -= count
        return group

    def _commit(self, group: list[_Waiting]) -> None:
        """Write a group and answer each of its callers."""
        try:
            doubles = self._write([waiting.rows for waiting in group])
        except Unable as error:
            self._fail(group, error)
            return
        except Exception as error:
            # One caller's broken text must not fail the others of its group.
            if len(group) > 1:
                for waiting in group:
                    self._commit([waiting])
                return
            _log.exception("an append could not be written")
            self._fail(group, Invalid(f"cannot be written ({error})", field="entries"))
            return
        self._recovered()
        at = 0
        for waiting in group:
            end = at + len(waiting.rows)
            waiting.answer_with(doubles[at:end])
            at = end

    def _fail(self, group: list[_Waiting], error: Unable | Invalid) -> None:
        self._say(error)
        for waiting in group:
            waiting.answer.set_exception(error)

    def _try_sweep(self) -> None:
        try:
            self._sweep()
        except Unable as error:
            self._say(error)
        except Exception:
            _log.exception("waiting pages could not be moved into the log")

    def _say(self, error: Unable | Invalid) -> None:
        # Once for each trouble, not once for each request that meets it.
        if error.message != self._trouble:
            self._trouble = error.message
            _log.error("the log refuses entries: %s", error)

    def _recovered(self) -> None:
        if self._trouble:
            self._trouble = ""
            _log.warning("the log takes entries again")
