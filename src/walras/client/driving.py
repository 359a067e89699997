"""What both forms share: headers, the default address of waiting, and how a plan is followed by hand."""

from collections.abc import Callable
from typing import Any

import httpx

from walras.client.trying import Call

TIMEOUT = httpx.Timeout(30.0, connect=5.0)
NowMs = Callable[[], int]


def headers_of(key: str) -> dict[str, str]:
    """Headers of every call with a key."""
    return {"authorization": f"Bearer {key}"} if key else {}


def visit_headers(url: str, language: str) -> dict[str, str]:
    """Headers of every call of a visit: the app takes changes only from its own pages."""
    origin = str(httpx.URL(url).copy_with(raw_path=b"/")).rstrip("/")
    return {"origin": origin, "accept-language": language, "user-agent": "walras-client"}


def request_of(call: Call[Any]) -> dict[str, Any]:
    """What httpx is asked to send."""
    headers = dict(call.headers)
    if call.body is not None:
        headers["content-type"] = call.media
    return {
        "method": call.method,
        "url": call.path,
        "params": call.query or None,
        "content": call.body,
        "headers": headers,
    }
