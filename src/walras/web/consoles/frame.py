"""The frame around a console's screens: its desks at the side, language and theme above, its words for scripts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Response
from litestar.datastructures import Cookie
from markupsafe import Markup

from walras.base.errors import Refused
from walras.web.consoles.saying import Saying
from walras.web.people import VISITOR, Visitor, Who, demand_role
from walras.web.statics import Statics
from walras.web.templates import templates_in
from walras.web.texts import LANGUAGES, Texts, choose_language, texts_in

_TEMPLATES = Path(__file__).parent / "templates"
_YEAR_S = 365 * 86_400
_THEMES = ("light", "dark")
# What the scripts of every console say.
WORDS = ("page", "desk")


@dataclass(frozen=True, slots=True)
class Desk:
    """One place of a console, as its side shows it; named by the text `console.desk.<name>`."""

    console: str  # operator or creator
    name: str
    path: str
    icon: str
    turn: int  # its place at the side, the least first
    who: Who = "operator"


@dataclass(frozen=True, slots=True)
class Known:
    """What consoles are told by `app`, beside the engine: what lines bring to them."""

    desks: Sequence[Desk] = ()
    gauges: Mapping[str, Callable[[], float]] = field(default_factory=dict)  # named by `console.gauge.<name>`
    counts: Sequence[Callable[[str], Mapping[str, float]]] = ()  # of an item or a person, by name
    fairness: Callable[[], Any] | None = None  # the report of how exposure is shared
    trial_report: Callable[[Any], Any] | None = None  # of an experiment that has begun, read from the log's files
    books: Any = None  # the books of the platform, `insight.Books`


def known_to(request: Any) -> Known:
    """What the consoles of this application were told; nothing where it has no lines."""
    found: Known = getattr(request.app.state, "consoles", Known())
    return found


class Console:
    """Makes the screens of one console from its templates and the kit's."""

    def __init__(self, name: str, statics: Statics, *folders: Path) -> None:
        """Read no file yet.

        Args:
            name: operator or creator.
            statics: the files that templates name.
            folders: the console's own templates.
        """
        self.name = name
        self._templates = templates_in(*folders, _TEMPLATES, statics=statics)

    def show(
        self, request: Any, template: str, *, desk: str, words: Sequence[str] = (), status: int = 200, **values: Any
    ) -> Response[str]:
        """A screen.

        Args:
            request: whose language, theme and visitor it is made for.
            template: its file.
            desk: the one that is marked at the side; empty: none.
            words: first parts of the keys that its scripts use, beside the kit's.
            status: of the answer.
            values: for the template.
        """
        texts, say = spoken(request)
        other = texts_in(next(tag for tag in LANGUAGES if tag != texts.language))
        theme = request.cookies.get("walras_theme", "")
        html = self._templates.get_template(template).render(
            t=texts,
            other=other,
            other_address=_in_language(request, other.language),
            theme=theme if theme in _THEMES else "",
            words=json_in(texts.for_scripts((*WORDS, *words))),
            say=say,
            console=self.name,
            desks=self._desks(request),
            desk=desk,
            visitor=visitor_here(request),
            **values,
        )
        headers = {"cache-control": "no-store", "content-language": texts.language, "vary": "accept-language, cookie"}
        cookies = [_kept(texts.language)] if "lang" in request.query_params else []
        return Response(html, status_code=status, media_type="text/html", headers=headers, cookies=cookies)

    def _desks(self, request: Any) -> list[Desk]:
        """Desks of this console that its visitor may open."""
        visitor = visitor_here(request)
        desks = [desk for desk in known_to(request).desks if desk.console == self.name]
        return sorted((desk for desk in desks if visitor and _opens(visitor, desk)), key=lambda desk: desk.turn)


def spoken(request: Any) -> tuple[Texts, Saying]:
    """The texts in the language of a request, and figures and instants as they are written in it."""
    texts, engine = texts_in(_language(request)), request.app.state.engine
    return texts, Saying(texts, engine.clock.now_ms(), engine.settings.time_zone)


def visitor_here(request: Any) -> Visitor | None:
    """Who looks; nobody where the guard has let nobody in."""
    found: Visitor | None = request.scope.get(VISITOR)
    return found


def json_in(value: Any) -> Markup:
    """JSON that can stand inside a <script>: no text in it can end the element."""
    return Markup(msgspec.json.encode(value).decode().replace("<", "\\u003c").replace(">", "\\u003e"))


def _opens(visitor: Visitor, desk: Desk) -> bool:
    try:
        demand_role(visitor, desk.who)
    except Refused:
        return False
    return True


def _language(request: Any) -> str:
    wished = (request.query_params.get("lang", ""), request.cookies.get("walras_language", ""))
    return choose_language(*wished, accept=request.headers.get("accept-language", ""))


def _in_language(request: Any, language: str) -> str:
    """This address in another language."""
    kept = {name: value for name, value in request.query_params.items() if name != "lang"}
    return f"{request.url.path}?{urlencode({**kept, 'lang': language})}"


def _kept(language: str) -> Cookie:
    return Cookie("walras_language", value=language, max_age=_YEAR_S, samesite="strict", path="/")
