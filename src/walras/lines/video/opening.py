"""Opens the video line in a house."""

from functools import partial

from litestar.handlers import HTTPRouteHandler

from walras.lines import House, Opened, Tick
from walras.lines.video.bringing import bring_item
from walras.lines.video.doors import brings, routes_of
from walras.lines.video.leaving import export_of, forget
from walras.lines.video.live import Live
from walras.lines.video.media import media_routes
from walras.lines.video.pages import counts_of, desk_routes
from walras.lines.video.seeing import MediaGate
from walras.lines.video.trade import Trade, open_trade
from walras.lines.video.uploads import upload_routes


def open_video(house: House) -> Opened:
    """The line's routes and ticks."""
    trade = open_trade(house)
    return Opened(
        routes=routes_over(trade),
        ticks=ticks_of(trade),
        unread=lambda person: trade.inbox.unread(person) + trade.messages.unread(person),
        export=partial(export_of, trade),
        forget=partial(forget, trade),
        bring=partial(bring_item, trade),
        brings=brings(trade),
        gauges={
            "videos_shown": lambda: float(trade.videos.total("published", "limited")),
            "videos_in_review": lambda: float(trade.videos.total("review")),
            "uploads": lambda: float(trade.house.studio.waiting()),
            "videos_in_making": lambda: float(trade.videos.total("processing")),
        },
        counts=[counts_of(trade)],
    )


def routes_over(trade: Trade) -> list[HTTPRouteHandler]:
    """The line's routes over one trade."""
    studio = trade.house.studio
    return [
        *routes_of(trade, Live(trade.house)),
        *upload_routes(studio),
        *media_routes(studio, MediaGate(trade).may_see),
        *desk_routes(trade),
    ]


def ticks_of(trade: Trade) -> list[Tick]:
    """What the line does again and again, each safe to repeat."""
    return [
        Tick("video counts", 1.0, trade.counts.project_some),
        Tick("video assets", 0.5, trade.publishing.follow_assets),
        Tick("video schedule", 1.0, trade.publishing.release_due),
        Tick("video items", 5.0, trade.publishing.tell_untold),
        Tick("promises made", 2.0, trade.claims.promise_new),
        Tick("promises counted", 1.0, trade.claims.project_all),
        Tick("promises priced", 30.0, trade.claims.move_prices),
        Tick("web push", 1.0, trade.push.send_new),
        Tick("live notes", 600.0, Live(trade.house).sweep),
    ]
