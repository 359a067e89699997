"""Group commit: what many threads ask of the ledger meanwhile is written by one transaction and one flush."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeAlias

from walras.base import limits
from walras.base.errors import Conflict, Refused, Unable, WalrasError
from walras.base.grouping import Bounds, Grouping, Waiting
from walras.base.logs import room_log
from walras.ledger.turn import Place, Turn

_BOUNDS = Bounds(limits.LEDGER_QUEUE_MAX, limits.LEDGER_GROUP_MAX, "ledger", "postings")
_log = room_log("ledger")


@dataclass(slots=True)
class Work:
    """Something to be done in a transaction, whole or not at all."""

    do: Callable[[Turn], Any]
    keys: Sequence[str] = ()  # of the entries it may write
    holds: Sequence[str] = ()  # that it looks at
    reverses: Sequence[str] = ()
    places: Sequence[Place] = ()  # guarded accounts that it moves
    size: int = 1  # postings


_Group: TypeAlias = list[Waiting[Work, Any]]


class GroupCommit:
    """The one writer of a ledger."""

    def __init__(self, write: Callable[[Sequence[Work]], list[Any]]) -> None:
        """Start its thread.

        Args:
            write: does work in one durable transaction and gives its answers, refusals among them.
        """
        self._write = write
        self._grouping: Grouping[Work, Any] = Grouping(self._commit, _BOUNDS)

    def submit(self, work: Work) -> "Future[Any]":
        """Queue work; its future holds the answer once it is durable.

        Raises:
            Exhausted: the queue is full.
            Unavailable: the ledger is closed.
        """
        return self._grouping.submit(work, work.size)

    def close(self) -> None:
        """Write what is queued, then end the thread."""
        self._grouping.close()

    def _commit(self, group: _Group) -> None:
        """Write a group and answer each of its callers."""
        try:
            answers = self._write([waiting.work for waiting in group])
        except Unable as error:
            self._fail(group, error)
        except Exception as error:
            self._alone(group, error)
        else:
            for waiting, answer in zip(group, answers, strict=True):
                if isinstance(answer, Refused):
                    waiting.answer.set_exception(answer)
                else:
                    waiting.answer.set_result(answer)

    def _alone(self, group: _Group, error: Exception) -> None:
        """The database refused a group: each is tried alone, so that one does not fail the others."""
        if len(group) > 1:
            for waiting in group:
                self._commit([waiting])
            return
        _log.exception("the database refused what the ledger had admitted")
        hint = "Nothing was written. `walras audit --chain` looks whether the books were changed from outside."
        self._fail(group, Conflict(f"the database refused it ({error})", field="ledger", hint=hint))

    def _fail(self, group: _Group, error: WalrasError) -> None:
        for waiting in group:
            waiting.answer.set_exception(error)
