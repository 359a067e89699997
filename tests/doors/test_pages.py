"""The screens as HTML, and who gets them: a browser on this machine, one with a key, and nobody else."""

import hashlib
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from litestar import Litestar

from tests.doors.shown import Shown, furnish
from tests.doors.stand_in import stand_in
from walras.base.settings import Settings
from walras.doors.api import build_app
from walras.doors.pages import PAGE_SCOPES, page_routes
from walras.doors.reference import statics
from walras.web import vendored
from walras.web.statics import FOLDER
from walras.web.visitors import COOKIE, cookie_secret, is_on_this_machine

HERE, ELSEWHERE = ("127.0.0.1", 5000), ("192.0.2.7", 5000)


@pytest.fixture
def shown(tmp_path: Path) -> Iterator[Shown]:
    with stand_in(tmp_path, Settings(disk_free_mb_min=0)) as plain:
        engine = Shown(plain.log, plain.world, plain.registry, plain.clock, plain.settings, plain.state)
        furnish(engine)
        yield engine


@pytest.fixture
def pages(shown: Shown, tmp_path: Path) -> Litestar:
    secret = shown.world.keys.ensure_page_key(tmp_path, PAGE_SCOPES)
    return build_app(shown, page_routes(statics(), secret))


def _client(app: Litestar, address: tuple[str, int] = HERE, host: str = "127.0.0.1:8000") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, client=address)  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=transport, base_url=f"http://{host}")


@pytest.fixture
async def here(pages: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    async with _client(pages) as client:
        yield client


async def test_a_browser_on_this_machine_gets_a_key_that_opens_what_the_screens_ask(here: httpx.AsyncClient) -> None:
    first = await here.get("/console/feed?person=ann")
    assert first.status_code == 200 and first.headers["content-type"].startswith("text/html")
    cookie = first.headers["set-cookie"].lower()
    assert COOKIE in cookie and "httponly" in cookie and "samesite=strict" in cookie
    made = await here.post("/v1/feed", json={"person": "ann"})
    assert made.status_code == 200
    assert (await here.get(f"/v1/pages/{made.json()['id']}")).status_code == 200
    assert (await here.get("/v1/users/ann/history?n=5")).status_code == 200
    origin = {"origin": "http://127.0.0.1:8000"}
    sent = await here.post("/v1/events", json=[{"person": "ann", "item": "v1", "outcome": "like"}], headers=origin)
    assert sent.status_code == 200
    assert (await here.get("/status")).status_code == 200
    assert (await here.delete("/v1/items/v1")).status_code == 403


@pytest.mark.parametrize(
    ("address", "host", "headers"),
    [
        (ELSEWHERE, "127.0.0.1:8000", {}),
        (HERE, "walras.example", {}),
        (HERE, "127.0.0.1:8000", {"x-forwarded-for": "203.0.113.9"}),
        (HERE, "127.0.0.1:8000", {"forwarded": "for=203.0.113.9"}),
    ],
)
async def test_everybody_else_is_asked_for_a_key(
    pages: Litestar, address: tuple[str, int], host: str, headers: dict[str, str]
) -> None:
    async with _client(pages, address, host) as client:
        answered = await client.get("/console/feed?person=ann", headers=headers)
    assert answered.status_code == 401 and "set-cookie" not in answered.headers
    assert 'name="key"' in answered.text and 'value="/console/feed?person=ann"' in answered.text


async def test_nobody_gets_a_key_where_access_is_closed(tmp_path: Path) -> None:
    with stand_in(tmp_path, Settings(disk_free_mb_min=0, open_access=False)) as engine:
        secret = engine.world.keys.ensure_page_key(tmp_path, PAGE_SCOPES)
        async with _client(build_app(engine, page_routes(statics(), secret))) as client:
            assert (await client.get("/console/feed")).status_code == 401


async def test_a_key_given_in_the_form_opens_the_screen(pages: Litestar, shown: Shown) -> None:
    reader = shown.world.keys.create("reader", ("feed:read",)).secret
    writer = shown.world.keys.create("writer", ("events:write",)).secret
    async with _client(pages, ELSEWHERE) as client:
        for wrong in ("", "nonsense", writer):
            refused = await client.post("/key", data={"key": wrong, "next": "/status"})
            assert refused.status_code == 401 and 'role="alert"' in refused.text
        opened = await client.post("/key", data={"key": reader, "next": "/status?lang=zh-CN"})
        assert opened.status_code == 303 and opened.headers["location"] == "/status?lang=zh-CN"
        assert (await client.get("/status")).status_code == 200


@pytest.mark.parametrize("target", ["https://elsewhere.example", "//elsewhere.example", "/\\elsewhere.example", ""])
async def test_the_form_leads_nowhere_else(pages: Litestar, shown: Shown, target: str) -> None:
    secret = shown.world.keys.create("reader", ("feed:read",)).secret
    async with _client(pages, ELSEWHERE) as client:
        opened = await client.post("/key", data={"key": secret, "next": target})
    assert opened.headers["location"] == "/console/feed"


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "null"},
    ],
)
async def test_another_sites_page_cannot_act_with_the_browsers_key(
    here: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    await here.get("/console/feed")
    event = {"person": "ann", "item": "v1", "outcome": "like"}
    assert (await here.post("/v1/events", json=[event], headers=headers)).status_code == 403
    assert (await here.post("/v1/events", json=[event], headers={"origin": "http://127.0.0.1:8000"})).status_code == 200


async def test_language_comes_from_the_address_the_cookie_and_the_header(here: httpx.AsyncClient) -> None:
    chinese = await here.get("/console/feed", headers={"accept-language": "zh-CN,zh;q=0.9"})
    assert '<html lang="zh-CN"' in chinese.text and chinese.headers["content-language"] == "zh-CN"
    switched = await here.get("/console/feed?lang=en&person=a%22b", headers={"accept-language": "zh-CN"})
    assert '<html lang="en"' in switched.text and "person=a%22b&amp;lang=zh-CN" in switched.text
    assert '<html lang="en"' in (await here.get("/status", headers={"accept-language": "zh-CN"})).text


async def test_theme_is_rendered_from_its_cookie(here: httpx.AsyncClient) -> None:
    assert 'data-theme="dark"' in (await here.get("/console/feed", headers={"cookie": "walras_theme=dark"})).text
    assert "data-theme" not in (await here.get("/console/feed", headers={"cookie": "walras_theme=pink"})).text


async def test_what_a_person_is_called_cannot_leave_its_place(here: httpx.AsyncClient) -> None:
    bad = '"><script>alert(1)</script>'
    html = (await here.get("/console/feed", params={"person": bad})).text
    assert "<script>alert" not in html
    for block in re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', html, flags=re.S):
        assert "<" not in block


async def test_pages_load_nothing_from_elsewhere(here: httpx.AsyncClient) -> None:
    for path in ("/console/feed", "/status"):
        answered = await here.get(path)
        assert not re.findall(r'(?:src|href)="(?:https?:)?//', answered.text)
        policy = answered.headers["content-security-policy"]
        assert "default-src 'self'" in policy and "unsafe-inline" not in policy
        for address in set(re.findall(r'(?:src|href)="(/static/[^"#]+)', answered.text)):
            assert (await here.get(address)).status_code == 200, address


async def test_people_are_suggested_and_drawn(here: httpx.AsyncClient) -> None:
    await here.get("/console/feed")
    assert [p["id"] for p in (await here.get("/pages/people?start=a&n=5")).json()["people"]] == ["ann"]
    everybody = (await here.get("/pages/people")).json()["people"]
    assert {p["id"] for p in everybody} == {"ann", "bo"} and all(p["deeds"] > 0 for p in everybody)
    assert (await here.get("/pages/people?order=chance")).json()["people"][0]["id"] in ("ann", "bo")
    assert (await here.get("/pages/people?n=1000")).status_code == 400


async def test_items_are_looked_up_by_the_dozen(here: httpx.AsyncClient) -> None:
    await here.get("/console/feed")
    found = (await here.get("/pages/items?id=v1&id=v2&id=nobody")).json()["items"]
    assert {item["id"] for item in found} == {"v1", "v2"}
    too_many = "&".join(f"id=v{n}" for n in range(201))
    assert (await here.get(f"/pages/items?{too_many}")).status_code == 400


async def test_lookups_need_a_key(pages: Litestar) -> None:
    async with _client(pages) as client:
        assert (await client.get("/pages/people")).status_code == 401
        assert (await client.get("/pages/items?id=v1")).status_code == 401


def test_a_cookie_that_cannot_be_read_is_none() -> None:
    assert cookie_secret([(b"cookie", b"walras_key=abc; other=1")]) == "abc"
    assert cookie_secret([(b"cookie", b"\xff\xfe=;;;")]) == ""
    assert cookie_secret([]) == ""


@pytest.mark.parametrize(("host", "name", "own"), [
    ("127.0.0.1", b"localhost:8000", True), ("::1", b"[::1]:8000", True), ("127.0.0.1", b"127.0.0.1", True),
    ("127.0.0.1", b"", False), ("10.0.0.1", b"localhost", False), ("", b"localhost", False),
    ("nonsense", b"localhost", False),
])  # fmt: skip
def test_this_machine_is_known_by_address_and_name(host: str, name: bytes, own: bool) -> None:
    assert is_on_this_machine(host, [(b"host", name)]) is own


def test_vendored_files_are_those_of_the_manifest() -> None:
    listed = {entry.file: entry for entry in vendored()}
    found = {p.relative_to(FOLDER).as_posix() for p in (FOLDER / "vendor").iterdir() if p.is_file()}
    assert set(listed) == found
    for name, entry in listed.items():
        assert hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() == entry.sha256, name
        assert entry.licence and entry.version and (FOLDER / entry.licence_file).read_text("utf-8").strip()
