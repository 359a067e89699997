"""One thread prepares what comes next while the caller uses what it has."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Each = TypeVar("Each")


def ahead(several: Iterable[Each]) -> Iterator[Each]:
    """Yield the same in the same order, one of them being made ready in the background.

    Reading and checking a table is C that lets other threads run, and so is most of what the log does with it: on two
    cores an import takes as long as the slower of both, not as their sum. An error is raised where it would have been.
    """
    source = iter(several)
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="ahead") as pool:
        waiting = pool.submit(_next, source)
        while (found := waiting.result()) is not None:
            waiting = pool.submit(_next, source)
            yield found[0]


def _next(source: Iterator[Each]) -> tuple[Each] | None:
    """The next one, in a pair of brackets so that the end can be told from any value."""
    for each in source:
        return (each,)
    return None
