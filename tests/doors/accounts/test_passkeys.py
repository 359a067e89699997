"""Passkeys with a device in software: added, used, refused where anything of the proof is another's."""

import pytest

from tests.doors.accounts.authenticator import Authenticator, text
from tests.doors.accounts.browsing import HERE, ORIGIN, PASSWORD, Browser, NewBrowser
from tests.doors.stand_in import StandIn
from walras.base.clock import HOUR_MS, SetClock


@pytest.fixture
async def device(ann: Browser) -> Authenticator:
    made = Authenticator(ORIGIN, "walras.test")
    answered = await add(ann, made)
    assert answered == 201
    return made


async def add(browser: Browser, device: Authenticator) -> int:
    options = (await browser.post("/app/passkeys/register/options")).json()
    said = {"credential": device.create(options), "name": "My phone"}
    return (await browser.post("/app/passkeys/register/verify", json=said)).status_code


async def sign_in(browser: Browser, device: Authenticator) -> int:
    options = (await browser.post("/app/passkeys/signin/options")).json()
    said = {"credential": device.get(options)}
    return (await browser.post("/app/passkeys/signin/verify", json=said)).status_code


async def test_a_passkey_is_added_and_signs_in(ann: Browser, device: Authenticator, browser: NewBrowser) -> None:
    listed = (await ann.get("/app/passkeys")).json()["passkeys"]
    assert [one["name"] for one in listed] == ["My phone"] and "public_key" not in listed[0]
    other = browser()
    assert await sign_in(other, device) == 200
    assert (await other.get("/app/me")).json()["handle"] == "ann"
    assert await sign_in(browser(), device) == 200


async def test_nothing_is_told_before_the_proof(browser: NewBrowser) -> None:
    options = (await browser().post("/app/passkeys/signin/options")).json()
    assert not options.get("allowCredentials") and options["userVerification"] == "required"


async def test_a_challenge_is_answered_once_and_soon(
    device: Authenticator, browser: NewBrowser, clock: SetClock
) -> None:
    one = browser()
    options = (await one.post("/app/passkeys/signin/options")).json()
    said = {"credential": device.get(options)}
    pending = one.cookies["walras_pending"]
    assert (await one.post("/app/passkeys/signin/verify", json=said)).status_code == 200
    one.cookies.set("walras_pending", pending)
    assert (await one.post("/app/passkeys/signin/verify", json=said)).status_code == 400
    options = (await one.post("/app/passkeys/signin/options")).json()
    clock.instant_ms += 11 * 60_000
    late = await one.post("/app/passkeys/signin/verify", json={"credential": device.get(options)})
    assert late.status_code == 400


async def test_another_browsers_challenge_is_no_use(device: Authenticator, browser: NewBrowser) -> None:
    one, two = browser(), browser()
    options = (await one.post("/app/passkeys/signin/options")).json()
    await two.post("/app/passkeys/signin/options")
    answered = await two.post("/app/passkeys/signin/verify", json={"credential": device.get(options)})
    assert answered.status_code == 401


@pytest.mark.parametrize(
    "changed",
    [
        {"origin": "http://evil.test"},
        {"rp_id": "evil.test"},
        {"verifies_user": False},
        {"id": b"another"},
        {"uses": -1},
    ],
)
async def test_a_proof_of_something_else_opens_nothing(
    device: Authenticator, browser: NewBrowser, changed: dict[str, object]
) -> None:
    assert await sign_in(browser(), device) == 200
    for name, value in changed.items():
        setattr(device, name, value)
    other = browser()
    assert await sign_in(other, device) == 401
    assert not (await other.get("/app/me")).json()["signed_in"]


async def test_another_key_under_the_same_name_opens_nothing(device: Authenticator, browser: NewBrowser) -> None:
    assert await sign_in(browser(), Authenticator(ORIGIN, "walras.test", uses=50)) == 401


@pytest.mark.parametrize("credential", [{}, {"id": ""}, {"id": 5}, {"id": text(b"credential-0001"), "response": {}}])
async def test_what_is_no_proof_is_refused(
    device: Authenticator, browser: NewBrowser, credential: dict[str, object]
) -> None:
    one = browser()
    await one.post("/app/passkeys/signin/options")
    refused = await one.post("/app/passkeys/signin/verify", json={"credential": credential})
    assert refused.status_code == 401


async def test_a_known_passkey_cannot_be_added_to_another_account(
    device: Authenticator, bob: Browser, browser: NewBrowser
) -> None:
    assert await add(bob, device) == 409
    other = browser()
    assert await sign_in(other, device) == 200
    assert (await other.get("/app/me")).json()["handle"] == "ann"


async def test_passkeys_are_removed_by_their_owner_alone(
    ann: Browser, bob: Browser, device: Authenticator, browser: NewBrowser
) -> None:
    id = (await ann.get("/app/passkeys")).json()["passkeys"][0]["id"]
    assert (await bob.delete(f"/app/passkeys/{id}")).status_code == 404
    assert (await ann.delete(f"/app/passkeys/{id}")).status_code == 200
    assert await sign_in(browser(), device) == 401


async def test_an_old_sign_in_needs_the_password_to_add_one(
    ann: Browser, clock: SetClock, engine: StandIn, device: Authenticator
) -> None:
    assert "passkey was added" in engine.world.outbox.letters(1)[0].subject
    clock.instant_ms += HOUR_MS
    refused = await ann.post("/app/passkeys/register/options")
    assert refused.status_code == 403 and refused.json()["code"] == "sign-in-again"
    assert (await ann.post("/app/passkeys/register/options", json={"password": "not it"})).status_code == 401
    assert (await ann.post("/app/passkeys/register/options", json={"password": PASSWORD})).status_code == 200


async def test_a_guest_adds_none_and_a_number_is_no_name(browser: NewBrowser) -> None:
    guest = browser()
    await guest.get("/app/me")
    assert (await guest.post("/app/passkeys/register/options")).status_code == 401
    here = browser(address=HERE, origin="http://127.0.0.1:8000")
    refused = await here.post("/app/passkeys/signin/options")
    assert refused.status_code == 409 and "localhost:8000" in refused.json()["hint"]
