"""What makes a journal entry one: pure checks, its digest, its place in the chain, and its reversal."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from struct import pack
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import astuple

from walras.base import limits
from walras.base.errors import Invalid
from walras.base.ids import id_fault
from walras.ledger.chart import HELD_OF, account_named
from walras.ledger.currencies import digits_of
from walras.ledger.money import AMOUNT_MAX
from walras.schema import JournalEntry, Posting

_encode = msgspec.json.Encoder().encode
_OTHER = {"debit": "credit", "credit": "debit"}
# The chain begins here.
FIRST_HASH = bytes(32)


def check(entry: JournalEntry) -> None:
    """Refuse an entry that is none: unbalanced, a negative amount, an unknown account or currency, an unusable id.

    Raises:
        Invalid: with the field and the fix.
    """
    for name in ("key", "kind"):
        fault = id_fault(getattr(entry, name))
        if fault:
            raise Invalid(f"{fault}", field=name, value=getattr(entry, name))
    if not 2 <= len(entry.postings) <= limits.POSTINGS_MAX:
        message = f"has {len(entry.postings)} postings"
        raise Invalid(message, field="postings", hint=f"Between 2 and {limits.POSTINGS_MAX}.")
    if not 0 < entry.time_ms <= limits.INSTANT_MS_MAX:
        raise Invalid("is no instant", field="time_ms", value=entry.time_ms, hint="Milliseconds since 1970 UTC.")
    for n, posting in enumerate(entry.postings):
        _check_posting(posting, f"postings[{n}]")
    for currency, left in sums(entry.postings).items():
        if left:
            message = f"the entry does not balance: debits exceed credits by {left} minor units of {currency}"
            raise Invalid(message, field="postings", value=entry.key, hint="Debits and credits must be equal.")


def _check_posting(posting: Posting, field: str) -> None:
    account_named(posting.account, f"{field}.account")
    digits_of(posting.currency)
    if not 0 < posting.amount <= AMOUNT_MAX:
        what = "must lie above 0" if posting.amount <= 0 else "is larger than is taken"
        hint = "Say which way money goes by `side`, and the amount in whole minor units."
        raise Invalid(what, field=f"{field}.amount", value=posting.amount, hint=hint)
    for name in ("line", "city", "campaign", "programme", "owner", "item"):
        value = getattr(posting, name)
        if value and (fault := id_fault(value)):
            raise Invalid(fault, field=f"{field}.{name}", value=value)


def signed(posting: Posting) -> int:
    """The amount with its sign: debits above 0, credits below."""
    return posting.amount if posting.side == "debit" else -posting.amount


def sums(postings: Sequence[Posting]) -> dict[str, int]:
    """Debits less credits by currency; all 0 where they balance."""
    left: dict[str, int] = defaultdict(int)
    for posting in postings:
        left[posting.currency] += signed(posting)
    return left


def digest(entry: JournalEntry) -> bytes:
    """32 bytes that two entries share only where they say the same."""
    # Every field in its order, those of the defaults too: what is left out must not depend on how a value was made.
    postings = [astuple(posting) for posting in entry.postings]
    words = (entry.key, entry.kind, entry.time_ms, postings, entry.event, entry.reverses, entry.memo)
    return hashlib.sha256(_encode(words)).digest()


def chained(before: bytes, seq: int, posted_ms: int, period: str, content: bytes, homes: Sequence[int]) -> bytes:
    """The hash of an entry: over the hash before it, its place, its content and its amounts in fen."""
    place = pack(f">qq{len(homes)}q", seq, posted_ms, *homes)
    return hashlib.sha256(before + place + period.encode() + content).digest()


def reversal(entry: JournalEntry, key: str, time_ms: int, memo: str = "") -> JournalEntry:
    """The entry that takes another back: the same postings with their sides changed.

    What had been captured of a hold goes back to where it had been promised from: the promise itself is over.

    Args:
        entry: what is taken back.
        key: of the new one.
        time_ms: when it is taken back; in a month that is open.
        memo: why.
    """
    postings = tuple(
        msgspec.structs.replace(one, side=_OTHER[one.side], account=HELD_OF.get(one.account, one.account))
        for one in entry.postings
    )
    return JournalEntry(
        key=key,
        kind="reversal",
        time_ms=time_ms,
        postings=postings,
        event=entry.event,
        reverses=entry.key,
        memo=memo,
    )


def period_of(time_ms: int, zone: str) -> str:
    """The month of an instant in the zone of the books, as YYYY-MM."""
    # Zones are off UTC by whole quarters of an hour, so each of those lies in one month.
    return _month(time_ms // 900_000, zone)


@lru_cache(maxsize=4_096)
def _month(quarter_hour: int, zone: str) -> str:
    return datetime.fromtimestamp(quarter_hour * 900, ZoneInfo(zone)).strftime("%Y-%m")
