"""Who did what: the record of deeds, filtered, and as a file."""

from collections.abc import Iterator
from typing import Any

from litestar.handlers import HTTPRouteHandler

from walras.doors.engine import ServingEngine
from walras.web.consoles import Ask, Console, screen, table
from walras.world import Deed

_SHOWN = 100
# A file holds so many pages of the record; who needs more names a person or a kind of deed.
_FILE_PAGES = 50
_NAMES = ("who", "what", "whom")


def deed_routes(engine: ServingEngine, console: Console) -> list[HTTPRouteHandler]:
    """The screen of deeds, and the same as a file."""

    def show(request: Ask) -> Any:
        asked = {name: request.query_params.get(name, "").strip()[:256] for name in _NAMES}
        cursor = request.query_params.get("cursor", "")
        found = engine.world.audit.read(**asked, cursor=cursor, n=_SHOWN)
        people = engine.world.accounts.of_people([deed.who for deed in found.deeds])
        return console.show(
            request, "deeds.html", desk="deeds", asked=asked, deeds=found.deeds, cursor=found.cursor, people=people
        )

    def as_file(request: Ask) -> Any:
        asked = {name: request.query_params.get(name, "").strip()[:256] for name in _NAMES}
        rows = ((d.time_ms, d.who, d.what, d.whom, d.before, d.after, d.request_id) for d in _through(engine, asked))
        return table("deeds", ("time_ms", "who", "what", "whom", "before", "after", "request_id"), rows)

    return [
        screen("/console/deeds", show, console=console, who="operator", scope="people:read", summary="Who did what."),
        screen("/console/deeds.csv", as_file, console=console, who="operator", scope="people:read", summary="As CSV."),
    ]


def _through(engine: ServingEngine, asked: dict[str, str]) -> Iterator[Deed]:
    cursor = ""
    for _ in range(_FILE_PAGES):
        found = engine.world.audit.read(who=asked["who"], what=asked["what"], whom=asked["whom"], cursor=cursor)
        yield from found.deeds
        cursor = found.cursor
        if not cursor:
            return
