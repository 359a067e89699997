"""A maker's pay: what each video earned by seconds that count, what was paid out, and what is owed."""

from typing import Any

from litestar.handlers import HTTPRouteHandler

from walras.ledger import Ledger
from walras.ledger.paying import Paying, Statement
from walras.lines.video.trade import Trade
from walras.web import visitor_of
from walras.web.consoles import Ask, Console, screen, table


def pay_routes(trade: Trade, console: Console) -> list[HTTPRouteHandler]:
    """The screen of one's own pay, and its lines as a file."""

    def show(request: Ask) -> Any:
        statement = _statement(trade, request)
        videos = trade.videos.get_many(line.item for line in statement.lines)
        return console.show(request, "pay.html", desk="pay", statement=statement, videos=videos)

    def as_file(request: Ask) -> Any:
        head = ["pool", "video", "counted_s", "not_counted_s", "fen"]
        lines = _statement(trade, request).lines
        rows = [[one.pool, one.item, one.counted_ms / 1000, one.dropped_ms / 1000, one.fen] for one in lines]
        return table("pay", head, rows)

    def at(path: str, shown: Any, summary: str) -> HTTPRouteHandler:
        return screen(path, shown, console=console, who="account", summary=summary)

    return [
        at("/creator/pay", show, "A maker's pay, as a screen."),
        at("/creator/pay.csv", as_file, "A maker's pay as CSV."),
    ]


def _statement(trade: Trade, request: Ask) -> Statement:
    house = trade.house
    database, clock = house.world.database, house.clock
    # One that only reads starts no writer.
    ledger = house.ledger or Ledger(database, clock, house.settings.books_zone)
    return Paying(ledger, database, clock).statement(str(visitor_of(request).person))
