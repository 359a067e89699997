"""Every error as a problem detail (RFC 9457), made from the tree in `base/errors.py`.

A problem names its kind (`type`, `title`, `code`), what happened this time (`detail`, `field`, `value`, `hint`), and
the request (`instance`, `request_id`). What went wrong inside is in the log under the same request id, never here.
"""

import msgspec
from litestar.exceptions import HTTPException

from walras.base.errors import Forbidden, Invalid, NotFound, Refused, TooMuch, TooOften, Unauthorised, WalrasError

MEDIA_TYPE = "application/problem+json"
# Served by this process, so that a type can be opened where it was met.
TYPE_ROOT = "/docs/errors#"
# A client that meets an overloaded or restarting server waits this long before it asks again.
RETRY_AFTER_S = 1


class Malformed(Invalid):
    """The body is no JSON, or not of the content type it claims."""

    code = "malformed"


class NoRoute(NotFound):
    """No route has this path."""

    code = "no-route"


class WrongMethod(Refused):
    """The route exists and does not take this method."""

    code = "method-not-allowed"
    status = 405


class WrongMedia(Refused):
    """The body's content type is not taken here."""

    code = "media-type"
    status = 415


class Unexpected(WalrasError):
    """Something went wrong on our side that nobody foresaw; the log has it under the request id."""

    code = "unexpected"
    status = 500


class Fault(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that was wrong in a request, or in one member of a batch."""

    index: int = -1  # of the member in its batch; -1 where there is no batch
    field: str = ""
    reason: str
    code: str = "invalid"
    value: str | None = None
    hint: str = ""


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A problem detail as RFC 9457 has it, with our own members behind the standard ones."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    request_id: str
    field: str = ""
    value: str | None = None
    hint: str = ""
    errors: tuple[Fault, ...] = ()


class ManyFaults(Invalid):
    """Nothing in the request could be taken; each fault is listed."""

    code = "invalid-members"

    def __init__(self, message: str, faults: tuple[Fault, ...], *, hint: str = "") -> None:
        """Say what was wrong with all of it, and with each."""
        super().__init__(message, hint=hint)
        self.faults = faults


_BY_STATUS: dict[int, type[WalrasError]] = {
    400: Malformed,
    401: Unauthorised,
    403: Forbidden,
    404: NoRoute,
    405: WrongMethod,
    413: TooMuch,
    415: WrongMedia,
    429: TooOften,
}
_HINTS = {
    404: "The routes are listed at /docs and in /openapi.json.",
    405: "The Allow header names the methods of this route.",
}
_encode = msgspec.json.Encoder().encode


def problem_of(error: WalrasError, *, instance: str, request_id: str) -> Problem:
    """The problem detail of an error.

    Args:
        error: what happened.
        instance: path of the request.
        request_id: under which the log has it.
    """
    kind = type(error)
    return Problem(
        type=TYPE_ROOT + kind.code,
        title=title_of(kind),
        status=kind.status,
        detail=f"{error.field}: {error.message}" if error.field else error.message,
        instance=instance,
        code=kind.code,
        request_id=request_id,
        field=error.field,
        value=error.value,
        hint=error.hint,
        errors=getattr(error, "faults", ()),
    )


def fault_of(error: WalrasError, index: int = -1) -> Fault:
    """The same error as one line of a list."""
    return Fault(
        index=index, field=error.field, reason=error.message, code=error.code, value=error.value, hint=error.hint
    )


def from_http(error: HTTPException) -> WalrasError:
    """The error in our tree that says what the framework's own exception says."""
    kind = _BY_STATUS.get(error.status_code, Malformed if error.status_code < 500 else Unexpected)
    if kind is Unexpected:
        return unexpected()
    found = error.detail or title_of(kind)
    message = {404: "no route has this path", 405: "the route does not take this method"}.get(error.status_code, found)
    return kind(message, hint=_HINTS.get(error.status_code, ""))


def unexpected() -> Unexpected:
    """What is told of an error nobody foresaw: nothing of its inside."""
    return Unexpected("something went wrong on our side", hint="Try again; name the request id when you report it.")


def encoded(problem: Problem) -> bytes:
    """The problem as JSON."""
    return _encode(problem)


def title_of(kind: type[WalrasError]) -> str:
    """The kind's own sentence, the same for every occurrence."""
    return (kind.__doc__ or kind.__name__).strip().splitlines()[0].rstrip(".")


def error_kinds() -> list[type[WalrasError]]:
    """Every kind of error that can be met, in the order of statuses and codes."""
    kinds = {kind.code: kind for kind in _leaves(WalrasError) if kind.code not in ("error", "refused", "unable")}
    return sorted(kinds.values(), key=lambda kind: (kind.status, kind.code))


def error_table() -> list[tuple[str, int, str]]:
    """Code, status and meaning of every kind of error that can be met."""
    return [(kind.code, kind.status, title_of(kind)) for kind in error_kinds()]


def _leaves(kind: type[WalrasError]) -> list[type[WalrasError]]:
    return [kind, *(leaf for child in kind.__subclasses__() for leaf in _leaves(child))]
