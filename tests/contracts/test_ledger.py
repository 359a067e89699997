"""The ledger keeps one contract in SQLite and in a real PostgreSQL: every test here runs against both.

Idempotency, balance by code and by the database, holds, currencies, months, the chain, and what is refused and why.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from walras.base.clock import DAY_MS, SetClock
from walras.base.database import Database
from walras.base.errors import Conflict, Corrupt, Invalid, NotFound, TooMuch
from walras.ledger import Hold, Ledger
from walras.ledger.chart import CASH, CLEARING, MARKETING, WALLETS, WALLETS_HELD
from walras.schema import JournalEntry, Posting
from walras.world import World


@pytest.fixture
def database(database_url: str, home: Path, clock: SetClock) -> Iterator[Database]:
    world = World(database_url, models_folder=home / "models", clock=clock)
    world.upgrade()
    yield world.database
    world.close()


@pytest.fixture
def ledger(database: Database, clock: SetClock) -> Iterator[Ledger]:
    ledger = Ledger(database, clock, "Asia/Shanghai")
    yield ledger
    ledger.close()


def two(key: str, amount: int, now: int, debit: str = CLEARING, credit: str = WALLETS, owner: str = "ad1", **more):
    currency = more.pop("currency", "CNY")
    postings = (
        Posting(account=debit, side="debit", amount=amount, currency=currency, owner=owner),
        Posting(account=credit, side="credit", amount=amount, currency=currency, owner=owner),
    )
    return JournalEntry(key=key, kind=more.pop("kind", "test"), time_ms=now, postings=postings, **more)


def spend(key: str, amount: int, now: int, owner: str = "ad1") -> JournalEntry:
    return two(key, amount, now, debit=WALLETS, credit=MARKETING, owner=owner)


# ---------------------------------------------------------------- posting


def test_a_key_is_written_once_and_answers_the_same_for_good(ledger: Ledger, clock: SetClock) -> None:
    entry = two("a", 500, clock.instant_ms)
    first = ledger.post(entry)
    clock.instant_ms += 5
    assert ledger.post(entry) == first
    assert ledger.balance(WALLETS, "ad1") == -500
    with pytest.raises(Conflict, match="other content"):
        ledger.post(two("a", 501, clock.instant_ms - 5))
    assert ledger.balance(WALLETS, "ad1") == -500
    assert ledger.position() == 1


def test_an_entry_comes_back_as_it_was(ledger: Ledger, clock: SetClock) -> None:
    dimensions = {"line": "ads", "city": "杭州", "campaign": "c'1", "programme": "p", "owner": "店主", "item": "i/1"}
    postings = (
        Posting(account=CLEARING, side="debit", amount=7, **dimensions),
        Posting(account=WALLETS, side="credit", amount=7, owner="店主"),
    )
    entry = JournalEntry(key="k", kind="x", time_ms=clock.instant_ms, postings=postings, event="e1", memo="多谢 🎉")
    ledger.post(entry)
    assert ledger.entry("k").entry == entry
    assert [one.entry for one in ledger.entries_of("e1")] == [entry]
    with pytest.raises(NotFound):
        ledger.entry("nobody")


def test_several_entries_are_written_all_or_none(ledger: Ledger, clock: SetClock) -> None:
    now = clock.instant_ms
    with pytest.raises(Conflict, match="more than"):
        ledger.post(two("a", 100, now), spend("b", 101, now))
    assert ledger.position() == 0
    ledger.post(two("a", 100, now), spend("b", 100, now))
    assert (ledger.balance(WALLETS, "ad1"), ledger.balance(MARKETING, "ad1")) == (0, -100)


def test_a_key_twice_in_one_call_is_one_entry_or_a_conflict(ledger: Ledger, clock: SetClock) -> None:
    now = clock.instant_ms
    first, second = ledger.post(two("a", 100, now), two("a", 100, now))
    assert first == second and ledger.position() == 1
    with pytest.raises(Conflict, match="other content"):
        ledger.post(two("b", 100, now), two("b", 200, now))
    assert ledger.position() == 1


WRONG_ENTRIES = (
    ({"key": ""}, "key"),
    ({"kind": "a\x00"}, "kind"),
    ({"time_ms": 0}, "time_ms"),
    ({"time_ms": 10**16}, "time_ms"),
    ({"postings": ()}, "postings"),
)
WRONG_POSTINGS = (
    ({"amount": 4}, "postings", "does not balance"),
    ({"amount": -5}, "postings[0].amount", "must lie above 0"),
    ({"amount": 0}, "postings[0].amount", "must lie above 0"),
    ({"amount": 10**18}, "postings[0].amount", "larger"),
    ({"account": "Assets:Csah"}, "postings[0].account", "Assets:Cash"),
    ({"currency": "RMB"}, "currency", "ISO 4217"),
    ({"currency": "USD"}, "postings", "does not balance"),
    ({"city": "a\n"}, "postings[0].city", "control"),
)


def test_an_entry_that_is_none_is_refused_with_the_field(ledger: Ledger, clock: SetClock) -> None:
    entry = two("a", 5, clock.instant_ms)
    for change, field in WRONG_ENTRIES:
        with pytest.raises(Invalid) as refused:
            ledger.post(msgspec.structs.replace(entry, **change))
        assert refused.value.field == field
    for change, field, words in WRONG_POSTINGS:
        wrong = msgspec.structs.replace(entry.postings[0], **change)
        with pytest.raises(Invalid) as refused:
            ledger.post(msgspec.structs.replace(entry, postings=(wrong, entry.postings[1])))
        assert refused.value.field == field and words in str(refused.value)
    assert ledger.position() == 0


def test_more_than_is_ever_taken_at_once_is_refused(ledger: Ledger, clock: SetClock) -> None:
    with pytest.raises(TooMuch):
        ledger.post(*[two("a", 5, clock.instant_ms)] * 10_001)


# ---------------------------------------------------------------- the database's own rules


INSERT_POSTING = (
    "INSERT INTO ledger_postings (entry, n, account, amount, currency, home, line, city, campaign, programme, owner, "
    "item) VALUES (:entry, :n, 'Assets:Cash', :amount, 'CNY', :amount, '', '', '', '', '', '')"
)
INSERT_ENTRY = (
    "INSERT INTO ledger_entries (seq, key, kind, event, time_ms, posted_ms, period, memo, digest, hash) "
    "VALUES (:seq, :key, 'x', '', 1, 1, :period, '', :bytes, :bytes)"
)


def by_hand(database: Database, *statements: tuple[str, dict]) -> None:
    with database.write() as connection:
        for statement, values in statements:
            connection.execute(sa.text(statement), values)


def an_entry(seq: int, amounts: list[int], period: str = "2026-01") -> list[tuple[str, dict]]:
    rows = [(INSERT_POSTING, {"entry": seq, "n": n, "amount": amount}) for n, amount in enumerate(amounts)]
    return [*rows, (INSERT_ENTRY, {"seq": seq, "key": f"h{seq}", "period": period, "bytes": b"x"})]


BROKEN = (
    an_entry(9, [5, -4]),
    an_entry(9, []),
    an_entry(9, [0]),
    an_entry(9, [5, -5])[:2],  # postings that no entry seals
    [*an_entry(9, [5, -5]), (INSERT_POSTING, {"entry": 9, "n": 2, "amount": 3})],
    [("UPDATE ledger_entries SET memo = 'x'", {})],
    [("DELETE FROM ledger_entries", {})],
    [("UPDATE ledger_postings SET amount = amount * 2", {})],
    [("DELETE FROM ledger_postings", {})],
    an_entry(9, [5, -5], "2025-12"),
    [("DELETE FROM ledger_periods", {})],
)


def test_the_database_itself_refuses_what_breaks_the_books(ledger: Ledger, database: Database, clock: SetClock) -> None:
    ledger.post(two("a", 5, clock.instant_ms - 20 * DAY_MS))
    ledger.close_month("2025-12", "ann")
    for statements in BROKEN:
        with pytest.raises(sa.exc.DBAPIError):
            by_hand(database, *statements)
    assert ledger.verify().entries == 1 and ledger.conservation(whole=True).is_kept


def test_what_balances_is_taken_by_the_database(ledger: Ledger, database: Database) -> None:
    by_hand(database, *an_entry(1, [5, -5]))
    with pytest.raises(Corrupt):  # and the chain knows that it came from outside
        ledger.verify()


# ---------------------------------------------------------------- holds


def promise(key: str = "h", amount: int = 60, **more: object) -> Hold:
    return Hold(key=key, account=WALLETS, owner="ad1", currency="CNY", amount=amount, **more)


def to_marketing(amount: int) -> list[Posting]:
    return [Posting(account=MARKETING, side="credit", amount=amount, campaign="c1")]


def test_a_hold_is_captured_in_part_and_the_rest_released(ledger: Ledger, clock: SetClock) -> None:
    now = clock.instant_ms
    ledger.post(two("top", 100, now))
    assert ledger.hold(promise(), now).left == 60
    assert (ledger.balance(WALLETS, "ad1"), ledger.balance(WALLETS_HELD, "ad1")) == (-40, -60)
    with pytest.raises(Conflict, match="more than"):
        ledger.post(spend("s", 41, now))
    assert ledger.capture("h", "c1", to_marketing(25), kind="ad.charge", time_ms=now).left == 35
    assert ledger.capture("h", "c1", to_marketing(25), kind="ad.charge", time_ms=now).left == 35
    with pytest.raises(Conflict, match="other content"):
        ledger.capture("h", "c1", to_marketing(26), kind="ad.charge", time_ms=now)
    with pytest.raises(Conflict, match="35 of 60"):
        ledger.capture("h", "c2", to_marketing(36), kind="ad.charge", time_ms=now)
    assert ledger.release("h", "r", now).state == "released"
    assert ledger.release("h", "r", now).released == 35
    assert (ledger.balance(WALLETS, "ad1"), ledger.balance(WALLETS_HELD, "ad1")) == (-75, 0)
    with pytest.raises(Conflict, match="released"):
        ledger.capture("h", "c3", to_marketing(1), kind="ad.charge", time_ms=now)
    assert ledger.conservation(whole=True).is_kept


def test_what_was_captured_goes_back_to_the_wallet_and_promises_are_not_taken_back(
    ledger: Ledger, clock: SetClock
) -> None:
    now = clock.instant_ms
    ledger.post(two("top", 100, now))
    ledger.hold(promise(), now)
    ledger.capture("h", "c1", to_marketing(25), kind="ad.charge", time_ms=now)
    ledger.reverse("c1", "c1/back", now)
    assert (ledger.balance(WALLETS, "ad1"), ledger.balance(WALLETS_HELD, "ad1")) == (-65, -35)
    with pytest.raises(Conflict, match="promise"):
        ledger.reverse("h", "h/back", now)
    ledger.release("h", "r", now)
    with pytest.raises(Conflict, match="promise"):
        ledger.reverse("r", "r/back", now)
    with pytest.raises(Invalid, match="holds alone"):
        ledger.post(two("x", 5, now, debit=WALLETS, credit=WALLETS_HELD))
    assert ledger.balance(WALLETS, "ad1") == -100 and ledger.conservation(whole=True).is_kept


def test_a_hold_beyond_the_balance_is_refused(ledger: Ledger, clock: SetClock) -> None:
    now = clock.instant_ms
    ledger.post(two("top", 100, now))
    ledger.hold(promise("h1"), now)
    with pytest.raises(Conflict, match="40 that ad1 has"):
        ledger.hold(promise("h2"), now)
    with pytest.raises(NotFound):
        ledger.find_hold("h2")
    assert ledger.hold(promise("h1"), now) == ledger.find_hold("h1")
    with pytest.raises(Conflict, match="other content"):
        ledger.hold(promise("h1", 61), now)


def test_a_hold_captured_whole_is_over(ledger: Ledger, clock: SetClock) -> None:
    now = clock.instant_ms
    ledger.post(two("top", 100, now))
    ledger.hold(promise(), now)
    assert ledger.capture("h", "c1", to_marketing(60), kind="ad.charge", time_ms=now).state == "captured"
    with pytest.raises(Conflict, match="captured"):
        ledger.release("h", "r", now)


def test_a_hold_expires_and_gives_back_what_is_left(ledger: Ledger, clock: SetClock) -> None:
    now = clock.instant_ms
    ledger.post(two("top", 100, now))
    ledger.hold(promise(expires_ms=now + 1_000), now)
    ledger.capture("h", "c1", to_marketing(10), kind="ad.charge", time_ms=now)
    assert ledger.expire_holds() == 0
    clock.instant_ms += 1_000
    with pytest.raises(Conflict, match="expired"):
        ledger.capture("h", "c2", to_marketing(10), kind="ad.charge", time_ms=clock.instant_ms)
    assert ledger.expire_holds() == 1
    assert ledger.expire_holds() == 0
    assert ledger.find_hold("h").state == "expired"
    assert (ledger.balance(WALLETS, "ad1"), ledger.balance(WALLETS_HELD, "ad1")) == (-90, 0)


def test_only_some_accounts_can_be_promised_of(ledger: Ledger, clock: SetClock) -> None:
    with pytest.raises(Invalid, match="money can be promised"):
        ledger.hold(msgspec.structs.replace(promise(), account=CASH), clock.instant_ms)
    with pytest.raises(NotFound):
        ledger.release("nobody", "r", clock.instant_ms)
    for amount in (0, -5):
        with pytest.raises(Invalid, match="above 0"):
            ledger.hold(promise(amount=amount), clock.instant_ms)


# ---------------------------------------------------------------- currencies


def test_a_currency_needs_a_rate_and_then_balances_in_fen_too(ledger: Ledger, clock: SetClock) -> None:
    now = clock.instant_ms
    entry = two("usd", 33, now, currency="USD")
    with pytest.raises(Invalid, match="has no rate"):
        ledger.post(entry)
    ledger.set_rate("USD", "7.1234", now, "bank")
    with pytest.raises(Invalid, match="has no rate"):
        ledger.post(msgspec.structs.replace(entry, time_ms=now - 1))
    ledger.post(entry)
    assert ledger.entry("usd").homes == (235, -235)
    ledger.set_rate("JPY", "0.05", now, "bank")
    ledger.post(two("jpy", 1_000, now, currency="JPY"))
    assert ledger.entry("jpy").homes == (5_000, -5_000)
    kept = ledger.conservation(whole=True)
    assert kept.is_kept and kept.by_currency == {"JPY": 0, "USD": 0}
    assert ledger.balance(WALLETS, "ad1", "USD") == -33


def test_rates_are_added_and_never_changed(ledger: Ledger, clock: SetClock) -> None:
    now = clock.instant_ms
    ledger.set_rate("USD", "7.1", now, "bank")
    ledger.set_rate("USD", "7.1", now, "bank")
    with pytest.raises(Conflict, match=r"7\.1"):
        ledger.set_rate("USD", "7.2", now, "bank")
    for currency, rate in (("CNY", "1"), ("USD", "0"), ("USD", "x"), ("USD", "NaN"), ("XXX", "1")):
        with pytest.raises(Invalid):
            ledger.set_rate(currency, rate, now + 1, "bank")


# ---------------------------------------------------------------- months


def test_a_closed_month_takes_nothing_more(ledger: Ledger, clock: SetClock) -> None:
    december = clock.instant_ms - 20 * DAY_MS
    entry = two("a", 5, december)
    ledger.post(entry)
    with pytest.raises(Conflict, match="not over"):
        ledger.close_month("2026-01", "ann")
    with pytest.raises(Conflict, match="earlier month"):
        clock.instant_ms += 40 * DAY_MS
        ledger.close_month("2026-01", "ann")
    ledger.close_month("2025-12", "ann")
    with pytest.raises(Conflict, match="closed already"):
        ledger.close_month("2025-12", "ann")
    with pytest.raises(Conflict, match="2025-12 is closed"):
        ledger.post(two("b", 5, december))
    assert ledger.post(entry)[0].seq == 1, "what is known is answered, closed or not"
    assert ledger.open_time(december) == ledger.month_begins("2026-01")
    assert ledger.open_time(clock.instant_ms) == clock.instant_ms


def test_a_quarter_is_closed_month_by_month(ledger: Ledger, clock: SetClock) -> None:
    ledger.close_month("2025-10", "ann")
    ledger.close_quarter("2025-Q4", "ann")
    assert ledger.months() == ["2025-10", "2025-11", "2025-12"]
    with pytest.raises(Conflict, match="closed already"):
        ledger.close_quarter("2025-Q4", "ann")
    for wrong in ("2025-Q5", "2025", ""):
        with pytest.raises(Invalid):
            ledger.close_quarter(wrong, "ann")
    with pytest.raises(Invalid):
        ledger.close_month("2025-13", "ann")


def test_months_begin_in_the_zone_of_the_books(ledger: Ledger) -> None:
    midnight = ledger.month_begins("2026-02")
    assert midnight == 1_769_875_200_000  # 2026-01-31T16:00Z
    ledger.post(two("a", 5, midnight - 1), two("b", 5, midnight))
    assert [ledger.entry(key).period for key in "ab"] == ["2026-01", "2026-02"]


def test_an_entry_is_taken_back_once_and_in_an_open_month(ledger: Ledger, clock: SetClock) -> None:
    december = clock.instant_ms - 20 * DAY_MS
    ledger.post(two("a", 5, december))
    ledger.close_month("2025-12", "ann")
    with pytest.raises(Conflict, match="closed"):
        ledger.reverse("a", "a/back", december)
    ledger.reverse("a", "a/back", clock.instant_ms, "typed twice")
    ledger.reverse("a", "a/back", clock.instant_ms, "typed twice")
    with pytest.raises(Conflict, match="taken back before"):
        ledger.reverse("a", "a/again", clock.instant_ms)
    assert ledger.balance(WALLETS, "ad1") == 0
    assert ledger.entry("a/back").entry.reverses == "a"
    with pytest.raises(NotFound):
        ledger.reverse("nobody", "x", clock.instant_ms)


# ---------------------------------------------------------------- the chain


def test_tampering_is_found(ledger: Ledger, database: Database, clock: SetClock) -> None:
    for n in range(5):
        ledger.post(two(f"k{n}", 5 + n, clock.instant_ms))
    ledger.close_month("2025-12", "ann")
    whole = ledger.verify()
    assert whole.entries == 5 and len(whole.hash) == 64
    _without_triggers(database)
    for statement, words in (
        ("UPDATE ledger_postings SET amount = amount * 2, home = home * 2 WHERE entry = 3", "entry 3 says something"),
        ("UPDATE ledger_postings SET amount = amount / 2, home = home / 2 WHERE entry = 3", ""),
        ("UPDATE ledger_entries SET posted_ms = posted_ms + 1 WHERE seq = 2", "entry 2 does not follow"),
        ("UPDATE ledger_entries SET posted_ms = posted_ms - 1 WHERE seq = 2", ""),
        ("UPDATE ledger_postings SET home = home + 1 WHERE entry = 4", "entry 4 does not follow"),
        ("UPDATE ledger_postings SET home = home - 1 WHERE entry = 4", ""),
        ("UPDATE ledger_head SET seq = 4", "entry 5 is the last"),
        ("UPDATE ledger_head SET seq = 5", ""),
        ("UPDATE ledger_periods SET hash = digest FROM ledger_entries WHERE ledger_entries.seq = 5", "when its month"),
    ):
        by_hand(database, (statement, {}))
        if words:
            with pytest.raises(Corrupt, match=words):
                ledger.verify()
        else:
            assert ledger.verify() == whole


def _without_triggers(database: Database) -> None:
    """What somebody with the database's own password could do."""
    with database.write() as connection:
        if database.dialect == "postgresql":
            connection.execute(sa.text("SET session_replication_role = replica"))
            for table in ("ledger_entries", "ledger_postings", "ledger_periods"):
                connection.execute(sa.text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
            return
        for name in connection.scalars(sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
            connection.execute(sa.text(f"DROP TRIGGER {name}"))


def test_a_balance_that_was_touched_is_found(ledger: Ledger, database: Database, clock: SetClock) -> None:
    ledger.post(two("a", 5, clock.instant_ms))
    assert ledger.conservation(whole=True).is_kept
    by_hand(database, ("UPDATE ledger_balances SET amount = amount + 1 WHERE account = 'Assets:Clearing'", {}))
    found = ledger.conservation(whole=True)
    assert not found.is_kept and found.by_currency == {"CNY": 1} and found.balances_off == 1


# ---------------------------------------------------------------- many at once


def test_many_threads_write_at_once_and_each_gets_its_own_answer(ledger: Ledger, clock: SetClock) -> None:
    now = clock.instant_ms
    ledger.post(two("top", 1_000, now))

    def work(n: int) -> int:
        try:
            ledger.post(spend(f"s{n % 150}", 10, now))
        except Conflict as refused:
            assert "more than" in str(refused)
            return 0
        return 1

    with ThreadPoolExecutor(20) as threads:
        stood = sum(threads.map(work, range(300)))
    assert stood == 200, "100 keys fit into the money, each sent twice"
    assert ledger.balance(WALLETS, "ad1") == 0
    assert ledger.conservation(whole=True).is_kept and ledger.verify().entries == 101


MOVES = st.lists(
    st.tuples(st.sampled_from(["top", "spend", "hold", "capture", "release"]), st.integers(0, 3), st.integers(1, 80)),
    max_size=12,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=MOVES)
def test_whatever_is_asked_money_is_kept(ledger: Ledger, clock: SetClock, moves: list[tuple[str, int, int]]) -> None:
    now, run = clock.instant_ms, ledger.position()
    for n, (move, which, amount) in enumerate(moves):
        key, hold = f"{run}-{n}", f"{run}-h{which}"
        try:
            match move:
                case "top":
                    ledger.post(two(key, amount, now))
                case "spend":
                    ledger.post(spend(key, amount, now))
                case "hold":
                    ledger.hold(promise(hold, amount), now)
                case "capture":
                    ledger.capture(hold, key, to_marketing(amount), kind="ad.charge", time_ms=now)
                case "release":
                    ledger.release(hold, key, now)
        except (Conflict, NotFound):
            pass
        assert ledger.balance(WALLETS, "ad1") <= 0 and ledger.balance(WALLETS_HELD, "ad1") <= 0
    assert ledger.conservation(whole=True).is_kept
    ledger.verify()
