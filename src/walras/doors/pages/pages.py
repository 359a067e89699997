"""Routes of the screens: two pages, the form that asks for a key, and what their scripts look up."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

import msgspec
from jinja2 import Environment
from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.handlers import HTTPRouteHandler
from markupsafe import Markup

from walras.base.errors import Invalid
from walras.doors.asking import Answer, Ask, answer, engine_of
from walras.doors.engine import ServingEngine
from walras.doors.pages.lookups import ITEMS_MAX, PEOPLE_MAX, Items, people_from, person_by_chance
from walras.schema import Outcome
from walras.web import LANGUAGES, Query, Statics, Texts, choose_language, templates_in, texts_in
from walras.web.told import Asked, count_asked, told
from walras.web.visitors import cookie_secret, is_on_this_machine, key_cookie

FOLDER = Path(__file__).parent
STATIC_FOLDER = FOLDER / "static"
# What the screens do, and so what a key must allow that opens them.
PAGE_SCOPES = ("feed:read", "events:write", "catalog:read", "people:read", "status:read")
_YEAR_S = 365 * 86_400
_THEMES = ("light", "dark")
_FORM_BYTES_MAX = 4_096
WORDS = {
    "feed": (
        "page",
        "feed",
        "change",
        "deed",
        "training",
        "outcome",
        "did",
        "source",
        "dropped",
        "kind",
        "model",
        "stage",
    ),
    "status": ("page", "status", "training", "state", "source", "model", "stage"),
    "key": ("page",),
}


def page_routes(statics: Statics, page_secret: str = "") -> list[HTTPRouteHandler]:
    """The routes of the screens.

    Args:
        statics: files of the screens; those in `STATIC_FOLDER` among them.
        page_secret: secret of a key with `PAGE_SCOPES`, given to browsers on this machine where the settings allow it;
            empty: every browser must bring a key.
    """
    templates = templates_in(FOLDER / "templates", statics=statics)

    @get(
        "/console/feed",
        opt=told(summary="The feed of a person, as a screen.", tag="pages", scope=None),
        include_in_schema=False,
    )
    async def feed_page(request: Ask) -> Response[str]:
        return _screen(request, templates, "feed", page_secret)

    @get("/status", opt=told(summary="How it is, as a screen.", tag="pages", scope=None), include_in_schema=False)
    async def status_page(request: Ask) -> Response[str]:
        return _screen(request, templates, "status", page_secret)

    @post("/key", opt=told(summary="Open the screens with a key.", tag="pages", scope=None), include_in_schema=False)
    async def open_with_key(request: Ask) -> Response[str]:
        return await _opened(request, templates)

    return [feed_page, status_page, open_with_key, known_people, named_items]


_START = Asked("start", "How their ids begin.")
_COUNT = count_asked(PEOPLE_MAX, PEOPLE_MAX)
_ORDER = Asked("order", "`chance` for one drawn by chance.")
_ID = Asked("id", "An item; may come often.", many=True)


@get(
    "/pages/people",
    opt=told(summary="Suggest known people.", tag="pages", scope="people:read", query=(_START, _COUNT, _ORDER)),
    include_in_schema=False,
)
async def known_people(request: Ask) -> Answer:
    """Known people, for the box of suggestions."""
    engine = engine_of(request)
    query = Query(request.scope["query_string"], ("start", "n", "order"))
    engine.catch_up()
    if query.text("order") == "chance":
        return answer(person_by_chance(engine.state, engine.clock))
    count = query.number("n", PEOPLE_MAX, most=PEOPLE_MAX)
    return answer(people_from(engine.state, query.text("start"), count, engine.clock))


@get(
    "/pages/items",
    opt=told(summary="Read some items.", tag="pages", scope="catalog:read", query=(_ID,)),
    include_in_schema=False,
)
async def named_items(request: Ask) -> Answer:
    """The items of these ids, those that exist."""
    ids = request.query_params.getall("id", [])
    if len(ids) > ITEMS_MAX:
        raise Invalid(f"comes {len(ids)} times", field="id", hint=f"Ask for at most {ITEMS_MAX} items at once.")
    return answer(Items(list(engine_of(request).world.items.get_many(ids).values())))


def _screen(request: Ask, templates: Environment, room: str, page_secret: str) -> Response[str]:
    """A screen, or the form that asks for a key where the browser has none that opens it."""
    engine = engine_of(request)
    cookies = [_language_cookie(request)] if "lang" in request.query_params else []
    if not _opens(engine, cookie_secret(request.scope["headers"])):
        host = request.client.host if request.client else ""
        if not page_secret or not engine.settings.open_access or not is_on_this_machine(host, request.scope["headers"]):
            return _rendered(request, templates, "key", status=401, cookies=cookies, next=_address(request))
        cookies.append(key_cookie(page_secret))
    person = request.query_params.get("person", "")
    return _rendered(
        request, templates, room, cookies=cookies, person=person, outcomes=_json(_outcomes(engine)), next=""
    )


async def _opened(request: Ask, templates: Environment) -> Response[str]:
    """Take a key from the form: keep it in the browser and go where the person wanted to go."""
    body = (await request.body())[:_FORM_BYTES_MAX]
    form = parse_qs(body.decode("utf-8", "replace"))
    secret, target = (form.get(name, [""])[0].strip() for name in ("key", "next"))
    if not _opens(engine_of(request), secret):
        return _rendered(request, templates, "key", status=401, next=target, refused=True)
    # Only an address of this server: one that begins with two slashes, or a backslash, is another's.
    safe = target if target.startswith("/") and target[1:2] not in ("/", "\\") else "/console/feed"
    return Response("", status_code=303, headers={"location": safe}, cookies=[key_cookie(secret)])


def _opens(engine: ServingEngine, secret: str) -> bool:
    """Whether a key opens the screens."""
    grant = engine.world.keys.check(secret) if secret else None
    return grant is not None and grant.allows("feed:read")


def _rendered(
    request: Ask,
    templates: Environment,
    room: str,
    *,
    status: int = 200,
    cookies: list[Cookie] | None = None,
    **values: Any,
) -> Response[str]:
    texts = _texts(request)
    other = texts_in(next(tag for tag in LANGUAGES if tag != texts.language))
    theme = request.cookies.get("walras_theme", "")
    html = templates.get_template(f"{room}.html").render(
        t=texts,
        room=room,
        other=other,
        other_address=_address_in(request, other.language),
        theme=theme if theme in _THEMES else "",
        words=_json(texts.for_scripts(WORDS[room])),
        **{"refused": False, **values},
    )
    headers = {"cache-control": "no-store", "content-language": texts.language, "vary": "accept-language, cookie"}
    return Response(html, status_code=status, media_type="text/html", headers=headers, cookies=cookies or [])


def _texts(request: Ask) -> Texts:
    wished = (request.query_params.get("lang", ""), request.cookies.get("walras_language", ""))
    return texts_in(choose_language(*wished, accept=request.headers.get("accept-language", "")))


def _language_cookie(request: Ask) -> Cookie:
    language = choose_language(request.query_params.get("lang", ""))
    return Cookie("walras_language", value=language, max_age=_YEAR_S, samesite="strict", path="/")


def _address_in(request: Ask, language: str) -> str:
    """This address in another language."""
    kept = {name: value for name, value in request.query_params.items() if name != "lang"}
    return f"{request.url.path}?{urlencode({**kept, 'lang': language})}"


def _address(request: Ask) -> str:
    query = request.url.query
    return f"{request.url.path}?{query}" if query else request.url.path


def _outcomes(engine: ServingEngine) -> Mapping[str, Outcome]:
    return engine.registry.by_name


def _json(value: Any) -> Markup:
    """JSON that can stand inside a <script>: no text in it can end the element."""
    return Markup(msgspec.json.encode(value).decode().replace("<", "\\u003c").replace(">", "\\u003e"))
