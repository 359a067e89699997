"""A process that reads a long log says how far it is, on every address, and then is the platform itself."""

import asyncio
import threading
from collections.abc import AsyncIterator
from unittest.mock import MagicMock

import httpx
import pytest
from rich.console import Console

from walras.app import serve
from walras.app.building import Moved
from walras.app.reading import Reading, Said, reading
from walras.app.rising import Rising
from walras.app.worker import worker_app
from walras.base.errors import Corrupt
from walras.base.settings import Settings


class Made:
    """An application that is made in two steps, the first of which waits to be let go on."""

    def __init__(self) -> None:
        self.go, self.lived = threading.Event(), list[str]()
        self.app = Rising(self.read, lambda: self.answer)

    def read(self, moved: Moved) -> None:
        moved(3, 7)
        while not self.go.wait(0.01):
            moved(3, 7)

    async def answer(self, scope, receive, send) -> None:
        if scope["type"] == "lifespan":
            for word in ("startup", "shutdown"):
                assert (await receive())["type"] == f"lifespan.{word}"
                self.lived.append(word)
                await send({"type": f"lifespan.{word}.complete"})
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"the platform"})


class Server:
    """The server's side of an application's life."""

    def __init__(self, app) -> None:
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://walras")
        self._orders: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        self._said: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        self._life = asyncio.ensure_future(app({"type": "lifespan"}, self._orders.get, self._said.put))

    async def order(self, word: str) -> None:
        await self._orders.put({"type": f"lifespan.{word}"})
        assert (await self._said.get())["type"] == f"lifespan.{word}.complete"

    async def until_ready(self, path: str) -> httpx.Response:
        while (answer := await self.client.get(path)).status_code == 503:
            await asyncio.sleep(0.01)
        return answer


@pytest.fixture
def made() -> Made:
    return Made()


@pytest.fixture
async def server(made: Made) -> AsyncIterator[Server]:
    server = Server(made.app)
    await server.order("startup")
    while (await server.client.get("/readyz")).json()["parts"]["state"].startswith("rebuilding: 0"):
        await asyncio.sleep(0.01)
    yield server
    made.go.set()
    await server.client.aclose()


async def test_every_address_says_how_far_it_is(server: Server) -> None:
    assert (await server.client.get("/healthz")).status_code == 200
    ready = await server.client.get("/readyz")
    assert ready.status_code == 503 and ready.headers["retry-after"] == "1"
    assert ready.json() == {
        "ready": False,
        "parts": {"log": "ok", "world": "ok", "state": "rebuilding: 3 of 7 rows of the log are read"},
    }
    asked = await server.client.post("/v1/feed", json={"person": "ann"})
    assert asked.status_code == 503 and asked.json()["code"] == "unavailable" and "3 of 7" in asked.json()["detail"]
    page = (await server.client.get("/", headers={"accept": "text/html"})).text
    assert "3 of 7 rows" in page and "第 3 行，共 7 行" in page
    await server.order("shutdown")


async def test_then_it_is_the_platform_and_ends_with_the_server(server: Server, made: Made) -> None:
    made.go.set()
    assert (await server.until_ready("/v1/feed")).text == "the platform"
    assert made.lived == ["startup"]
    await server.order("shutdown")
    assert made.lived == ["startup", "shutdown"]


async def test_a_server_that_ends_before_does_not_wait_for_the_log(server: Server, made: Made) -> None:
    await server.order("shutdown")
    assert not made.go.is_set() and made.lived == []


async def test_the_whole_platform_rises_so(home, monkeypatch) -> None:
    monkeypatch.setenv("WALRAS_HOME", str(home))
    monkeypatch.setattr("walras.app.worker.RISING_ROWS", 0)
    server = Server(worker_app())
    await server.order("startup")
    answer = await server.until_ready("/readyz")
    assert answer.json()["ready"] and reading(home) == Reading()
    await server.order("shutdown")
    await server.client.aclose()
    assert (home / "state" / "manifest.json").exists()


def test_what_is_said_is_found_by_another_process_until_it_ended(home) -> None:
    said = Said(home)
    said.moved(5, 9)
    said.moved(6, 9)  # Too soon after the first to be said.
    assert reading(home) == Reading(5, 9)
    said.ended()
    assert reading(home) == Reading()


async def test_a_reading_that_fails_ends_the_server_and_says_why(home, monkeypatch) -> None:
    def broken(*_args: object) -> None:
        raise RuntimeError("row 7 is broken")

    ended = list[int]()
    monkeypatch.setenv("WALRAS_HOME", str(home))
    monkeypatch.setattr("walras.app.worker.RISING_ROWS", 0)
    monkeypatch.setattr("walras.app.worker.restore_state", broken)
    monkeypatch.setattr("walras.app.rising.os.kill", lambda _pid, number: ended.append(number))
    server = Server(worker_app())
    await server.order("startup")
    while not ended:
        await asyncio.sleep(0.01)
    await server.order("shutdown")
    await server.client.aclose()
    assert "row 7 is broken" in reading(home).failed


def test_the_program_that_served_then_ends_with_an_error(home, monkeypatch) -> None:
    def serve_and_fail(_settings: Settings) -> None:
        Said(home).failed("row 7 is broken")
        raise SystemExit(0)

    for name in ("Keeper", "_leave_in_order", "_say_where"):
        monkeypatch.setattr(f"walras.app.starting.{name}", MagicMock())
    monkeypatch.setattr("walras.app.starting._run", serve_and_fail)
    settings = Settings(port=0, sample=False)
    with pytest.raises(Corrupt, match="row 7 is broken"):
        serve(home, settings, Console(), MagicMock(), MagicMock())
    Said(home).ended()
    monkeypatch.setattr("walras.app.starting._run", lambda _settings: None)
    serve(home, settings, Console(), MagicMock(), MagicMock())
