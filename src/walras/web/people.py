"""Who asks: a guest, somebody with an account, a reviewer or an operator; known by a cookie that scripts cannot read.

A guest has a person id of her own from her first page on, in a signed cookie; signing up keeps it. Whoever is signed in
has a random token whose hash the table of sign-ins knows.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any, Literal, TypeAlias, cast
from urllib.parse import urlsplit

from walras.base.clock import Clock
from walras.base.errors import Forbidden, Unauthorised
from walras.base.ids import PersonId, id_fault, new_id
from walras.web.agents import agent_of
from walras.web.texts import LANGUAGES, choose_language
from walras.world import Account, SignIn, World

Who: TypeAlias = Literal["guest", "account", "reviewer", "operator"]
Headers: TypeAlias = Iterable[tuple[bytes, bytes]]
VISITOR = "walras.visitor"
GUEST_COOKIE, SIGN_IN_COOKIE = "walras_guest", "walras_session"
# As long as browsers keep a cookie: a guest's history is worth keeping.
GUEST_KEPT_S = 400 * 86_400
SIGN_IN_KEPT_S = 180 * 86_400
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_SEAL = "guest cookie"
# What each kind of route asks for; an operator may do what a reviewer may.
_ROLES: dict[str, frozenset[str]] = {
    "account": frozenset({"maker"}),
    "reviewer": frozenset({"reviewer", "operator"}),
    "operator": frozenset({"operator"}),
}


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks, in one request."""

    person: PersonId  # empty where a key asks, or this machine itself
    signed_in: bool = False
    handle: str = ""
    name: str = ""
    roles: frozenset[str] = frozenset()
    teen: bool = False
    language: str = "en"
    sign_in: str = ""  # id of her sign-in

    @property
    def known_as(self) -> str:
        """What the record of who did what calls her."""
        return str(self.person) or self.name


@dataclass(frozen=True, slots=True)
class Brought:
    """What a request brings that says who asks: its cookies, and where it comes from."""

    cookies: dict[str, str]
    agent: str
    language: str
    secure: bool


class People:
    """Finds who asks; makes the cookies."""

    def __init__(self, world: World, clock: Clock) -> None:
        """Ask these tables.

        Args:
            world: accounts, sign-ins and the secret that signs guests.
            clock: for the ids of new guests.
        """
        self._world = world
        self._clock = clock

    def find(self, scope: Any) -> Visitor | None:
        """Who a request's cookies say is asking; None where they say nothing that holds.

        Raises:
            Unavailable: the tables do not answer.
        """
        brought = brought_by(scope)
        return self._signed_in(brought) or self._guest(brought)

    def welcome(self, scope: Any) -> tuple[Visitor, bytes]:
        """A new guest, and the cookie that makes her known again."""
        brought = brought_by(scope)
        person = PersonId(new_id("g", self._clock.now_ms()))
        return Visitor(person, language=brought.language), self.guest_cookie(person, secure=brought.secure)

    def guest_cookie(self, person: str, *, secure: bool) -> bytes:
        """The `Set-Cookie` of a guest."""
        return set_cookie(GUEST_COOKIE, f"{person}.{self._mark(person)}", GUEST_KEPT_S, secure=secure)

    def sign_in_of(self, scope: Any) -> SignIn | None:
        """The sign-in behind a request's cookie, where it holds and the browser is of the family it was given to."""
        brought = brought_by(scope)
        found = self._world.sign_ins.check(brought.cookies.get(SIGN_IN_COOKIE, ""))
        return found if found is not None and found.agent == brought.agent else None

    def _signed_in(self, brought: Brought) -> Visitor | None:
        found = self._world.sign_ins.check(brought.cookies.get(SIGN_IN_COOKIE, ""))
        # A token that turns up in a browser of another family was carried there by somebody.
        if found is None or found.agent != brought.agent:
            return None
        account = self._world.accounts.find(found.person)
        if account is None or account.state in ("suspended", "gone"):
            return None
        return _visitor(account, found, brought)

    def _guest(self, brought: Brought) -> Visitor | None:
        person, _, mark = brought.cookies.get(GUEST_COOKIE, "").rpartition(".")
        if id_fault(person) or not hmac.compare_digest(mark.encode(), self._mark(person).encode()):
            return None
        # Once she has an account, only signing in makes her that person again.
        if self._world.accounts.find(person) is not None:
            return None
        return Visitor(PersonId(person), language=brought.language)

    def _mark(self, person: str) -> str:
        mark = hmac.digest(self._world.seals.of(_SEAL), person.encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(mark).decode().rstrip("=")


def visitor_of(request: Any) -> Visitor:
    """Who asks, as the guard found out.

    Args:
        request: of a route that says `who` it lets in.

    Raises:
        Unauthorised: the route says nothing of it, and so nobody was looked for.
    """
    found = request.scope.get(VISITOR)
    if found is None:
        raise Unauthorised("nobody is known here", hint="Open the app once, or sign in.")
    return cast(Visitor, found)


def demand_role(visitor: Visitor, who: str) -> None:
    """Let a visitor through whom a route lets in.

    Raises:
        Unauthorised: she is not signed in.
        Forbidden: she is, and has not the role.
    """
    if who == "guest" or visitor.roles & _ROLES[who]:
        return
    if not visitor.signed_in:
        raise Unauthorised("you are not signed in", hint="Sign in and try again.")
    raise Forbidden(f"only a {who} may do this", field="role", hint="Ask an operator for the role.")


def refuse_foreign(scope: Any) -> None:
    """Refuse what another site's page made a browser send with our cookies.

    A browser says where an unsafe request comes from, in `Sec-Fetch-Site` or in `Origin`; one that says neither is not
    trusted with a cookie.

    Raises:
        Forbidden: it comes from elsewhere, or does not say.
    """
    if scope["method"] in SAFE_METHODS:
        return
    found = {name: value.decode("latin-1") for name, value in scope["headers"]}
    origin, site = found.get(b"origin"), found.get(b"sec-fetch-site")
    own_origin = origin is None or (origin != "null" and urlsplit(origin).netloc == found.get(b"host", ""))
    own_site = site is None or site == "same-origin"
    says = origin is not None or site is not None or b"cookie" not in found
    if own_origin and own_site and says:
        return
    hint = "Send it from a page of this server, or with an API key instead of a cookie."
    raise Forbidden("another site may not act for the person of a cookie", field="origin", value=origin, hint=hint)


def brought_by(scope: Any) -> Brought:
    """What a request brings."""
    found: dict[bytes, str] = {}
    for name, value in scope["headers"]:
        text = value.decode("latin-1")
        # Over HTTP/2 a browser may send several Cookie lines.
        found[name] = f"{found[name]}; {text}" if name == b"cookie" and name in found else text
    cookies = _cookies(found.get(b"cookie", ""))
    language = choose_language(cookies.get("walras_language", ""), accept=found.get(b"accept-language", ""))
    return Brought(cookies, agent_of(found.get(b"user-agent", "")), language, scope.get("scheme") == "https")


def set_cookie(name: str, value: str, kept_s: int, *, secure: bool) -> bytes:
    """A `Set-Cookie` for a cookie that no script reads and no other site's page makes a browser send along.

    Args:
        name: of the cookie.
        value: of signs that need no quotes.
        kept_s: seconds; 0 takes it away.
        secure: whether the request came over TLS; then the cookie never travels without.
    """
    said = f"{name}={value}; Path=/; Max-Age={kept_s}; HttpOnly; SameSite=Lax"
    return (said + "; Secure" if secure else said).encode()


def _visitor(account: Account, found: SignIn, brought: Brought) -> Visitor:
    return Visitor(
        person=account.person,
        signed_in=True,
        handle=account.handle,
        name=account.name,
        roles=frozenset(account.roles),
        teen=account.settings.teen.on,
        # What she has chosen in this browser is what its pages are drawn in, and so what is said on them.
        language=_chosen(brought) or account.settings.language or brought.language,
        sign_in=found.id,
    )


def _chosen(brought: Brought) -> str:
    said = brought.cookies.get("walras_language", "")
    return said if said in LANGUAGES else ""


def _cookies(header: str) -> dict[str, str]:
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(header).items()}
    except CookieError:
        return {}
