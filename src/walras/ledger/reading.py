"""Reads the journal: entries by key, event, owner or place in the chain, and whether the chain is whole."""

from collections.abc import Iterator, Sequence

import msgspec
import sqlalchemy as sa

from walras.base.errors import Corrupt
from walras.base.ids import EventId
from walras.ledger.entries import FIRST_HASH, chained, digest
from walras.ledger.tables import BalanceRow, EntryRow, HeadRow, PeriodRow, PostingRow
from walras.ledger.turn import HEAD
from walras.schema import JournalEntry, Posting

_DIMENSIONS = ("line", "city", "campaign", "programme", "owner", "item")
# Entries read at once while the chain is walked.
STRETCH = 2_000


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """An entry as it lies in the journal."""

    seq: int
    entry: JournalEntry
    period: str
    posted_ms: int
    homes: tuple[int, ...]  # each posting in fen, signed
    digest: bytes
    hash: bytes


class Chain(msgspec.Struct, frozen=True):
    """The chain was walked and is whole up to here. Keep the hash elsewhere: it proves all entries before it."""

    entries: int
    hash: str


class Conservation(msgspec.Struct, frozen=True, kw_only=True):
    """Whether nothing was made or lost: every figure is a difference that must be 0."""

    seq: int
    by_currency: dict[str, int]  # sum of all balances
    home: int  # the same in fen
    balances_off: int  # accounts whose balance is not the sum of their postings; -1: not looked at
    holds_off: int  # owners whose promised money is not the sum of their open holds

    @property
    def is_kept(self) -> bool:
        """Whether all of them are 0."""
        return not (any(self.by_currency.values()) or self.home or max(self.balances_off, 0) or self.holds_off)


def entries_where(connection: sa.Connection, *where: sa.ColumnElement[bool], most: int = STRETCH) -> list[Written]:
    """Entries in the order of the chain, with their postings."""
    rows = connection.execute(sa.select(EntryRow.__table__).where(*where).order_by(EntryRow.seq).limit(most)).all()
    if not rows:
        return []
    postings: dict[int, list[sa.Row[tuple[object, ...]]]] = {row.seq: [] for row in rows}
    seqs = list(postings)
    if seqs[-1] - seqs[0] + 1 == len(seqs):
        of_them = PostingRow.entry.between(seqs[0], seqs[-1])
    else:
        of_them = PostingRow.entry.in_(seqs)
    query = sa.select(PostingRow.__table__).where(of_them).order_by(PostingRow.entry, PostingRow.n)
    for posting in connection.execute(query):
        postings[posting.entry].append(posting)
    return [_written(row, postings[row.seq]) for row in rows]


def _written(row: sa.Row[tuple[object, ...]], postings: Sequence[sa.Row[tuple[object, ...]]]) -> Written:
    entry = JournalEntry(
        key=row.key,
        kind=row.kind,
        time_ms=row.time_ms,
        postings=tuple(_posting(posting) for posting in postings),
        event=EventId(row.event),
        reverses=row.reverses or "",
        memo=row.memo,
    )
    return Written(
        seq=row.seq,
        entry=entry,
        period=row.period,
        posted_ms=row.posted_ms,
        homes=tuple(posting.home for posting in postings),
        digest=bytes(row.digest),
        hash=bytes(row.hash),
    )


def _posting(row: sa.Row[tuple[object, ...]]) -> Posting:
    return Posting(
        account=row.account,
        side="debit" if row.amount > 0 else "credit",
        amount=abs(row.amount),
        currency=row.currency,
        **{name: getattr(row, name) for name in _DIMENSIONS},
    )


def walk(connection: sa.Connection, after: int = 0) -> Iterator[list[Written]]:
    """All entries behind a seq, a stretch at a time."""
    while stretch := entries_where(connection, EntryRow.seq > after):
        yield stretch
        after = stretch[-1].seq


def verify(connection: sa.Connection) -> Chain:
    """Walk the chain from its beginning and compare every entry with its hash.

    Raises:
        Corrupt: an entry was changed, removed or put in from outside; it names the first that is wrong.
    """
    before, seq = FIRST_HASH, 0
    closed = {row.seq: row.hash for row in connection.execute(sa.select(PeriodRow.seq, PeriodRow.hash))}
    for stretch in walk(connection):
        for written in stretch:
            seq += 1
            before = _verified(written, seq, before)
            if bytes(closed.get(seq, before)) != before:
                raise _broken(seq, "is not what it was when its month was closed")
    head = connection.execute(sa.select(HeadRow.seq, HeadRow.hash).where(HeadRow.name == HEAD)).one()
    if (head.seq, bytes(head.hash)) != (seq, before):
        raise _broken(seq, f"is the last, and the chain ended at {head.seq}")
    return Chain(seq, before.hex())


def _verified(written: Written, seq: int, before: bytes) -> bytes:
    if written.seq != seq:
        raise _broken(seq, "is missing")
    content = digest(written.entry)
    if content != written.digest:
        raise _broken(seq, "says something else than when it was written")
    its_hash = chained(before, seq, written.posted_ms, written.period, content, written.homes)
    if its_hash != written.hash:
        raise _broken(seq, "does not follow from the entries before it")
    return its_hash


def _broken(seq: int, what: str) -> Corrupt:
    hint = "The books were changed from outside: compare with a backup or an export, whose hashes are known."
    return Corrupt(f"entry {seq} {what}", field="ledger", value=seq, hint=hint)


def conservation(connection: sa.Connection, whole: bool = False) -> Conservation:
    """Whether every sum is 0.

    Args:
        connection: in one transaction.
        whole: compare every balance with its postings too; reads the whole journal.
    """
    total = sa.select(BalanceRow.currency, sa.func.sum(BalanceRow.amount), sa.func.sum(BalanceRow.home))
    rows = connection.execute(total.group_by(BalanceRow.currency)).all()
    seq = connection.scalar(sa.select(HeadRow.seq).where(HeadRow.name == HEAD)) or 0
    return Conservation(
        seq=seq,
        by_currency={currency: int(amount) for currency, amount, _ in rows},
        home=sum(int(home) for _, _, home in rows),
        balances_off=_count(connection, _BALANCES_OFF) if whole else -1,
        holds_off=_count(connection, _HOLDS_OFF),
    )


def _count(connection: sa.Connection, query: str) -> int:
    return int(connection.execute(sa.text(query)).scalar() or 0)


_BALANCES_OFF = """
SELECT count(*) FROM (
  SELECT account, owner, currency FROM (
    SELECT account, owner, currency, amount, home FROM ledger_balances
    UNION ALL SELECT account, owner, currency, -amount, -home FROM ledger_postings) AS a
  GROUP BY account, owner, currency HAVING sum(amount) <> 0 OR sum(home) <> 0) AS b
"""
_HOLDS_OFF = """
SELECT count(*) FROM (
  SELECT owner, currency FROM (
    SELECT owner, currency, amount - captured - released AS amount FROM ledger_holds WHERE state = 'open'
    UNION ALL SELECT owner, currency, amount FROM ledger_balances
    WHERE account IN ('Liabilities:Wallets:Held', 'Liabilities:Coins:Held')) AS a
  GROUP BY owner, currency HAVING sum(amount) <> 0) AS b
"""
