"""Items and people: put, get, delete, list, many at once, under ids of any characters."""

from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.doors.stand_in import StandIn

IDS = [
    "v1",
    "a/b",
    "a//b",
    "/",
    ".",
    "..",
    "a b",
    "a+b",
    "a%2Fb",
    "100%",
    "视频",
    "🎬",
    "q?x=1#y",
    "similar",
    "é",
    "a;b",
]


@pytest.mark.parametrize("plural", ["items", "users"])
@pytest.mark.parametrize("id", IDS)
async def test_any_id_goes_in_and_comes_out(client: httpx.AsyncClient, plural: str, id: str) -> None:
    # Dots are encoded too, since a client would take them for steps in the path.
    address = f"/v1/{plural}/{quote(id, safe='').replace('.', '%2E')}"
    put = await client.put(address, json={"attributes": {"of": "test"}})
    assert put.status_code == 200 and put.json()["id"] == id, put.text
    assert (await client.get(address)).json() == put.json()
    assert [one["id"] for one in (await client.get(f"/v1/{plural}")).json()[plural]] == [id]
    assert (await client.delete(address)).status_code == 204
    assert (await client.get(address)).status_code == 404
    assert (await client.delete(address)).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"id": "other"}, "id"),
        ({"id": 7}, "id"),
        ({"title": 7}, "title"),
        ({"title": "x" * 1_001}, "title"),
        ({"duration_s": -1}, "duration_s"),
        ({"age_min": 1_000}, "age_min"),
        ({"created_ms": 10**40}, "created_ms"),
        ({"topics": ["a"] * 9}, "topics"),
        ({"topics": ["a\u0000"]}, "topics[0]"),
        ({"state": "gone"}, "state"),
        ({"owner": "x" * 300}, "owner"),
        ({"attributes": {"a": "x" * 30_000}}, "attributes"),
        ({"attributes": {str(n): "" for n in range(40)}}, "attributes"),
        ({"markets": ["m"] * 1_001}, "markets"),
    ],
)
async def test_a_bad_item_is_refused_and_its_field_named(
    client: httpx.AsyncClient, engine: StandIn, body: dict[str, Any], field: str
) -> None:
    answered = await client.put("/v1/items/v1", json=body)
    assert answered.status_code == 400 and answered.json()["field"].startswith(field), answered.text
    assert engine.log.position() == 0


@pytest.mark.parametrize(
    ("body", "field"), [({"age": 200}, "age"), ({"age": -1}, "age"), ({"interests": [""]}, "interests[0]")]
)
async def test_a_bad_person_is_refused_and_its_field_named(
    client: httpx.AsyncClient, body: dict[str, Any], field: str
) -> None:
    answered = await client.put("/v1/users/ann", json=body)
    assert answered.status_code == 400 and answered.json()["field"] == field


@pytest.mark.parametrize("body", [[], 7, None, "x"])
async def test_a_body_that_is_no_object_is_refused(client: httpx.AsyncClient, body: Any) -> None:
    assert (await client.put("/v1/items/v1", json=body)).status_code == 400


async def test_the_good_ones_of_many_are_kept(client: httpx.AsyncClient) -> None:
    body = {"items": [{"id": "a"}, {"id": ""}, {"id": 7}, {"id": "b", "age_min": -1}, {"id": "c"}]}
    answered = (await client.post("/v1/items", json=body)).json()
    assert answered["accepted"] == 2 and [fault["index"] for fault in answered["rejected"]] == [1, 2, 3]
    assert [item["id"] for item in (await client.get("/v1/items")).json()["items"]] == ["a", "c"]


async def test_many_with_no_good_one_are_refused(client: httpx.AsyncClient) -> None:
    answered = await client.post("/v1/users", json=[{"id": ""}, {}])
    assert answered.status_code == 400 and len(answered.json()["errors"]) == 2


async def test_a_list_is_walked_by_its_cursor(client: httpx.AsyncClient) -> None:
    await client.post("/v1/items", json=[{"id": f"i/{n}"} for n in range(5)])
    found: list[str] = []
    cursor = ""
    while True:
        page = (await client.get("/v1/items", params={"n": 2, "cursor": cursor})).json()
        found += [item["id"] for item in page["items"]]
        cursor = page["cursor"]
        if not cursor:
            break
    assert found == [f"i/{n}" for n in range(5)]


async def test_putting_replaces_and_does_not_merge(client: httpx.AsyncClient) -> None:
    await client.put("/v1/items/v1", json={"title": "a", "owner": "o"})
    await client.put("/v1/items/v1", json={"title": "b"})
    assert (await client.get("/v1/items/v1")).json() == {"id": "v1", "title": "b"}
