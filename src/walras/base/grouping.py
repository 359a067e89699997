"""Group commit: what many threads hand in meanwhile is written by one thread, one group after the other."""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from walras.base.errors import Exhausted, Unavailable

W = TypeVar("W")
A = TypeVar("A")


@dataclass(slots=True)
class Waiting(Generic[W, A]):
    """What one caller handed in, and where the answer goes."""

    work: W
    size: int
    answer: "Future[A]" = field(default_factory=Future)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much waits at most, how much one group has at most, and how the writer and its work are called."""

    queue_max: int
    group_max: int
    name: str  # as `field` of errors and of the thread
    units: str


class Grouping(Generic[W, A]):
    """One writer thread. It never waits for more to come: a group is what came while the last was being written."""

    def __init__(
        self,
        commit: Callable[[list[Waiting[W, A]]], None],
        bounds: Bounds,
        idle: Callable[[], None] = lambda: None,
        idle_s: float | None = None,
    ) -> None:
        """Start the thread.

        Args:
            commit: writes a group and answers each of its callers.
            bounds: of queue and group.
            idle: called when nothing came for so long, and at the end.
            idle_s: seconds; None: only at the end.
        """
        self._commit, self._bounds, self._idle, self._idle_s = commit, bounds, idle, idle_s
        self._queue: deque[Waiting[W, A]] = deque()
        self._queued = 0
        self._closing = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name=f"walras-{bounds.name}", daemon=True)
        self._thread.start()

    def submit(self, work: W, size: int) -> "Future[A]":
        """Queue work of a size; its future holds the answer once it is durable.

        Raises:
            Exhausted: the queue is full.
            Unavailable: the writer is closed.
        """
        waiting: Waiting[W, A] = Waiting(work, size)
        with self._changed:
            if self._closing:
                raise Unavailable(f"the {self._bounds.name} is closed", field=self._bounds.name)
            if self._queued + size > self._bounds.queue_max:
                hint = "The disk is slower than what comes in; send again in a moment."
                message = f"{self._queued} {self._bounds.units} wait for the {self._bounds.name}"
                raise Exhausted(message, field=self._bounds.name, hint=hint)
            self._queue.append(waiting)
            self._queued += size
            self._changed.notify()
        return waiting.answer

    def held(self) -> threading.Condition:
        """What the writer takes before each group: while somebody holds it, nothing is written or taken in."""
        return self._changed

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
                    self._changed.wait(self._idle_s)
                group = self._take()
                done = self._closing and not group
            if group:
                self._commit(group)
            else:
                self._idle()
            if done:
                return

    def _take(self) -> list[Waiting[W, A]]:
        group: list[Waiting[W, A]] = []
        count = 0
        while self._queue and (not group or count + self._queue[0].size <= self._bounds.group_max):
            group.append(self._queue.popleft())
            count += group[-1].size
        self._queued -= count
        return group
