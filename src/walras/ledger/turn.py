"""One transaction of the ledger: what it must know beforehand, what it admits, and what it writes at its end.

Work is admitted in memory first and refused there with a reason; only what stands is written, in one go. The row of
the chain's head is locked meanwhile, so of several processes one writes at a time.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import msgspec
import sqlalchemy as sa
from msgspec.structs import astuple

from walras.base.errors import Conflict, Invalid
from walras.base.tables import Table, upsert
from walras.ledger.chart import CHART
from walras.ledger.currencies import HOME
from walras.ledger.entries import chained, check, digest, period_of, signed
from walras.ledger.money import home_of, rate_of
from walras.ledger.tables import BalanceRow, EntryRow, HeadRow, HoldRow, PeriodRow, PostingRow, RateRow
from walras.schema import JournalEntry

HEAD = "head"
# Keys of one statement: SQLite takes 32,766 variables.
_KEYS_PER_STATEMENT = 5_000
Place = tuple[str, str, str]  # account, owner, currency


class Posted(msgspec.Struct, frozen=True):
    """The ledger's answer for an entry: its place in the chain. Asked again, the same answer is given."""

    key: str
    seq: int
    hash: str


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """Money that is promised."""

    key: str
    account: str
    owner: str
    currency: str
    amount: int
    captured: int = 0
    released: int = 0
    expires_ms: int = 0  # 0: never
    state: str = "open"  # open, captured, released, expired
    line: str = ""
    campaign: str = ""

    @property
    def left(self) -> int:
        """What is still promised."""
        return self.amount - self.captured - self.released


@dataclass(frozen=True, slots=True)
class Ready:
    """An entry that was checked, with its digest and its month."""

    entry: JournalEntry
    digest: bytes
    period: str


def ready(entry: JournalEntry, zone: str) -> Ready:
    """Check an entry; in the caller's thread, so that the writer's has less to do.

    Raises:
        Invalid: see `entries.check`.
    """
    check(entry)
    return Ready(entry, digest(entry), period_of(entry.time_ms, zone))


@dataclass(slots=True)
class _Known:
    posted: Posted
    digest: bytes


@dataclass(slots=True)
class Turn:
    """What a transaction knows and is going to write."""

    connection: sa.Connection
    now_ms: int
    zone: str
    seq: int = 0
    hash: bytes = b""
    known: dict[str, _Known] = field(default_factory=dict)
    taken_back: set[str] = field(default_factory=set)
    closed: set[str] = field(default_factory=set)
    holds: dict[str, Hold] = field(default_factory=dict)
    _begun: int = 0
    _balances: dict[Place, int] = field(default_factory=dict)
    _rates: dict[str, list[tuple[int, Fraction]]] = field(default_factory=dict)
    _entries: list[tuple[object, ...]] = field(default_factory=list)
    _postings: list[tuple[object, ...]] = field(default_factory=list)
    _moved: dict[Place, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    _held: set[str] = field(default_factory=set)

    # ------------------------------------------------------------ knowing

    def begin(self, keys: Sequence[str], holds: Sequence[str], reversed_keys: Sequence[str]) -> None:
        """Lock the chain and read what the work names."""
        head = sa.select(HeadRow.seq, HeadRow.hash).where(HeadRow.name == HEAD).with_for_update()
        self.seq, self.hash = self.connection.execute(head).one()
        self._begun = self.seq
        self.closed = set(self.connection.scalars(sa.select(PeriodRow.period)))
        for some in _stretches(keys):
            rows = sa.select(EntryRow.key, EntryRow.seq, EntryRow.hash, EntryRow.digest).where(EntryRow.key.in_(some))
            for key, seq, its_hash, content in self.connection.execute(rows):
                self.known[key] = _Known(Posted(key, seq, its_hash.hex()), content)
        for some in _stretches(reversed_keys):
            self.taken_back |= set(
                self.connection.scalars(sa.select(EntryRow.reverses).where(EntryRow.reverses.in_(some)))
            )
        for some in _stretches(holds):
            for row in self.connection.execute(sa.select(HoldRow.__table__).where(HoldRow.key.in_(some))).mappings():
                self.holds[row["key"]] = msgspec.convert(dict(row), Hold)

    def look_at(self, places: Iterable[Place]) -> None:
        """Read the balances of guarded accounts that will be moved."""
        wanted = {place for place in places if place not in self._balances}
        if not wanted:
            return
        for owners in _stretches(sorted({owner for _, owner, _ in wanted})):
            query = sa.select(BalanceRow.account, BalanceRow.owner, BalanceRow.currency, BalanceRow.amount)
            accounts = sorted({account for account, _, _ in wanted})
            found = query.where(BalanceRow.account.in_(accounts), BalanceRow.owner.in_(owners))
            for account, owner, currency, amount in self.connection.execute(found):
                self._balances.setdefault((account, owner, currency), amount)
        for place in wanted:
            self._balances.setdefault(place, 0)

    def available(self, account: str, owner: str, currency: str) -> int:
        """What lies on a guarded account of somebody, in minor units."""
        place = (account, owner, currency)
        if place not in self._balances:
            self.look_at([place])
        return -self._balances[place]

    def rate(self, currency: str, time_ms: int) -> Fraction:
        """Yuan for one unit at an instant.

        Raises:
            Invalid: none was set up to then.
        """
        if currency not in self._rates:
            query = sa.select(RateRow.since_ms, RateRow.rate).where(RateRow.currency == currency)
            rows = self.connection.execute(query.order_by(RateRow.since_ms.desc())).all()
            self._rates[currency] = [(since_ms, rate_of(text)) for since_ms, text in rows]
        for since_ms, rate in self._rates[currency]:
            if since_ms <= time_ms:
                return rate
        hint = f"Set one first: walras ledger rate {currency} 7.1234."
        raise Invalid("has no rate at this time", field="currency", value=currency, hint=hint)

    # ------------------------------------------------------------ admitting

    def admit(self, several: Sequence[Ready]) -> list[Posted]:
        """Take entries, all of them or none; those that are known get their first answer.

        Raises:
            Conflict: a key with other content, a closed month, more than a guarded account holds, taken back before.
            Invalid: a currency without a rate.
        """
        fresh: dict[str, Ready] = {}
        for one in several:
            if self._is_known(one, fresh):
                continue
            self._demand_open(one)
            fresh[one.entry.key] = one
        homes = {key: self._homes(one.entry) for key, one in fresh.items()}
        self._demand_covered([one.entry for one in fresh.values()])
        for key, one in fresh.items():
            self._take(one, homes[key])
        return [self.known[one.entry.key].posted for one in several]

    def put_hold(self, hold: Hold) -> None:
        """It stands like this from now on."""
        self.holds[hold.key] = hold
        self._held.add(hold.key)

    def _is_known(self, one: Ready, fresh: dict[str, Ready]) -> bool:
        key = one.entry.key
        known = self.known.get(key) or fresh.get(key)
        if known is not None and known.digest != one.digest:
            hint = "A key stands for one entry for good: give another entry another key."
            raise Conflict("this key stands for an entry of other content", field="key", value=key, hint=hint)
        return known is not None

    def _demand_open(self, one: Ready) -> None:
        if one.period in self.closed:
            hint = "Books of a closed month do not change: take back or correct in a month that is open."
            raise Conflict(f"the month {one.period} is closed", field="time_ms", value=one.entry.time_ms, hint=hint)
        if one.entry.reverses and one.entry.reverses in self.taken_back:
            raise Conflict("was taken back before", field="reverses", value=one.entry.reverses)

    def _homes(self, entry: JournalEntry) -> list[int]:
        """Each posting in fen."""
        amounts = [signed(posting) for posting in entry.postings]
        if all(posting.currency == HOME for posting in entry.postings):
            return amounts
        homes = amounts[:]
        for currency in {posting.currency for posting in entry.postings} - {HOME}:
            at = [n for n, posting in enumerate(entry.postings) if posting.currency == currency]
            made = home_of([amounts[n] for n in at], currency, self.rate(currency, entry.time_ms))
            for n, home in zip(at, made, strict=True):
                homes[n] = home
        return homes

    def _demand_covered(self, entries: Sequence[JournalEntry]) -> None:
        """No guarded account may fall below nothing by what these do together."""
        moves: dict[Place, int] = defaultdict(int)
        for entry in entries:
            for posting in entry.postings:
                if CHART[posting.account].guarded:
                    moves[posting.account, posting.owner, posting.currency] += signed(posting)
        for (account, owner, currency), move in moves.items():
            there = self.available(account, owner, currency)
            if move > there:
                message = (
                    f"{move} minor units of {currency} are more than the {max(there, 0)} that {owner or 'nobody'} has"
                )
                raise Conflict(message, field="amount", value=account, hint="Top up first, or ask for less.")

    def _take(self, one: Ready, homes: Sequence[int]) -> None:
        entry = one.entry
        self.seq += 1
        self.hash = chained(self.hash, self.seq, self.now_ms, one.period, one.digest, homes)
        self.known[entry.key] = _Known(Posted(entry.key, self.seq, self.hash.hex()), one.digest)
        if entry.reverses:
            self.taken_back.add(entry.reverses)
        head = (self.seq, entry.key, entry.kind, entry.event, entry.time_ms, self.now_ms, one.period)
        self._entries.append((*head, entry.reverses or None, entry.memo, one.digest, self.hash))
        for n, (posting, home) in enumerate(zip(entry.postings, homes, strict=True)):
            account, side, amount, currency, *dimensions = astuple(posting)
            amount = amount if side == "debit" else -amount
            place = (account, posting.owner, currency)
            moved = self._moved[place]
            moved[0] += amount
            moved[1] += home
            if place in self._balances:
                self._balances[place] += amount
            self._postings.append((self.seq, n, account, amount, currency, home, *dimensions))

    # ------------------------------------------------------------ writing

    def write(self) -> None:
        """Write what was admitted; the transaction's end makes it durable."""
        if self._entries:
            moved = [(*place, amount, home) for place, (amount, home) in sorted(self._moved.items())]
            self._insert(PostingRow, self._postings)
            self._insert(EntryRow, self._entries)
            self._insert(BalanceRow, moved, _ADDED)
            head = sa.update(HeadRow).where(HeadRow.name == HEAD).values(seq=self.seq, hash=self.hash)
            self.connection.execute(head)
        upsert(self.connection, HoldRow, [msgspec.structs.asdict(self.holds[key]) for key in sorted(self._held)])

    def _insert(self, table: type[Table], rows: Sequence[tuple[object, ...]], behind: str = "") -> None:
        """Rows in the order of the table's columns, as the driver takes them: half the time of a mapping each."""
        names = [column.name for column in table.__table__.columns]
        marks = ", ".join(["%s" if self.connection.dialect.name == "postgresql" else "?"] * len(names))
        statement = f"INSERT INTO {table.__tablename__} ({', '.join(names)}) VALUES ({marks}){behind}"
        self.connection.exec_driver_sql(statement, list(rows))


_ADDED = (
    " ON CONFLICT (account, owner, currency) DO UPDATE SET amount = ledger_balances.amount + excluded.amount, "
    "home = ledger_balances.home + excluded.home"
)


def _stretches(names: Sequence[str]) -> Iterable[Sequence[str]]:
    return (names[at : at + _KEYS_PER_STATEMENT] for at in range(0, len(names), _KEYS_PER_STATEMENT))
