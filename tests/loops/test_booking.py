"""From the log to the ledger: read again nothing is doubled, what is refused stops nothing, late months are shut."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.insight.books.plain import House
from walras.base.clock import DAY_MS, SetClock
from walras.events import happenings
from walras.insight.books import used_days
from walras.ledger import Hold, recognition
from walras.ledger.chart import CLEARING, MARKETING, MERCHANTS, ORDERS, WALLETS
from walras.lines.video import LINE
from walras.loops import Booking, HoldsLoop, LedgerWatch
from walras.schema import Event, Happening, JournalEntry, PageRecord, Posting

NOW_MS = 1_779_235_200_000


@pytest.fixture
def house(home: Path) -> Iterator[House]:
    house = House(home, SetClock(NOW_MS))
    yield house
    house.close()


def gift(id: str, value: float = 10.0, **more: object) -> Event:
    return Event(person="p", item="v1", outcome="gift", value=value, id=id, time_ms=NOW_MS - 5, **more)


def test_read_again_after_a_death_nothing_is_doubled(house: House) -> None:
    house.log.append([gift("g1"), gift("g2"), gift("g3", 0.0), Event(person="p", item="v1", outcome="like", id="l")])
    assert house.booking().run() == 2
    first = [one.entry for one in house.ledger.all_entries()]
    assert [posting.owner for posting in first[0].postings if posting.account.endswith("Payable:Hosts")] == ["maker-1"]
    # A process that died before it wrote down how far it had read.
    with house.world.database.write() as connection:
        connection.execute(sa.text("DELETE FROM ledger_readers"))
    house.log.append([gift("g4")])
    house.booking().run()
    assert [one.entry.key for one in house.ledger.all_entries()] == ["gift/g1", "gift/g2", "gift/g4"]
    assert house.ledger.refusals() == []


def test_what_the_ledger_refuses_is_kept_and_stops_nothing(house: House) -> None:
    def rule(happening: Happening) -> list[JournalEntry]:
        # Of three kinds: in order, out of balance, and from a wallet with nothing in it.
        id = happening.event.id
        from_account = WALLETS if id == "poor" else CLEARING
        postings = (
            Posting(account=from_account, side="debit", amount=6 if id == "bad" else 5, owner="p"),
            Posting(account=MARKETING, side="credit", amount=5),
        )
        return [JournalEntry(key=f"x/{id}", kind="x", time_ms=happening.event.time_ms, postings=postings, event=id)]

    house.log.append([gift(name) for name in ("good", "bad", "poor", "fine")])
    folder = house.home / "log"

    def read(after, until):
        return happenings(folder, after, until, ["gift"])

    booking = Booking(house.ledger, house.log.position, read, {"gift": rule}, lambda items: {})
    assert booking.run() == 2
    refusals = {one["key"]: one for one in house.ledger.refusals()}
    assert set(refusals) == {"x/bad", "x/poor"}
    assert "does not balance" in refusals["x/bad"]["message"] and refusals["x/poor"]["code"] == "conflict"
    watch = LedgerWatch(house.ledger, house.clock)
    watch.look()
    assert (watch.status().entries, watch.status().off, watch.status().refused) == (2, 0, 2)
    house.ledger.post(recognition.top_up("t", NOW_MS, "a", 5))
    watch.look()
    assert watch.status().entries == 2, "at most once in ten seconds"


def test_an_order_becomes_final_after_thirty_days_unless_it_was_taken_back(house: House) -> None:
    orders = [
        Event(person="p", item="v1", owner="shop", outcome="order", value=100.0, id=f"o{n}", time_ms=NOW_MS - n)
        for n in range(3)
    ]
    house.log.append(orders)
    assert house.booking().run() == 3 and house.finals().run() == 0
    house.ledger.reverse("order/o1", "order/o1/back", NOW_MS)
    house.clock.instant_ms = NOW_MS + 30 * DAY_MS - 1
    assert house.finals().run() == 0, "the first of them is still young"
    house.clock.instant_ms = NOW_MS + 30 * DAY_MS
    assert house.finals().run() == 2 and house.finals().run() == 0
    # 5 % of 100 yuan, with 6 % of tax inside, of two orders; the merchant has the rest.
    assert house.ledger.balance("Income:Other:Commerce") == -2 * 472
    assert house.ledger.balance(ORDERS, "shop") == 0
    assert house.ledger.conservation(whole=True).is_kept


def test_what_was_refunded_is_never_final_and_of_a_part_the_rest_is(house: House) -> None:
    about = {"person": "p", "item": "v1", "owner": "shop", "outcome": "order", "value": 100.0}
    house.log.append([Event(id=f"o{n}", time_ms=NOW_MS, **about) for n in range(3)])
    house.booking().run()
    for key, event, fen in (("whole", "o0", 10_000), ("part", "o1", 4_000), ("mistaken", "o2", 10_000)):
        house.ledger.post(recognition.order_refunded(key, NOW_MS, "shop", fen, recognition.NOWHERE, event))
    house.ledger.reverse("mistaken", "mistaken/back", NOW_MS)
    house.clock.instant_ms = NOW_MS + 30 * DAY_MS
    assert house.finals().run() == 2
    assert not house.ledger.knows("order/o0/final")
    assert house.ledger.balance(ORDERS, "shop") == 0
    # 5 % of 60 and of 100 yuan are commission; the merchant has the rest.
    assert house.ledger.balance(MERCHANTS, "shop") == -(5_700 + 9_500)
    assert house.ledger.refusals() == []


def test_holds_expire_by_themselves_and_a_difference_is_said_once(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.ledger.post(recognition.top_up("t", NOW_MS, "ad", 100))
    hold = Hold(key="h", account=WALLETS, owner="ad", currency="CNY", amount=60, expires_ms=NOW_MS + 10)
    house.ledger.hold(hold, NOW_MS)
    loop = HoldsLoop(house.ledger)
    loop.run()
    house.clock.instant_ms += 10
    loop.run()
    assert house.ledger.find_hold("h").state == "expired"
    with house.world.database.write() as connection:
        connection.execute(sa.text("UPDATE ledger_balances SET amount = amount + 1, home = home + 1"))
    loop.run()
    loop.run()
    assert caplog.text.count("do not add up") == 1


def test_what_a_day_used_is_read_from_the_log(house: House) -> None:
    yesterday = NOW_MS - DAY_MS
    watch = Event(person="p", item="v1", outcome="watch", value=30.0, id="w", time_ms=yesterday)
    page = PageRecord(id="g", person="p", surface="feed", time_ms=yesterday, position=0, seed=1, count=1)
    house.log.append([watch, page, gift("g1"), Event(person="p", item="v1", outcome="watch", value=9.0, id="now")])
    (day,) = used_days(house.home, house.ledger.zone, NOW_MS)
    assert (day.watched_s, day.pages) == (30.0, 1) and day.time_ms < NOW_MS
    assert LINE.usage is not None
