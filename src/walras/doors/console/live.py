"""The desk of now: numbers and moving lines, asked again every two seconds."""

import asyncio
from typing import Any

import msgspec
from litestar import get
from litestar.handlers import HTTPRouteHandler

from walras.doors.asking import Answer, Ask, answer
from walras.doors.console.pulse import Beat, Pulse
from walras.doors.engine import ServingEngine
from walras.schema import Status
from walras.web.consoles import Console, known_to, screen
from walras.web.told import told

WORDS = ("console", "status", "training", "state", "source", "model", "stage")
# In the order of the screen; those behind come from the lines.
FIGURES = ("people_now", "pages_per_s", "events_per_s", "watch_minutes", "p50", "p99")


class Now(msgspec.Struct, frozen=True):
    """Everything that the desk shows."""

    status: Status
    beat: Beat
    gauges: dict[str, float]


def live_routes(engine: ServingEngine, console: Console) -> list[HTTPRouteHandler]:
    """The screen and the numbers it asks for."""
    pulse = Pulse(engine.log, engine.clock)

    def show(request: Any) -> Any:
        gauges = list(known_to(request).gauges)
        return console.show(request, "live.html", desk="live", words=WORDS, figures=FIGURES, gauges=gauges)

    @get(
        "/console/now.json",
        opt=told(summary="The numbers of now.", tag="console", scope="status:read", who="operator", local=True),
        include_in_schema=False,
    )
    async def now(request: Ask) -> Answer:
        # On this thread, as everything that reads the state; the log is read in another.
        status = engine.status()
        gauges = known_to(request).gauges
        beat, measured = await asyncio.to_thread(lambda: (pulse.beat(), {n: float(of()) for n, of in gauges.items()}))
        return answer(Now(status, beat, measured))

    page = screen(
        "/console", show, console=console, who="operator", scope="status:read", summary="How it goes now, as a screen."
    )
    return [page, now]
