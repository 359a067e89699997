"""A browser sends its own person's events: nobody else's, only a viewer's outcomes, not from another site."""

import pytest

from tests.doors.accounts.browsing import Browser, NewBrowser
from tests.doors.stand_in import StandIn
from walras.doors.guard import PERSON_PER_S


async def test_the_person_is_filled_in(ann: Browser, engine: StandIn) -> None:
    person = (await ann.get("/app/me")).json()["person"]
    body = {
        "events": [
            {"item": "v1", "outcome": "watch", "value": 3.5},
            {"item": "v1", "outcome": "like", "person": person},
        ]
    }
    sent = await ann.post("/v1/events", json=body)
    assert sent.status_code == 200 and sent.json()["accepted"] == 2
    assert {event.outcome for event in engine.history(person, 10)} == {"watch", "like"}


async def test_one_event_and_lines_are_taken_as_well(ann: Browser) -> None:
    assert (await ann.post("/v1/events", json={"item": "v1", "outcome": "like"})).status_code == 200
    lines = '{"item":"v1","outcome":"like"}\n{"item":"v2","outcome":"share"}\n'
    headers = {"content-type": "application/x-ndjson"}
    assert (await ann.post("/v1/events", content=lines, headers=headers)).json()["accepted"] == 2


async def test_anothers_person_is_refused_by_its_place_and_nothing_is_taken(
    ann: Browser, bob: Browser, engine: StandIn
) -> None:
    other = (await bob.get("/app/me")).json()["person"]
    before = engine.log.position()
    body = [{"item": "v1", "outcome": "like"}, {"item": "v1", "outcome": "like", "person": other}]
    refused = await ann.post("/v1/events", json=body)
    assert refused.status_code == 403 and refused.json()["field"] == "events[1].person"
    single = await ann.post("/v1/events", json=body[1])
    assert single.status_code == 403 and single.json()["field"] == "person"
    assert engine.log.position() == before


@pytest.mark.parametrize("outcome", ["comment", "order", "gift", "cart", "rate", "shown_by_other", "engage"])
async def test_only_a_viewers_outcomes_are_taken(ann: Browser, outcome: str) -> None:
    refused = await ann.post("/v1/events", json=[{"item": "v1", "outcome": outcome}])
    assert refused.status_code == 403 and refused.json()["field"] == "events[0].outcome"


async def test_an_unknown_outcome_is_named_as_with_a_key(ann: Browser) -> None:
    refused = await ann.post("/v1/events", json=[{"item": "v1", "outcome": "lik"}])
    assert refused.status_code == 400


async def test_without_cookie_and_key_nothing_is_taken(browser: NewBrowser) -> None:
    refused = await browser().post("/v1/events", json=[{"item": "v1", "outcome": "like"}])
    assert refused.status_code == 401 and "set-cookie" not in refused.headers


@pytest.mark.parametrize("origin", ["http://evil.test", "null", "http://walras.test:9"])
async def test_another_site_cannot_send_for_her(ann: Browser, origin: str) -> None:
    refused = await ann.post("/v1/events", json=[{"item": "v1", "outcome": "like"}], headers={"origin": origin})
    assert refused.status_code == 403


async def test_a_program_with_a_key_sends_for_everybody_as_before(ann: Browser, engine: StandIn) -> None:
    secret = engine.world.keys.create("program", ("events:write",)).secret
    headers = {"authorization": f"Bearer {secret}"}
    sent = await ann.post("/v1/events", json=[{"person": "zoe", "item": "v1", "outcome": "order"}], headers=headers)
    assert sent.status_code == 200
    unsaid = await ann.post("/v1/events", json=[{"item": "v1", "outcome": "like"}], headers=headers)
    assert unsaid.status_code == 400


async def test_a_key_that_may_not_is_not_helped_by_a_cookie(ann: Browser, engine: StandIn) -> None:
    secret = engine.world.keys.create("reader", ("feed:read",)).secret
    headers = {"x-api-key": secret}
    assert (await ann.post("/v1/events", json=[{"item": "v", "outcome": "like"}], headers=headers)).status_code == 403


async def test_one_person_is_slowed_down_and_others_are_not(ann: Browser, bob: Browser) -> None:
    codes = [(await ann.get("/app/me")).status_code for _ in range(4 * int(PERSON_PER_S))]
    assert 429 in codes
    assert (await bob.get("/app/me")).status_code == 200
