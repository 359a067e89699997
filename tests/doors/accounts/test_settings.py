"""Settings: a patch changes what it names, teen mode is loosened only with the PIN, blocks are events of the log."""

from typing import Any

import pytest

from tests.doors.accounts.browsing import PASSWORD, Browser, NewBrowser
from tests.doors.stand_in import StandIn
from walras.base.clock import HOUR_MS, SetClock
from walras.doors.accounts import account_routes
from walras.doors.api import build_app
from walras.doors.asking import Answer, Ask, answer
from walras.doors.reference import statics
from walras.web.told import told


async def patch(browser: Browser, **said: Any) -> Any:
    answered = await browser.patch("/app/settings", json=said)
    assert answered.status_code == 200, answered.text
    return answered.json()


async def test_strangers_get_little_by_default(ann: Browser) -> None:
    settled = (await ann.get("/app/settings")).json()
    assert settled["privacy"]["likes"] == "nobody"
    assert settled["notifications"]["push"] is False and "pin_hash" not in settled["teen"]


async def test_a_patch_changes_what_it_names(ann: Browser) -> None:
    settled = await patch(ann, privacy={"comment": "followers"}, blocked_words=["spoiler"], theme="dark")
    assert settled["privacy"]["comment"] == "followers" and settled["privacy"]["message"] == "mutual"
    settled = await patch(ann, notifications={"like": False}, reduced_data=True)
    assert settled["blocked_words"] == ["spoiler"] and settled["theme"] == "dark" and settled["reduced_data"]
    assert settled["notifications"]["like"] is False and settled["notifications"]["follow"] is True


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"colour": "red"}, "colour"),
        ({"privacy": {"coment": "everyone"}}, "privacy.coment"),
        ({"privacy": {"comment": "enemies"}}, "privacy.comment"),
        ({"privacy": "everyone"}, "privacy"),
        ({"privacy": {"likes": "yes"}}, "privacy.likes"),
        ({"language": "fr"}, "language"),
        ({"blocked_words": [""]}, "blocked_words[0]"),
        ({"blocked_words": ["w"] * 201}, "blocked_words"),
        ({"blocked_topics": ["a\x00b"]}, "blocked_topics[0]"),
        ({"blocked_topics": "food"}, "blocked_topics"),
        ({"time_zone": "Mars/Base"}, "time_zone"),
        ({"time_zone": "../etc/passwd"}, "time_zone"),
        ({"teen": {"pin_hash": "x"}}, "teen"),
        ({"teen": {"quiet_from": "25:00"}}, "teen.quiet_from"),
        ({"teen": {"minutes_per_day": 0}}, "teen.minutes_per_day"),
        ({"teen": {"new_pin": "12"}}, "teen.new_pin"),
        ({"teen": []}, "teen"),
    ],
)
async def test_what_cannot_be_is_named_and_nothing_changes(ann: Browser, said: dict[str, Any], field: str) -> None:
    before = (await ann.get("/app/settings")).json()
    refused = await ann.patch("/app/settings", json=said)
    assert refused.status_code == 400 and refused.json()["field"] == field, refused.text
    assert (await ann.get("/app/settings")).json() == before


async def test_blocked_topics_and_language_go_to_the_log(ann: Browser, engine: StandIn) -> None:
    person = (await ann.get("/app/me")).json()["person"]
    settled = await patch(ann, blocked_topics=["snakes", "snakes"], language="zh-CN")
    assert settled["blocked_topics"] == ["snakes"]
    known = engine.world.people.get(person)
    assert known.blocked_topics == ("snakes",) and known.language == "zh"
    assert (await ann.get("/app/me")).json()["language"] == "zh-CN"
    assert ann.cookies["walras_language"] == "zh-CN"
    await patch(ann, theme="dark")
    assert engine.world.people.get(person).blocked_topics == ("snakes",)


async def test_a_guest_has_no_settings(browser: NewBrowser) -> None:
    guest = browser()
    await guest.get("/app/me")
    for method, path in (("GET", "/app/settings"), ("PATCH", "/app/settings"), ("GET", "/app/blocked")):
        refused = await guest.request(method, path, json={} if method == "PATCH" else None)
        assert refused.status_code == 401


async def test_the_profile(ann: Browser, bob: Browser) -> None:
    me = await ann.patch("/app/me", json={"name": "  Ann \u202e Lee ", "bio": "one\n\n two ", "handle": "Ann_Lee"})
    assert me.status_code == 200
    assert (me.json()["name"], me.json()["bio"], me.json()["handle"]) == ("Ann Lee", "one\n\ntwo", "Ann_Lee")
    taken = await bob.patch("/app/me", json={"handle": "ANN_LEE"})
    assert taken.status_code == 409 and taken.json()["field"] == "handle"
    for bad in (
        {"avatar": "https://evil.test/x.png"},
        {"avatar": "/media/../secret"},
        {"name": ""},
        {"roles": ["operator"]},
    ):
        assert (await ann.patch("/app/me", json=bad)).status_code == 400
    assert (await ann.patch("/app/me", json={"avatar": "/media/a1/poster.jpg"})).json()[
        "avatar"
    ] == "/media/a1/poster.jpg"


# ---------------------------------------------------------------- teen mode


async def test_who_is_under_age_cannot_end_teen_mode_and_needs_a_pin_to_loosen_it(browser: NewBrowser) -> None:
    kid = browser()
    await kid.sign_up("kid", birth_year=2011)
    ended = await kid.patch("/app/settings", json={"teen": {"on": False}})
    assert ended.status_code == 403 and ended.json()["field"] == "teen.on"
    longer = await kid.patch("/app/settings", json={"teen": {"minutes_per_day": 600}})
    assert longer.status_code == 403 and longer.json()["code"] == "wrong-pin"
    assert (await patch(kid, teen={"minutes_per_day": 10}))["teen"]["minutes_per_day"] == 10
    settled = await patch(kid, teen={"new_pin": "2468"})
    assert settled["teen"]["pin_set"] and settled["teen"]["locked_by_age"]
    assert (await kid.patch("/app/settings", json={"teen": {"new_pin": "1111"}})).status_code == 403
    assert (await kid.patch("/app/settings", json={"teen": {"minutes_per_day": 60, "pin": "0000"}})).status_code == 403
    assert (await patch(kid, teen={"minutes_per_day": 60, "pin": "2468"}))["teen"]["minutes_per_day"] == 60


async def test_a_grown_up_may_turn_it_on_and_lock_it(ann: Browser, engine: StandIn) -> None:
    person = (await ann.get("/app/me")).json()["person"]
    await patch(ann, teen={"on": True, "new_pin": "2468"})
    assert engine.world.people.get(person).age == 1
    assert (await ann.patch("/app/settings", json={"teen": {"on": False}})).status_code == 403
    await patch(ann, teen={"on": False, "pin": "2468"})
    assert engine.world.people.get(person).age == 36


async def test_pins_cannot_be_tried_out(ann: Browser) -> None:
    await patch(ann, teen={"on": True, "new_pin": "2468"})
    wrong = [f"{n:04d}" for n in range(11)]
    codes = [(await ann.patch("/app/settings", json={"teen": {"on": False, "pin": pin}})).status_code for pin in wrong]
    assert codes == [403] * 10 + [429]


async def test_minutes_quiet_hours_and_closed_routes_hold(
    browser: NewBrowser, engine: StandIn, clock: SetClock
) -> None:
    from litestar import get

    @get("/timed", opt=told(summary="t", tag="t", scope=None, who="guest", teen="timed"))
    async def timed(request: Ask) -> Answer:
        return answer({})

    @get("/closed", opt=told(summary="t", tag="t", scope=None, who="account", teen="closed"))
    async def closed(request: Ask) -> Answer:
        return answer({})

    app = build_app(engine, [*account_routes(statics()), timed, closed])
    kid, ann = browser(), browser()
    for one in (kid, ann):
        one._transport.app = app  # type: ignore[attr-defined]
    await kid.sign_up("kid", birth_year=2011)
    await ann.sign_up("ann")
    assert (await kid.get("/timed")).status_code == 200
    assert (await kid.get("/closed")).json()["code"] == "teen-closed"
    assert (await ann.get("/closed")).status_code == 200
    for watching in (kid, ann):
        await watching.post("/v1/events", json=[{"item": "v1", "outcome": "watch", "value": 2_500.0}])
    clock.instant_ms += 60_000
    refused = await kid.get("/timed")
    assert refused.status_code == 403 and refused.json()["code"] == "teen-time"
    assert (await kid.get("/app/me")).json()["teen_seconds_left"] == 0
    assert (await ann.get("/timed")).status_code == 200
    clock.instant_ms += 10 * HOUR_MS + 30 * 60_000
    assert (await kid.get("/timed")).json()["code"] == "teen-quiet"
    clock.instant_ms += 9 * HOUR_MS
    assert (await kid.get("/timed")).status_code == 200


# ---------------------------------------------------------------- blocks


async def test_blocking_is_an_event_and_is_lifted_by_one(ann: Browser, bob: Browser, engine: StandIn) -> None:
    me, other = [(await one.get("/app/me")).json()["person"] for one in (ann, bob)]
    assert (await ann.put("/app/blocked/BOB")).status_code == 200
    assert [one["handle"] for one in (await ann.get("/app/blocked")).json()["people"]] == ["bob"]
    assert (await bob.get("/app/blocked")).json()["people"] == []
    assert (engine.history(me, 1)[0].outcome, engine.history(me, 1)[0].owner) == ("block", other)
    assert (await ann.delete("/app/blocked/bob")).status_code == 200
    assert (await ann.delete("/app/blocked/bob")).status_code == 200
    assert (await ann.get("/app/blocked")).json()["people"] == []
    assert (await ann.put("/app/blocked/ann")).status_code == 400
    assert (await ann.put("/app/blocked/nobody")).status_code == 404


async def test_a_block_stated_of_old_is_lifted_too(ann: Browser, bob: Browser, engine: StandIn) -> None:
    import msgspec

    from walras.schema import PersonPut

    me, other = [(await one.get("/app/me")).json()["person"] for one in (ann, bob)]
    known = engine.world.people.get(me)
    engine.log.append([PersonPut(msgspec.structs.replace(known, blocked_owners=(other,)), engine.clock.now_ms())])
    engine.world.catch_up(engine.log.read)
    assert len((await ann.get("/app/blocked")).json()["people"]) == 1
    await ann.delete("/app/blocked/bob")
    assert (await ann.get("/app/blocked")).json()["people"] == []


async def test_the_password_is_in_no_answer(ann: Browser) -> None:
    for path in ("/app/me", "/app/settings", "/app/sessions"):
        text = (await ann.get(path)).text
        assert PASSWORD not in text and "argon2" not in text
