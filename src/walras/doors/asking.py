"""What every route does around its own work: find the engine, read, write to the log, answer."""

import asyncio
from collections.abc import Sequence
from typing import Any, TypeAlias, TypeVar

import msgspec
from litestar import Request, Response

from walras.doors.engine import ServingEngine
from walras.doors.measures import Measures
from walras.schema import Change, Entry, Receipt
from walras.web import decoded, media_type

Ask: TypeAlias = Request[Any, Any, Any]
Answer: TypeAlias = Response[bytes]
T = TypeVar("T")
_encode = msgspec.json.Encoder().encode


def engine_of(request: Ask) -> ServingEngine:
    """The engine behind this request."""
    engine: ServingEngine = request.app.state.engine
    return engine


def measures_of(request: Ask) -> Measures:
    """What is counted of this process."""
    measures: Measures = request.app.state.measures
    return measures


def answer(value: Any, status: int = 200) -> Answer:
    """A value as JSON."""
    return Response(_encode(value), status_code=status, media_type="application/json")


async def body_of(request: Ask, decoder: msgspec.json.Decoder[T]) -> T:
    """The body as JSON of one type.

    Raises:
        WrongMedia: it is of another content type.
        Malformed: it is no JSON.
        Invalid: it has another shape.
    """
    media_type(request.headers)
    return decoded(await request.body(), decoder)


async def write(engine: ServingEngine, entries: Sequence[Entry]) -> list[Receipt]:
    """Write entries to the log; they are durable when this returns, and other requests go on meanwhile."""
    if not entries:
        return []
    return await asyncio.wrap_future(engine.log.submit(entries))


async def change(engine: ServingEngine, changes: Sequence[Change]) -> None:
    """Write changes of items, people and models, and bring them into the tables before answering."""
    await write(engine, changes)
    await asyncio.to_thread(engine.world.catch_up, engine.log.read)
