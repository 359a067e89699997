"""Pages, similar items, histories, records, outcomes, status, keys, models, health and counts."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.doors.stand_in import StandIn
from walras.events import SqliteLog


async def test_a_page_and_its_record(client: httpx.AsyncClient) -> None:
    await client.post("/v1/items", json=[{"id": f"v{n}", "title": f"T{n}"} for n in range(3)])
    page = (await client.post("/v1/feed", json={"person": "nobody knows her", "count": 2})).json()
    assert len(page["places"]) == 2 and page["places"][0]["reason"]
    record = (await client.get(f"/v1/pages/{page['id']}")).json()
    assert (record["id"], record["person"]) == (page["id"], "nobody knows her")
    assert (await client.get("/v1/pages/unknown")).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"person": ""}, "person"),
        ({}, ""),
        ({"person": "a", "count": 0}, "count"),
        ({"person": "a", "count": 101}, "count"),
        ({"person": "a", "surface": "moon"}, "surface"),
        ({"person": "a", "exclude": ["\u0007"]}, "exclude[0]"),
        ({"person": "a", "seed": -1}, "seed"),
        ({"person": "a", "seed": 10**30}, "seed"),
        ({"person": "a", "context": {"x": "y" * 5_000}}, "context"),
    ],
)
async def test_a_bad_request_for_a_page_names_the_field(
    client: httpx.AsyncClient, body: dict[str, Any], field: str
) -> None:
    answered = await client.post("/v1/feed", json=body)
    assert answered.status_code == 400 and answered.json().get("field", "").startswith(field), answered.text


async def test_similar_items_and_histories_of_the_unknown_are_empty(client: httpx.AsyncClient) -> None:
    assert (await client.get("/v1/items/unknown/similar")).json() == {"item": "unknown", "similar": []}
    assert (await client.get("/v1/users/unknown/history")).json() == {"person": "unknown", "events": []}


async def test_outcomes_and_status(client: httpx.AsyncClient) -> None:
    outcomes = (await client.get("/v1/outcomes")).json()["outcomes"]
    assert {"like", "watch", "exposure"} <= {outcome["name"] for outcome in outcomes}
    assert (await client.get("/v1/status")).json()["position"] >= 0


async def test_a_key_is_made_used_and_ended(client: httpx.AsyncClient) -> None:
    made = await client.post("/v1/keys", json={"name": "app", "scopes": ["feed:read"]})
    assert made.status_code == 201
    key = made.json()
    own = {"authorization": f"Bearer {key['secret']}"}
    assert (await client.get("/v1/items/x/similar", headers=own)).status_code == 200
    lacking = await client.post("/v1/events", json={}, headers=own)
    assert lacking.status_code == 403 and "events:write" in lacking.json()["detail"]
    assert key["secret"] not in (await client.get("/v1/keys")).text
    assert (await client.delete(f"/v1/keys/{key['id']}")).status_code == 204
    assert (await client.get("/v1/items/x/similar", headers=own)).status_code == 401


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "", "scopes": ["admin"]}, "name"),
        ({"name": "a", "scopes": ["feed"]}, "scopes"),
        ({"name": "a", "scopes": []}, "scopes"),
        ({"name": "a", "scopes": ["admin"], "requests_per_s": 0}, "requests_per_s"),
    ],
)
async def test_a_bad_key_names_the_field(client: httpx.AsyncClient, body: dict[str, Any], field: str) -> None:
    answered = await client.post("/v1/keys", json=body)
    assert answered.status_code == 400 and answered.json()["field"].startswith(field)


async def test_models_nobody_has_trained(client: httpx.AsyncClient) -> None:
    assert (await client.get("/v1/models")).json() == {"models": []}
    assert (await client.post("/v1/models/none/activate")).status_code == 404


async def test_health_needs_no_key_and_names_what_is_wrong(
    client: httpx.AsyncClient, engine: StandIn, tmp_path: Path
) -> None:
    del client.headers["authorization"]
    assert (await client.get("/healthz")).json() == {"alive": True}
    assert (await client.get("/readyz")).json() == {"ready": True, "parts": {"log": "ok", "world": "ok", "state": "ok"}}
    engine.log.close()
    # A log that asks for more free disk than there is takes nothing.
    engine.log = SqliteLog(tmp_path / "log", engine.registry, engine.clock, disk_free_mb_min=10**9)
    failed = await client.get("/readyz")
    assert failed.status_code == 503 and failed.json()["parts"] == {
        "log": failed.json()["parts"]["log"], "world": "ok", "state": "ok",
    }  # fmt: skip
    assert "disk" in failed.json()["parts"]["log"]
    assert (await client.get("/api/health/ready")).status_code == 503
    assert (await client.get("/healthz")).status_code == 200


async def test_what_happens_is_counted(client: httpx.AsyncClient) -> None:
    event = {"person": "a", "outcome": "like", "item": "b", "time_ms": 1_700_000_000_000}
    await client.post("/v1/events", json=[event, event, {**event, "outcome": "?"}])
    await client.post("/v1/items", json=[{"id": "b"}])
    await client.post("/v1/feed", json={"person": "a"})
    counted = (await client.get("/metrics")).text
    for line in (
        'walras_events_total{fate="accepted"} 1.0',
        'walras_events_total{fate="duplicate"} 1.0',
        'walras_events_total{fate="rejected"} 1.0',
        'walras_pages_total{surface="feed"} 1.0',
        'walras_places_total{source="fresh"} 1.0',
        'walras_requests_total{method="POST",route="/v1/feed",status="200"} 1.0',
        'walras_request_seconds_bucket{le="0.001",route="/v1/events"}',
        "walras_training_done",
    ):
        assert line in counted, line
