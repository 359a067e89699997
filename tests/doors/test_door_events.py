"""POST /v1/events: what is good is kept and durable, what is bad is named by index, field and reason."""

from typing import Any

import httpx
import msgspec
import pytest

from tests.doors.stand_in import StandIn

AT_MS = 1_700_000_000_000
LIKE = {"person": "ann", "outcome": "like", "item": "v1", "time_ms": AT_MS}
LINES = {"content-type": "application/x-ndjson"}
JSON = {"content-type": "application/json"}


async def test_one_event_is_in_the_history_at_once(client: httpx.AsyncClient) -> None:
    answered = await client.post("/v1/events", json=LIKE)
    assert answered.status_code == 200, answered.text
    taken = answered.json()
    assert (taken["accepted"], taken["duplicates"], taken["rejected"]) == (1, 0, [])
    history = (await client.get("/v1/users/ann/history")).json()
    assert [event["id"] for event in history["events"]] == taken["ids"]


async def test_sending_again_changes_nothing(client: httpx.AsyncClient, engine: StandIn) -> None:
    await client.post("/v1/events", json=LIKE)
    again = (await client.post("/v1/events", json=[LIKE, LIKE])).json()
    assert (again["accepted"], again["duplicates"]) == (0, 2)
    assert len(engine.history("ann", 10)) == 1  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (msgspec.json.encode({"events": [LIKE, {**LIKE, "item": "v2"}]}), JSON),
        (msgspec.json.encode([LIKE, {**LIKE, "item": "v2"}]), JSON),
        (msgspec.json.encode(LIKE) + b"\n" + msgspec.json.encode({**LIKE, "item": "v2"}) + b"\n", LINES),
    ],
)
async def test_a_batch_comes_in_three_shapes(client: httpx.AsyncClient, body: bytes, headers: dict[str, str]) -> None:
    answered = await client.post("/v1/events", content=body, headers=headers)
    assert answered.json() == {"accepted": 2, "duplicates": 0, "rejected": []}


BAD: list[tuple[dict[str, Any], str]] = [
    ({**LIKE, "outcome": "lik"}, "outcome"),
    ({**LIKE, "person": 7}, "person"),
    ({"outcome": "like", "item": "v"}, ""),
    ({**LIKE, "person": ""}, "person"),
    ({**LIKE, "person": "a\nb"}, "person"),
    ({**LIKE, "item": "x" * 257}, "item"),
    ({**LIKE, "item": ""}, "item"),
    ({**LIKE, "outcome": "watch", "value": -1}, "value"),
    ({**LIKE, "time_ms": 10**15}, "time_ms"),
    ({**LIKE, "time_ms": 10**40}, "time_ms"),
    ({**LIKE, "time_ms": -5}, "time_ms"),
    ({**LIKE, "place": 10**9}, "place"),
    ({**LIKE, "place": 1.5}, "place"),
    ({**LIKE, "context": {"a": 1}}, "context"),
    ({**LIKE, "context": {"a": "x" * 5_000}}, "context"),
    ({**LIKE, "context": []}, "context"),
]


@pytest.mark.parametrize(("event", "field"), BAD)
async def test_a_bad_event_alone_is_refused_and_its_field_named(
    client: httpx.AsyncClient, engine: StandIn, event: dict[str, Any], field: str
) -> None:
    answered = await client.post("/v1/events", json=event)
    problem = answered.json()
    assert answered.status_code == 400 and answered.headers["content-type"] == "application/problem+json"
    assert problem.get("field", "").startswith(field) and problem["detail"], problem
    assert engine.log.position() == 0


@pytest.mark.parametrize("shape", ["envelope", "array", "lines"])
async def test_the_good_events_of_a_batch_are_kept(client: httpx.AsyncClient, engine: StandIn, shape: str) -> None:
    good = [{**LIKE, "item": f"good{n}"} for n in range(len(BAD))]
    events = [event for n, (bad, _) in enumerate(BAD) for event in (good[n], bad)]
    headers = LINES if shape == "lines" else JSON
    body = {
        "envelope": msgspec.json.encode({"events": events}),
        "array": msgspec.json.encode(events),
        "lines": b"\n".join(msgspec.json.encode(event) for event in events),
    }[shape]
    answered = (await client.post("/v1/events?ids=true", content=body, headers=headers)).json()
    assert (answered["accepted"], len(answered["ids"])) == (len(BAD), len(BAD))
    assert [one["index"] for one in answered["rejected"]] == list(range(1, 2 * len(BAD), 2))
    assert all(one["reason"] for one in answered["rejected"])
    assert [one.get("field", "").startswith(field) for one, (_, field) in zip(answered["rejected"], BAD, strict=True)]
    assert {event.item for event in engine.history("ann", 100)} == {f"good{n}" for n in range(len(BAD))}  # type: ignore[arg-type]


async def test_a_batch_without_a_good_event_is_refused_with_a_list(client: httpx.AsyncClient) -> None:
    answered = await client.post("/v1/events", json=[event for event, _ in BAD[:3]])
    problem = answered.json()
    assert answered.status_code == 400 and [fault.get("index", -1) for fault in problem["errors"]] == [0, 1, 2]


async def test_one_broken_line_sinks_no_other(client: httpx.AsyncClient) -> None:
    body = msgspec.json.encode(LIKE) + b'\n{"person": NaN}\n' + msgspec.json.encode({**LIKE, "item": "v2"})
    answered = (await client.post("/v1/events", content=body, headers=LINES)).json()
    assert answered["accepted"] == 2 and [one["index"] for one in answered["rejected"]] == [1]


async def test_an_empty_batch_is_no_mistake(client: httpx.AsyncClient) -> None:
    assert (await client.post("/v1/events", json=[])).json() == {"accepted": 0, "duplicates": 0, "rejected": []}


async def test_more_events_than_one_request_may_hold_are_refused_as_a_whole(
    client: httpx.AsyncClient, engine: StandIn
) -> None:
    tiny = msgspec.json.encode([{"person": "a", "outcome": "like", "item": "b"}] * 10_001)
    many = await client.post("/v1/events", content=tiny, headers=JSON)
    assert (many.status_code, many.json()["field"]) == (413, "events")
    huge = await client.post("/v1/events", content=msgspec.json.encode([LIKE] * 100_000), headers=JSON)
    assert (huge.status_code, huge.json()["code"]) == (413, "too-much")
    assert engine.log.position() == 0
