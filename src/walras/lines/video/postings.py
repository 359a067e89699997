"""What happens around videos, in money: gifts, orders that a video led to, and what watching used."""

from collections.abc import Sequence

from walras.base.settings import Settings
from walras.ledger import fen_of_yuan, recognition
from walras.ledger.recognition import Terms, Where
from walras.schema import Happening, JournalEntry, Usage

LINE_NAME = "video"
TERMS = Terms()


def gift(happening: Happening) -> Sequence[JournalEntry]:
    """A gift, to the maker of the video under which it was given."""
    event, amount = happening.event, fen_of_yuan(happening.event.value)
    guild = event.context.get("guild", "")
    if not amount:
        return []
    made = recognition.gift(
        f"gift/{event.id}", event.time_ms, amount, event.owner, guild, TERMS, _where(happening), event.id
    )
    return [made]


def order(happening: Happening) -> Sequence[JournalEntry]:
    """An order that was paid; what becomes of the money is booked once it is final."""
    event, amount = happening.event, fen_of_yuan(happening.event.value)
    if not amount:
        return []
    return [
        recognition.order_paid(f"order/{event.id}", event.time_ms, event.owner, amount, _where(happening), event.id)
    ]


def order_final(paid: JournalEntry, time_ms: int) -> JournalEntry:
    """The entry that follows one of `order`, once nobody can give it back.

    Args:
        paid: as it was posted.
        time_ms: when it became final.
    """
    held = next(posting for posting in paid.postings if posting.side == "credit")
    where = Where(line=held.line, city=held.city, campaign=held.campaign, programme=held.programme, item=held.item)
    return recognition.order_final(f"{paid.key}/final", time_ms, held.owner, "", held.amount, TERMS, where, paid.event)


def usage(used: Usage, settings: Settings) -> Sequence[JournalEntry]:
    """What a day of watching cost in bandwidth, and its pages in servers."""
    gigabytes = used.watched_s * settings.watch_kbit_s / 8 / 1e6
    made = recognition.usage(
        f"usage/{LINE_NAME}/{used.day}",
        used.time_ms,
        fen_of_yuan(gigabytes * settings.bandwidth_yuan_gb),
        fen_of_yuan(used.pages / 1000 * settings.servers_yuan_1000_pages),
        Where(line=LINE_NAME),
        f"{used.watched_s:.0f} s watched, {used.pages} pages",
    )
    return [] if made is None else [made]


def _where(happening: Happening) -> Where:
    context, event = happening.event.context, happening.event
    return Where(
        line=LINE_NAME,
        city=context.get("city", ""),
        campaign=context.get("campaign", ""),
        programme=context.get("programme", ""),
        item=event.item,
    )
