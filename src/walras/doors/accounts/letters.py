"""Letters to the owners of accounts, in their language; and the sandbox's outbox as a page."""

import contextlib
from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from walras.base.errors import NotFound, Unable
from walras.doors.asking import Ask, engine_of
from walras.web import Statics, templates_in, texts_in, visitor_of
from walras.web.told import told
from walras.web.visitors import is_on_this_machine
from walras.world import Account, Letter, sender_of

_TEMPLATES = Path(__file__).parent / "templates"


def send_letter(request: Ask, account: Account, kind: str, **values: object) -> None:
    """Write to the owner of an account, by e-mail where there is one.

    Args:
        request: its settings say who sends.
        account: whose owner it goes to.
        kind: `letter.<kind>.subject` and `.body` are the texts.
        values: fill the texts.

    Raises:
        Unavailable: it cannot be sent now.
    """
    said = {"name": account.name, "handle": account.handle, **values}
    _send(request, kind, account.settings.language, (account.email, account.phone), said)


def tell(request: Ask, account: Account, kind: str, **values: object) -> None:
    """Tell the owner what has happened already; a mail server that is down must not undo it."""
    with contextlib.suppress(Unable):
        send_letter(request, account, kind, **values)


def send_to(request: Ask, kind: str, language: str = "", *, email: str = "", phone: str = "", **values: object) -> None:
    """Write to an address that need not have an account.

    Raises:
        Unavailable: it cannot be sent now.
    """
    _send(request, kind, language, (email, phone), values)


def _send(request: Ask, kind: str, language: str, to: tuple[str, str], values: Mapping[str, object]) -> None:
    engine = engine_of(request)
    texts = texts_in(language or visitor_of(request).language)
    said = {"server": request.headers.get("host", ""), **values}
    letter = Letter(
        way="email" if to[0] else "phone",
        to_whom=to[0] or to[1],
        subject=texts(f"letter.{kind}.subject", None, **said),
        body=texts(f"letter.{kind}.body", None, **said),
    )
    sender_of(engine.settings, engine.world.outbox).send(letter)


def outbox_route(statics: Statics) -> HTTPRouteHandler:
    """The page that shows what was sent, on this machine alone."""
    templates: Environment = templates_in(_TEMPLATES, statics=statics)

    @get(
        "/outbox",
        opt=told(summary="Letters of the sandbox.", tag="accounts", scope=None, who="guest"),
        include_in_schema=False,
        sync_to_thread=True,
    )
    def outbox_page(request: Ask) -> Response[str]:
        engine = engine_of(request)
        host = request.client.host if request.client else ""
        if not engine.settings.open_access or not is_on_this_machine(host, request.scope["headers"]):
            # Elsewhere there is no such page, rather than one that is closed: letters hold codes.
            raise NotFound("no such page", field="path", value="/outbox")
        texts = texts_in(visitor_of(request).language)
        theme = request.cookies.get("walras_theme", "")
        letters = engine.world.outbox.letters()
        html = templates.get_template("outbox.html").render(
            t=texts, letters=letters, now_ms=engine.clock.now_ms(), theme=theme if theme in ("light", "dark") else ""
        )
        return Response(html, media_type="text/html", headers={"cache-control": "no-store"})

    return outbox_page
