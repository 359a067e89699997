"""People who open a screen in a browser, and the key their browser carries for them.

A browser sends no Authorization header by itself, so the screen's key travels in a cookie that scripts cannot read and
that no other site's page makes the browser send. It is a key like every other: it can be revoked, and its scopes hold.
"""

from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from ipaddress import ip_address
from urllib.parse import urlsplit

from litestar.datastructures import Cookie

COOKIE = "walras_key"
# A working day; after it the screen asks again, or grants itself another on the same machine.
KEPT_S = 12 * 3600
_OWN_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]", "::1"})
_FORWARDED = (b"forwarded", b"x-forwarded-for", b"x-real-ip", b"via")
Headers = Iterable[tuple[bytes, bytes]]


def cookie_secret(headers: Headers) -> str:
    """The secret in the browser's cookie; empty where there is none, or where another site's page sent the request.

    Args:
        headers: the request's, names in lower case.
    """
    found = _texts(headers)
    if not _is_own_page(found):
        return ""
    try:
        morsel = SimpleCookie(found.get(b"cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return morsel.value if morsel else ""


def key_cookie(secret: str) -> Cookie:
    """The cookie that carries a key's secret."""
    return Cookie(COOKIE, value=secret, max_age=KEPT_S, httponly=True, samesite="strict", path="/")


def is_on_this_machine(client_host: str, headers: Headers) -> bool:
    """Whether a request comes from a browser on this machine, and says so itself.

    The address alone is not enough: a proxy on this machine speaks for the whole world, and a page of another site may
    have its own name point here. So a forwarded request, and one for a name that is not this machine's, is not ours.

    Args:
        client_host: address of the other end.
        headers: the request's, names in lower case.
    """
    found = _texts(headers)
    if any(name in found for name in _FORWARDED):
        return False
    return _is_loopback(client_host) and _host_name(found.get(b"host", "")) in _OWN_NAMES


def _is_own_page(headers: dict[bytes, str]) -> bool:
    """Whether the request was made by a page of this very server, or typed by the person."""
    origin = headers.get(b"origin", "")
    if origin and urlsplit(origin).netloc != headers.get(b"host", ""):
        return False
    return headers.get(b"sec-fetch-site", "same-origin") in ("same-origin", "none")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _host_name(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdigit() else host).lower()


def _texts(headers: Headers) -> dict[bytes, str]:
    return {name: value.decode("latin-1") for name, value in headers}
