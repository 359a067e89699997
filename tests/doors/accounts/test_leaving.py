"""Taking one's data and leaving: only one's own, only with a proof, and after seven days nothing is left."""

import io
import json
import zipfile
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.doors.accounts.browsing import CHROME, PASSWORD, Browser, NewBrowser
from tests.doors.stand_in import StandIn
from walras.base.clock import DAY_MS, SetClock
from walras.events import SqliteLog
from walras.loops import Leaving


@dataclass
class Line:
    """A line that keeps one word of each person."""

    words: dict[str, str] = field(default_factory=dict)

    def unread(self, person: str) -> int:
        return 3 if person in self.words else 0

    def export(self, person: str) -> dict[str, Any]:
        return {"word": self.words.get(person)}

    def forget(self, person: str) -> None:
        self.words.pop(person, None)


@pytest.fixture
def line(app: Any) -> Line:
    made = Line()
    app.state.account_lines = {"video": made, "live": made}
    return made


async def exported(browser: Browser) -> dict[str, Any]:
    answered = await browser.get("/app/export")
    assert answered.status_code == 200, answered.text
    archive = zipfile.ZipFile(io.BytesIO(answered.content))
    read = {name: archive.read(name).decode() for name in archive.namelist()}
    return {
        name: [json.loads(one) for one in body.splitlines()] if name.endswith(".jsonl") else json.loads(body)
        for name, body in read.items()
        if not name.endswith(".txt")
    }


def leaving(engine: StandIn, line: Line) -> Leaving:
    assert isinstance(engine.log, SqliteLog)
    return Leaving(engine.world, engine.log, engine.clock, [line.forget])


async def test_the_export_holds_everything_of_hers_and_nothing_of_others(
    ann: Browser, bob: Browser, line: Line
) -> None:
    me, other = [(await one.get("/app/me")).json()["person"] for one in (ann, bob)]
    line.words |= {me: "mine", other: "theirs"}
    assert (await ann.get("/app/me")).json()["unread"] == 6
    for one, item in ((ann, "v1"), (bob, "v2")):
        await one.post("/v1/events", json=[{"item": item, "outcome": "like"}])
    found = await exported(ann)
    assert found["account.json"]["email"] == "ann@example.org"
    assert [event["item"] for event in found["events.jsonl"]] == ["v1"]
    assert found["lines/video.json"] == {"word": "mine"}
    assert found["person.json"]["id"] == me and found["record.json"][0]["what"] == "account.sign_up"
    whole = json.dumps(found)
    assert "argon2" not in whole and "pin_hash" not in whole and PASSWORD not in whole
    assert "bob" not in whole and other not in whole


@pytest.mark.parametrize("query", ["?person={0}", "?id={0}", "?handle=bob"])
async def test_an_id_in_the_address_opens_nobody_elses(ann: Browser, bob: Browser, query: str) -> None:
    other = (await bob.get("/app/me")).json()["person"]
    assert (await ann.get("/app/export" + query.format(other))).status_code == 400
    assert (await ann.get(f"/app/export/{other}")).status_code == 404


async def test_a_guest_may_take_her_events(browser: NewBrowser) -> None:
    guest = browser()
    await guest.get("/app/me")
    await guest.post("/v1/events", json=[{"item": "v1", "outcome": "like"}])
    found = await exported(guest)
    assert "account.json" not in found and len(found["events.jsonl"]) == 1


async def test_exports_are_bounded(ann: Browser) -> None:
    codes = [(await ann.get("/app/export")).status_code for _ in range(11)]
    assert codes == [200] * 10 + [429]


@pytest.mark.parametrize("proof", [{}, {"password": "not it"}, {"code": "123456"}, {"password": "", "code": ""}])
async def test_leaving_needs_a_proof(ann: Browser, proof: dict[str, str]) -> None:
    refused = await ann.request("DELETE", "/app/me", json=proof)
    assert refused.status_code in (400, 401)
    assert (await ann.get("/app/me")).json()["leaves_ms"] == 0


async def test_anothers_code_is_no_proof(ann: Browser, bob: Browser) -> None:
    assert (await bob.post("/app/codes", json={"purpose": "deletion"})).status_code == 202
    ann.cookies.set("walras_pending", bob.cookies["walras_pending"])
    refused = await ann.request("DELETE", "/app/me", json={"code": bob.code()})
    assert refused.status_code == 400 and refused.json()["code"] == "wrong-code"


async def test_she_can_come_back_within_seven_days(
    ann: Browser, browser: NewBrowser, engine: StandIn, line: Line, clock: SetClock
) -> None:
    gone = await ann.request("DELETE", "/app/me", json={"password": PASSWORD})
    assert gone.status_code == 202
    assert not (await ann.get("/app/me")).json()["signed_in"]
    clock.instant_ms += 6 * DAY_MS
    assert leaving(engine, line).run() == 0
    back = await browser().sign_in("ann")
    assert back.json()["leaves_ms"] == gone.json()["leaves_ms"]
    one = browser()
    await one.sign_in("ann")
    assert (await one.post("/app/me/stay")).status_code == 200
    assert (await one.post("/app/me/stay")).status_code == 409
    clock.instant_ms += 30 * DAY_MS
    assert leaving(engine, line).run() == 0
    assert (await browser().sign_in("ann")).status_code == 200


async def test_after_seven_days_nothing_is_left(
    ann: Browser, bob: Browser, browser: NewBrowser, engine: StandIn, line: Line, clock: SetClock
) -> None:
    me, other = [(await one.get("/app/me")).json()["person"] for one in (ann, bob)]
    line.words |= {me: "mine", other: "theirs"}
    for one in (ann, bob):
        await one.post("/v1/events", json=[{"item": "v1", "outcome": "like"}])
    await ann.post("/app/codes", json={"purpose": "deletion"})
    assert (await ann.request("DELETE", "/app/me", json={"code": ann.code()})).status_code == 202
    clock.instant_ms += 7 * DAY_MS + 60_000
    assert leaving(engine, line).run() == 1
    assert leaving(engine, line).run() == 0
    assert engine.history(me, 10) == [] and len(engine.history(other, 10)) == 1
    assert line.words == {other: "theirs"}
    assert not engine.world.people.get_many([me])
    row = engine.world.accounts.find(me)
    assert row is not None and row.state == "gone"
    assert (row.handle, row.name, row.email, row.phone, row.birth_year) == ("", "", "", "", 0)
    assert not [letter for letter in engine.world.outbox.letters() if "ann" in letter.to_whom]
    assert (await browser().sign_in("ann")).json()["code"] == "wrong-login"
    assert (await browser().sign_in("")).json()["code"] == "wrong-login"
    again = await browser().sign_up("ann")
    assert again["person"] != me


async def test_a_death_in_the_middle_is_made_good(ann: Browser, engine: StandIn, line: Line, clock: SetClock) -> None:
    await ann.request("DELETE", "/app/me", json={"password": PASSWORD})
    clock.instant_ms += 8 * DAY_MS
    me = engine.world.accounts.of_handle("ann").person

    def dies(person: str) -> None:
        raise OSError("killed")

    assert isinstance(engine.log, SqliteLog)
    with pytest.raises(OSError, match="killed"):
        Leaving(engine.world, engine.log, engine.clock, [line.forget, dies]).run()
    assert engine.world.accounts.get(me).state == "leaving"
    assert leaving(engine, line).run() == 1


async def test_the_record_says_what_was_done_to_an_account(ann: Browser, browser: NewBrowser, engine: StandIn) -> None:
    await browser(agent=CHROME).sign_in("ann")
    me = (await ann.get("/app/me")).json()["person"]
    deeds = engine.world.audit.read(whom=me).deeds
    assert [deed.what for deed in deeds] == ["account.sign_in", "account.sign_up"]
    assert all(deed.who == me and deed.request_id for deed in deeds)
