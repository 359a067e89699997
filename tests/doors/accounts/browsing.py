"""A browser that keeps cookies and says where its requests come from; and what tests of accounts share."""

import re
from collections.abc import Callable
from typing import Any

import httpx
from litestar import Litestar

from tests.doors.stand_in import StandIn

# 2026-03-01 12:00 UTC.
NOON_MS = 1_772_366_400_000
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
CHROME = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36"
PASSWORD = "a river runs uphill"
HERE, ELSEWHERE = ("127.0.0.1", 40_000), ("192.0.2.7", 40_000)
ORIGIN = "http://walras.test"


class Browser(httpx.AsyncClient):
    """A browser: cookies, an origin, a family."""

    app: Litestar
    engine: StandIn

    async def sign_up(self, handle: str, **more: Any) -> dict[str, Any]:
        """Sign up and bring the code; gives `Me`."""
        asked = {
            "name": handle.title(),
            "handle": handle,
            "email": f"{handle}@example.org",
            "password": PASSWORD,
            "birth_year": 1990,
            **more,
        }
        first = await self.post("/app/signup", json={name: value for name, value in asked.items() if value is not None})
        assert first.status_code == 202, first.text
        made = await self.post("/app/signup/confirm", json={"code": self.code()})
        assert made.status_code == 201, made.text
        return made.json()

    def code(self) -> str:
        """The code of the newest letter."""
        found = re.search(r"\b(\d{6})\b", self.engine.world.outbox.letters(1)[0].body)
        assert found is not None
        return found[1]

    async def sign_in(self, login: str, password: str = PASSWORD) -> httpx.Response:
        """Sign in with a password."""
        return await self.post("/app/signin", json={"login": login, "password": password})


NewBrowser = Callable[..., Browser]
