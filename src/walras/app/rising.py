"""What a serving process answers while it reads the log: how far it is, on every address, and then the platform itself.

A start without a snapshot reads the whole log, minutes where it is long. The port is open meanwhile, so that whoever
watches `/readyz` or opens the page sees it move, and a signal ends it at once.
"""

import asyncio
import os
import signal
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import msgspec

from walras.app.building import Moved
from walras.base.logs import room_log

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]
_log = room_log("app")
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="1">
<meta name="viewport" content="width=device-width"><title>Walras</title>
<body style="font:1rem/1.6 system-ui;margin:20vh auto;max-width:30rem;padding:0 1rem">
<p>Reading the log: {done:,} of {total:,} rows. This page opens by itself.</p>
<p lang="zh-CN">正在读取日志：第 {done:,} 行，共 {total:,} 行。完成后页面会自动打开。</p>
<progress style="width:100%" value="{done}" max="{total}"></progress>"""


class Stopped(Exception):
    """The process is to end before it has read the log."""


class Rising:
    """An application that is being made."""

    def __init__(self, read: Callable[[Moved], None], build: Callable[[], App]) -> None:
        """Take the two steps of it; nothing happens before the server starts.

        Args:
            read: reads the log, on a thread of its own, saying how far it is.
            build: makes the application, on the server's thread.
        """
        self._read, self._build = read, build
        self._app: App | None = None
        self._done, self._total = 0, 1
        self._stopped = threading.Event()
        self._said: asyncio.Queue[Message] = asyncio.Queue()

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer a request, or begin and end with the server."""
        if scope["type"] == "lifespan":
            await self._live(scope, receive, send)
        elif self._app is not None:
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, send)

    async def _live(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        await receive()
        rising = asyncio.create_task(self._rise(scope))
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self._stopped.set()
        await self._said.put({"type": "lifespan.shutdown"})
        await rising
        await send({"type": "lifespan.shutdown.complete"})

    async def _rise(self, scope: MutableMapping[str, Any]) -> None:
        """Read, build, and let the application begin; it lives until the server ends."""
        try:
            await asyncio.to_thread(self._read, self._moved)
            app = self._build()
        except Stopped:
            return
        except Exception:
            _log.exception("the state could not be made from the log")
            os.kill(os.getpid(), signal.SIGTERM)
            return
        begun: asyncio.Queue[Message] = asyncio.Queue()
        await begun.put({"type": "lifespan.startup"})

        async def hear() -> Message:
            return await (begun if not begun.empty() else self._said).get()

        async def take(message: Message) -> None:
            if message["type"] == "lifespan.startup.complete":
                self._app = app

        await app(dict(scope), hear, take)

    def _moved(self, done: int, total: int) -> None:
        if self._stopped.is_set():
            raise Stopped
        self._done, self._total = done, max(total, 1)

    async def _answer(self, scope: MutableMapping[str, Any], send: Send) -> None:
        said = f"rebuilding: {self._done} of {self._total} rows of the log are read"
        if scope["path"] == "/healthz":
            await _send(send, 200, "application/json", msgspec.json.encode({"alive": True}))
        elif scope["path"] == "/readyz":
            parts = {"log": "ok", "world": "ok", "state": said}
            await _send(send, 503, "application/json", msgspec.json.encode({"ready": False, "parts": parts}))
        elif b"text/html" in dict(scope["headers"]).get(b"accept", b""):
            page = _PAGE.format(done=self._done, total=self._total)
            await _send(send, 503, "text/html; charset=utf-8", page.encode())
        else:
            problem = {
                "type": "/docs/errors#unavailable", "title": "Unavailable", "status": 503, "code": "unavailable",
                "detail": said, "hint": "Ask again in a moment; /readyz says when.",
            }  # fmt: skip
            await _send(send, 503, "application/problem+json", msgspec.json.encode(problem))


async def _send(send: Send, status: int, media: str, body: bytes) -> None:
    headers = [(b"content-type", media.encode()), (b"content-length", str(len(body)).encode())]
    if status == 503:
        headers.append((b"retry-after", b"1"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
