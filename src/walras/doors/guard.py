"""The guard before every route: the key, its scope, its rate. A route that says nothing of itself is closed."""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from walras.base.clock import elapsed_s
from walras.base.errors import Forbidden, TooOften, Unauthorised
from walras.base.settings import Settings
from walras.doors.told import Told, told_by
from walras.web import Allowance, TokenBuckets, bearer, demand, visit_of
from walras.web.visitors import is_on_this_machine
from walras.world import KeyGrant, Keys

Connection = ASGIConnection[Any, Any, Any, Any]
Guard = Callable[[Connection, BaseRouteHandler], Awaitable[None]]
# Wrong keys a second from one address; a sender that guesses is slowed down, one that forgot its key is told.
WRONG_KEYS_PER_S = 10.0


def guard_of(keys: Keys, settings: Settings) -> Guard:
    """The guard of one application, with its own buckets.

    Args:
        keys: finds what a secret may do.
        settings: the default rate, and whether this machine needs no key to look.
    """
    buckets, wrong = TokenBuckets(), TokenBuckets()

    # Asynchronous, since the framework runs any other in a thread, which cost more than all the rest of the doors.
    async def guard(connection: Connection, handler: BaseRouteHandler) -> None:
        said = told_by(handler.opt)
        if said is None:
            _only_options(connection)
            return
        if said.scope is None or _is_local(connection, said, settings):
            return
        grant = _known(connection, keys, wrong)
        visit = visit_of(connection.scope)
        visit.key_id = grant.id
        allowance = buckets.take(grant.id, grant.requests_per_s or settings.requests_per_s, elapsed_s())
        visit.headers += allowance.headers()
        _within_rate(allowance)
        demand(grant, said.scope)

    return guard


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
