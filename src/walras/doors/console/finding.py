"""Looking things up: people by handle or id, items by id or title, pages by id."""

from collections.abc import Iterator

import msgspec

from walras.base.errors import Forbidden, NotFound
from walras.base.ids import ItemId, PageId, id_fault
from walras.doors.engine import ServingEngine
from walras.schema import Item, PageRecord
from walras.world import Account

FOUND_MAX = 20
# Titles are looked through in the order of ids; a hundred thousand take about a second, so it ends before.
_TITLES_MAX = 20_000
_AT_ONCE = 1_000


class Found(msgspec.Struct, frozen=True):
    """What a word has found."""

    accounts: list[Account]
    people: list[str]  # ids without an account
    items: list[Item]
    page: PageRecord | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing."""
        return not (self.accounts or self.people or self.items or self.page)


def find(engine: ServingEngine, word: str) -> Found:
    """Everything that a word names: exact ids first, then how handles begin and what titles hold."""
    if not word or id_fault(word):
        return Found([], [], [])
    accounts = {account.person: account for account in engine.world.accounts.search(word.lstrip("@"), n=FOUND_MAX)}
    own = engine.world.accounts.find(word)
    if own is not None and own.state != "gone":
        accounts = {own.person: own, **accounts}
    is_known = word in engine.state.person_row or word in engine.world.people.get_many([word])
    people = [word] if is_known and word not in accounts else []
    return Found(list(accounts.values())[:FOUND_MAX], people, _items(engine, word), page_of(engine, word))


def page_of(engine: ServingEngine, id: str) -> PageRecord | None:
    """A page's record, None where the id names none."""
    try:
        return engine.page_record(PageId(id))
    except (NotFound, Forbidden):
        return None


def titles_of(engine: ServingEngine, ids: list[ItemId]) -> dict[str, Item]:
    """Items by id, those that exist."""
    return dict(engine.world.items.get_many(list(dict.fromkeys(id for id in ids if id))))


def _items(engine: ServingEngine, word: str) -> list[Item]:
    exact = engine.world.items.get_many([word])
    lowered = word.lower()
    found = list(exact.values())
    for item in _through(engine):
        if len(found) >= FOUND_MAX:
            break
        if item.id not in exact and (lowered in item.title.lower() or item.id.startswith(word)):
            found.append(item)
    return found


def _through(engine: ServingEngine) -> Iterator[Item]:
    cursor = ""
    for _ in range(_TITLES_MAX // _AT_ONCE):
        listing = engine.world.items.list(cursor, _AT_ONCE)
        yield from listing.values
        cursor = listing.cursor
        if not cursor:
            return
