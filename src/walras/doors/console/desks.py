"""Every route of the operator's console, and its places at the side."""

from pathlib import Path

from litestar.handlers import HTTPRouteHandler

from walras.doors.console.deeds import deed_routes
from walras.doors.console.fairness import fairness_routes
from walras.doors.console.live import live_routes
from walras.doors.console.looking import look_routes
from walras.doors.console.models import model_routes
from walras.doors.console.quarter import quarter_routes
from walras.doors.console.trials import trial_routes
from walras.doors.engine import ServingEngine
from walras.web import Statics
from walras.web.consoles import Console, Desk

FOLDER = Path(__file__).parent
STATIC_FOLDER = FOLDER / "static"
DESKS = (
    Desk("operator", "live", "/console", "gauge", 10),
    Desk("operator", "look", "/console/look", "search", 40),
    Desk("operator", "models", "/console/models", "sliders-horizontal", 50),
    Desk("operator", "fairness", "/console/fair", "chart-no-axes-column", 60),
    Desk("operator", "quarter", "/console/quarter", "receipt", 65),
    Desk("operator", "trials", "/console/trials", "shuffle", 66),
    Desk("operator", "deeds", "/console/deeds", "history", 70),
    Desk("operator", "feed", "/console/feed", "list-video", 80),
)


def console_routes(engine: ServingEngine, statics: Statics) -> list[HTTPRouteHandler]:
    """The routes of the console.

    Args:
        engine: what its screens ask.
        statics: files of the kit and those in `STATIC_FOLDER`.
    """
    console = Console("operator", statics, FOLDER / "templates")
    return [
        *live_routes(engine, console),
        *look_routes(engine, console),
        *model_routes(engine, console),
        *fairness_routes(engine, console),
        *quarter_routes(engine, console),
        *trial_routes(engine, console),
        *deed_routes(engine, console),
    ]
