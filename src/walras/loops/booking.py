"""Posts to the ledger what happened: read the log, let the lines' pure functions say what it means, write.

Every entry's key is made of its event's id, so reading a stretch again posts nothing twice; how far the log was read
is written behind the entries. What the ledger refuses is kept for somebody to look at and stops nothing else.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import Future

import msgspec

from walras.base.clock import DAY_MS, Clock
from walras.base.errors import Refused
from walras.base.logs import room_log
from walras.ledger import Ledger, Posted
from walras.ledger.chart import ORDERS
from walras.schema import Happening, JournalEntry, Usage

READER, FINALS = "events", "finals"
# Rows of the log that one tick reads: the other loops wait meanwhile.
ROWS = 100_000
FINAL_AFTER_MS = 30 * DAY_MS
_log = room_log("loops")

Rule = Callable[[Happening], Sequence[JournalEntry]]


# Given two positions of the log, its events with money in them between the two.
Read = Callable[[int, int], Iterable[Happening]]


class Booking:
    """The loop from the log to the ledger. Safe to repeat after a death, and from two processes at once."""

    def __init__(
        self,
        ledger: Ledger,
        position: Callable[[], int],
        read: Read,
        rules: Mapping[str, Rule],
        owners: Callable[[Sequence[str]], Mapping[str, str]],
    ) -> None:
        """Nothing is read yet.

        Args:
            ledger: where to post.
            position: how far the log goes.
            read: its events of the rules' outcomes.
            rules: by outcome.
            owners: owner by item, for events that name none.
        """
        self._ledger, self._position, self._read = ledger, position, read
        self._rules, self._owners = rules, owners

    def run(self) -> int:
        """Read on, a bounded stretch; how many entries stood."""
        after = self._ledger.read_up_to(READER)
        until = min(self._position(), after + ROWS)
        if until <= after:
            return 0
        posted = post_each(self._ledger, entries_of(self._owned(list(self._read(after, until))), self._rules))
        self._ledger.put_read(READER, until)
        return posted

    def _owned(self, happenings: Sequence[Happening]) -> list[Happening]:
        """The same, each with the owner of its item where it names none."""
        bare = sorted({one.event.item for one in happenings if one.event.item and not one.event.owner})
        owners = self._owners(bare) if bare else {}
        return [
            msgspec.structs.replace(one, event=msgspec.structs.replace(one.event, owner=owner))
            if (owner := "" if one.event.owner else owners.get(one.event.item, ""))
            else one
            for one in happenings
        ]


def entries_of(happenings: Sequence[Happening], rules: Mapping[str, Rule]) -> list[JournalEntry]:
    """What happenings mean in money, in their order."""
    return [entry for one in happenings for entry in rules[one.event.outcome](one)]


def post_each(ledger: Ledger, entries: Sequence[JournalEntry]) -> int:
    """Post entries, each for itself, in open months; how many stood. Those refused are kept with the reason."""
    closed = set(ledger.months())
    refused = _post(ledger, [_dated(ledger, entry, closed) for entry in entries])
    # A month may have been closed just now: what was refused for it is dated anew, once.
    now_closed = set(ledger.months()) if refused else closed
    if now_closed != closed:
        refused = _post(ledger, [_dated(ledger, entry, now_closed) for entry, _ in refused])
    for entry, error in refused:
        _log.warning("an entry was refused: %s", error)
        ledger.note_refusal(entry, error)
    return len(entries) - len(refused)


def _post(ledger: Ledger, entries: Sequence[JournalEntry]) -> list[tuple[JournalEntry, Refused]]:
    """Post entries, each for itself; those that were refused, and why."""
    waiting: list[tuple[JournalEntry, Future[list[Posted]]]] = []
    refused: list[tuple[JournalEntry, Refused]] = []
    for entry in entries:
        try:
            waiting.append((entry, ledger.submit(entry)))
        except Refused as error:
            refused.append((entry, error))
    for entry, answer in waiting:
        try:
            answer.result()
        except Refused as error:
            refused.append((entry, error))
    return refused


def _dated(ledger: Ledger, entry: JournalEntry, closed: Collection[str]) -> JournalEntry:
    """What came late for a month that is closed is booked in the first open one, and says so."""
    time_ms = ledger.open_time(entry.time_ms, closed)
    if time_ms == entry.time_ms or ledger.knows(entry.key):
        return entry
    return msgspec.structs.replace(entry, time_ms=time_ms, memo=f"late: happened at {entry.time_ms}; {entry.memo}")


class Finals:
    """Orders that nobody can give back any more: the merchant is owed, and the commission is revenue."""

    def __init__(self, ledger: Ledger, clock: Clock, final: Callable[[JournalEntry, int], JournalEntry]) -> None:
        """Nothing is read yet.

        Args:
            ledger: where paid orders lie.
            clock: what time it is.
            final: makes the entry that follows one, given it and the instant at which it became final.
        """
        self._ledger, self._clock, self._final = ledger, clock, final

    def run(self) -> int:
        """Book what has become final; how many."""
        after, now_ms, booked = self._ledger.read_up_to(FINALS), self._clock.now_ms(), 0
        while stretch := self._ledger.entries(after):
            paid = [one for one in stretch if one.entry.kind == "order.paid"]
            young = [one.seq for one in paid if one.entry.time_ms + FINAL_AFTER_MS > now_ms]
            # In the order of the journal: behind the first that is too young nothing is looked at yet.
            until = young[0] if young else stretch[-1].seq + 1
            due = [left for one in paid if one.seq < until and (left := self._left(one.entry))]
            booked += post_each(self._ledger, [self._final(entry, entry.time_ms + FINAL_AFTER_MS) for entry in due])
            if until - 1 > after:
                self._ledger.put_read(FINALS, until - 1)
            after = until - 1
            if young:
                break
        return booked

    def _left(self, paid: JournalEntry) -> JournalEntry | None:
        """The order with what still waits of it; None where it was taken back or refunded whole.

        A refund names the order's event and draws on the same account of the same merchant.
        """
        if self._ledger.is_taken_back(paid.key):
            return None
        same = self._ledger.entries_of(paid.event)
        refunds = [each.entry for each in same if each.entry.kind == "order.refunded"]
        stays = [each for each in refunds if not self._ledger.is_taken_back(each.key)]
        back = sum(one.amount for each in stays for one in each.postings if one.account == ORDERS)
        postings = tuple(msgspec.structs.replace(one, amount=one.amount - back) for one in paid.postings)
        return msgspec.structs.replace(paid, postings=postings) if all(one.amount > 0 for one in postings) else None


class UsageLoop:
    """What each day of serving cost, once it is over."""

    def __init__(
        self,
        ledger: Ledger,
        days: Callable[[], Sequence[Usage]],
        costs: Sequence[Callable[[Usage], Sequence[JournalEntry]]],
    ) -> None:
        """Nothing is read yet.

        Args:
            ledger: where to post.
            days: what each day that is over used; those that are booked may be among them.
            costs: of each line.
        """
        self._ledger, self._days, self._costs = ledger, days, costs

    def run(self) -> int:
        """Book the days that are over; how many entries stood, old ones among them."""
        entries = [entry for day in self._days() for cost in self._costs for entry in cost(day)]
        return post_each(self._ledger, [entry for entry in entries if not self._ledger.knows(entry.key)])


class HoldsLoop:
    """Gives back money that was promised until now at most, and looks whether every sum is 0."""

    def __init__(self, ledger: Ledger) -> None:
        """Over one ledger."""
        self._ledger = ledger
        self._said = True

    def run(self) -> None:
        """Expire holds and check conservation; a difference is said once."""
        self._ledger.expire_holds()
        kept = self._ledger.conservation()
        if not kept.is_kept and self._said:
            _log.error("the books do not add up to 0: %s", kept)
        self._said = kept.is_kept
