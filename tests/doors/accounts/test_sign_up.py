"""Signing up: a guest's history stays hers, a code proves the address, and nobody learns who has an account.

Asked through the application with browsers that keep cookies; letters are read from the outbox.
"""

import pytest

from tests.doors.accounts.browsing import HERE, ORIGIN, PASSWORD, NewBrowser
from tests.doors.stand_in import StandIn
from walras.base.clock import SetClock
from walras.base.settings import Settings
from walras.doors.accounts import account_routes
from walras.doors.api import build_app
from walras.doors.reference import statics

SAID = {"name": "Ann", "handle": "ann", "email": "ann@example.org", "password": PASSWORD, "birth_year": 1990}


async def test_a_guest_becomes_the_accounts_person_and_keeps_what_she_did(browser: NewBrowser, engine: StandIn) -> None:
    one = browser()
    guest = (await one.get("/app/me")).json()
    assert guest["person"].startswith("g") and not guest["signed_in"]
    sent = await one.post("/v1/events", json=[{"item": "v1", "outcome": "like"}])
    assert sent.status_code == 200
    me = await one.sign_up("ann")
    assert me["person"] == guest["person"] and me["signed_in"] and me["handle"] == "ann"
    assert [event.item for event in engine.history(me["person"], 10)] == ["v1"]
    assert (await one.get("/app/me")).json()["person"] == me["person"]


async def test_the_guests_cookie_opens_nothing_once_she_has_an_account(browser: NewBrowser) -> None:
    one, thief = browser(), browser()
    await one.get("/app/me")
    stolen = one.cookies["walras_guest"]
    me = await one.sign_up("ann")
    assert "walras_guest" not in one.cookies
    thief.cookies.set("walras_guest", stolen)
    other = (await thief.get("/app/me")).json()
    assert other["person"] != me["person"] and not other["signed_in"]


async def test_cookies_are_out_of_reach_of_scripts_and_of_plain_http(browser: NewBrowser) -> None:
    plain, safe = browser(), browser(origin="https://walras.test")
    for client, secure in ((plain, False), (safe, True)):
        answered = await client.get("/app/me")
        cookie = answered.headers["set-cookie"].lower()
        assert "httponly" in cookie and "samesite=lax" in cookie and ("; secure" in cookie) == secure
        assert ("strict-transport-security" in answered.headers) == secure


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"handle": "a"}, "handle"),
        ({"handle": "admin"}, "handle"),
        ({"handle": "a b"}, "handle"),
        ({"handle": "ànn"}, "handle"),
        ({"handle": "ann..b"}, "handle"),
        ({"name": "\u200b \u202e"}, "name"),
        ({"name": "x" * 51}, "name"),
        ({"email": "nobody"}, "email"),
        ({"email": "a@b"}, "email"),
        ({"email": ""}, "email"),
        ({"phone": "+8613800000000"}, "email"),
        ({"email": "", "phone": "138"}, "phone"),
        ({"password": "short"}, "password"),
        ({"password": "password123"}, "password"),
        ({"password": "aaaaaaaaaaaa"}, "password"),
        ({"password": "ann@example.org"}, "password"),
        ({"birth_year": 2020}, "birth_year"),
        ({"birth_year": 1901}, "birth_year"),
        ({"colour": "red"}, ""),
    ],
)
async def test_what_cannot_be_is_refused_by_its_field(
    browser: NewBrowser, changed: dict[str, object], field: str
) -> None:
    refused = await browser().post("/app/signup", json={**SAID, **changed})
    assert refused.status_code == 400, refused.text
    assert refused.json().get("field", "") == field
    assert PASSWORD not in refused.text


async def test_a_taken_handle_is_refused_in_any_letters(browser: NewBrowser) -> None:
    await browser().sign_up("ann")
    refused = await browser().post("/app/signup", json={**SAID, "handle": "ANN", "email": "other@example.org"})
    assert refused.status_code == 409 and refused.json()["field"] == "handle"


async def test_a_taken_address_is_told_to_its_owner_alone(browser: NewBrowser, engine: StandIn) -> None:
    await browser().sign_up("ann")
    two = browser()
    asked = await two.post("/app/signup", json={**SAID, "handle": "ann2", "email": "ANN@example.org "})
    free = await browser().post("/app/signup", json={**SAID, "handle": "cat", "email": "cat@example.org"})
    assert asked.status_code == free.status_code == 202
    assert asked.json().keys() == free.json().keys()
    letter = next(one for one in engine.world.outbox.letters() if one.to_whom == "ann@example.org")
    assert "@ann" in letter.body and "account already" in letter.subject


async def test_two_who_ask_for_one_handle_at_once_get_one_account(browser: NewBrowser) -> None:
    one, two = browser(), browser()
    await one.post("/app/signup", json=SAID)
    code = one.code()
    await two.post("/app/signup", json={**SAID, "email": "two@example.org"})
    assert (await two.post("/app/signup/confirm", json={"code": two.code()})).status_code == 201
    late = await one.post("/app/signup/confirm", json={"code": code})
    assert late.status_code == 409 and late.json()["field"] == "handle"


async def test_a_code_works_once_in_the_browser_that_asked_for_it(browser: NewBrowser) -> None:
    one, two = browser(), browser()
    await one.post("/app/signup", json=SAID)
    code = one.code()
    elsewhere = await two.post("/app/signup/confirm", json={"code": code})
    assert elsewhere.status_code == 400 and elsewhere.json()["code"] == "wrong-code"
    assert (await one.post("/app/signup/confirm", json={"code": f"{code[:3]} {code[3:]}"})).status_code == 201
    assert (await one.post("/app/signup/confirm", json={"code": code})).status_code == 400


async def test_five_wrong_codes_end_it(browser: NewBrowser) -> None:
    one = browser()
    await one.post("/app/signup", json=SAID)
    code = one.code()
    wrong = "000000" if code != "000000" else "111111"
    for _ in range(5):
        assert (await one.post("/app/signup/confirm", json={"code": wrong})).status_code == 400
    assert (await one.post("/app/signup/confirm", json={"code": code})).status_code == 400


async def test_an_old_code_is_worth_nothing_and_a_new_one_is_sent(browser: NewBrowser, clock: SetClock) -> None:
    one = browser()
    await one.post("/app/signup", json=SAID)
    first = one.code()
    clock.instant_ms += 60_000
    assert (await one.post("/app/codes", json={})).status_code == 202
    second = one.code()
    if first != second:
        assert (await one.post("/app/signup/confirm", json={"code": first})).status_code == 400
    clock.instant_ms += 10 * 60_000
    assert (await one.post("/app/signup/confirm", json={"code": second})).status_code == 400


async def test_letters_to_one_address_are_bounded(browser: NewBrowser) -> None:
    one = browser()
    codes = [(await one.post("/app/signup", json=SAID)).status_code for _ in range(12)]
    assert codes == [202] * 10 + [429] * 2


async def test_by_telephone_the_code_comes_as_a_text(browser: NewBrowser, engine: StandIn) -> None:
    me = await browser().sign_up("ann", email=None, phone="+86 138-0000-0000")
    assert me["signed_in"]
    letter = engine.world.outbox.letters(1)[0]
    assert (letter.way, letter.to_whom) == ("phone", "+8613800000000")


async def test_only_the_first_on_this_machine_is_operator(browser: NewBrowser, engine: StandIn) -> None:
    here = {"address": HERE, "origin": "http://127.0.0.1:8000"}
    assert "operator" not in (await browser().sign_up("far"))["roles"]
    assert "operator" in (await browser(**here).sign_up("ann"))["roles"]
    assert "operator" not in (await browser(**here).sign_up("bob"))["roles"]


async def test_who_is_under_age_starts_in_teen_mode(browser: NewBrowser, engine: StandIn) -> None:
    me = await browser().sign_up("kid", birth_year=2011)
    assert me["teen"] and me["teen_seconds_left"] == 40 * 60
    assert engine.world.people.get(me["person"]).age == 1
    grown = await browser().sign_up("old", birth_year=1990)
    assert not grown["teen"] and engine.world.people.get(grown["person"]).age == 36


async def test_without_a_mail_server_nobody_signs_up_where_the_outbox_cannot_be_read(
    browser: NewBrowser, engine: StandIn
) -> None:
    engine.settings = Settings(disk_free_mb_min=0, open_access=False)
    app = build_app(engine, account_routes(statics()))
    one = browser()
    one._transport.app = app  # type: ignore[attr-defined]
    refused = await one.post("/app/signup", json=SAID)
    assert refused.status_code == 503 and refused.json()["field"] == "mail_url"


async def test_the_outbox_is_a_page_of_this_machine_alone(browser: NewBrowser) -> None:
    await browser().sign_up("ann", name="<b>Ann</b>")
    here = await browser(address=HERE, origin="http://127.0.0.1:8000").get("/outbox")
    assert here.status_code == 200 and "&lt;b&gt;Ann" in here.text and "<b>Ann" not in here.text
    assert (await browser().get("/outbox")).status_code == 404
    assert (await browser(address=HERE, origin=ORIGIN).get("/outbox")).status_code == 404
