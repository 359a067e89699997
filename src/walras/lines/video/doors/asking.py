"""What every route of the app does around its own work: who asks, read, do it off the loop's thread, answer."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, TypeVar, cast

import msgspec
from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler, delete, get, patch, post, put

from walras.base import limits
from walras.base.errors import TooMuch
from walras.base.ids import PersonId
from walras.web import Query, Visitor, Who, decoded, media_type, path_id, visitor_of
from walras.web.told import told

Ask: TypeAlias = Request[Any, Any, Any]
Answer: TypeAlias = Response[bytes]
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Body = TypeVar("Body")
_HANDLERS: dict[str, Callable[..., Any]] = {"GET": get, "POST": post, "PUT": put, "PATCH": patch, "DELETE": delete}
_encode = msgspec.json.Encoder().encode
# No body of the app is nearly as long; what is bigger is refused before it is decoded.
BODY_BYTES_MAX = 100_000


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, read."""

    visitor: Visitor
    path: dict[str, str]
    query: Query
    body: Any = None

    @property
    def person(self) -> PersonId:
        """Who asks."""
        return self.visitor.person

    @property
    def id(self) -> str:
        """The id in the path."""
        return self.path["id"]

    @property
    def cursor(self) -> str:
        """Where to go on."""
        return self.query.text("cursor")

    def count(self, default: int = 20) -> int:
        """How many are wanted."""
        return self.query.number("n", default, most=limits.LIST_MAX)


def route(
    method: Method,
    path: str,
    do: Callable[[Asked], Any],
    *,
    who: Who,
    summary: str,
    query: Sequence[str] = (),
    reads: Any = None,
    teen: Literal["any", "timed", "closed"] = "any",
) -> HTTPRouteHandler:
    """A route of the app.

    Args:
        method: of HTTP.
        path: with parts such as `{id:str}`.
        do: the work, in a thread of its own; None is answered as 204.
        who: whom it lets in.
        summary: what it is for.
        query: parameters it takes.
        reads: type of its body; None: it has none.
        teen: what it is in teen mode: open, only within the day's minutes and hours, or closed.
    """
    names = [part.strip("{}").partition(":")[0] for part in path.split("/") if part.startswith("{")]
    decoder = None if reads is None else msgspec.json.Decoder(reads)

    async def answer(request: Ask) -> Answer:
        asked = Asked(
            visitor_of(request),
            {name: path_id(request.path_params, name) for name in names},
            Query(request.scope["query_string"], query),
            None if decoder is None else await body_of(request, decoder),
        )
        return answered(await asyncio.to_thread(do, asked))

    say = told(summary=summary, tag="app", scope=None, who=who, reads=reads, teen=teen)
    make = _HANDLERS[method]
    status = {"status_code": 200} if method in ("POST", "DELETE") else {}
    return cast(HTTPRouteHandler, make(path, opt=say, include_in_schema=False, **status)(answer))


async def body_of(request: Ask, decoder: msgspec.json.Decoder[Body]) -> Body:
    """The body as JSON of one type.

    Raises:
        TooMuch: it is longer than any of the app's.
        Malformed: it is no JSON.
        Invalid: it has another shape.
    """
    media_type(request.headers)
    body = await request.body()
    refuse_long(len(body))
    return decoded(body, decoder)


def refuse_long(length: int) -> None:
    """Refuse a body that is longer than any of the app's."""
    if length > BODY_BYTES_MAX:
        raise TooMuch(f"the body is longer than {BODY_BYTES_MAX} bytes", field="body", value=length)


def answered(value: Any) -> Answer:
    """A value as JSON; nothing as 204."""
    if value is None:
        return Response(b"", status_code=204)
    return Response(_encode(value), status_code=200, media_type="application/json")
