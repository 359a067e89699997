"""Routes of the shell. The page itself is the same for everybody; who looks is asked for by its scripts."""

import base64
import contextlib
import hashlib
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import msgspec
from jinja2 import Environment
from litestar import Response, get
from litestar.datastructures import Cookie
from litestar.handlers import HTTPRouteHandler
from markupsafe import Markup

from walras.base.errors import WalrasError
from walras.doors.accounts.me import me_answer
from walras.doors.asking import Ask
from walras.web import LANGUAGES, Statics, Texts, choose_language, templates_in, texts_in, visitor_of
from walras.web.told import told

FOLDER = Path(__file__).parent
_YEAR_S = 365 * 86_400
_THEMES = ("light", "dark")
# Names that scripts import by, beside the addresses of files.
_BARE = {
    "preact": "vendor/preact.js",
    "preact/hooks": "vendor/preact-hooks.js",
    "htm": "vendor/htm.js",
    "@preact/signals": "vendor/signals.js",
    "@preact/signals-core": "vendor/signals-core.js",
}
# What the app's scripts say; everything else belongs to consoles.
_WORDS = ("app", "page", "tab", "fault", "source", "outcome", "signin", "signup", "recover", "settings")
_STYLES = ("tokens.css", "kit.css", "app/app.css", "app/page.css")
# All of them as the app's page asks for them: a browser draws nothing before the last one came.
_STYLE = "app/whole.css"
_IMPORTED = re.compile(r"""(?:from|import)\s*\(?\s*["'](/static/[^"']+|[a-z@][^"']*)["']""")


@dataclass(frozen=True, slots=True)
class _Own:
    """A screen of the app that is no line's."""

    path: str
    module: str
    tab: str = ""
    icon: str = ""


OWN = (
    _Own("/signin", "app/screens/signin.js"),
    _Own("/signup", "app/screens/signup.js"),
    _Own("/recover", "app/screens/recover.js"),
)


class ShellScreen(Protocol):
    """A screen of the app, as a line declares it."""

    @property
    def path(self) -> str:
        """Its address, with parts such as `:video`."""
        ...

    @property
    def module(self) -> str:
        """The static file that draws it."""
        ...

    @property
    def tab(self) -> str:
        """Key of its text in the bar; empty: not there."""
        ...

    @property
    def icon(self) -> str:
        """Its icon in the bar."""
        ...


class ShellBrought(Protocol):
    """What a page brings along, as a line makes it."""

    @property
    def address(self) -> str:
        """The request it stands for."""
        ...

    @property
    def body(self) -> bytes:
        """JSON."""
        ...

    @property
    def picture(self) -> str:
        """Address of what is seen first; empty: nothing."""
        ...


Bring: TypeAlias = Callable[[Any], Awaitable[ShellBrought | None]]


def shell_routes(
    statics: Statics,
    screens: Sequence[ShellScreen],
    styles: Iterable[str] = (),
    words: Iterable[str] = (),
    brings: Mapping[str, Bring] | None = None,
) -> list[HTTPRouteHandler]:
    """The routes of the shell.

    Args:
        statics: files of the kit and of the lines.
        screens: of every line, in the order of the bar.
        styles: static files of the lines.
        words: first parts of the keys that the lines' scripts use.
        brings: by a screen's path, what its page brings along.
    """
    shell = Shell(statics, [*screens, *OWN], (*_STYLES, *styles), (*_WORDS, *words))
    made = brings or {}

    @get(shell.paths, opt=told(summary="The app.", tag="app", scope=None, who="guest"), include_in_schema=False)
    async def app_page(request: Ask) -> Response[str]:
        return shell.page(request, await _brought(request, made.get(request.scope["path"])))

    @get("/offline", opt=_told("What stands where no network is."), include_in_schema=False)
    async def offline_page(request: Ask) -> Response[str]:
        return shell.offline(request)

    @get("/sw.js", opt=_told("The app's service worker."), include_in_schema=False)
    async def worker() -> Response[bytes]:
        file, _ = statics.at("app/worker.js")
        return Response(file.body, media_type="text/javascript", headers={"cache-control": "no-cache"})

    @get("/app.webmanifest", opt=_told("What a device needs to install the app."), include_in_schema=False)
    async def manifest(request: Ask) -> Response[bytes]:
        body = msgspec.json.encode(_manifest(_texts(request), statics))
        return Response(body, media_type="application/manifest+json", headers={"cache-control": "no-cache"})

    return [app_page, offline_page, worker, manifest]


class Shell:
    """What every answer of the shell is made from, worked out once."""

    def __init__(
        self, statics: Statics, screens: Sequence[ShellScreen], styles: Sequence[str], words: Sequence[str]
    ) -> None:
        """Read the scripts for what they import."""
        self._templates: Environment = templates_in(FOLDER / "templates", statics=statics)
        self._words = words
        self._style = statics.join(_STYLE, styles)
        self._screens = [
            {"path": each.path, "module": f"/static/{each.module}", "tab": each.tab, "icon": each.icon}
            for each in screens
        ]
        self._import_map = _json({"imports": import_map(statics)})
        self._policy = policy_with(str(self._import_map))
        start = next((each.module for each in screens if each.path == "/"), None)
        self._preloaded = reached(statics, ["app/boot.js", *([start] if start else [])])
        self.paths = [re.sub(r":(\w+)", r"{\1:str}", each.path) for each in screens]

    def page(self, request: Ask, brought: Sequence[ShellBrought] = ()) -> Response[str]:
        """The page of every address of the app, with what its scripts would ask first."""
        texts = _texts(request, visitor_of(request).language)
        boot = {"language": texts.language, "screens": self._screens}
        html = self._templates.get_template("app.html").render(
            t=texts,
            theme=_theme(request),
            style=self._style,
            import_map=self._import_map,
            preloaded=self._preloaded,
            words=_json(texts.for_scripts(self._words)),
            boot=_json(boot),
            brought=_json({each.address: msgspec.Raw(each.body) for each in brought}),
            picture=next((each.picture for each in brought if each.picture), ""),
        )
        return _answered(html, texts, request, {"content-security-policy": self._policy})

    def offline(self, request: Ask) -> Response[str]:
        """The page that the worker keeps."""
        texts = _texts(request)
        return _answered(self._templates.get_template("offline.html").render(t=texts), texts, request, {})


def import_map(statics: Statics) -> dict[str, str]:
    """Where a browser finds each script by the name others import it by: at the address with its content's hash."""
    scripts = {f"/static/{name}": statics.address(name) for name in statics.names() if name.endswith(".js")}
    return {**{name: statics.address(file) for name, file in _BARE.items()}, **scripts}


def reached(statics: Statics, starts: Sequence[str]) -> list[str]:
    """Scripts that these import at once, and those that they import: what a browser should fetch without waiting."""
    found: list[str] = []
    waiting = list(starts)
    while waiting:
        name = waiting.pop(0)
        if name in found:
            continue
        found.append(name)
        code = statics.at(name)[0].body.decode("utf-8", "replace")
        # An import() is asked for when it is needed, and not before.
        said = _IMPORTED.findall(re.sub(r"import\([^)]*\)", "", code))
        waiting += [_BARE.get(each, each.removeprefix("/static/")) for each in said]
    return found


def policy_with(inline: str) -> str:
    """The content security policy of a page with one inline script: only that script, and only our own files."""
    mark = base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
    return (
        f"default-src 'self'; script-src 'self' 'sha256-{mark}'; style-src 'self'; img-src 'self' data: blob:; "
        "media-src 'self' blob:; font-src 'self'; connect-src 'self'; worker-src 'self' blob:; object-src 'none'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )


@dataclass(frozen=True, slots=True)
class _Said:
    address: str
    body: bytes
    picture: str = ""


async def _brought(request: Ask, bring: Bring | None) -> list[ShellBrought]:
    """Who looks, and what the screen shows first; where that cannot be made its scripts ask, and say why not."""
    said: list[ShellBrought] = [_Said("/app/me", (await me_answer(request)).content)]
    if bring is not None:
        with contextlib.suppress(WalrasError):
            said += [made] if (made := await bring(request)) is not None else []
    return said


def _manifest(texts: Texts, statics: Statics) -> dict[str, Any]:
    sizes = [("app/mark-192.png", "192x192"), ("app/mark-512.png", "512x512")]
    return {
        "name": "Walras",
        "short_name": "Walras",
        "description": texts("app.description"),
        "lang": texts.language,
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#161412",
        "theme_color": "#161412",
        "icons": [
            {"src": statics.address(name), "sizes": size, "type": "image/png", "purpose": "any maskable"}
            for name, size in sizes
        ],
        "shortcuts": [{"name": texts("tab.make"), "url": "/make"}, {"name": texts("tab.inbox"), "url": "/inbox"}],
    }


def _answered(html: str, texts: Texts, request: Ask, headers: dict[str, str]) -> Response[str]:
    said = {
        "cache-control": "no-store",
        "content-language": texts.language,
        "vary": "accept-language, cookie",
        **headers,
    }
    cookies = [_language_cookie(texts)] if "lang" in request.query_params else []
    return Response(html, media_type="text/html", headers=said, cookies=cookies)


def _texts(request: Ask, of_account: str = "") -> Texts:
    wished = (request.query_params.get("lang", ""), request.cookies.get("walras_language", ""), of_account)
    return texts_in(choose_language(*wished, accept=request.headers.get("accept-language", "")))


def _language_cookie(texts: Texts) -> Cookie:
    assert texts.language in LANGUAGES
    return Cookie("walras_language", value=texts.language, max_age=_YEAR_S, samesite="strict", path="/")


def _theme(request: Ask) -> str:
    theme = request.cookies.get("walras_theme", "")
    return theme if theme in _THEMES else ""


def _told(summary: str) -> dict[str, Any]:
    return told(summary=summary, tag="app", scope=None)


def _json(value: Any) -> Markup:
    """JSON that can stand inside a <script>: no text in it can end the element."""
    return Markup(msgspec.json.encode(value).decode().replace("<", "\\u003c").replace(">", "\\u003e"))
