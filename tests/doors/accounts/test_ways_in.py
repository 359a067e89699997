"""Any order of signing up, in and out, of codes, changes and thefts: a browser is only ever who it proved to be.

Hypothesis drives three browsers against the application and a plain model of who should be signed in where.
"""

import asyncio
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.doors.accounts.browsing import ELSEWHERE, FIREFOX, NOON_MS, ORIGIN, PASSWORD, Browser
from tests.doors.accounts.conftest import GoingClock
from tests.doors.stand_in import stand_in
from walras.base.settings import Settings
from walras.doors.accounts import account_routes
from walras.doors.api import build_app
from walras.doors.reference import statics

BROWSERS = st.integers(0, 2)
HANDLES = st.sampled_from(["ann", "bob"])
PASSWORDS = st.sampled_from([PASSWORD, "another sentence", "not the password"])


class WaysIn(RuleBasedStateMachine):
    """Three browsers, two people."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.loop = asyncio.new_event_loop()

    @initialize()
    def start(self) -> None:
        folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        self.clock = GoingClock(NOON_MS)
        self.engine = self.stack.enter_context(stand_in(folder, Settings(disk_free_mb_min=0), self.clock))
        self.app = build_app(self.engine, account_routes(statics()))
        self.browsers = [self.new_browser() for _ in range(3)]
        self.passwords: dict[str, str] = {}  # of those who have an account
        self.people: dict[str, str] = {}  # handle → person
        self.signed_in: list[str] = ["", "", ""]  # handle by browser
        self.waiting: list[tuple[str, str]] = [("", "")] * 3  # handle that a browser has asked for, and its code
        self.old_tokens: list[str] = []

    def new_browser(self) -> Browser:
        transport = httpx.ASGITransport(self.app, client=ELSEWHERE)  # type: ignore[arg-type]
        headers = {"user-agent": FIREFOX, "origin": ORIGIN}
        made = Browser(transport=transport, base_url=ORIGIN, headers=headers)
        made.app, made.engine = self.app, self.engine
        return made

    def ask(self, n: int, method: str, path: str, **said: Any) -> httpx.Response:
        answered = self.loop.run_until_complete(self.browsers[n].request(method, path, **said))
        assert answered.status_code < 500, answered.text
        self.clock.instant_ms += 5_000
        return answered

    @rule(n=BROWSERS, handle=HANDLES)
    def ask_to_sign_up(self, n: int, handle: str) -> None:
        asked = {
            "name": handle,
            "handle": handle,
            "email": f"{handle}@example.org",
            "password": PASSWORD,
            "birth_year": 1990,
        }
        answered = self.ask(n, "POST", "/app/signup", json=asked)
        if self.signed_in[n] or handle in self.passwords:
            assert answered.status_code == 409
        elif answered.status_code == 202:
            self.waiting[n] = (handle, self.browsers[n].code())
        else:
            assert answered.status_code == 429

    @rule(n=BROWSERS)
    def confirm(self, n: int) -> None:
        handle, code = self.waiting[n]
        answered = self.ask(n, "POST", "/app/signup/confirm", json={"code": code or "000000"})
        if handle and not self.signed_in[n] and handle not in self.passwords:
            assert answered.status_code == 201, answered.text
            self.passwords[handle], self.people[handle] = PASSWORD, answered.json()["person"]
            self.signed_in[n] = handle
        else:
            assert answered.status_code in (400, 409)
        self.waiting[n] = ("", "")

    @rule(n=BROWSERS, handle=HANDLES, password=PASSWORDS)
    def sign_in(self, n: int, handle: str, password: str) -> None:
        self.keep_token(n)
        answered = self.ask(n, "POST", "/app/signin", json={"login": handle, "password": password})
        if self.passwords.get(handle) == password:
            assert answered.status_code == 200
            self.signed_in[n] = handle
        else:
            assert answered.status_code == 401
            self.old_tokens.clear()

    @rule(n=BROWSERS)
    def sign_out(self, n: int) -> None:
        self.keep_token(n)
        assert self.ask(n, "POST", "/app/signout").status_code == 200
        self.signed_in[n] = ""

    @rule(n=BROWSERS, new=PASSWORDS)
    def change_password(self, n: int, new: str) -> None:
        handle = self.signed_in[n]
        said = {"old": self.passwords.get(handle, PASSWORD), "new": new}
        answered = self.ask(n, "POST", "/app/me/password", json=said)
        assert answered.status_code == (200 if handle else 401)
        if handle:
            self.passwords[handle] = new
            self.signed_in = [who if k == n or who != handle else "" for k, who in enumerate(self.signed_in)]

    @rule(n=BROWSERS, handle=HANDLES)
    def recover(self, n: int, handle: str) -> None:
        self.waiting[n] = ("", "")
        before = len(self.engine.world.outbox.letters())
        if self.ask(n, "POST", "/app/codes", json={"email": f"{handle}@example.org", "purpose": "recovery"}).is_error:
            return
        sent = len(self.engine.world.outbox.letters()) > before
        assert sent == (handle in self.passwords)
        code = self.browsers[n].code() if sent else "000000"
        answered = self.ask(n, "POST", "/app/recover", json={"code": code, "password": "another sentence"})
        assert answered.status_code == (200 if sent else 400)
        if sent:
            self.passwords[handle] = "another sentence"
            self.signed_in = ["" if who == handle else who for who in self.signed_in]
            self.signed_in[n] = handle

    @precondition(lambda self: self.old_tokens)
    @rule()
    def bring_an_old_token(self) -> None:
        thief = self.new_browser()
        thief.cookies.set("walras_session", self.old_tokens[-1])
        me = self.loop.run_until_complete(thief.get("/app/me")).json()
        self.loop.run_until_complete(thief.aclose())
        assert not me["signed_in"]

    @invariant()
    def everybody_is_who_she_proved_to_be(self) -> None:
        for n, handle in enumerate(getattr(self, "signed_in", [])):
            me = self.loop.run_until_complete(self.browsers[n].get("/app/me")).json()
            assert me["handle"] == handle and me["signed_in"] == bool(handle), (n, handle, me)
            assert not handle or me["person"] == self.people[handle]
            assert handle or me["person"] not in self.people.values()

    def keep_token(self, n: int) -> None:
        """A thief has copied the token that this browser has now."""
        if self.signed_in[n]:
            self.old_tokens.append(self.browsers[n].cookies["walras_session"])

    def teardown(self) -> None:
        for browser in getattr(self, "browsers", []):
            self.loop.run_until_complete(browser.aclose())
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()
        self.stack.close()


TestWaysIn = WaysIn.TestCase
TestWaysIn.settings = settings(
    max_examples=6,
    stateful_step_count=12,
    deadline=None,
    # An example takes about a second: a failing one is shown as it was found.
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
