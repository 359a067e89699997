"""What the command line asks of the books: opened, posted to from files, exported, and a month's pool paid."""

import contextlib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path

import msgspec

from walras.app.bookkeeping import books_of, owners_in
from walras.app.building import world_of
from walras.app.lines import ledger_of
from walras.base.clock import DAY_MS, Clock, SystemClock
from walras.base.errors import Conflict, Invalid
from walras.base.limits import BULK_MAX
from walras.base.settings import Settings
from walras.insight.books import Books, counted_month
from walras.ledger import Ledger, fen_of_yuan, month_after
from walras.ledger.chart import MARKETING
from walras.ledger.exports import beancount_of, csv_of, frame_of
from walras.ledger.paying import Paying, Time
from walras.ledger.recognition import Where
from walras.schema import JournalEntry
from walras.world import World

# Events come late from phones that were off; what comes later still is not paid.
FINAL_MS = 3 * DAY_MS


class Desk(msgspec.Struct, frozen=True):
    """Everything that a command about money needs."""

    home: Path
    world: World
    ledger: Ledger
    books: Books
    paying: Paying
    clock: Clock


class Paid(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a month's pool."""

    month: str
    fen: int
    videos: int  # that earned something
    counted_s: float
    dropped_s: dict[str, float]  # by rule


@contextlib.contextmanager
def open_books(home: Path, settings: Settings) -> Iterator[Desk]:
    """The books of a home folder, closed again."""
    with world_of(home, settings) as world:
        clock = SystemClock()
        ledger = ledger_of(world.database, settings, clock)
        try:
            paying = Paying(ledger, world.database, clock)
            yield Desk(home, world, ledger, books_of(home, ledger, world, clock), paying, clock)
        finally:
            ledger.close()


def entries_in(file: Path) -> list[JournalEntry]:
    """Journal entries of a JSON file: one, or a list.

    Raises:
        Invalid: it cannot be read as such; with the place.
    """
    try:
        found = msgspec.json.decode(file.read_bytes(), type=list[JournalEntry] | JournalEntry)
    except (OSError, msgspec.DecodeError) as error:
        hint = "See docs/ledger.md for an example."
        raise Invalid(f"holds no journal entries ({error})", field="file", value=str(file), hint=hint) from error
    return found if isinstance(found, list) else [found]


def export(ledger: Ledger, to: Path) -> int:
    """Write the journal; the kind by the file's name. How many entries there were.

    Raises:
        Invalid: the name says no kind that is known.
    """
    kind, count = to.suffix, ledger.position()
    if kind == ".parquet":
        frame_of(ledger.all_entries()).write_parquet(to)
    elif kind in (".csv", ".beancount"):
        written = ledger.all_entries()
        lines = csv_of(written) if kind == ".csv" else beancount_of(written, ledger.zone)
        with to.open("w", encoding="utf-8", newline="") as file:
            file.writelines(lines)
    else:
        raise Invalid("names no kind of file", field="to", value=str(to), hint="Use .beancount, .csv or .parquet.")
    return count


def pay_month(desk: Desk, month: str, yuan: float | None, share: float | None) -> Paid:
    """Share a month's pool out among creators.

    Args:
        desk: of the home folder.
        month: such as 2026-10; over for three days, so that late events are counted.
        yuan: the pool; or
        share: of the month's marketing revenue.

    Raises:
        Invalid: neither or both are given.
        Conflict: the month is not over for long enough, or was paid.
    """
    ledger, now_ms = desk.ledger, desk.clock.now_ms()
    if (yuan is None) == (share is None):
        raise Invalid("say either how many yuan or which share", field="pool", value=month)
    end_ms = ledger.month_begins(month_after(month))
    if now_ms < end_ms + FINAL_MS:
        raise Conflict("seconds are final three days after the month", field="month", value=month)
    fen = fen_of_yuan(yuan) if yuan is not None else share_of_marketing(ledger, month, share or 0.0)
    counted = counted_month(desk.home, month, ledger.zone, owners_in(desk.world), _lengths(desk.world))
    times = [Time(one.item, one.owner, one.counted_ms, one.dropped_ms) for one in counted.videos]
    where = Where(line="video", programme="creators")
    desk.paying.share_pool(month, fen, times, ledger.open_time(end_ms - 1), where)
    return Paid(
        month=month,
        fen=fen,
        videos=sum(one.counted_ms > 0 for one in counted.videos),
        counted_s=sum(one.counted_ms for one in counted.videos) / 1000,
        dropped_s={rule: ms / 1000 for rule, ms in counted.dropped_ms.items()},
    )


def share_of_marketing(ledger: Ledger, month: str, share: float) -> int:
    """That share of a month's marketing revenue, in fen."""
    revenue = -sum(
        home
        for one in ledger.all_entries()
        if one.period == month
        for posting, home in zip(one.entry.postings, one.homes, strict=True)
        if posting.account == MARKETING
    )
    return fen_of_yuan(Decimal(str(share)) * revenue / 100)


def _lengths(world: World) -> Mapping[str, int]:
    """Length by item, in milliseconds, where it is known."""
    lengths: dict[str, int] = {}
    cursor = ""
    while True:
        listing = world.items.list(cursor, BULK_MAX)
        lengths |= {item.id: round(item.duration_s * 1000) for item in listing.values if item.duration_s}
        cursor = listing.cursor
        if not cursor:
            return lengths
