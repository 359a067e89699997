"""POST /v1/events: what is good is kept and durable, what is bad is named by index, field and reason."""

import httpx
import msgspec
import pytest

from tests.doors.stand_in import StandIn

LIKE = {"person": "ann", "outcome": "like", "item": "v1", "time_ms": 1_700_000_000_000}


async def test_one_event_is_in_the_history_at_once(client: httpx.AsyncClient, engine: StandIn) -> None:
    answered = await client.post("/v1/events", json=LIKE)
    assert answered.status_code == 200, answered.text
    taken = answered.json()
    assert (taken["accepted"], taken["duplicates"], taken["rejected"]) == (1, 0, [])
    history = (await client.get("/v1/users/ann/history")).json()
    assert [event["id"] for event in history["events"]] == taken["ids"]


async def test_sending_again_changes_nothing(client: httpx.AsyncClient) -> None:
    await client.post("/v1/events", json=LIKE)
    again = (await client.post("/v1/events", json=LIKE)).json()
    assert (again["accepted"], again["duplicates"]) == (0, 1)
