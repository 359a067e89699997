"""The guard before every route: who asks, with what key, how often. A route that says nothing of itself is closed."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from walras.base.clock import elapsed_s
from walras.base.errors import Forbidden, TooOften, Unauthorised
from walras.base.ids import PersonId
from walras.base.settings import Settings
from walras.web import Allowance, TokenBuckets, Visitor, bearer, demand, visit_of
from walras.web.auth import has_key
from walras.web.people import VISITOR, People, demand_role, refuse_foreign
from walras.web.teens import TeenLimits
from walras.web.told import Told, told_by
from walras.web.visitors import cookie_secret, is_on_this_machine
from walras.world import KeyGrant, Keys

Connection = ASGIConnection[Any, Any, Any, Any]
Guard = Callable[[Connection, BaseRouteHandler], Awaitable[None]]
# Wrong keys a second from one address; a sender that guesses is slowed down, one that forgot its key is told.
WRONG_KEYS_PER_S = 10.0
# Requests a second of one person: an app that opens asks about twenty times at once.
PERSON_PER_S = 40.0
# And of one address, since whoever is refused as one guest comes back as another; a school shares one address.
ADDRESS_PER_S = 1_000.0


@dataclass(frozen=True, slots=True)
class _Gate:
    """What the guard asks and counts with."""

    keys: Keys
    people: People
    teens: TeenLimits
    settings: Settings
    buckets: TokenBuckets = field(default_factory=TokenBuckets)
    wrong: TokenBuckets = field(default_factory=TokenBuckets)


def guard_of(keys: Keys, people: People, teens: TeenLimits, settings: Settings) -> Guard:
    """The guard of one application, with its own buckets.

    Args:
        keys: finds what a secret may do.
        people: finds whose cookie it is.
        teens: holds the limits of teen mode.
        settings: the default rate, and whether this machine needs no key to look.
    """
    gate = _Gate(keys, people, teens, settings)

    # Asynchronous, since the framework runs any other in a thread, which cost more than all the rest of the doors.
    async def guard(connection: Connection, handler: BaseRouteHandler) -> None:
        said = told_by(handler.opt)
        if said is None:
            _only_options(connection)
        elif said.who:
            _let_in(gate, connection, said)
        elif said.scope is not None and not _is_local(connection, said, settings):
            _with_key(gate, connection, said.scope)

    return guard


def _let_in(gate: _Gate, connection: Connection, said: Told) -> None:
    """Somebody's cookie opens the route, or a key where it names a scope, or this machine where it is local."""
    scope: Any = connection.scope
    with_key = has_key(scope["headers"])
    if not with_key:
        refuse_foreign(scope)
    keyed = _keyed(gate, connection, said) if said.scope and (with_key or cookie_secret(scope["headers"])) else None
    visitor = None if with_key else gate.people.find(scope)
    if visitor is None or (said.who != "guest" and not visitor.signed_in):
        visitor = keyed or _unknown(gate, connection, said)
    if visitor.person:
        _within_person_rate(gate, connection, visitor)
    demand_role(visitor, said.who)
    if visitor.teen and said.teen != "any":
        gate.teens.hold(visitor.person, said.teen)
    scope[VISITOR] = visitor


def _keyed(gate: _Gate, connection: Connection, said: Told) -> Visitor | None:
    """The bearer of a key; a cookie's key that does not do opens nothing, and may be beside somebody's own cookie."""
    try:
        grant = _with_key(gate, connection, said.scope or "")
    except (Unauthorised, Forbidden):
        if has_key(connection.scope["headers"]):
            raise
        return None
    return Visitor(PersonId(""), name=grant.name, roles=_EVERY_ROLE)


def _unknown(gate: _Gate, connection: Connection, said: Told) -> Visitor:
    """Who asks where no cookie and no key says it: this machine, or a new guest of the app.

    Raises:
        Unauthorised: neither will do here.
    """
    if _is_local(connection, said, gate.settings):
        return Visitor(PersonId(""), name="this machine", roles=_EVERY_ROLE)
    if said.who != "guest" or said.scope:
        raise Unauthorised("you are not signed in", hint="Sign in and try again, or send an API key.")
    visitor, cookie = gate.people.welcome(connection.scope)
    visit_of(connection.scope).headers.append((b"set-cookie", cookie))
    return visitor


_EVERY_ROLE = frozenset({"maker", "reviewer", "operator"})


def _with_key(gate: _Gate, connection: Connection, needed: str) -> KeyGrant:
    grant = _known(connection, gate.keys, gate.wrong)
    visit = visit_of(connection.scope)
    allowance = gate.buckets.take(grant.id, grant.requests_per_s or gate.settings.requests_per_s, elapsed_s())
    visit.headers += allowance.headers()
    _within_rate(allowance)
    demand(grant, needed)
    visit.key_id = grant.id
    return grant


def _within_person_rate(gate: _Gate, connection: Connection, visitor: Visitor) -> None:
    host = connection.client.host if connection.client else ""
    for name, per_s in ((visitor.person, PERSON_PER_S), (f"address {host}", ADDRESS_PER_S)):
        allowance = gate.buckets.take(name, per_s, elapsed_s())
        if not allowance.allowed:
            visit_of(connection.scope).headers += allowance.headers()
            raise TooOften("you ask too often", field="rate", value=allowance.limit, hint=_again(allowance))


def _only_options(connection: Connection) -> None:
    if connection.scope.get("method") != "OPTIONS":
        raise Forbidden("this route has not said who may call it")


def _is_local(connection: Connection, said: Told, settings: Settings) -> bool:
    if not (said.local and settings.open_access):
        return False
    host = connection.client.host if connection.client else ""
    return is_on_this_machine(host, connection.scope["headers"])


def _known(connection: Connection, keys: Keys, wrong: TokenBuckets) -> KeyGrant:
    try:
        return bearer(keys, connection.scope["headers"])
    except Unauthorised:
        client = connection.client
        allowance = wrong.take(client.host if client else "", WRONG_KEYS_PER_S, elapsed_s())
        if not allowance.allowed:
            visit_of(connection.scope).headers += allowance.headers()
            raise TooOften("too many requests without a good key", hint=_again(allowance)) from None
        raise


def _within_rate(allowance: Allowance) -> None:
    if not allowance.allowed:
        message = f"the key may ask {allowance.limit} times a second"
        raise TooOften(message, field="rate", value=allowance.limit, hint=_again(allowance))


def _again(allowance: Allowance) -> str:
    return f"Ask again in {allowance.retry_after_s} s."
