"""Group commit: what many threads append meanwhile is written by one transaction and one flush."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import TypeAlias

from walras.base import limits
from walras.base.errors import Invalid, TooMuch, Unable
from walras.base.grouping import Bounds, Grouping, Waiting
from walras.base.ids import EventId
from walras.base.logs import room_log
from walras.events.lots import Lot, Written
from walras.events.rows import ROW_ID
from walras.schema import Receipt

# Pages on which nobody acted yet reach the log after this long at the latest.
_PAGES_MOVE_S = 0.1
_BOUNDS = Bounds(limits.FLUSH_QUEUE_MAX, limits.GROUP_ROWS_MAX, "log", "entries")
_log = room_log("events")
_Group: TypeAlias = list[Waiting[Written, list[Receipt]]]


class GroupCommit:
    """The one writer of a log."""

    def __init__(self, write: Callable[[Sequence[Written]], list[bool]], sweep: Callable[[], None]) -> None:
        """Start its thread.

        Args:
            write: writes lots and rows durably and says which were doubles; raises Unable where it cannot.
            sweep: called when nothing came for a moment, and at the end.
        """
        self._write = write
        self._sweep = sweep
        self._trouble = ""
        self._grouping: Grouping[Written, list[Receipt]] = Grouping(
            self._commit, _BOUNDS, self._try_sweep, _PAGES_MOVE_S
        )

    def submit(self, rows: Written) -> "Future[list[Receipt]]":
        """Queue a lot or rows; the future holds their receipts once they are durable.

        Raises:
            TooMuch: more rows than are ever taken at once.
            Exhausted: the queue is full.
            Unavailable: the log is closed.
        """
        if len(rows) > limits.FLUSH_QUEUE_MAX:
            raise TooMuch(f"{len(rows)} entries at once", hint=f"Send at most {limits.FLUSH_QUEUE_MAX} at once.")
        return self._grouping.submit(rows, len(rows))

    def held(self) -> threading.Condition:
        """While somebody holds this, the writer neither takes nor writes."""
        return self._grouping.held()

    def close(self) -> None:
        """Write what is queued, then end the thread."""
        self._grouping.close()

    def _commit(self, group: _Group) -> None:
        """Write a group and answer each of its callers."""
        try:
            doubles = self._write([waiting.work for waiting in group])
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
            end = at + waiting.size
            waiting.answer.set_result(_receipts(waiting.work, doubles[at:end]))
            at = end

    def _fail(self, group: _Group, error: Unable | Invalid) -> None:
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


def _receipts(rows: Written, doubles: list[bool]) -> list[Receipt]:
    """What a caller is told of entries that are durable."""
    ids = rows.ids if isinstance(rows, Lot) else [row[ROW_ID] or "" for _, row in rows]
    return [Receipt(EventId(name), double) for name, double in zip(ids, doubles, strict=True)]
