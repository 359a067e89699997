"""Whatever comes in, the answer is a problem detail that says what was wrong, and nothing is half-written."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from litestar import Litestar, get

from tests.doors.stand_in import StandIn
from walras.base.errors import Exhausted
from walras.base.settings import Settings
from walras.doors import build_app
from walras.web.told import told

JSON = {"content-type": "application/json"}


def problem(answered: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem of an answer, held against what RFC 9457 and our own members ask for."""
    assert answered.status_code == status, answered.text
    assert answered.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = answered.json()
    assert (found["status"], found["code"], found["type"]) == (status, code, f"/docs/errors#{code}")
    assert found["title"] and found["detail"] and found["instance"].startswith("/")
    assert found["request_id"] == answered.headers["x-request-id"]
    return found


async def test_unknown_routes_and_methods(client: httpx.AsyncClient) -> None:
    problem(await client.get("/v1/nowhere"), 404, "no-route")
    problem(await client.get("/%FF/%00"), 404, "no-route")
    wrong = await client.put("/v1/feed", json={})
    problem(wrong, 405, "method-not-allowed")
    assert "POST" in wrong.headers["allow"]
    problem(await client.request("BREW", "/v1/feed"), 405, "method-not-allowed")


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        (b"", "malformed", None),
        (b"{", "malformed", None),
        (b'{"person": "a"} {}', "malformed", None),
        (b"\xff\xfe", "malformed", None),
        (b'{"person": "\xff"}', "malformed", None),
        (b'{"person": "\\ud800"}', "malformed", None),
        (b'{"person": "a", "x": ' + b"[" * 100_000, "malformed", None),
        (b'{"person": "a", "count": NaN}', "invalid", "count"),
        (b'{"person": "a", "x": {"y": [1, -Infinity]}}', "invalid", "x.y[1]"),
        (b'{"person": "a", "count": 1e999}', "invalid", "count"),
        (b'{"person": ["a"]}', "invalid", "person"),
        (b"[]", "invalid", None),
        (b"null", "invalid", None),
    ],
)
async def test_bodies_that_cannot_be_read(client: httpx.AsyncClient, body: bytes, code: str, field: str | None) -> None:
    found = problem(await client.post("/v1/feed", content=body, headers=JSON), 400, code)
    assert found.get("field") == field


@pytest.mark.parametrize("path", ["/v1/events", "/v1/items", "/v1/feed", "/api/feedback", "/api/item"])
async def test_other_content_types_are_refused(client: httpx.AsyncClient, path: str) -> None:
    for kind in ("text/plain", "application/xml", "multipart/form-data; boundary=x"):
        problem(await client.post(path, content=b"{}", headers={"content-type": kind}), 415, "media-type")
    other = {"content-type": "application/json; charset=latin-1"}
    problem(await client.post(path, content=b"{}", headers=other), 400, "malformed")


async def test_a_long_body_is_refused_before_it_is_read(client: httpx.AsyncClient, engine: StandIn) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(1_000):
            read += 1
            yield b"x" * 100_000

    said = {**JSON, "content-length": "10000000"}
    problem(await client.post("/v1/events", content=endless(), headers=said), 413, "too-much")
    assert read == 0
    problem(await client.post("/v1/events", content=endless(), headers=JSON), 413, "too-much")
    assert read < 50 and engine.log.position() == 0


async def test_keys_and_scopes(client: httpx.AsyncClient, engine: StandIn) -> None:
    own = client.headers.pop("authorization")
    problem(await client.get("/v1/items"), 401, "unauthorised")
    problem(await client.get("/v1/items", headers={"x-api-key": "wrong"}), 401, "unauthorised")
    problem(await client.get("/v1/items", headers={"authorization": "Basic abc"}), 401, "unauthorised")
    problem(await client.get("/v1/items", headers={"x-api-key": "x" * 10_000}), 401, "unauthorised")
    problem(await client.get("/v1/status"), 401, "unauthorised")
    assert (await client.get("/v1/items", headers={"x-api-key": own.removeprefix("Bearer ")})).status_code == 200
    small = engine.world.keys.create("small", ("catalog:read",)).secret
    found = problem(await client.put("/v1/items/a", json={}, headers={"x-api-key": small}), 403, "forbidden")
    assert "catalog:write" in found["detail"]


async def test_who_asks_too_often_is_told_when_to_ask_again(client: httpx.AsyncClient, engine: StandIn) -> None:
    slow = {"authorization": f"Bearer {engine.world.keys.create('slow', ('catalog:read',), 0.001).secret}"}
    answers = [await client.get("/v1/items", headers=slow) for _ in range(2)]
    assert [answered.status_code for answered in answers] == [200, 429]
    assert answers[0].headers["ratelimit"].startswith('"key";r=0')
    problem(answers[1], 429, "too-often")
    assert int(answers[1].headers["retry-after"]) > 100


async def test_who_guesses_keys_is_slowed_down(client: httpx.AsyncClient) -> None:
    guesses = [await client.get("/v1/items", headers={"authorization": f"Bearer guess{n}"}) for n in range(20)]
    assert guesses[0].status_code == 401 and guesses[-1].status_code == 429
    assert (await client.get("/v1/items")).status_code == 200


async def test_this_machine_may_look_where_the_settings_allow_it(engine: StandIn) -> None:
    async def looks(settings: Settings, host: str, **headers: str) -> int:
        engine.settings = settings
        transport = httpx.ASGITransport(build_app(engine), client=(host, 1))  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as local:
            return (await local.get("/metrics")).status_code

    assert await looks(Settings(), "127.0.0.1") == 200
    assert await looks(Settings(open_access=False), "127.0.0.1") == 401
    assert await looks(Settings(), "192.0.2.7") == 401
    assert await looks(Settings(), "127.0.0.1", **{"x-forwarded-for": "192.0.2.7"}) == 401


@pytest.mark.parametrize(
    ("query", "field"),
    [("n=1&n=2", "n"), ("m=1", "m"), ("n=x", "n"), ("n=0", "n"), ("n=99999", "n"), ("n=%FF", "query"), ("n=１", "n")],
)
async def test_queries_that_cannot_be_read(client: httpx.AsyncClient, query: str, field: str) -> None:
    assert problem(await client.get(f"/v1/items?{query}"), 400, "invalid")["field"] == field


@pytest.mark.parametrize("id", ["%FF", "%00", "%0A", "x" * 257])
async def test_ids_that_cannot_be(client: httpx.AsyncClient, id: str) -> None:
    assert problem(await client.put(f"/v1/items/{id}", json={}), 400, "invalid")["field"] == "id"
    assert problem(await client.get(f"/v1/users/{id}/history"), 400, "invalid")["field"] == "id"


async def test_head_and_options(client: httpx.AsyncClient) -> None:
    head, whole = await client.head("/v1/outcomes"), await client.get("/v1/outcomes")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == whole.headers["content-length"]
    options = await client.options("/v1/feed")
    assert options.status_code == 204 and "POST" in options.headers["allow"]


async def test_every_answer_has_security_headers_and_a_request_id(client: httpx.AsyncClient) -> None:
    for answered in (await client.get("/docs"), await client.get("/nowhere"), await client.get("/v1/items")):
        assert "unsafe-inline" not in answered.headers["content-security-policy"]
        assert answered.headers["x-content-type-options"] == "nosniff" and answered.headers["x-request-id"]
    named = await client.get("/healthz", headers={"x-request-id": "mine-1"})
    assert named.headers["x-request-id"] == "mine-1"
    forged = await client.get("/healthz", headers={"x-request-id": "a b"})
    assert forged.headers["x-request-id"] != "a b"


async def test_what_nobody_foresaw_shows_nothing_of_the_inside(
    client: httpx.AsyncClient, engine: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("the secret inside")

    monkeypatch.setattr(engine, "make_page", broken, raising=False)
    answered = await client.post("/v1/feed", json={"person": "a"})
    problem(answered, 500, "unexpected")
    assert "secret" not in answered.text and "ZeroDivision" not in answered.text


async def test_what_we_must_mend_can_be_tried_again(
    client: httpx.AsyncClient, engine: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise Exhausted("the disk is full", field="log", hint="Free some.")

    monkeypatch.setattr(engine.log, "submit", full)
    answered = await client.post("/v1/events", json={"person": "a", "outcome": "like", "item": "b"})
    problem(answered, 503, "exhausted")
    assert answered.headers["retry-after"] == "1"


async def test_a_route_that_says_nothing_of_itself_is_closed(engine: StandIn, secret: str) -> None:
    @get("/silent")
    async def silent() -> str:
        return "open"

    @get("/said", opt=told(summary="", tag="", scope=None))
    async def said() -> str:
        return "open"

    app: Litestar = build_app(engine, [silent, said])
    headers = {"x-api-key": secret}
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://walras", headers=headers) as asking:
        problem(await asking.get("/silent"), 403, "forbidden")
        assert (await asking.get("/said")).text == "open"
