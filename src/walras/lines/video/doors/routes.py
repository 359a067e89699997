"""Every route of the line over one trade."""

from litestar.handlers import HTTPRouteHandler

from walras.lines.video.doors.making import making_routes
from walras.lines.video.doors.promising import promising_routes
from walras.lines.video.doors.talking import talking_routes
from walras.lines.video.doors.told import told_routes
from walras.lines.video.doors.watching import watching_routes
from walras.lines.video.live import Live
from walras.lines.video.trade import Trade


def routes_of(trade: Trade, live: Live) -> list[HTTPRouteHandler]:
    """The line's routes."""
    return [
        *watching_routes(trade),
        *talking_routes(trade),
        *making_routes(trade),
        *told_routes(trade, live),
        *promising_routes(trade),
    ]
