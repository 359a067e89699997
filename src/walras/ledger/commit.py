"""Group commit: what many threads ask of the ledger meanwhile is written by one transaction and one flush."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from walras.base import limits
from walras.base.errors import Conflict, Exhausted, Refused, Unable, Unavailable, WalrasError
from walras.base.logs import room_log
from walras.ledger.turn import Place, Turn

_log = room_log("ledger")


@dataclass(slots=True)
class Work:
    """Something to be done in a transaction, whole or not at all, and where the answer goes."""

    do: Callable[[Turn], Any]
    keys: Sequence[str] = ()  # of the entries it may write
    holds: Sequence[str] = ()  # that it looks at
    reverses: Sequence[str] = ()
    places: Sequence[Place] = ()  # guarded accounts that it moves
    size: int = 1  # postings
    answer: "Future[Any]" = field(default_factory=Future)


class GroupCommit:
    """One writer thread. It never waits for more to come: a group is what came while the last flush was under way."""

    def __init__(self, write: Callable[[Sequence[Work]], list[Any]]) -> None:
        """Start the thread.

        Args:
            write: does work in one durable transaction and gives its answers, refusals among them.
        """
        self._write = write
        self._queue: deque[Work] = deque()
        self._queued = 0
        self._closing = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="walras-ledger", daemon=True)
        self._thread.start()

    def submit(self, work: Work) -> "Future[Any]":
        """Queue work; its future holds the answer once it is durable.

        Raises:
            Exhausted: the queue is full.
            Unavailable: the ledger is closed.
        """
        with self._changed:
            if self._closing:
                raise Unavailable("the ledger is closed", field="ledger")
            if self._queued + work.size > limits.LEDGER_QUEUE_MAX:
                hint = "The database is slower than what comes in; send again in a moment."
                raise Exhausted(f"{self._queued} postings wait for the ledger", field="ledger", hint=hint)
            self._queue.append(work)
            self._queued += work.size
            self._changed.notify()
        return work.answer

    def close(self) -> None:
        """Write what is queued, then end the thread."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._queue and not self._closing:
                    self._changed.wait()
                group = self._take()
            if not group:
                return
            self._commit(group)

    def _take(self) -> list[Work]:
        group: list[Work] = []
        count = 0
        while self._queue and (not group or count + self._queue[0].size <= limits.LEDGER_GROUP_MAX):
            group.append(self._queue.popleft())
            count += group[-1].size
        self._queued -= count
        return group

    def _commit(self, group: list[Work]) -> None:
        """Write a group and answer each of its callers."""
        try:
            answers = self._write(group)
        except Unable as error:
            self._fail(group, error)
        except Exception as error:
            self._alone(group, error)
        else:
            for work, answer in zip(group, answers, strict=True):
                if isinstance(answer, Refused):
                    work.answer.set_exception(answer)
                else:
                    work.answer.set_result(answer)

    def _alone(self, group: list[Work], error: Exception) -> None:
        """The database refused a group: each is tried alone, so that one does not fail the others."""
        if len(group) > 1:
            for work in group:
                self._commit([work])
            return
        _log.exception("the database refused what the ledger had admitted")
        hint = "Nothing was written. `walras audit --chain` looks whether the books were changed from outside."
        self._fail(group, Conflict(f"the database refused it ({error})", field="ledger", hint=hint))

    def _fail(self, group: list[Work], error: WalrasError) -> None:
        for work in group:
            work.answer.set_exception(error)
