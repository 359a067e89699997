"""Who asks, and what may the key do.

A key comes as `Authorization: Bearer …` or as `X-API-Key: …`, or in the cookie of a browser that opened a screen.
"""

from collections.abc import Iterable

from walras.base.errors import Forbidden, Unauthorised
from walras.web.visitors import cookie_secret
from walras.world import KeyGrant, Keys

SECRET_CHARS_MAX = 512
_HINT = "Send `Authorization: Bearer <key>` or `X-API-Key: <key>`; make a key with `walras keys create`."


def secret_in(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The secret a request brings.

    Raises:
        Unauthorised: it brings none, or one that cannot be a secret.
    """
    brought = tuple(headers)
    given = ""
    for name, value in brought:
        if name == b"x-api-key":
            given = value.decode("latin-1").strip()
        elif name == b"authorization" and value[:7].lower() == b"bearer ":
            given = value[7:].decode("latin-1").strip()
            break
    given = given or cookie_secret(brought)
    if not given or len(given) > SECRET_CHARS_MAX:
        raise Unauthorised("an API key is needed", hint=_HINT)
    return given


def has_key(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether a request brings a key in a header of its own, as programs do and browsers do not by themselves."""
    return any(name in (b"x-api-key", b"authorization") for name, _ in headers)


def bearer(keys: Keys, headers: Iterable[tuple[bytes, bytes]]) -> KeyGrant:
    """What the bearer of a request's key may do.

    Raises:
        Unauthorised: the request brings no key, or one that nobody knows.
        Unavailable: keys cannot be looked up now.
    """
    grant = keys.check(secret_in(headers))
    if grant is None:
        raise Unauthorised("the API key is not known", hint="Make one with `walras keys create`, or ask an admin.")
    return grant


def demand(grant: KeyGrant, scope: str) -> None:
    """Let a key through that has the scope; an empty scope is every key's.

    Raises:
        Forbidden: it lacks the scope, which is named.
    """
    if scope and not grant.allows(scope):
        held = " ".join(sorted(grant.scopes))
        hint = "Ask an admin for a key with it."
        raise Forbidden(f"the key lacks the scope {scope!r}", field="scope", value=held, hint=hint)
