"""Pays creators: a pool by counted time, statements of it, and payouts with their states.

A pool is shared out once, by largest remainder, so its fen add up exactly; each video has one posting. A payout is
ordered, and then paid or failed; what failed is owed again.
"""

from collections.abc import Callable, Sequence
from typing import Literal

import msgspec
import sqlalchemy as sa

from walras.base.clock import Clock
from walras.base.database import Database
from walras.base.errors import Conflict, Invalid, NotFound
from walras.base.tables import upsert
from walras.ledger import recognition
from walras.ledger.chart import CASH, CREATORS, PAYOUTS
from walras.ledger.commit import Work
from walras.ledger.ledger import Ledger
from walras.ledger.money import share_out
from walras.ledger.recognition import Where
from walras.ledger.tables import PayoutRow, PayRow
from walras.ledger.turn import Turn, ready
from walras.schema import JournalEntry

# Postings of one entry, its one debit beside them.
VIDEOS_AT_ONCE = 4_000
Do = Callable[[Turn], "Payout"]
State = Literal["ordered", "paid", "failed"]


class Time(msgspec.Struct, frozen=True):
    """A video's time: what counts for pay, and what the filter took out."""

    item: str
    owner: str
    counted_ms: int
    dropped_ms: int


class PayLine(msgspec.Struct, frozen=True, kw_only=True):
    """A video of a statement."""

    pool: str
    item: str
    counted_ms: int
    dropped_ms: int
    fen: int


class Payout(msgspec.Struct, frozen=True, kw_only=True):
    """Money on its way to somebody."""

    key: str
    account: str
    owner: str
    currency: str
    amount: int
    state: State
    reason: str = ""
    made_ms: int
    changed_ms: int


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody earned, was paid, and is owed."""

    owner: str
    owed_fen: int
    lines: tuple[PayLine, ...]
    payouts: tuple[Payout, ...]


class Paying:
    """Over one ledger."""

    def __init__(self, ledger: Ledger, database: Database, clock: Clock) -> None:
        """Nothing is read yet."""
        self._ledger, self._database, self._clock = ledger, database, clock

    def share_pool(self, pool: str, fen: int, times: Sequence[Time], time_ms: int, where: Where) -> list[JournalEntry]:
        """Share a pool out, once: entries and statement lines are written together or not at all.

        Args:
            pool: its name, such as 2026-11.
            fen: what is shared out, all of it.
            times: of every video; those without counted time get a line and nothing.
            time_ms: the end of its time.
            where: line and programme.

        Returns:
            The entries.

        Raises:
            Conflict: the pool was shared out before, or its month is closed.
            Invalid: nothing to share out, or nobody to get it.
        """
        if fen <= 0:
            raise Invalid("must lie above 0", field="fen", value=fen)
        parts = share_out(fen, [time.counted_ms for time in times])
        shares = [(time.item, time.owner, part) for time, part in zip(times, parts, strict=True) if part]
        entries = [
            recognition.pool_shared(
                f"pool/{pool}/{at // VIDEOS_AT_ONCE}", time_ms, shares[at : at + VIDEOS_AT_ONCE], where
            )
            for at in range(0, len(shares), VIDEOS_AT_ONCE)
        ]
        made = [ready(entry, self._ledger.zone) for entry in entries]
        rows = [
            {"pool": pool, "amount": part, **msgspec.structs.asdict(time)}
            for time, part in zip(times, parts, strict=True)
        ]

        def do(turn: Turn) -> None:
            if turn.connection.scalar(sa.select(PayRow.item).where(PayRow.pool == pool).limit(1)) is not None:
                hint = "A pool is shared out once; give another amount another name."
                raise Conflict("this pool was shared out before", field="pool", value=pool, hint=hint)
            turn.admit(made)
            turn.connection.execute(sa.insert(PayRow), rows)

        self._ledger.do(Work(do, keys=[entry.key for entry in entries], size=len(shares) + len(entries)))
        return entries

    def statement(self, owner: str) -> Statement:
        """What somebody earned, was paid and is owed."""
        lines = sa.select(PayRow.__table__).where(PayRow.owner == owner).order_by(PayRow.pool, PayRow.item)
        payouts = (
            sa.select(PayoutRow.__table__).where(PayoutRow.owner == owner).order_by(PayoutRow.made_ms, PayoutRow.key)
        )
        with self._database.read() as connection:
            found = [
                PayLine(
                    pool=row.pool,
                    item=row.item,
                    counted_ms=row.counted_ms,
                    dropped_ms=row.dropped_ms,
                    fen=row.amount,
                )
                for row in connection.execute(lines)
            ]
            paid = [msgspec.convert(dict(row), Payout) for row in connection.execute(payouts).mappings()]
        owed = -self._ledger.balance(CREATORS, owner)
        return Statement(owner=owner, owed_fen=owed, lines=tuple(found), payouts=tuple(paid))

    # ------------------------------------------------------------ payouts

    def order(self, key: str, owner: str, fen: int, account: str = CREATORS) -> Payout:
        """Send somebody money that is owed.

        Raises:
            Conflict: more than is owed, or the key stands for another payout.
        """
        now_ms = self._clock.now_ms()
        sides = [recognition.debit(account, fen, owner=owner), recognition.credit(PAYOUTS, fen, owner=owner)]

        def do(turn: Turn) -> Payout:
            there = _find(turn.connection, key)
            if there is not None:
                if (there.owner, there.amount, there.account) != (owner, fen, account):
                    raise Conflict("this key stands for another payout", field="key", value=key)
                return there
            owed = turn.available(account, owner, "CNY")
            if fen > owed:
                raise Conflict(f"{fen} fen are more than the {max(owed, 0)} that are owed", field="fen", value=fen)
            turn.admit([ready(recognition.entry(f"payout/{key}", "payout.ordered", now_ms, sides), self._ledger.zone)])
            made = Payout(
                key=key,
                account=account,
                owner=owner,
                currency="CNY",
                amount=fen,
                state="ordered",
                made_ms=now_ms,
                changed_ms=now_ms,
            )
            _put(turn, made)
            return made

        return self._done(key, "", do)

    def paid(self, key: str) -> Payout:
        """It arrived.

        Raises:
            NotFound: no such payout.
            Conflict: it failed before.
        """
        return self._done(key, "paid", lambda turn: self._move(turn, key, "paid", CASH, ""))

    def failed(self, key: str, reason: str) -> Payout:
        """It came back: the money is owed again.

        Raises:
            NotFound: no such payout.
            Conflict: it was paid before.
        """
        return self._done(key, "failed", lambda turn: self._move(turn, key, "failed", "", reason))

    def _move(self, turn: Turn, key: str, state: State, to: str, reason: str) -> Payout:
        there = _find(turn.connection, key)
        if there is None:
            raise NotFound("no such payout", field="key", value=key)
        if there.state == state:
            return there
        if there.state != "ordered":
            raise Conflict(f"this payout is {there.state}", field="key", value=key)
        back = recognition.credit(to or there.account, there.amount, owner="" if to else there.owner)
        sides = [recognition.debit(PAYOUTS, there.amount, owner=there.owner), back]
        entry = recognition.entry(f"payout/{key}/{state}", f"payout.{state}", self._clock.now_ms(), sides, memo=reason)
        turn.admit([ready(entry, self._ledger.zone)])
        moved = msgspec.structs.replace(there, state=state, reason=reason, changed_ms=self._clock.now_ms())
        _put(turn, moved)
        return moved

    def _done(self, key: str, state: str, do: Do) -> Payout:
        entry = f"payout/{key}/{state}" if state else f"payout/{key}"
        found = self._ledger.do(Work(do, keys=[entry], size=2))
        assert isinstance(found, Payout)
        return found


def _find(connection: sa.Connection, key: str) -> Payout | None:
    row = connection.execute(sa.select(PayoutRow.__table__).where(PayoutRow.key == key)).mappings().first()
    return None if row is None else msgspec.convert(dict(row), Payout)


def _put(turn: Turn, payout: Payout) -> None:
    upsert(turn.connection, PayoutRow, [msgspec.structs.asdict(payout)])
