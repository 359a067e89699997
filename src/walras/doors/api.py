"""The application: every route of the core behind one guard, one doorway and one way of saying what went wrong."""

from collections.abc import Mapping, Sequence

from litestar import Litestar, Response
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.types import ControllerRouterHandler

from walras.base.errors import Unable, WalrasError
from walras.base.logs import room_log
from walras.doors.asking import Ask
from walras.doors.catalogue import ITEMS, PEOPLE, catalogue_routes
from walras.doors.control import CONTROL_ROUTES
from walras.doors.engine import ServingEngine
from walras.doors.events import send_events
from walras.doors.feeds import FEED_ROUTES
from walras.doors.gorse import GORSE_ROUTES
from walras.doors.guard import guard_of
from walras.doors.health import HEALTH_ROUTES
from walras.doors.measures import Measures
from walras.doors.reference import REFERENCE_ROUTES, statics
from walras.doors.trials import TRIAL_ROUTES
from walras.web import Statics, doorway, from_http, problem_answer, unexpected, visit_of
from walras.web.people import People
from walras.web.teens import TeenLimits

_log = room_log("doors")
ROUTES: tuple[ControllerRouterHandler, ...] = (
    send_events,
    *catalogue_routes(ITEMS),
    *catalogue_routes(PEOPLE),
    *FEED_ROUTES,
    *CONTROL_ROUTES,
    *TRIAL_ROUTES,
    *HEALTH_ROUTES,
    *REFERENCE_ROUTES,
    *GORSE_ROUTES,
)


def build_app(
    engine: ServingEngine, routes: Sequence[ControllerRouterHandler] = (), files: Statics | None = None
) -> Litestar:
    """The application over a running engine.

    Args:
        engine: what the routes ask.
        routes: further ones, such as the screens'; each must say who may call it (`told`).
        files: what `/static/` answers; the core's own where none are given.
    """
    measures = Measures(engine.status)
    people = People(engine.world, engine.clock)
    teens = TeenLimits(engine.world, engine.log, engine.clock, engine.settings.time_zone)
    app = Litestar(
        route_handlers=[*ROUTES, *routes],
        guards=[guard_of(engine.world.keys, people, teens, engine.settings)],
        exception_handlers={HTTPException: _http, WalrasError: _foreseen, Exception: _unforeseen},
        state=State(
            {
                "engine": engine,
                "measures": measures,
                "statics": files or statics(),
                "people": people,
                "teens": teens,
            }
        ),
        openapi_config=None,
        logging_config=None,
        # The doorway has bounded the body already, and says so in our own words.
        request_max_body_size=None,
    )
    app.asgi_handler = doorway(app.asgi_handler, engine.clock, measures.count_request)  # type: ignore[assignment,arg-type]
    return app


def _foreseen(request: Ask, error: WalrasError) -> Response[bytes]:
    if isinstance(error, Unable):
        _log.error("%s", error, extra={"fields": {"request_id": visit_of(request.scope).id}})
    return _problem(request, error, {"retry-after": "1"} if isinstance(error, Unable) else {})


def _http(request: Ask, error: HTTPException) -> Response[bytes]:
    if error.status_code >= 500:
        return _unforeseen(request, error)
    return _problem(request, from_http(error), error.headers or {})


def _unforeseen(request: Ask, error: Exception) -> Response[bytes]:
    visit = visit_of(request.scope)
    fields = {"request_id": visit.id, "path": visit.path}
    _log.error("request failed", exc_info=error, extra={"fields": fields})
    return _problem(request, unexpected(), {})


def _problem(request: Ask, error: WalrasError, headers: Mapping[str, str]) -> Response[bytes]:
    body, media = problem_answer(error, visit_of(request.scope))
    return Response(body, status_code=error.status, media_type=media, headers=dict(headers))
