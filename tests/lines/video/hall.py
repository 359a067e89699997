"""All consoles over a parlour: the operator's, the creator centre, review and topics, with their guard."""

from dataclasses import dataclass, replace

import httpx
from litestar import Litestar

from tests.doors.stand_in import StandIn
from tests.lines.video.parlour import Parlour
from walras.app.lines import statics_of_lines
from walras.base.settings import Settings
from walras.doors.api import build_app
from walras.doors.console import DESKS, console_routes
from walras.doors.reference import STATIC_FOLDERS
from walras.features import State
from walras.insight.books import Books
from walras.ledger import Ledger
from walras.lines.video.entities import Video
from walras.lines.video.pages import DESKS as VIDEO_DESKS
from walras.lines.video.pages import counts_of, desk_routes
from walras.lines.video.wishes import Wish
from walras.studio import Understood
from walras.web.consoles import Known
from walras.web.people import SIGN_IN_COOKIE

BROWSER = "Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0"
DOUBTFUL = Understood(safety={"nsfw": 0.9, "neutral": 0.1}, screen_text="SALE")


@dataclass
class Hall:
    """The application and a browser for each person."""

    parlour: Parlour
    engine: StandIn
    app: Litestar

    def token(self, person: str) -> str:
        made = self.engine.world.sign_ins.begin(person, way="password", agent="Chrome on Linux", address="")
        return made.token

    def browser(self, person: str = "", *, own: bool = True, host: str = "192.0.2.7", **more: str) -> httpx.AsyncClient:
        """A browser of somebody; `own`: whether a page of this server sends its requests."""
        headers = {"user-agent": BROWSER, "sec-fetch-site": "same-origin" if own else "cross-site", **more}
        if person:
            headers["cookie"] = f"{SIGN_IN_COOKIE}={self.token(person)}"
        transport = httpx.ASGITransport(self.app, client=(host, 1234))  # type: ignore[arg-type]
        name = "localhost" if host == "127.0.0.1" else "walras"
        return httpx.AsyncClient(transport=transport, base_url=f"http://{name}", headers=headers)

    def waiting(self, maker: str, title: str = "Waiting") -> Video:
        """A video that a person must decide about."""
        publishing = self.parlour.trade.publishing
        self.parlour.clock.instant_ms += 10
        asset = self.parlour.asset(maker, DOUBTFUL)  # type: ignore[arg-type]
        draft = publishing.begin(maker, asset.id)  # type: ignore[arg-type]
        publishing.edit(maker, draft.id, Wish(title=title))  # type: ignore[arg-type]
        return publishing.publish(maker, draft.id)  # type: ignore[arg-type]


def hall_of(parlour: Parlour) -> Hall:
    """The application over this parlour."""
    settings = Settings(disk_free_mb_min=0)
    files = statics_of_lines(*STATIC_FOLDERS)
    house = replace(parlour.house, statics=files, settings=settings)
    trade = replace(parlour.trade, house=house)
    engine = StandIn(house.log, house.world, house.registry, house.clock, settings, State(house.registry))
    app = build_app(engine, [*console_routes(engine, files), *desk_routes(trade)], files)
    books = Books(house.home, Ledger(house.world.database, house.clock), house.clock)
    app.state.consoles = Known(desks=(*DESKS, *VIDEO_DESKS), counts=[counts_of(trade)], books=books)
    return Hall(parlour, engine, app)
