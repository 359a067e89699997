"""Joins log, ledger and lines: what is posted in the background, and how the books stand."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from walras.base.clock import Clock
from walras.base.settings import Settings
from walras.events import Log, happenings
from walras.insight.books import Books, used_days
from walras.insight.experiments import Money, money_of
from walras.ledger import Ledger
from walras.ledger.exports import all_postings, mirror
from walras.lines import Line, Tick
from walras.loops import Booking, Finals, HoldsLoop, UsageLoop
from walras.schema import Happening, JournalEntry, Usage
from walras.world import World

MIRROR = "books"
EVERY_S, HOLDS_S, FINALS_S, USAGE_S, MIRROR_S = 1.0, 10.0, 60.0, 600.0, 60.0


def books_of(home: Path, ledger: Ledger, world: World, clock: Clock) -> Books:
    """The books of a home folder."""
    return Books(home, ledger, clock, owners_in(world))


def booked_money(home: Path, ledger: Ledger, lines: Sequence[Line]) -> Money:
    """What followed in money from events, by the ledger now."""
    outcomes = sorted({outcome for line in lines for outcome in line.postings})
    return money_of(all_postings(ledger, home / MIRROR), outcomes)


def owners_in(world: World) -> Callable[[Sequence[str]], Mapping[str, str]]:
    """Says who owns items."""

    def owners(items: Sequence[str]) -> dict[str, str]:
        return {name: item.owner for name, item in world.items.get_many(items).items()}

    return owners


def bookkeeping(
    home: Path, settings: Settings, clock: Clock, log: Log, world: World, ledger: Ledger, lines: Sequence[Line]
) -> list[Tick]:
    """What is posted again and again, each safe to repeat; booking in the order of the log, finals behind it."""
    rules = {outcome: rule for line in lines for outcome, rule in line.postings.items()}

    def read(after: int, until: int) -> Sequence[Happening]:
        return list(happenings(home / "log", after, until, list(rules)))

    booking = Booking(ledger, log.position, read, rules, owners_in(world))
    costs = [_cost(line, settings) for line in lines if line.usage is not None]
    usage = UsageLoop(ledger, lambda: used_days(home, ledger.zone, clock.now_ms()), costs)
    finals = [Finals(ledger, clock, line.finals) for line in lines if line.finals is not None]
    return [
        Tick("ledger.booking", EVERY_S, booking.run),
        Tick("ledger.holds", HOLDS_S, HoldsLoop(ledger).run),
        *(Tick("ledger.finals", FINALS_S, each.run) for each in finals),
        Tick("ledger.usage", USAGE_S, usage.run),
        Tick("ledger.files", MIRROR_S, lambda: mirror(ledger, home / MIRROR)),
    ]


def _cost(line: Line, settings: Settings) -> Callable[[Usage], Sequence[JournalEntry]]:
    made = line.usage
    assert made is not None
    return lambda used: made(used, settings)
