"""The ledger: one value through which every room posts, promises, closes and looks."""

from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Future
from datetime import datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from walras.base import limits
from walras.base.clock import Clock
from walras.base.database import Database
from walras.base.errors import Conflict, Invalid, NotFound, Refused, TooMuch
from walras.base.ids import NO_EVENT, EventId
from walras.base.tables import upsert
from walras.ledger import reading
from walras.ledger.chart import CHART, HELD_OF
from walras.ledger.commit import GroupCommit, Work
from walras.ledger.currencies import HOME, digits_of
from walras.ledger.entries import period_of, reversal
from walras.ledger.money import rate_of
from walras.ledger.months import close_months, month_after, months_of
from walras.ledger.promising import capture_work, hold_work, release_work
from walras.ledger.reading import Chain, Conservation, Written
from walras.ledger.tables import BalanceRow, EntryRow, HeadRow, HoldRow, PeriodRow, RateRow, ReaderRow, RefusalRow
from walras.ledger.turn import HEAD, Hold, Posted, Ready, Turn, ready
from walras.schema import JournalEntry, Posting

# Holds that one tick gives back.
EXPIRED_AT_ONCE = 1_000


class Ledger:
    """Double entry over the one database. Safe to use from several threads and processes."""

    def __init__(self, database: Database, clock: Clock, zone: str = "UTC") -> None:
        """Open the ledger; its writer's thread starts with the first writing.

        Args:
            database: brought up to date.
            clock: what time it is.
            zone: IANA zone in which months begin.
        """
        self._database, self._clock, self.zone = database, clock, zone
        self._commits: GroupCommit | None = None

    def close(self) -> None:
        """Write what waits. Closing twice is harmless; writing after it is refused."""
        self._writer().close()

    # ------------------------------------------------------------ posting

    def post(self, *entries: JournalEntry) -> list[Posted]:
        """Write entries, all or none; durable when this returns. A key that is known gets its first answer.

        Raises:
            Invalid: unbalanced, a negative amount, an unknown account, a currency without a rate.
            Conflict: a key with other content, a closed month, more than a guarded account holds.
            TooMuch: more entries than are ever taken at once.
            Unable: the database cannot; nothing was written.
        """
        return self.submit(*entries).result()

    def submit(self, *entries: JournalEntry) -> "Future[list[Posted]]":
        """The same without waiting, for those who write much at once."""
        if len(entries) > limits.ENTRIES_PER_CALL_MAX:
            hint = f"Send at most {limits.ENTRIES_PER_CALL_MAX} at once."
            raise TooMuch(f"{len(entries)} entries at once", field="entries", hint=hint)
        for entry in entries:
            _demand_free(entry)
        return self._writer().submit(posting_work([ready(entry, self.zone) for entry in entries]))

    def reverse(self, key: str, new_key: str, time_ms: int, memo: str = "") -> Posted:
        """Take an entry back by another; nothing is ever edited.

        Raises:
            NotFound: nothing has this key.
            Conflict: it was taken back before, it is a promise, or the month of `time_ms` is closed.
        """
        entry = self.entry(key).entry
        if entry.kind == "hold" or entry.kind.startswith("hold."):
            hint = "Release what is still held; what was given back can be held anew."
            raise Conflict("is a promise and is not taken back", field="key", value=key, hint=hint)
        return self.post(reversal(entry, new_key, time_ms, memo))[0]

    def open_time(self, time_ms: int, closed: Collection[str] | None = None) -> int:
        """When to book what happened then: at that instant, or in the first open month where its own is closed.

        Args:
            time_ms: when it happened.
            closed: the closed months, where the caller has them already.

        Returns:
            The instant itself, or the beginning of the first open month after it.
        """
        month = period_of(time_ms, self.zone)
        closed = self.months() if closed is None else closed
        if month not in closed:
            return time_ms
        while month in closed:
            month = month_after(month)
        return self.month_begins(month)

    def month_begins(self, month: str) -> int:
        """The first millisecond of a month in the zone of the books."""
        return int(datetime.fromisoformat(f"{month}-01").replace(tzinfo=ZoneInfo(self.zone)).timestamp() * 1000)

    # ------------------------------------------------------------ promising

    def hold(self, hold: Hold, time_ms: int) -> Hold:
        """Promise money; see `promising.hold_work`.

        Raises:
            Conflict: more than is there.
        """
        return cast(Hold, self.do(hold_work(hold, time_ms, self.zone)))

    def capture(
        self, of: str, key: str, to: Sequence[Posting], *, kind: str, time_ms: int, event: EventId = NO_EVENT
    ) -> Hold:
        """Use promised money, all or a part; see `promising.capture_work`.

        Raises:
            NotFound: no such hold.
            Conflict: more than is left of it, or it is over.
        """
        work = capture_work(of, key, to, kind=kind, time_ms=time_ms, zone=self.zone, event=event)
        return cast(Hold, self.do(work))

    def release(self, of: str, key: str, time_ms: int) -> Hold:
        """Give back what is left of a hold.

        Raises:
            NotFound: no such hold.
            Conflict: it is over.
        """
        return cast(Hold, self.do(release_work(of, key, time_ms=time_ms, zone=self.zone)))

    def expire_holds(self) -> int:
        """Give back what was promised until now at most; how many. Safe to repeat, and from several processes."""
        now_ms = self._clock.now_ms()
        due = sa.select(HoldRow.key).where(HoldRow.state == "open", HoldRow.expires_ms.between(1, now_ms))
        with self._database.read() as connection:
            keys = list(connection.scalars(due.order_by(HoldRow.expires_ms).limit(EXPIRED_AT_ONCE)))
        writer = self._writer()
        works = [release_work(k, f"{k}/expired", time_ms=now_ms, zone=self.zone, state="expired") for k in keys]
        done = [writer.submit(work) for work in works]
        return sum(_stood(each) for each in done)

    def find_hold(self, key: str) -> Hold:
        """A hold as it is now.

        Raises:
            NotFound: there is none.
        """
        turn = Turn(cast(sa.Connection, None), 0, self.zone)
        with self._database.read() as connection:
            turn.connection = connection
            turn.begin([], [key], [])
        if key not in turn.holds:
            raise NotFound("no such hold", field="hold", value=key)
        return turn.holds[key]

    # ------------------------------------------------------------ months and rates

    def close_month(self, month: str, by: str) -> None:
        """Close a month: nothing is posted into it any more.

        Raises:
            Conflict: it is closed, or not over, or an earlier one is open.
        """
        self._close([month], by)

    def close_quarter(self, quarter: str, by: str) -> None:
        """Close those months of a quarter that are open.

        Raises:
            Conflict: all are closed, or one is not over, or an earlier one is open.
        """
        left = [month for month in months_of(quarter) if month not in self.months()]
        if not left:
            raise Conflict(f"the quarter {quarter} is closed already", field="quarter", value=quarter)
        self._close(left, by)

    def months(self) -> list[str]:
        """Closed months, in order."""
        with self._database.read() as connection:
            return list(connection.scalars(sa.select(PeriodRow.period).order_by(PeriodRow.period)))

    def set_rate(self, currency: str, rate: str, since_ms: int, source: str) -> None:
        """Say how many yuan one unit of a currency is worth from an instant on. Rates are added and never changed.

        Raises:
            Invalid: no currency, or no rate.
            Conflict: another rate stands for this instant.
        """
        digits_of(currency)
        rate_of(rate)
        if currency == HOME:
            raise Invalid("is the currency of the books", field="currency", value=currency)
        row = {"currency": currency, "since_ms": since_ms, "rate": rate, "source": source}
        with self._database.write() as connection:
            where = (RateRow.currency == currency, RateRow.since_ms == since_ms)
            there = connection.scalar(sa.select(RateRow.rate).where(*where))
            if there is None:
                connection.execute(sa.insert(RateRow), row)
        if there not in (None, rate):
            raise Conflict(f"the rate is {there} from then on", field="rate", value=rate, hint="Give a later instant.")

    # ------------------------------------------------------------ looking

    def balance(self, account: str, owner: str = "", currency: str = HOME) -> int:
        """Debits less credits of an account for one owner, in minor units."""
        where = (BalanceRow.account == account, BalanceRow.owner == owner, BalanceRow.currency == currency)
        with self._database.read() as connection:
            return connection.scalar(sa.select(BalanceRow.amount).where(*where)) or 0

    def balances(self) -> dict[tuple[str, str], int]:
        """Debits less credits by account and currency, over all owners."""
        query = sa.select(BalanceRow.account, BalanceRow.currency, sa.func.sum(BalanceRow.amount))
        with self._database.read() as connection:
            rows = connection.execute(query.group_by(BalanceRow.account, BalanceRow.currency)).all()
        return {(account, currency): int(amount) for account, currency, amount in rows}

    def entry(self, key: str) -> Written:
        """The entry of a key.

        Raises:
            NotFound: there is none.
        """
        found = self._entries(EntryRow.key == key)
        if not found:
            raise NotFound("no such entry", field="key", value=key)
        return found[0]

    def entries(self, after: int = 0, most: int = reading.STRETCH) -> list[Written]:
        """Entries behind a seq, in order."""
        return self._entries(EntryRow.seq > after, most=most)

    def entries_of(self, event: str) -> list[Written]:
        """Entries that follow from an event of the log."""
        return self._entries(EntryRow.event == event) if event else []

    def all_entries(self) -> Iterator[Written]:
        """Every entry, in order, a stretch in memory at a time."""
        after = 0
        while stretch := self.entries(after):
            yield from stretch
            after = stretch[-1].seq

    def knows(self, key: str) -> bool:
        """Whether an entry has this key."""
        return self._there(EntryRow.key == key)

    def is_taken_back(self, key: str) -> bool:
        """Whether an entry was taken back."""
        return self._there(EntryRow.reverses == key)

    def position(self) -> int:
        """The seq of the newest entry."""
        with self._database.read() as connection:
            return connection.scalar(sa.select(HeadRow.seq).where(HeadRow.name == HEAD)) or 0

    def verify(self) -> Chain:
        """Walk the whole chain.

        Raises:
            Corrupt: it names the first entry that is not what was written.
        """
        with self._database.read() as connection:
            return reading.verify(connection)

    def conservation(self, whole: bool = False) -> Conservation:
        """Whether nothing was made or lost. See `reading.conservation`."""
        with self._database.read() as connection:
            return reading.conservation(connection, whole)

    # ------------------------------------------------------------ what loops keep here

    def read_up_to(self, reader: str) -> int:
        """How far a loop has read the log."""
        with self._database.read() as connection:
            return connection.scalar(sa.select(ReaderRow.position).where(ReaderRow.name == reader)) or 0

    def put_read(self, reader: str, position: int) -> None:
        """It has come so far."""
        with self._database.write() as connection:
            upsert(connection, ReaderRow, [{"name": reader, "position": position}], {"position": "greatest"})

    def note_refusal(self, entry: JournalEntry, error: Refused) -> None:
        """Keep what a loop could not post, for somebody to look at."""
        row = {"key": entry.key, "event": entry.event, "code": error.code, "message": str(error)}
        with self._database.write() as connection:
            upsert(connection, RefusalRow, [{**row, "at_ms": self._clock.now_ms()}])

    def refusals(self, most: int = 100) -> list[dict[str, Any]]:
        """What loops could not post, the newest first."""
        query = sa.select(RefusalRow.__table__).order_by(RefusalRow.at_ms.desc(), RefusalRow.key).limit(most)
        with self._database.read() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    # ------------------------------------------------------------ inside

    def do(self, work: Work) -> Any:
        """Do work of this room in a transaction of the writer, whole or not at all; durable when this returns."""
        return self._writer().submit(work).result()

    def _writer(self) -> GroupCommit:
        if self._commits is None:
            self._commits = GroupCommit(self._write)
        return self._commits

    def _write(self, works: Sequence[Work]) -> list[Any]:
        """One durable transaction for all of them; what is refused stands among the answers."""
        with self._database.write() as connection:
            turn = Turn(connection, self._clock.now_ms(), self.zone)
            turn.begin(*([name for work in works for name in names(work)] for names in _NAMES))
            held = [(hold.account, hold.owner, hold.currency) for hold in turn.holds.values()]
            turn.look_at([*(place for work in works for place in work.places), *held])
            answers = [_attempt(work, turn) for work in works]
            turn.write()
        return answers

    def _close(self, months: Sequence[str], by: str) -> None:
        now_ms = self._clock.now_ms()
        with self._database.write() as connection:
            connection.execute(sa.select(HeadRow.seq).where(HeadRow.name == HEAD).with_for_update())
            close_months(connection, months, period_of(now_ms, self.zone), now_ms, by)

    def _there(self, where: sa.ColumnElement[bool]) -> bool:
        with self._database.read() as connection:
            return connection.scalar(sa.select(EntryRow.seq).where(where)) is not None

    def _entries(self, *where: sa.ColumnElement[bool], most: int = reading.STRETCH) -> list[Written]:
        with self._database.read() as connection:
            return reading.entries_where(connection, *where, most=most)


_NAMES: tuple[Callable[[Work], Sequence[str]], ...] = (
    lambda work: work.keys,
    lambda work: work.holds,
    lambda work: work.reverses,
)


def posting_work(several: Sequence[Ready]) -> Work:
    """Entries to be written together."""
    entries = [one.entry for one in several]
    places = {
        (posting.account, posting.owner, posting.currency)
        for entry in entries
        for posting in entry.postings
        if CHART[posting.account].guarded
    }
    return Work(
        lambda turn: turn.admit(several),
        keys=[entry.key for entry in entries],
        reverses=[entry.reverses for entry in entries if entry.reverses],
        places=sorted(places),
        size=sum(len(entry.postings) for entry in entries),
    )


def _demand_free(entry: JournalEntry) -> None:
    """Refuse an entry on the accounts of promised money: there every fen belongs to a hold."""
    for n, posting in enumerate(entry.postings):
        if posting.account in HELD_OF:
            hint = "Use a hold: what lies there is promised."
            raise Invalid("is moved by holds alone", field=f"postings[{n}].account", value=posting.account, hint=hint)


def _attempt(work: Work, turn: Turn) -> Any:
    try:
        return work.do(turn)
    except Refused as error:
        return error


def _stood(done: "Future[Any]") -> int:
    """1 where it was done; a hold that another process gave back meanwhile is none of ours."""
    return 0 if isinstance(done.exception(), Refused) else int(done.result() is not None)
