"""The line's places in the consoles, and what it counts for the operator's look-up."""

from collections.abc import Callable, Mapping
from pathlib import Path

from litestar.handlers import HTTPRouteHandler

from walras.lines.video.pages.creating import creator_routes
from walras.lines.video.pages.describing import topic_routes
from walras.lines.video.pages.paying import pay_routes
from walras.lines.video.pages.reviewing import review_routes
from walras.lines.video.trade import Trade
from walras.web.consoles import Console, Desk

FOLDER = Path(__file__).parent / "templates"
DESKS = (
    Desk("operator", "review", "/console/review", "list-checks", 20, "reviewer"),
    Desk("operator", "topics", "/console/topics", "trophy", 30),
    Desk("creator", "overview", "/creator", "trending-up", 10, "account"),
    Desk("creator", "videos", "/creator/videos", "film", 20, "account"),
    Desk("creator", "pay", "/creator/pay", "receipt", 40, "account"),
    Desk("creator", "comments", "/creator/comments", "message-circle", 30, "account"),
)


def desk_routes(trade: Trade) -> list[HTTPRouteHandler]:
    """The routes of the line's screens over this trade."""
    statics = trade.house.statics
    operator, creator = Console("operator", statics, FOLDER), Console("creator", statics, FOLDER)
    return [
        *review_routes(trade, operator),
        *topic_routes(trade, operator),
        *creator_routes(trade, creator),
        *pay_routes(trade, creator),
    ]


def counts_of(trade: Trade) -> Callable[[str], Mapping[str, float]]:
    """What is counted of a video or a person, by name."""

    def counts(id: str) -> Mapping[str, float]:
        found: dict[str, float] = dict(trade.relations.counts([id])[id])
        watch_ms = found.pop("watch_ms", 0)
        shown = {name: n for name, n in found.items() if not name.startswith("bin")}
        return shown | ({"watch_minutes": round(watch_ms / 60_000)} if watch_ms else {})

    return counts
