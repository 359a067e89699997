"""The errors a call can end in.

    ClientError
    ├── Refusal        the server said no, and the caller can mend it (4xx)
    │   ├── Invalid        a value is wrong: see `field`, `value`, `hint`      400, 412, 415, 422
    │   ├── Unauthorised   no key, or an unknown one                           401
    │   ├── Forbidden      this key may not do it                              403
    │   ├── NotFound       nothing has this name                               404
    │   ├── Conflict       it stands against what is there                     409
    │   ├── Gone           it was there and is no more                         410
    │   ├── TooMuch        larger than is taken                                413
    │   └── TooOften       more often than is taken, after all tries           429
    ├── Unable         the server cannot (5xx), after all tries; asking again later is safe
    ├── Unreachable    nobody answered, after all tries
    └── Unreadable     the answer has another shape than this client knows

`code` is stable and what a program decides by; `detail` and `hint` are for people.
"""

import msgspec

from walras.client.values import Fault, Problem


class ClientError(Exception):
    """Any error of this client."""


class Unreachable(ClientError):
    """Nobody answered, or the connection broke, after all tries."""


class Unreadable(ClientError):
    """The answer has another shape than this client knows; server and client are of different ages."""


class Answered(ClientError):
    """The server answered with a problem."""

    def __init__(self, status: int, problem: Problem, retry_after_s: float = 0.0) -> None:
        """Keep what was said.

        Args:
            status: of HTTP.
            problem: as the server wrote it; empty where it wrote none.
            retry_after_s: seconds after which the server said to ask again.
        """
        self.status = status
        self.code = problem.code or f"http-{status}"
        self.detail = problem.detail or problem.title or f"the server answered {status}"
        self.field = problem.field
        self.value = problem.value
        self.hint = problem.hint
        self.request_id = problem.request_id
        self.faults: tuple[Fault, ...] = problem.errors
        self.retry_after_s = retry_after_s
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        found = f" Found: {self.value}." if self.value is not None else ""
        asked = f" (request {self.request_id})" if self.request_id else ""
        return f"{self.code}: {self.detail}.{found} {self.hint}".rstrip() + asked


class Refusal(Answered):
    """The server said no, and the caller can mend it."""


class Invalid(Refusal):
    """A value is wrong."""


class Unauthorised(Refusal):
    """No key was given, or nobody knows it."""


class Forbidden(Refusal):
    """The key is known and may not do this."""


class NotFound(Refusal):
    """Nothing has this name."""


class Conflict(Refusal):
    """It stands against what is already there."""


class Gone(Refusal):
    """It was there and is no more."""


class TooMuch(Refusal):
    """Larger than is taken."""


class TooOften(Refusal):
    """More often than this key may ask."""


class Unable(Answered):
    """The server must mend it; asking again later is safe."""


_BY_STATUS: dict[int, type[Answered]] = {
    400: Invalid,
    401: Unauthorised,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    410: Gone,
    412: Invalid,
    413: TooMuch,
    415: Invalid,
    422: Invalid,
    429: TooOften,
}


def error_of(status: int, body: bytes, retry_after_s: float = 0.0) -> Answered:
    """The error of an answer with a status of 400 or more."""
    try:
        problem = msgspec.json.decode(body, type=Problem)
    except msgspec.MsgspecError:
        problem = Problem()
    kind = _BY_STATUS.get(status, Unable if status >= 500 else Refusal)
    return kind(status, problem, retry_after_s)
