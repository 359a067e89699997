"""Whether this process lives, whether it can serve, and what it counted."""

import asyncio

import msgspec
from litestar import Response, get

from walras.base.errors import Unable
from walras.doors.asking import Answer, Ask, answer, engine_of, measures_of
from walras.doors.engine import ServingEngine
from walras.doors.measures import MEDIA_TYPE
from walras.web.told import told


class Alive(msgspec.Struct, frozen=True):
    """The process answers."""

    alive: bool = True


class Readiness(msgspec.Struct, frozen=True):
    """Whether requests can be served; what cannot is named with its reason."""

    ready: bool
    parts: dict[str, str]  # `ok`, or what is wrong


_READY = Readiness(True, {"log": "ok", "world": "ok", "state": "ok"})


@get(
    "/healthz",
    opt=told(summary="Whether this process lives.", tag="status", scope=None, gives=Alive, example=Alive()),
)
async def alive(request: Ask) -> Answer:
    """200 as long as the process answers at all."""
    return answer(Alive())


@get(
    "/readyz",
    opt=told(summary="Whether requests can be served.", tag="status", scope=None, gives=Readiness, example=_READY),
)
async def ready(request: Ask) -> Answer:
    """200 or 503: the log takes rows, the tables answer, the state has read the log to its end."""
    engine = engine_of(request)
    # On this thread, as everything that changes the state.
    state = _state_fault(engine)
    found = await asyncio.to_thread(readiness, engine, state)
    return answer(found, 200 if found.ready else 503)


@get(
    "/metrics",
    opt=told(
        summary="What this process counted, for Prometheus.",
        tag="status",
        scope="status:read",
        local=True,
        gives=str,
        answer_media="text/plain",
    ),
)
async def metrics(request: Ask) -> Answer:
    """Text format. From this machine no key is needed, unless the settings say otherwise."""
    return Response(measures_of(request).exposition(), headers={"content-type": MEDIA_TYPE})


HEALTH_ROUTES = [alive, ready, metrics]


def readiness(engine: ServingEngine, state: str) -> Readiness:
    """Look at the parts that wait for a disk or a database; `state` is what was found of the state before."""
    parts = {"log": log_fault(engine), "world": world_fault(engine), "state": state}
    return Readiness(all(said == "ok" for said in parts.values()), parts)


def log_fault(engine: ServingEngine) -> str:
    """`ok`, or why the log takes nothing."""
    try:
        # An empty append passes through the writer's thread and its look at the free disk, and writes nothing.
        engine.log.append([])
    except Unable as error:
        return str(error)
    return "ok"


def world_fault(engine: ServingEngine) -> str:
    """`ok`, or why the tables do not answer."""
    try:
        engine.world.ping()
    except Unable as error:
        return str(error)
    return "ok"


def _state_fault(engine: ServingEngine) -> str:
    try:
        engine.catch_up()
    except Unable as error:
        return str(error)
    return "ok"
