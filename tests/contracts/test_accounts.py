"""Tables of accounts keep one contract in SQLite and in a real PostgreSQL: every test here runs against both."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa

from walras.base.clock import DAY_MS, SetClock
from walras.base.errors import Conflict, Invalid, NotFound, TooOften, WalrasError
from walras.base.ids import PersonId
from walras.world import Account, AccountSettings, Letter, Passkey, Privacy, World, WrongCode

NAMES = ("Ann", "安", "😀 o'brien", '"; DROP TABLE accounts; --', "%_\\")


@pytest.fixture
def clock() -> SetClock:
    return SetClock(1_772_366_400_000)


@pytest.fixture
def world(database_url: str, home: Path, clock: SetClock) -> Iterator[World]:
    world = World(database_url, models_folder=home / "models", clock=clock)
    world.upgrade()
    yield world
    world.close()


def account(person: str, handle: str = "", **more: object) -> Account:
    return Account(person=PersonId(person), handle=handle or person, name=person, **more)  # type: ignore[arg-type]


# ---------------------------------------------------------------- accounts


@pytest.mark.parametrize("name", NAMES)
def test_an_account_comes_back_as_it_was(world: World, name: str) -> None:
    settings = AccountSettings(privacy=Privacy(likes="everyone"), blocked_words=(name,))
    made = Account(
        person=PersonId("g1"), handle="Ann_1", name=name, bio=name, email="a@b.org", birth_year=1990, settings=settings
    )
    world.accounts.create(made, "hash")
    found = world.accounts.of_handle("@aNN_1")
    assert msgspec.structs.replace(found, created_ms=0) == made
    assert world.accounts.of_login(email="a@b.org") == found == world.accounts.get("g1")
    assert world.accounts.password_hash("g1") == "hash"


@pytest.mark.parametrize(
    ("other", "field"),
    [
        (account("p1", "other"), "person"),
        (account("p2", "ANN"), "handle"),
        (account("p2", "other", email="a@b.org"), "email"),
        (account("p2", "other", phone="+861"), "phone"),
    ],
)
def test_what_is_somebody_elses_is_refused_by_its_field(world: World, other: Account, field: str) -> None:
    world.accounts.create(account("p1", "ann", email="a@b.org", phone="+861"), "")
    with pytest.raises(Conflict) as refused:
        world.accounts.create(other, "")
    assert refused.value.field == field
    if field != "person":
        world.accounts.create(account("p2", "bob"), "")
        with pytest.raises(Conflict) as refused:
            world.accounts.put(msgspec.structs.replace(other, handle=other.handle or "bob"))
        assert refused.value.field == field


def test_many_without_address_are_no_conflict(world: World) -> None:
    for n in range(3):
        world.accounts.create(account(f"p{n}"), "")
    assert world.accounts.count() == 3


def test_only_one_of_many_at_once_gets_a_handle(world: World) -> None:
    def make(n: int) -> bool:
        try:
            world.accounts.create(account(f"p{n}", "Ann"), "")
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(make, range(8))) == 1


def test_people_and_handles_are_found_together(world: World) -> None:
    for person, handle in (("p1", "Ann"), ("p2", "Bob"), ("p3", "Ann_b")):
        world.accounts.create(account(person, handle), "")
    world.accounts.blank("p2")
    assert set(world.accounts.of_people(["p1", "p2", "nobody", "\x00"])) == {"p1"}
    assert set(world.accounts.of_handles(["ANN", "@bob", ""])) == {"ann"}
    assert [one.handle for one in world.accounts.search("an")] == ["Ann", "Ann_b"]
    assert [one.handle for one in world.accounts.search("an", cursor="Ann")] == ["Ann_b"]
    assert world.accounts.search("%") == [] and world.accounts.search("_") == []


def test_roles(world: World) -> None:
    world.accounts.create(account("p1"), "")
    assert not world.accounts.has_role("operator")
    assert world.accounts.give_roles("p1", ["operator", "king"]).roles == ("maker", "operator")
    assert world.accounts.has_role("operator") and not world.accounts.has_role("reviewer")
    with pytest.raises(NotFound):
        world.accounts.give_roles("nobody", [])


def test_a_blanked_account_leaves_its_names_to_others_and_keeps_its_person(world: World) -> None:
    for person in ("p1", "p2"):
        world.accounts.create(account(person, email=f"{person}@b.org"), "hash")
        world.accounts.blank(person)
    assert world.accounts.password_hash("p1") == ""
    with pytest.raises(NotFound):
        world.accounts.get("p1")
    with pytest.raises(NotFound):
        world.accounts.of_handle("")
    world.accounts.create(account("p3", "p1", email="p1@b.org"), "")
    with pytest.raises(Conflict):
        world.accounts.create(account("p1", "again"), "")


# ---------------------------------------------------------------- sign-ins


def test_a_token_opens_one_person_until_it_ends(world: World, clock: SetClock) -> None:
    one = world.sign_ins.begin("p1", way="password", agent="Firefox", address="")
    two = world.sign_ins.begin("p1", way="password", agent="Firefox", address="")
    assert one.token != two.token
    found = world.sign_ins.check(one.token)
    assert found is not None and (found.person, found.id) == ("p1", one.id)
    assert world.sign_ins.check("nonsense") is None and world.sign_ins.check("") is None
    with pytest.raises(NotFound):
        world.sign_ins.end("p2", one.id)
    world.sign_ins.end("p1", one.id)
    assert world.sign_ins.check(one.token) is None and world.sign_ins.check(two.token) is not None
    assert [here.id for here in world.sign_ins.of("p1")] == [two.id]
    assert world.sign_ins.end_all("p1") == 1 and world.sign_ins.of("p1") == []


def test_the_token_stands_nowhere(world: World) -> None:
    made = world.sign_ins.begin("p1", way="password", agent="Firefox", address="")
    with world.database.read() as connection:
        rows = connection.execute(sa.text("SELECT * FROM sign_ins")).all()
    assert made.token not in str(rows)


def test_another_process_sees_a_sign_out_within_seconds(
    world: World, database_url: str, home: Path, clock: SetClock
) -> None:
    other = World(database_url, models_folder=home / "models", clock=clock)
    made = world.sign_ins.begin("p1", way="password", agent="Firefox", address="")
    assert other.sign_ins.check(made.token) is not None
    world.sign_ins.end("p1", made.id)
    clock.instant_ms += 5_000
    assert other.sign_ins.check(made.token) is None
    other.close()


# ---------------------------------------------------------------- codes and tries


def test_a_code_opens_what_it_was_made_for_once(world: World) -> None:
    made = world.codes.issue("signup", b"body")
    with pytest.raises(WrongCode):
        world.codes.redeem(made.id, "recovery", made.code)
    assert world.codes.redeem(made.id, "signup", made.code) == b"body"
    with pytest.raises(WrongCode):
        world.codes.redeem(made.id, "signup", made.code)


@pytest.mark.parametrize("wrong", [0, 4, 5, 6])
def test_five_wrong_tries_end_a_code(world: World, wrong: int) -> None:
    made = world.codes.issue("signup", b"body")
    for _ in range(wrong):
        with pytest.raises(WrongCode):
            world.codes.redeem(made.id, "signup", "x")
    if wrong < 5:
        assert world.codes.redeem(made.id, "signup", made.code) == b"body"
    else:
        with pytest.raises(WrongCode):
            world.codes.redeem(made.id, "signup", made.code)


def test_of_many_at_once_one_has_the_code(world: World) -> None:
    made = world.codes.issue("signup", b"body")

    def redeem(_: int) -> bool:
        try:
            return world.codes.redeem(made.id, "signup", made.code) == b"body"
        except WrongCode:
            return False

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(redeem, range(4))) == 1


def test_many_guesses_at_once_are_bounded(world: World) -> None:
    made = world.codes.issue("signup", b"body")

    def guess(_: int) -> None:
        with pytest.raises(WrongCode):
            world.codes.redeem(made.id, "signup", "x")

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(guess, range(10)))
    with pytest.raises(WrongCode):
        world.codes.redeem(made.id, "signup", made.code)


def test_codes_and_challenges_end(world: World, clock: SetClock) -> None:
    made, kept = world.codes.issue("signup", b"a"), world.codes.keep("challenge", b"b")
    clock.instant_ms += 10 * 60_000
    with pytest.raises(WrongCode):
        world.codes.redeem(made.id, "signup", made.code)
    with pytest.raises(WrongCode):
        world.codes.take(kept, "challenge")
    again = world.codes.keep("challenge", b"b")
    assert world.codes.take(again, "challenge") == b"b"
    with pytest.raises(WrongCode):
        world.codes.take(again, "challenge")


def test_tries_are_counted_over_threads_and_begin_anew(world: World, clock: SetClock) -> None:
    def attempt(_: int) -> bool:
        try:
            world.tries.count("ann", 5, 60_000)
        except TooOften:
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(attempt, range(12))) == 5
    world.tries.count("bob", 5, 60_000)
    clock.instant_ms += 60_000
    assert attempt(0)
    for _ in range(5):
        attempt(0)
    world.tries.clear("ann")
    assert attempt(0)


# ---------------------------------------------------------------- passkeys, letters, the record, seals


def test_passkeys(world: World) -> None:
    made = Passkey(
        id="k1",
        person=PersonId("p1"),
        name="安",
        public_key=b"\x00\xff",
        uses=0,
        transports="",
        created_ms=0,
        used_ms=0,
    )
    world.passkeys.add(made)
    with pytest.raises(Conflict):
        world.passkeys.add(msgspec.structs.replace(made, person=PersonId("p2")))
    world.passkeys.used("k1", 7)
    found = world.passkeys.get("k1")
    assert found is not None and (found.uses, found.public_key) == (7, b"\x00\xff")
    with pytest.raises(NotFound):
        world.passkeys.remove("p2", "k1")
    world.passkeys.remove("p1", "k1")
    assert world.passkeys.get("k1") is None


def test_letters_are_kept_for_a_week(world: World, clock: SetClock) -> None:
    for n in range(3):
        world.outbox.send(Letter(way="email", to_whom=f"{n}@b.org", subject="安", body="😀\n"))
        clock.instant_ms += 4 * DAY_MS
    assert [letter.to_whom for letter in world.outbox.letters()] == ["2@b.org", "1@b.org"]
    world.outbox.forget("2@b.org", "")
    assert [letter.to_whom for letter in world.outbox.letters()] == ["1@b.org"]


def test_the_record_is_read_by_who_what_and_whom_page_by_page(world: World, clock: SetClock) -> None:
    for n in range(5):
        clock.instant_ms += 1
        world.audit.note(
            "ann" if n % 2 else "bob", "video.remove" if n else "model.swap", f"v{n}", before="\x00", after="安"
        )
    first = world.audit.read(n=2)
    assert [deed.whom for deed in first.deeds] == ["v4", "v3"] and first.cursor
    second = world.audit.read(n=2, cursor=first.cursor)
    assert [deed.whom for deed in second.deeds] == ["v2", "v1"]
    assert world.audit.read(n=2, cursor=second.cursor).cursor == ""
    assert [deed.whom for deed in world.audit.read(who="ann").deeds] == ["v3", "v1"]
    assert [deed.whom for deed in world.audit.read(what="model.").deeds] == ["v0"]
    assert [deed.what for deed in world.audit.read(whom="v1").deeds] == ["video.remove"]
    assert world.audit.read(what="%").deeds == ()
    for bad in ({"n": 0}, {"n": 201}, {"cursor": "\x00"}):
        with pytest.raises(Invalid):
            world.audit.read(**bad)  # type: ignore[arg-type]


@pytest.mark.parametrize("statement", ["UPDATE audit SET who = 'nobody'", "DELETE FROM audit"])
def test_the_record_is_only_added_to(world: World, statement: str) -> None:
    world.audit.note("ann", "video.remove", "v1")
    with pytest.raises((sa.exc.DBAPIError, WalrasError)), world.database.write() as connection:
        connection.execute(sa.text(statement))
    assert len(world.audit.read().deeds) == 1


def test_a_seal_is_made_once_for_all_processes(world: World, database_url: str, home: Path) -> None:
    other = World(database_url, models_folder=home / "models")
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda one: one.seals.of("guests"), [world, other] * 4))
    assert len(set(found)) == 1 and len(found[0]) == 32 and world.seals.of("codes") != found[0]
    other.close()
