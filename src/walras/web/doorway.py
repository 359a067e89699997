"""The outermost step of every request, as plain ASGI: what must hold whatever the route is.

It gives each request an id, bounds its body before it is read, keeps ids in the path percent-encoded until the route
has been found, answers HEAD as GET without a body, sets the security headers, and counts.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias, cast
from urllib.parse import quote

from walras.base.clock import Clock, elapsed_s
from walras.base.errors import TooMuch, WalrasError
from walras.base.ids import new_id
from walras.base.limits import BODY_BYTES_MAX, UPLOAD_BYTES_MAX
from walras.base.logs import room_log
from walras.web import problems

# The framework's own types tell HTTP scopes from others by classes that a plain dictionary is not.
Message: TypeAlias = MutableMapping[str, Any]
Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
ASGIApp: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

VISIT = "walras.visit"
# Below this address bodies are files that come in pieces; its routes read them piece by piece.
UPLOADS = "/uploads"
# Nothing but this server's own files is loaded by a page, and neither script nor style stands inside the HTML.
# A blob is a video that the page itself puts together, or a picture that somebody is about to upload.
CONTENT_POLICY = (
    b"default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
    b"font-src 'self'; connect-src 'self'; worker-src 'self' blob:; manifest-src 'self'; object-src 'none'; "
    b"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
# Recording a video needs camera and microphone, places near need the location; nothing else of a device is asked for.
PERMISSIONS = (
    b"camera=(self), microphone=(self), geolocation=(self), fullscreen=(self), autoplay=(self), "
    b"publickey-credentials-get=(self), publickey-credentials-create=(self), payment=(), usb=(), serial=(), hid=(), "
    b"midi=(), display-capture=(), browsing-topics=()"
)
SECURITY_HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"content-security-policy", CONTENT_POLICY),
    (b"permissions-policy", PERMISSIONS),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
# Where a request came over TLS: come over TLS for the next two years.
STRICT_TRANSPORT = (b"strict-transport-security", b"max-age=63072000")
_REQUEST_ID_MAX = 128
# A refused body up to this long is let run dry, so that the sender reads the answer; a longer one is cut off.
_DRAINED_BYTES_MAX = 16 * BODY_BYTES_MAX
_log = room_log("web")


@dataclass(slots=True)
class Visit:
    """One request as the kit sees it."""

    id: str
    path: str
    started_s: float
    key_id: str = ""
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)  # added to the answer
    status: int = 0
    secure: bool = False  # came over TLS


Observe = Callable[[str, str, int, float], None]  # method, route, status, seconds


def doorway(app: ASGIApp, clock: Clock, observe: Observe) -> ASGIApp:
    """Wrap an application.

    Args:
        app: what answers.
        clock: for the ids of requests.
        observe: told of each answer: method, route, status and seconds.
    """

    async def enter(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        method = str(scope["method"])
        visit = Visit(_request_id(scope, clock), str(scope["path"]), elapsed_s(), secure=scope.get("scheme") == "https")
        scope[VISIT] = visit
        scope["path"] = _encoded_path(scope)
        if method == "HEAD":
            scope["method"] = "GET"
        await _answer(app, scope, receive, _stamped(send, visit, silent=method == "HEAD"))
        observe(method, str(scope.get("path_template") or "-"), visit.status, elapsed_s() - visit.started_s)

    return enter


def visit_of(scope: Any) -> Visit:
    """The visit of a request that came through the doorway; takes the framework's scopes as well."""
    return cast(Visit, scope[VISIT])


def problem_answer(error: WalrasError, visit: Visit) -> tuple[bytes, str]:
    """The body and the content type that say what went wrong in a visit."""
    problem = problems.problem_of(error, instance=quote(visit.path, safe="/"), request_id=visit.id)
    return problems.encoded(problem), problems.MEDIA_TYPE


async def _answer(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    visit = visit_of(scope)
    length, most = _content_length(scope), _most_bytes(scope)
    if length > most:
        if length > _DRAINED_BYTES_MAX:
            visit.headers.append((b"connection", b"close"))
        await _send_problem(too_long(length), visit, send)
        return
    try:
        await app(scope, _bounded(receive, most), send)
    except Exception:
        # The top of this process's requests: nothing beyond could answer the sender any more.
        _log.exception("request failed", extra={"fields": {"request_id": visit.id, "path": visit.path}})
        if not visit.status:
            await _send_problem(problems.unexpected(), visit, send)


async def _send_problem(error: WalrasError, visit: Visit, send: Send) -> None:
    body, media = problem_answer(error, visit)
    headers = [(b"content-type", media.encode()), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _most_bytes(scope: Scope) -> int:
    """How long a body may be: pieces of an upload are written down as they come, all others are held in memory."""
    return UPLOAD_BYTES_MAX if str(scope["path"]).startswith(UPLOADS) else BODY_BYTES_MAX


def too_long(length: int) -> TooMuch:
    """A body of this many bytes is too long."""
    return TooMuch(
        f"the body is longer than {BODY_BYTES_MAX} bytes",
        field="body",
        value=length,
        hint="Send it in several requests; files of any size go through `walras import`.",
    )


def _bounded(receive: Receive, most: int) -> Receive:
    """Receive that refuses a body beyond the limit, for senders that do not say its length."""
    read = 0

    async def bounded() -> Message:
        nonlocal read
        message = await receive()
        if message["type"] == "http.request":
            read += len(message["body"])
            if read > most:
                raise too_long(read)
        return message

    return bounded


def _stamped(send: Send, visit: Visit, *, silent: bool) -> Send:
    async def stamped(message: Message) -> None:
        if message["type"] == "http.response.start":
            visit.status = message["status"]
            own = list(message["headers"])
            said = {name.lower() for name, _ in own}
            own += [header for header in SECURITY_HEADERS if header[0] not in said]
            own += [(b"x-request-id", visit.id.encode()), *visit.headers]
            if visit.secure:
                own.append(STRICT_TRANSPORT)
            message["headers"] = own
        elif silent and message["type"] == "http.response.body":
            message["body"] = b""
        await send(message)

    return stamped


def _request_id(scope: Scope, clock: Clock) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and len(value) <= _REQUEST_ID_MAX and all(33 <= byte < 127 for byte in value):
            return str(value, "ascii")
    return new_id("r", clock.now_ms())


def _encoded_path(scope: Scope) -> str:
    raw = scope.get("raw_path")
    if raw:
        return cast(bytes, raw).partition(b"?")[0].decode("latin-1")
    return quote(str(scope["path"]), safe="/")


def _content_length(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0
