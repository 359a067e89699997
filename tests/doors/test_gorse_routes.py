"""What Gorse's routes do beyond its Python client: categories, feedback by item and type, lists, health."""

from typing import Any

import httpx
import pytest

FEEDBACK = {"FeedbackType": "like", "UserId": "u", "ItemId": "i", "Value": 2, "Timestamp": "2026-01-01T00:00:00Z"}


async def test_putting_feedback_replaces_and_posting_adds(client: httpx.AsyncClient) -> None:
    later = {**FEEDBACK, "Timestamp": "2026-01-02T00:00:00Z"}
    await client.post("/api/feedback", json=[FEEDBACK])
    await client.post("/api/feedback", json=[later])
    assert (await client.get("/api/feedback/like/u/i")).json()["Value"] == 4
    await client.put("/api/feedback", json=[{**later, "Value": 1, "Timestamp": "2026-01-03T00:00:00Z"}])
    assert (await client.get("/api/feedback/like/u/i")).json()["Value"] == 1
    assert (await client.get("/api/feedback/star/u/i")).json() == {}


async def test_feedback_by_item_type_and_pair(client: httpx.AsyncClient) -> None:
    sent = [{**FEEDBACK, "UserId": user, "FeedbackType": type} for user in "uv" for type in ("like", "read")]
    await client.post("/api/feedback", json=sent)

    async def found(path: str) -> list[tuple[str, str]]:
        listed = (await client.get(path)).json()
        return sorted((f["UserId"], f["FeedbackType"]) for f in (_feedback(listed)))

    every = [("u", "like"), ("u", "read"), ("v", "like"), ("v", "read")]
    assert await found("/api/item/i/feedback/") == every
    assert await found("/api/item/i/feedback/like") == [("u", "like"), ("v", "like")]
    assert await found("/api/feedback/u/i") == every[:2]
    assert await found("/api/feedback/like") == [("u", "like"), ("v", "like")]
    assert await found("/api/user/v/feedback") == every[2:]
    assert (await client.delete("/api/feedback/read/v/i")).json() == {"RowAffected": 1}
    assert await found("/api/item/i/feedback") == every[:3]
    await client.delete("/api/item/i")
    assert await found("/api/item/i/feedback") == []


def _feedback(listed: Any) -> list[dict[str, Any]]:
    return listed if isinstance(listed, list) else list(listed["Feedback"])


async def test_categories_are_put_and_deleted(client: httpx.AsyncClient) -> None:
    await client.post("/api/items", json=[{"ItemId": "a/b", "Categories": ["x"]}, {"ItemId": "c", "Categories": None}])
    assert (await client.put("/api/item/a%2Fb/category/%E7%BE%8E%E9%A3%9F")).json() == {"RowAffected": 1}
    assert (await client.get("/api/item/a%2Fb")).json()["Categories"] == ["x", "美食"]
    await client.delete("/api/item/a%2Fb/category/x")
    assert (await client.get("/api/item/a%2Fb")).json()["Categories"] == ["美食"]
    assert (await client.put("/api/item/none/category/x")).status_code == 404
    for path in (
        "/api/latest/美食",
        "/api/latest?category=美食",
        "/api/popular/美食",
        "/api/non-personalized/latest?category=美食",
    ):
        assert [one["Id"] for one in (await client.get(path)).json()] == ["a/b"], path
    assert (await client.get("/api/latest?category=美食&category=x")).json() == []
    assert (await client.get("/api/non-personalized/other")).status_code == 404


async def test_lists_leave_out_what_a_person_met(client: httpx.AsyncClient) -> None:
    await client.post("/api/items", json=[{"ItemId": id, "Timestamp": f"2026-01-0{id}"} for id in "123"])
    await client.post("/api/feedback", json=[{**FEEDBACK, "ItemId": "3"}])
    assert [one["Id"] for one in (await client.get("/api/latest?user-id=u&n=1")).json()] == ["2"]
    assert [one["Id"] for one in (await client.get("/api/latest?offset=1&n=1")).json()] == ["2"]
    assert (await client.get("/api/recommend/u?n=5")).json() == ["2", "1"]


async def test_people_alike_share_items(client: httpx.AsyncClient) -> None:
    sent = [{**FEEDBACK, "UserId": user, "ItemId": item} for user, items in
            (("u", "ab"), ("twin", "ab"), ("half", "ac"), ("stranger", "z")) for item in items]  # fmt: skip
    await client.post("/api/feedback", json=sent)
    found = (await client.get("/api/user/u/neighbors/")).json()
    assert [one["Id"] for one in found] == ["twin", "half"]
    assert found[0]["Score"] == pytest.approx(1.0) and found[1]["Score"] == pytest.approx(0.5)
    assert (await client.get("/api/user/nobody/neighbors")).json() == []


async def test_patching_a_user(client: httpx.AsyncClient) -> None:
    await client.post("/api/user", json={"UserId": "u", "Labels": ["a"], "Comment": "c"})
    await client.patch("/api/user/u", json={"Labels": ["b"], "Comment": None})
    assert (await client.get("/api/user/u")).json() == {"UserId": "u", "Labels": ["b"], "Comment": "c"}
    assert (await client.patch("/api/user/none", json={})).status_code == 404


async def test_health(client: httpx.AsyncClient) -> None:
    del client.headers["authorization"]
    for path in ("/api/health/live", "/api/health/ready"):
        assert (await client.get(path)).json()["Ready"] is True


BAD: list[tuple[str, str, Any]] = [
    ("POST", "/api/feedback", [{**FEEDBACK, "UserId": ""}]),
    ("POST", "/api/feedback", [{**FEEDBACK, "Timestamp": "yesterday"}]),
    ("POST", "/api/feedback", [FEEDBACK, {**FEEDBACK, "ItemId": "x" * 300}]),
    ("POST", "/api/feedback", FEEDBACK),
    ("POST", "/api/item", {"ItemId": ""}),
    ("POST", "/api/items", [{"ItemId": "a"}, {"ItemId": "b", "Timestamp": "?"}]),
    ("GET", "/api/items?n=x", None),
    ("GET", "/api/feedback?cursor=x", None),
    ("GET", "/api/recommend/u?n=-1", None),
    ("GET", "/api/recommend/u?write-back-delay=soon", None),
]


@pytest.mark.parametrize(("method", "path", "body"), BAD)
async def test_bad_requests_write_nothing(
    client: httpx.AsyncClient, engine: Any, method: str, path: str, body: Any
) -> None:
    answered = await client.request(method, path, json=body) if body is not None else await client.request(method, path)
    assert answered.status_code == 400, answered.text
    assert engine.log.position() == 0


async def test_writing_back_needs_the_scope_for_it(client: httpx.AsyncClient, engine: Any) -> None:
    reader = {"authorization": f"Bearer {engine.world.keys.create('r', ('feed:read',)).secret}"}
    assert (await client.get("/api/recommend/u", headers=reader)).status_code == 200
    assert (await client.get("/api/recommend/u?write-back-type=read", headers=reader)).status_code == 403
