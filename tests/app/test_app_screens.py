"""Every screen in both languages and both lights: a picture of each, nothing wider than the screen, and the budget."""

import gzip
from pathlib import Path

import msgspec
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.app.conftest import DESK, PHONE, Server, Watched, sign_up

PICTURES = Path(__file__).parents[2] / "artefacts" / "app"
BUDGET = msgspec.json.decode((Path(__file__).parent / "budget.json").read_bytes())
OPEN = ("/", "/following", "/topics", "/t/dance", "/v/v1", "/settings", "/signin", "/signup", "/recover")
OWN = ("/make", "/mine", "/inbox", "/messages", "/collections", "/feeds", "/settings")
LOOKS = (("en-US", "light", PHONE), ("zh-CN", "dark", PHONE), ("en-US", "dark", DESK), ("zh-CN", "light", DESK))

pytestmark = pytest.mark.timeout(480)  # the first of them waits for the server's first start


def _look(page: Page, path: str, name: str) -> list[str]:
    """Go there, keep a picture, and give what is wrong."""
    address = page.url.split("/", 3)
    page.goto("/".join(address[:3]) + path)
    page.wait_for_selector("main :is(h1, .card)", state="attached")
    page.wait_for_timeout(250)
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{path.strip('/').replace('/', '_') or 'feed'}-{name}.png")
    wrong = [f"{path} is wider than the screen"] if _is_wide(page) else []
    found = Axe().run(page).response["violations"]
    serious = [one for one in found if one["impact"] in ("serious", "critical")]
    return wrong + [f"{path}: {one['id']} {one['nodes'][0]['html'][:160]}" for one in serious]


def _is_wide(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))


@pytest.mark.parametrize(("language", "light", "size"), LOOKS)
def test_every_screen_is_in_order(watched: Watched, language: str, light: str, size: tuple[int, int]) -> None:
    name = f"{'phone' if size == PHONE else 'desk'}-{language[:2]}-{light}"
    watched.is_quiet = False
    page = watched.page("/topics", size, locale=language, color_scheme=light)
    wrong = [said for path in OPEN for said in _look(page, path, name)]
    assert not wrong


def test_own_screens_are_in_order(watched: Watched) -> None:
    page = watched.page("/signup?next=/topics")
    sign_up(page, "looker")
    watched.is_quiet = False
    wrong = [said for path in (*OWN, "/u/looker") for said in _look(page, path, "phone-en-light")]
    page.context.add_cookies(
        [
            {"name": "walras_language", "value": "zh-CN", "url": watched.server.address},
            {"name": "walras_theme", "value": "dark", "url": watched.server.address},
        ]
    )
    page.set_viewport_size({"width": DESK[0], "height": DESK[1]})
    wrong += [said for path in (*OWN, "/u/looker") for said in _look(page, path, "desk-zh-dark")]
    assert not wrong


def test_the_feed_keeps_its_budget(watched: Watched, server: Server) -> None:
    """What a first visit fetches until the first film plays, without films, posters and hls.js."""
    asked: list[str] = []
    fresh = watched.browser.new_context()
    watched.contexts.append(fresh)
    first = fresh.new_page()
    first.on("request", lambda request: asked.append(request.url))
    first.goto(server.address + "/")
    first.wait_for_selector("video.playing", state="attached")
    scripts = {url for url in asked if url.split("?")[0].endswith(".js") and "/sw.js" not in url and "hls" not in url}
    styles = {url for url in asked if url.endswith(".css")}
    assert _zipped_kb(server, scripts) <= BUDGET["scripts_gzip_kb"]
    assert _zipped_kb(server, styles) <= BUDGET["styles_gzip_kb"]
    assert len(asked) <= BUDGET["requests_until_interactive"]


def _zipped_kb(server: Server, urls: set[str]) -> float:
    return sum(len(gzip.compress(server.read(url.removeprefix(server.address)), 6)) for url in urls) / 1000
