"""A real server over six short films, and a real Chromium whose every page is watched."""

import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response

from tests.app.small_town import FILMS

ROOT = Path(__file__).parents[2]
PHONE, DESK = (390, 844), (1440, 900)
PASSWORD = "a clever horse 9"
# The first start of a fresh clone compiles what is compiled and draws the films.
START_S = 300.0
# Browsers name features of a policy that they do not know yet; no page is worse for it.
_HARMLESS = ("Permissions-Policy",)


@dataclass
class Server:
    """The product in a process of its own; it can be ended and started again over the same folder."""

    home: Path
    port: int
    process: subprocess.Popen[bytes] | None = None
    host: str = "127.0.0.1"

    @property
    def address(self) -> str:
        return f"http://{self.host}:{self.port}"

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.app.small_town", str(self.home), str(self.port)]
        with (self.home.parent / "server.txt").open("ab") as said:
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=said, stderr=said)
        self.wait(lambda: b"<html" in self.read("/"))

    def stop(self) -> None:
        assert self.process is not None
        self.process.terminate()
        self.process.wait(30)

    def read(self, path: str) -> bytes:
        with urllib.request.urlopen(self.address + path, timeout=10) as answer:
            return bytes(answer.read())

    def wait(self, is_there: Callable[[], bool]) -> None:
        end_s = time.monotonic() + START_S
        while time.monotonic() < end_s:
            assert self.process is not None and self.process.poll() is None, "the server ended by itself"
            try:
                if is_there():
                    return
            except (urllib.error.URLError, OSError):
                pass
            time.sleep(0.1)
        raise AssertionError("the server did not become ready")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    started = Server(tmp_path_factory.mktemp("town") / "home", port)
    started.home.mkdir()
    started.start()
    started.wait(lambda: started.read("/app/feed?n=10").count(b"video.mp4") >= FILMS)
    yield started
    started.stop()


@dataclass
class Watched:
    """Opens browsers whose pages are watched; what went wrong on them fails the test at its end."""

    browser: Browser
    server: Server
    wrong: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)
    is_quiet: bool = True

    @property
    def address(self) -> str:
        return self.server.address

    def page(self, path: str = "/", size: tuple[int, int] = PHONE, **more: Any) -> Page:
        phone = size == PHONE
        made = {"locale": "en-US", "reduced_motion": "reduce", "has_touch": phone, "is_mobile": phone, **more}
        context = self.browser.new_context(viewport={"width": size[0], "height": size[1]}, **made)
        self.contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", lambda said: self._note(said.text, said.type in ("error", "warning")))
        page.on("pageerror", lambda error: self._note(f"error: {error}", True))
        page.on("request", lambda asked: self._note(f"elsewhere: {asked.url}", self._is_elsewhere(asked.url)))
        page.goto(self.server.address + path)
        return page

    def _is_elsewhere(self, url: str) -> bool:
        return not url.startswith((self.server.address, "data:", "blob:"))

    def _note(self, what: str, happened: bool) -> None:
        network = not self.is_quiet and not what.startswith(("error:", "elsewhere:"))
        if happened and not network and not any(word in what for word in _HARMLESS):
            self.wrong.append(what)

    def close(self) -> None:
        for context in self.contexts:
            context.close()


@pytest.fixture
def watched(chromium: Browser, server: Server) -> Iterator[Watched]:
    opened = Watched(chromium, server)
    yield opened
    opened.close()
    assert not opened.wrong


def sign_up(page: Page, handle: str, birth_year: str = "1990") -> None:
    """Sign up on the screen of it, with the code from the outbox; the page goes on to where it was meant to go."""
    fields = {"name": f"{handle} Lee", "handle": handle, "reach": f"{handle}@example.org", "password": PASSWORD}
    for name, value in {**fields, "birth_year": birth_year}.items():
        page.fill(f"#field-{name}", value)
    page.get_by_role("button", name="Go on").click()
    page.wait_for_selector("#field-code")
    page.fill("#field-code", newest_code(page))
    page.get_by_role("button", name="Confirm").click()
    page.wait_for_url(lambda url: "/signup" not in url)


def newest_code(page: Page) -> str:
    """The code in the newest letter of the outbox."""
    outbox = page.context.new_page()
    outbox.goto(re.sub(r"(//[^/]+).*", r"\1/outbox", page.url))
    text = outbox.inner_text("body")
    outbox.close()
    found = re.search(r"\b\d{6}\b", text)
    assert found is not None
    return found.group(0)


def present(page: Page) -> Any:
    """The card on the screen."""
    return page.locator(".slot:not([inert])").first


def told(outcome: str) -> Callable[[Response], bool]:
    """Whether an answer is that to events among which is this outcome; others are on their way all the time."""
    return lambda answer: "/v1/events" in answer.url and f'"{outcome}"' in (answer.request.post_data or "")


def place_of(page: Page) -> int:
    """Which card is on the screen."""
    at = page.evaluate(
        "(() => { const r = document.querySelector('.reel'); return Math.round(r.scrollTop / r.clientHeight) })()"
    )
    return int(at)


def swipe(page: Page, by: int) -> None:
    """Draw a finger over the screen, as a series of touches."""
    session = page.context.new_cdp_session(page)
    x, y = 190, 600 if by < 0 else 200

    def touch(kind: str, at: float | None) -> None:
        points = [] if at is None else [{"x": x, "y": at}]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", y)
    for step in range(1, 13):
        touch("touchMove", y + by * step / 12)
        page.wait_for_timeout(10)
    touch("touchEnd", None)
    session.detach()
