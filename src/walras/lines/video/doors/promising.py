"""Routes for what a viewer sets and a maker is promised: dials, saved feeds, the contract, the forecast of reach."""

import contextlib
from typing import Any

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from walras.base.errors import Invalid, NotFound, Unavailable
from walras.lines.video.doors.asking import Ask, Asked, route
from walras.lines.video.trade import Trade
from walras.schema import Dials
from walras.web import visitor_of
from walras.web.told import told

_DURATION_S_MAX = 86_400.0


class Saving(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A feed to save: dials under a name."""

    name: str
    dials: Dials = Dials()


def dials_for(trade: Trade, person: str, feed: str = "") -> Dials | None:
    """The dials of a page: those of a saved feed, else those in use; none where they cannot be read."""
    with contextlib.suppress(Unavailable, NotFound):
        return trade.house.world.dials.of(person, feed)
    return None


def promising_routes(trade: Trade) -> list[HTTPRouteHandler]:
    """The routes over this trade."""
    dials, path = trade.house.world.dials, "/app/feeds"
    return [
        route("GET", "/app/dials", lambda a: full(dials.of(a.person)), who="guest", summary="One's own dials."),
        route(
            "PUT",
            "/app/dials",
            lambda a: full(dials.put(a.person, a.body)),
            who="guest",
            summary="Set one's own dials; the next page follows them.",
            reads=Dials,
        ),
        route(
            "GET",
            path,
            lambda a: {"feeds": [_feed(one) for one in dials.feeds(a.person)]},
            who="guest",
            summary="One's saved feeds.",
        ),
        route(
            "POST",
            path,
            lambda a: _feed(dials.save(a.person, a.body.name, a.body.dials)),
            who="guest",
            summary="Save dials under a name.",
            reads=Saving,
        ),
        route(
            "PUT",
            f"{path}/{{id:str}}",
            lambda a: _feed(dials.change(a.person, a.id, a.body.name, a.body.dials)),
            who="guest",
            summary="Change a saved feed.",
            reads=Saving,
        ),
        route(
            "DELETE",
            f"{path}/{{id:str}}",
            lambda a: dials.remove(a.person, a.id),
            who="guest",
            summary="Take a saved feed away.",
        ),
        _export(trade),
        route(
            "GET",
            "/app/videos/{id:str}/contract",
            lambda a: _contract(trade, a),
            who="account",
            summary="What one's video was promised, and its receipt.",
        ),
        route(
            "GET",
            "/app/reach",
            lambda a: _reach(trade, a),
            who="account",
            summary="How far a video will probably reach, before it is posted.",
            query=("topics", "duration_s"),
        ),
    ]


def full(dials: Dials) -> dict[str, Any]:
    """Dials with every part, also those at their defaults."""
    return {name: getattr(dials, name) for name in dials.__struct_fields__}


def _feed(one: Any) -> dict[str, Any]:
    return {"id": one.id, "name": one.name, "dials": full(one.dials)}


def _export(trade: Trade) -> HTTPRouteHandler:
    @get(
        "/app/feeds/export",
        opt=told(summary="One's dials and saved feeds, as a file.", tag="app", scope=None, who="guest"),
        include_in_schema=False,
        sync_to_thread=True,
    )
    def export(request: Ask) -> Response[bytes]:
        person, dials = visitor_of(request).person, trade.house.world.dials
        said = {"dials": full(dials.of(person)), "feeds": [_feed(one) for one in dials.feeds(person)]}
        headers = {"content-disposition": 'attachment; filename="walras-feeds.json"'}
        return Response(msgspec.json.encode(said), media_type="application/json", headers=headers)

    return export


def _contract(trade: Trade, asked: Asked) -> dict[str, object]:
    video = trade.videos.own(asked.person, asked.id)
    found = trade.claims.contracts([video.id], asked.visitor.language).get(video.id)
    if found is None:
        raise NotFound("nothing was promised", field="video", value=asked.id)
    return found


def _reach(trade: Trade, asked: Asked) -> Any:
    topics = [topic.strip().removeprefix("#").lower() for topic in asked.query.text("topics").split(",")]
    said = asked.query.text("duration_s", "0")
    try:
        duration_s = float(said)
    except ValueError:
        duration_s = -1.0
    if not 0 <= duration_s <= _DURATION_S_MAX:
        raise Invalid("must be seconds, 0 to 86,400", field="duration_s", value=said)
    wanted = [topic for topic in topics if topic]
    return trade.forecast.of(asked.person, wanted, duration_s, asked.visitor.language)
