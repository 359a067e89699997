"""How a call is tried, as a plan without I/O that both forms of the client follow.

A plan yields what to do next (ask, or wait) and is sent what came of it, so that there is one rule of repetition for
threads and for event loops. The wait before try n is drawn evenly between 0 and `first_s` · 2ⁿ, at most `most_s`
("full jitter"), and never less than the server's own Retry-After.
"""

import os
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, Generic, TypeAlias, TypeVar

import httpx
import msgspec

from walras.client.errors import Answered, Unreachable, Unreadable, error_of

T = TypeVar("T")
# Nothing had been sent: the call may be tried again whatever it does.
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
# The server refused before it did anything.
_REFUSED_AT_ONCE = (429, 503)
# Somebody between us and the server did not hear its answer.
_LOST_BETWEEN = (502, 504)


@dataclass(frozen=True, slots=True)
class Retry:
    """How often and how patiently a call is tried again."""

    tries: int = 6  # in all, the first included
    first_s: float = 0.2
    most_s: float = 10.0  # of one wait, unless the server asks for a longer one
    patience_s: float = 60.0  # of all waits together


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One request, and the type of its answer."""

    method: str
    path: str
    reads: type[T]
    query: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    media: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    repeatable: bool = True  # whether doing it twice is as good as once, so that a lost answer may be asked for again
    gone_is_done: bool = False  # a deletion: "not there" on a later try says that an earlier one was heard
    any_status: bool = False  # the body means the same whatever the status, as with readiness
    from_headers: Callable[[httpx.Headers], T] | None = None  # where the answer stands in the headers


@dataclass(frozen=True, slots=True)
class Ask:
    """Send this request."""

    call: Call[Any]


@dataclass(frozen=True, slots=True)
class Wait:
    """Do nothing for so long."""

    seconds: float


Came: TypeAlias = httpx.Response | httpx.TransportError | None
Trying: TypeAlias = Generator[Ask | Wait, Came, T]


@dataclass(slots=True)
class _Tries:
    """What is left of the patience with one call."""

    retry: Retry
    draw: Callable[[], float]
    made: int = 0
    waited_s: float = 0.0
    unheard: bool = field(default=False)  # whether an earlier try may have been heard

    def wait_s(self, asked_s: float) -> float | None:
        """Seconds to wait before the next try; None: give up."""
        if self.made >= self.retry.tries:
            return None
        drawn = self.draw() * min(self.retry.most_s, self.retry.first_s * 2.0 ** (self.made - 1))
        wait_s = max(asked_s, drawn)
        if self.waited_s + wait_s > self.retry.patience_s:
            return None
        self.waited_s += wait_s
        return wait_s


def drawn() -> float:
    """An even draw in [0, 1), from the machine."""
    return int.from_bytes(os.urandom(7), "big") / 2**56


def trying(call: Call[T], retry: Retry, draw: Callable[[], float] = drawn) -> Trying[T]:
    """Try a call until it is answered or patience ends.

    Raises:
        Unreachable: nobody answered.
        Answered: the server said no, or cannot; a kind by its status.
        Unreadable: the answer has another shape.
    """
    tries = _Tries(retry, draw)
    while True:
        tries.made += 1
        came = yield Ask(call)
        error, asked_s, may = _outcome(call, came, tries)
        if error is None:
            assert isinstance(came, httpx.Response)
            return _read(call, came)
        wait_s = tries.wait_s(asked_s) if may else None
        if wait_s is None:
            raise error
        yield Wait(wait_s)


def _outcome(call: Call[T], came: Came, tries: _Tries) -> tuple[Exception | None, float, bool]:
    """The error of a try, how long the server asks to wait, and whether it may be tried again."""
    if isinstance(came, httpx.TransportError):
        sent = not isinstance(came, _NOT_SENT)
        tries.unheard = tries.unheard or sent
        said = f"{call.method} {call.path}: {type(came).__name__} {came}".rstrip()
        error = Unreachable(f"{said} (tried {tries.made} times)")
        error.__cause__ = came
        return error, 0.0, call.repeatable or not sent
    assert came is not None
    status = came.status_code
    if status < 400 or call.any_status or (status == 404 and call.gone_is_done and tries.unheard):
        return None, 0.0, False
    asked_s = retry_after_s(came.headers)
    may = status in _REFUSED_AT_ONCE or (status in _LOST_BETWEEN and call.repeatable)
    if status in _LOST_BETWEEN:
        tries.unheard = True
    return error_of(status, came.content, asked_s), asked_s, may


def retry_after_s(headers: httpx.Headers) -> float:
    """Seconds that Retry-After asks for, whether it says a number or an instant; 0 where it says nothing."""
    said = headers.get("retry-after", "").strip()
    if not said:
        return 0.0
    try:
        return max(0.0, float(said))
    except ValueError:
        pass
    try:
        until, now = parsedate_to_datetime(said), parsedate_to_datetime(headers.get("date", ""))
    except (TypeError, ValueError):
        return 0.0
    return max(0.0, (until - now).total_seconds())


def _read(call: Call[T], came: httpx.Response) -> T:
    if call.from_headers is not None:
        return call.from_headers(came.headers)
    body = came.content if came.content and came.status_code not in (204, 404) else b"{}"
    try:
        return msgspec.json.decode(body, type=call.reads)
    except msgspec.MsgspecError as error:
        raise Unreadable(f"{call.method} {call.path}: {error}") from error


__all__ = ["Answered", "Ask", "Call", "Came", "Retry", "Trying", "Wait", "drawn", "retry_after_s", "trying"]
