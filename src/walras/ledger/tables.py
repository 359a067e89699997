"""The ledger's tables; they never leave this room. Triggers of migration 0006 guard them, against us too.

An entry's row is written behind its postings and seals them: the database refuses it where they do not balance, and
refuses any posting that no entry seals before the transaction ends.
"""

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from walras.base.tables import ID, INSTANT, Table

CURRENCY = sa.String(3)
PERIOD = sa.String(7)
HASH = sa.LargeBinary


class EntryRow(Table):
    """A journal entry; its postings lie beside it."""

    __tablename__ = "ledger_entries"

    seq: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    key: Mapped[str] = mapped_column(ID, unique=True)
    kind: Mapped[str] = mapped_column(ID)
    event: Mapped[str] = mapped_column(ID, index=True)
    time_ms: Mapped[int] = mapped_column(INSTANT)
    posted_ms: Mapped[int] = mapped_column(INSTANT)
    period: Mapped[str] = mapped_column(PERIOD, index=True)
    reverses: Mapped[str | None] = mapped_column(ID, unique=True)  # so nothing is taken back twice
    memo: Mapped[str] = mapped_column(sa.Text)
    digest: Mapped[bytes] = mapped_column(HASH)
    hash: Mapped[bytes] = mapped_column(HASH)


class PostingRow(Table):
    """One side of an entry; `amount` is above 0 for a debit, `home` the same in fen at the entry's rate."""

    __tablename__ = "ledger_postings"

    entry: Mapped[int] = mapped_column(
        sa.BigInteger,
        sa.ForeignKey("ledger_entries.seq", deferrable=True, initially="DEFERRED"),
        primary_key=True,
        autoincrement=False,
    )
    n: Mapped[int] = mapped_column(sa.Integer, primary_key=True, autoincrement=False)
    account: Mapped[str] = mapped_column(ID)
    amount: Mapped[int] = mapped_column(sa.BigInteger)
    currency: Mapped[str] = mapped_column(CURRENCY)
    home: Mapped[int] = mapped_column(sa.BigInteger)
    line: Mapped[str] = mapped_column(ID)
    city: Mapped[str] = mapped_column(ID)
    campaign: Mapped[str] = mapped_column(ID)
    programme: Mapped[str] = mapped_column(ID)
    owner: Mapped[str] = mapped_column(ID)
    item: Mapped[str] = mapped_column(ID)

    __table_args__ = (
        sa.Index("ix_ledger_postings_owner", "owner", "account", "entry"),
        {"sqlite_with_rowid": False},
    )


class BalanceRow(Table):
    """Sum of the postings of an account, an owner and a currency; moved in the transaction that writes them."""

    __tablename__ = "ledger_balances"

    account: Mapped[str] = mapped_column(ID, primary_key=True)
    owner: Mapped[str] = mapped_column(ID, primary_key=True)
    currency: Mapped[str] = mapped_column(CURRENCY, primary_key=True)
    amount: Mapped[int] = mapped_column(sa.BigInteger)
    home: Mapped[int] = mapped_column(sa.BigInteger)

    __table_args__ = ({"sqlite_with_rowid": False},)


class HoldRow(Table):
    """Money that is promised: what of it was captured and given back so far."""

    __tablename__ = "ledger_holds"

    key: Mapped[str] = mapped_column(ID, primary_key=True)
    account: Mapped[str] = mapped_column(ID)
    owner: Mapped[str] = mapped_column(ID)
    currency: Mapped[str] = mapped_column(CURRENCY)
    amount: Mapped[int] = mapped_column(sa.BigInteger)
    captured: Mapped[int] = mapped_column(sa.BigInteger)
    released: Mapped[int] = mapped_column(sa.BigInteger)
    expires_ms: Mapped[int] = mapped_column(INSTANT)
    state: Mapped[str] = mapped_column(sa.String(16))
    line: Mapped[str] = mapped_column(ID)
    campaign: Mapped[str] = mapped_column(ID)

    __table_args__ = (
        sa.Index("ix_ledger_holds_state", "state", "expires_ms"),
        sa.Index("ix_ledger_holds_owner", "owner", "state"),
    )


class PeriodRow(Table):
    """A month that is closed, with the chain's hash at that moment."""

    __tablename__ = "ledger_periods"

    period: Mapped[str] = mapped_column(PERIOD, primary_key=True)
    closed_ms: Mapped[int] = mapped_column(INSTANT)
    seq: Mapped[int] = mapped_column(sa.BigInteger)
    hash: Mapped[bytes] = mapped_column(HASH)
    closed_by: Mapped[str] = mapped_column(ID)


class RateRow(Table):
    """Yuan for one unit of a currency, from an instant on."""

    __tablename__ = "ledger_rates"

    currency: Mapped[str] = mapped_column(CURRENCY, primary_key=True)
    since_ms: Mapped[int] = mapped_column(INSTANT, primary_key=True, autoincrement=False)
    rate: Mapped[str] = mapped_column(sa.String(64))
    source: Mapped[str] = mapped_column(sa.Text)


class HeadRow(Table):
    """The end of the chain; one row, locked by whoever writes."""

    __tablename__ = "ledger_head"

    name: Mapped[str] = mapped_column(ID, primary_key=True)
    seq: Mapped[int] = mapped_column(sa.BigInteger)
    hash: Mapped[bytes] = mapped_column(HASH)


class ReaderRow(Table):
    """How far a loop has read the log into the ledger."""

    __tablename__ = "ledger_readers"

    name: Mapped[str] = mapped_column(ID, primary_key=True)
    position: Mapped[int] = mapped_column(sa.BigInteger)


class RefusalRow(Table):
    """An entry that a loop made and the ledger refused; somebody has to look at it."""

    __tablename__ = "ledger_refusals"

    key: Mapped[str] = mapped_column(ID, primary_key=True)
    event: Mapped[str] = mapped_column(ID)
    code: Mapped[str] = mapped_column(ID)
    message: Mapped[str] = mapped_column(sa.Text)
    at_ms: Mapped[int] = mapped_column(INSTANT)


class PayRow(Table):
    """What a video earned of a pool: counted and uncounted time, and the fen that follow."""

    __tablename__ = "ledger_pay"

    pool: Mapped[str] = mapped_column(ID, primary_key=True)
    item: Mapped[str] = mapped_column(ID, primary_key=True)
    owner: Mapped[str] = mapped_column(ID)
    counted_ms: Mapped[int] = mapped_column(sa.BigInteger)
    dropped_ms: Mapped[int] = mapped_column(sa.BigInteger)
    amount: Mapped[int] = mapped_column(sa.BigInteger)

    __table_args__ = (sa.Index("ix_ledger_pay_owner", "owner", "pool"),)


class PayoutRow(Table):
    """Money on its way to somebody, and how far it is."""

    __tablename__ = "ledger_payouts"

    key: Mapped[str] = mapped_column(ID, primary_key=True)
    account: Mapped[str] = mapped_column(ID)
    owner: Mapped[str] = mapped_column(ID)
    currency: Mapped[str] = mapped_column(CURRENCY)
    amount: Mapped[int] = mapped_column(sa.BigInteger)
    state: Mapped[str] = mapped_column(sa.String(16))
    reason: Mapped[str] = mapped_column(sa.Text)
    made_ms: Mapped[int] = mapped_column(INSTANT)
    changed_ms: Mapped[int] = mapped_column(INSTANT)

    __table_args__ = (sa.Index("ix_ledger_payouts_owner", "owner", "made_ms"),)
