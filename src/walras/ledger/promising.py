"""Money that is promised: held, captured in part, released, expired. Each is a journal entry of its own.

A hold moves money from a guarded account to the one where promised money lies, so what is available is simply what
is left, and a hold beyond it is refused like any other entry that would make it fall below nothing.
"""

from collections.abc import Sequence
from typing import Literal

import msgspec

from walras.base.errors import Conflict, Invalid, NotFound
from walras.base.ids import NO_EVENT, EventId
from walras.ledger.chart import CHART, account_named
from walras.ledger.commit import Work
from walras.ledger.entries import signed
from walras.ledger.turn import Hold, Turn, ready
from walras.schema import JournalEntry, Posting


def hold_work(hold: Hold, time_ms: int, zone: str) -> Work:
    """Promise money of somebody.

    Args:
        hold: new, of an account that names where promised money lies.
        time_ms: when.
        zone: of the books.

    Raises:
        Invalid: nothing can be promised of the account, or the amount is none.
    """
    account = account_named(hold.account)
    if not account.held_in:
        names = ", ".join(one.name for one in CHART.values() if one.held_in)
        hint = f"Those that can: {names}."
        raise Invalid("is no account that money can be promised of", field="account", value=hold.account, hint=hint)
    postings = (_side(hold, hold.account, "debit", hold.amount), _side(hold, account.held_in, "credit", hold.amount))
    memo = f"until {hold.expires_ms}" if hold.expires_ms else ""
    made = ready(JournalEntry(key=hold.key, kind="hold", time_ms=time_ms, postings=postings, memo=memo), zone)

    def do(turn: Turn) -> Hold:
        there = turn.holds.get(hold.key)
        turn.admit([made])
        if there is None:
            turn.put_hold(hold)
        return turn.holds[hold.key]

    place = (hold.account, hold.owner, hold.currency)
    return Work(do, keys=[hold.key], holds=[hold.key], places=[place], size=2)


def capture_work(
    of: str, key: str, to: Sequence[Posting], *, kind: str, time_ms: int, zone: str, event: EventId = NO_EVENT
) -> Work:
    """Use promised money, all of it or a part.

    Args:
        of: key of the hold.
        key: of the entry.
        to: the other side, credits less debits being what is captured.
        kind: of the entry.
        time_ms: when; not behind the hold's end.
        zone: of the books.
        event: of the log.
    """
    taken = -sum(signed(posting) for posting in to)

    def do(turn: Turn) -> Hold:
        hold = _there(turn, of)
        entry = _spending(hold, key, kind, time_ms, taken, to, event)
        made = ready(entry, zone)
        if key not in turn.known:
            _demand(hold, taken, time_ms)
            turn.admit([made])
            captured = hold.captured + taken
            state = "captured" if captured + hold.released == hold.amount else "open"
            turn.put_hold(msgspec.structs.replace(hold, captured=captured, state=state))
        else:
            turn.admit([made])
        return turn.holds[of]

    return Work(do, keys=[key], holds=[of], size=1 + len(to))


def release_work(of: str, key: str, *, time_ms: int, zone: str, state: str = "released") -> Work:
    """Give back what is left of a hold.

    Args:
        of: key of the hold.
        key: of the entry.
        time_ms: when.
        zone: of the books.
        state: released, or expired.
    """

    def do(turn: Turn) -> Hold:
        hold = _there(turn, of)
        if key in turn.known:
            return hold
        if hold.state != "open":
            raise Conflict(f"is {hold.state} and holds nothing any more", field="hold", value=of)
        back = (_side(hold, _held_in(hold), "debit", hold.left), _side(hold, hold.account, "credit", hold.left))
        entry = JournalEntry(key=key, kind=f"hold.{state}", time_ms=time_ms, postings=back, reverses="")
        turn.admit([ready(entry, zone)])
        turn.put_hold(msgspec.structs.replace(hold, released=hold.released + hold.left, state=state))
        return turn.holds[of]

    return Work(do, keys=[key], holds=[of], size=2)


def _there(turn: Turn, key: str) -> Hold:
    hold = turn.holds.get(key)
    if hold is None:
        raise NotFound("no such hold", field="hold", value=key)
    return hold


def _demand(hold: Hold, taken: int, time_ms: int) -> None:
    if hold.state != "open":
        raise Conflict(f"is {hold.state} and holds nothing any more", field="hold", value=hold.key)
    if hold.expires_ms and time_ms >= hold.expires_ms:
        raise Conflict("had expired by then", field="hold", value=hold.key)
    if not 0 < taken <= hold.left:
        message = f"cannot be captured: {hold.left} of {hold.amount} are left"
        raise Conflict(message, field="amount", value=taken, hint="Capture what is left at most, and more than 0.")


def _spending(
    hold: Hold, key: str, kind: str, time_ms: int, taken: int, to: Sequence[Posting], event: EventId
) -> JournalEntry:
    from_held = _side(hold, _held_in(hold), "debit", taken)
    return JournalEntry(key=key, kind=kind, time_ms=time_ms, postings=(from_held, *to), event=event)


def _held_in(hold: Hold) -> str:
    return CHART[hold.account].held_in


def _side(hold: Hold, account: str, side: Literal["debit", "credit"], amount: int) -> Posting:
    return Posting(
        account=account,
        side=side,
        amount=amount,
        currency=hold.currency,
        owner=hold.owner,
        line=hold.line,
        campaign=hold.campaign,
    )
