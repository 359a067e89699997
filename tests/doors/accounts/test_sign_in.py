"""Signing in and out: wrong logins look alike, tries are counted, tokens are new each time and can be ended."""

import pytest

from tests.doors.accounts.browsing import CHROME, PASSWORD, Browser, NewBrowser
from tests.doors.stand_in import StandIn
from walras.base.clock import DAY_MS, SetClock


@pytest.mark.parametrize("login", ["ann", "ANN", "@ann", "ann@example.org", " Ann@Example.org "])
async def test_by_handle_or_address(ann: Browser, browser: NewBrowser, login: str) -> None:
    signed = await browser().sign_in(login)
    assert signed.status_code == 200 and signed.json()["handle"] == "ann"


async def test_a_wrong_password_and_an_unknown_login_look_alike(ann: Browser, browser: NewBrowser) -> None:
    answers = [await browser().sign_in(login, "not the password") for login in ("ann", "nobody", "x@y.org", "+", "")]
    assert {answer.status_code for answer in answers} == {401}
    said = [{k: v for k, v in answer.json().items() if k != "request_id"} for answer in answers]
    assert all(one == said[0] for one in said) and said[0]["code"] == "wrong-login"


async def test_tries_are_bounded_for_known_and_unknown_logins_alike(
    ann: Browser, browser: NewBrowser, clock: SetClock
) -> None:
    for login in ("ann", "nobody"):
        one = browser()
        codes = [(await one.sign_in(login, "not the password")).status_code for _ in range(12)]
        assert codes == [401] * 10 + [429] * 2
    assert (await browser().sign_in("ann")).status_code == 429
    elsewhere = browser(address=("198.51.100.9", 1))
    assert (await elsewhere.sign_in("ann")).status_code == 200
    clock.instant_ms += 15 * 60_000
    assert (await browser().sign_in("ann")).status_code == 200


async def test_signing_in_gives_a_new_token_and_ends_the_old(ann: Browser, browser: NewBrowser) -> None:
    before = ann.cookies["walras_session"]
    assert (await ann.sign_in("ann")).status_code == 200
    assert ann.cookies["walras_session"] != before
    thief = browser()
    thief.cookies.set("walras_session", before)
    assert not (await thief.get("/app/me")).json()["signed_in"]


async def test_signing_out_ends_the_token(ann: Browser, browser: NewBrowser) -> None:
    token = ann.cookies["walras_session"]
    assert (await ann.post("/app/signout")).status_code == 200
    assert (await ann.post("/app/signout")).status_code == 200
    assert not (await ann.get("/app/me")).json()["signed_in"]
    thief = browser()
    thief.cookies.set("walras_session", token)
    assert not (await thief.get("/app/me")).json()["signed_in"]


async def test_a_token_carried_to_another_family_of_browser_opens_nothing(ann: Browser, browser: NewBrowser) -> None:
    thief = browser(agent=CHROME)
    thief.cookies.set("walras_session", ann.cookies["walras_session"])
    assert not (await thief.get("/app/me")).json()["signed_in"]
    assert (await thief.get("/app/settings")).status_code == 401
    assert (await ann.get("/app/me")).json()["signed_in"]


async def test_another_browser_is_worth_a_letter(ann: Browser, browser: NewBrowser, engine: StandIn) -> None:
    await browser().sign_in("ann")
    assert "new sign-in" not in engine.world.outbox.letters(1)[0].subject
    await browser(agent=CHROME).sign_in("ann")
    letter = engine.world.outbox.letters(1)[0]
    assert "new sign-in" in letter.subject and "Chrome on Android" in letter.body and "192.0.*.*" in letter.body


async def test_sessions_are_listed_and_ended_by_their_owner_alone(
    ann: Browser, bob: Browser, browser: NewBrowser
) -> None:
    phone = browser(agent=CHROME)
    await phone.sign_in("ann")
    listed = (await ann.get("/app/sessions")).json()["sessions"]
    assert [one["current"] for one in listed].count(True) == 1 and len(listed) == 2
    assert not {"token", "hash"} & listed[0].keys()
    other = next(one["id"] for one in listed if not one["current"])
    assert (await bob.delete(f"/app/sessions/{other}")).status_code == 404
    assert (await phone.get("/app/me")).json()["signed_in"]
    assert (await ann.delete(f"/app/sessions/{other}")).status_code == 200
    assert not (await phone.get("/app/me")).json()["signed_in"]
    assert (await bob.get("/app/me")).json()["signed_in"]


async def test_all_others_are_ended_at_once(ann: Browser, browser: NewBrowser) -> None:
    others = [browser(), browser(agent=CHROME)]
    for one in others:
        await one.sign_in("ann")
    assert (await ann.delete("/app/sessions/others")).status_code == 200
    assert [(await one.get("/app/me")).json()["signed_in"] for one in [ann, *others]] == [True, False, False]


async def test_a_browser_that_is_not_used_is_signed_out(ann: Browser, clock: SetClock) -> None:
    for _ in range(5):
        clock.instant_ms += 29 * DAY_MS
        assert (await ann.get("/app/me")).json()["signed_in"]
    clock.instant_ms += 31 * DAY_MS
    assert not (await ann.get("/app/me")).json()["signed_in"]


async def test_every_browser_is_signed_out_in_the_end(ann: Browser, clock: SetClock) -> None:
    seen = []
    for _ in range(7):
        clock.instant_ms += 29 * DAY_MS
        seen.append((await ann.get("/app/me")).json()["signed_in"])
    assert seen == [True] * 6 + [False]


async def test_a_closed_account_is_told_so_only_with_the_password(
    ann: Browser, browser: NewBrowser, engine: StandIn
) -> None:
    import msgspec

    account = engine.world.accounts.of_handle("ann")
    engine.world.accounts.put(msgspec.structs.replace(account, state="suspended"))
    assert not (await ann.get("/app/me")).json()["signed_in"]
    assert (await browser().sign_in("ann", "not the password")).json()["code"] == "wrong-login"
    refused = await browser().sign_in("ann")
    assert refused.status_code == 403 and refused.json()["code"] == "suspended"


async def test_a_lost_password_is_set_anew_by_a_code(ann: Browser, browser: NewBrowser) -> None:
    lost = browser()
    assert (await lost.post("/app/codes", json={"email": "ann@example.org"})).status_code == 202
    weak = await lost.post("/app/recover", json={"code": lost.code(), "password": "password1"})
    assert weak.status_code == 400
    made = await lost.post("/app/recover", json={"code": lost.code(), "password": "a new sentence"})
    assert made.status_code == 200 and made.json()["handle"] == "ann"
    assert not (await ann.get("/app/me")).json()["signed_in"]
    assert (await browser().sign_in("ann")).status_code == 401
    assert (await browser().sign_in("ann", "a new sentence")).status_code == 200


async def test_a_code_for_nobody_looks_like_one_for_somebody(
    ann: Browser, browser: NewBrowser, engine: StandIn
) -> None:
    letters = len(engine.world.outbox.letters())
    one, two = browser(), browser()
    some = await one.post("/app/codes", json={"email": "ann@example.org"})
    none = await two.post("/app/codes", json={"email": "nobody@example.org"})
    assert some.status_code == none.status_code and some.json() == none.json()
    assert ("walras_pending" in one.cookies) and ("walras_pending" in two.cookies)
    assert len(engine.world.outbox.letters()) == letters + 1
    assert (await two.post("/app/recover", json={"code": one.code(), "password": "a new sentence"})).status_code == 400


async def test_the_password_is_changed_with_the_old_one(ann: Browser, browser: NewBrowser) -> None:
    phone = browser(agent=CHROME)
    await phone.sign_in("ann")
    wrong = await ann.post("/app/me/password", json={"old": "not it", "new": "a new sentence"})
    assert wrong.status_code == 401
    assert (await ann.post("/app/me/password", json={"old": PASSWORD, "new": "ann@example.org"})).status_code == 400
    assert (await ann.post("/app/me/password", json={"old": PASSWORD, "new": "a new sentence"})).status_code == 200
    assert (await ann.get("/app/me")).json()["signed_in"]
    assert not (await phone.get("/app/me")).json()["signed_in"]
    assert (await browser().sign_in("ann", "a new sentence")).status_code == 200


async def test_another_address_is_proved_by_a_code(ann: Browser, bob: Browser, browser: NewBrowser) -> None:
    wrong = await ann.post("/app/me/contact", json={"password": "not it", "email": "new@example.org"})
    assert wrong.status_code == 401
    assert (
        await ann.post("/app/me/contact", json={"password": PASSWORD, "email": "new@example.org"})
    ).status_code == 202
    code = ann.code()
    assert (await bob.post("/app/me/contact/confirm", json={"code": code})).status_code == 400
    assert (await ann.post("/app/me/contact/confirm", json={"code": code})).status_code == 200
    assert (await browser().sign_in("new@example.org")).status_code == 200
    assert (await browser().sign_in("ann@example.org")).status_code == 401


async def test_a_long_password_and_odd_signs_are_taken_as_they_are(browser: NewBrowser) -> None:
    for handle, password in (
        ("one", "  pass word with ends  "),
        ("two", "密码很长很长的一句话"),
        ("six", "🌊" * 4 + "🏔" * 4 + "ab"),
    ):
        await browser().sign_up(handle, password=password)
        assert (await browser().sign_in(handle, password)).status_code == 200
        assert (await browser().sign_in(handle, password.strip() + "x")).status_code == 401
