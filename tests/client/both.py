"""Both forms of the client behind one: every call of the async form is run to its end, so that both pass one suite."""

import asyncio
from collections.abc import Callable
from typing import Any

from walras.client import AsyncWalras, Walras


class Awaited:
    """An async client whose methods are called as those of the sync one."""

    def __init__(self, inner: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._inner, self._loop = inner, loop

    def visit(self, language: str = "en") -> "Awaited":
        return Awaited(self._inner.visit(language), self._loop)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._inner, name)
        return lambda *args, **named: self._loop.run_until_complete(method(*args, **named))


def client_of(form: str, loop: asyncio.AbstractEventLoop, url: str, key: str = "", **more: Any) -> Any:
    """A client in one of the two forms."""
    return Walras(url, key, **more) if form == "sync" else Awaited(AsyncWalras(url, key, **more), loop)
