"""Pools by counted time, statements and payouts keep one contract in SQLite and in PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from walras.base.clock import SetClock
from walras.base.errors import Conflict, Invalid, NotFound
from walras.ledger import Ledger, share_out
from walras.ledger.chart import CASH, CREATORS, PAYOUTS, TO_CREATORS
from walras.ledger.paying import VIDEOS_AT_ONCE, Paying, Time
from walras.ledger.recognition import Where
from walras.world import World

WHERE = Where(line="video", programme="creators")


@pytest.fixture
def paying(database_url: str, home: Path, clock: SetClock) -> Iterator[tuple[Paying, Ledger]]:
    world = World(database_url, models_folder=home / "models", clock=clock)
    world.upgrade()
    ledger = Ledger(world.database, clock)
    yield Paying(ledger, world.database, clock), ledger
    ledger.close()
    world.close()


def test_a_pool_is_shared_out_once_with_one_posting_a_video(paying: tuple[Paying, Ledger], clock: SetClock) -> None:
    pay, ledger = paying
    times = [Time("v1", "ana", 100, 7), Time("v2", "ana", 100, 0), Time("v3", "bo", 100, 0), Time("v4", "bo", 0, 9)]
    (entry,) = pay.share_pool("2026-01", 1_000, times, clock.instant_ms, WHERE)
    assert [(p.item, p.amount) for p in entry.postings[1:]] == [("v1", 334), ("v2", 333), ("v3", 333)]
    assert ledger.balance(TO_CREATORS) == 1_000 and ledger.balance(CREATORS, "ana") == -667
    with pytest.raises(Conflict, match="shared out before"):
        pay.share_pool("2026-01", 1_000, times, clock.instant_ms, WHERE)
    with pytest.raises(Invalid):
        pay.share_pool("x", 0, times, clock.instant_ms, WHERE)
    with pytest.raises(Invalid, match="every weight is 0"):
        pay.share_pool("x", 5, times[3:], clock.instant_ms, WHERE)
    statement = pay.statement("bo")
    assert statement.owed_fen == 333
    assert [(line.item, line.counted_ms, line.dropped_ms, line.fen) for line in statement.lines] == [
        ("v3", 100, 0, 333),
        ("v4", 0, 9, 0),
    ]
    assert ledger.conservation(whole=True).is_kept


def test_a_pool_of_more_videos_than_an_entry_takes_is_still_exact(
    paying: tuple[Paying, Ledger], clock: SetClock
) -> None:
    pay, ledger = paying
    times = [Time(f"v{n}", f"o{n % 7}", 1 + n % 3, 0) for n in range(VIDEOS_AT_ONCE + 1)]
    entries = pay.share_pool("big", 100_003, times, clock.instant_ms, WHERE)
    assert len(entries) == 2 and ledger.balance(TO_CREATORS) == 100_003
    assert sum(pay.statement(f"o{n}").owed_fen for n in range(7)) == 100_003


def test_a_payout_is_ordered_and_then_paid_or_failed(paying: tuple[Paying, Ledger], clock: SetClock) -> None:
    pay, ledger = paying
    pay.share_pool("2026-01", 1_000, [Time("v1", "ana", 1, 0)], clock.instant_ms, WHERE)
    with pytest.raises(Conflict, match="1000 that are owed"):
        pay.order("p0", "ana", 1_001)
    assert pay.order("p1", "ana", 600).state == "ordered"
    clock.instant_ms += 1
    assert pay.order("p1", "ana", 600).made_ms < clock.instant_ms, "sent again, it is the same"
    with pytest.raises(Conflict, match="another payout"):
        pay.order("p1", "ana", 601)
    assert (ledger.balance(CREATORS, "ana"), ledger.balance(PAYOUTS, "ana")) == (-400, -600)
    assert pay.failed("p1", "account closed").reason == "account closed"
    assert pay.statement("ana").owed_fen == 1_000
    with pytest.raises(Conflict, match="failed"):
        pay.paid("p1")
    pay.order("p2", "ana", 1_000)
    assert pay.paid("p2").state == "paid" and pay.paid("p2").state == "paid"
    with pytest.raises(Conflict, match="paid"):
        pay.failed("p2", "too late")
    with pytest.raises(NotFound):
        pay.paid("p3")
    assert (ledger.balance(CASH), ledger.balance(PAYOUTS, "ana")) == (-1_000, 0)
    assert [payout.state for payout in pay.statement("ana").payouts] == ["failed", "paid"]
    assert ledger.conservation(whole=True).is_kept


@given(amount=st.integers(0, 10**12), weights=st.lists(st.integers(0, 10**9), min_size=1, max_size=30))
def test_parts_add_up_exactly_and_lie_within_a_unit_of_their_share(amount: int, weights: list[int]) -> None:
    total = sum(weights)
    if total == 0:
        weights, total = [1], 1
    parts = share_out(amount, weights)
    assert sum(parts) == amount
    assert all(abs(part * total - amount * weight) < total for part, weight in zip(parts, weights, strict=True))
