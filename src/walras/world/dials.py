"""Viewers' dials: those in use, and feeds that somebody saved under a name."""

import msgspec
import sqlalchemy as sa

from walras.base.clock import Clock
from walras.base.database import Database
from walras.base.errors import Invalid, NotFound, TooMuch
from walras.base.ids import new_id
from walras.base.tables import upsert
from walras.schema import Dials
from walras.world.tables import DialsRow

FEEDS_MAX = 50
NAME_CHARS_MAX = 40
_IN_USE = ""


class SavedFeed(msgspec.Struct, frozen=True, kw_only=True):
    """Dials under a name."""

    id: str
    name: str
    dials: Dials


class ViewerDials:
    """The table of dials."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Look at the table."""
        self._database, self._clock = database, clock

    def of(self, person: str, feed: str = _IN_USE) -> Dials:
        """A person's dials in use, or those of a feed she saved.

        Raises:
            NotFound: she has no such feed.
        """
        query = sa.select(DialsRow.body).where(DialsRow.person == person, DialsRow.id == feed)
        with self._database.read() as connection:
            body = connection.scalar(query)
        if body is None and feed:
            raise NotFound("no such feed", field="feed", value=feed)
        return Dials() if body is None else _decode(body)

    def put(self, person: str, dials: Dials) -> Dials:
        """Use these from the next page on."""
        self._write(person, SavedFeed(id=_IN_USE, name="", dials=dials))
        return dials

    def feeds(self, person: str) -> list[SavedFeed]:
        """The feeds a person saved, the oldest first."""
        query = sa.select(DialsRow).where(DialsRow.person == person, DialsRow.id != _IN_USE).order_by(DialsRow.id)
        with self._database.read() as connection:
            return [SavedFeed(id=r.id, name=r.name, dials=_decode(r.body)) for r in connection.execute(query)]

    def save(self, person: str, name: str, dials: Dials) -> SavedFeed:
        """Save dials under a name.

        Raises:
            Invalid: the name is empty or too long.
            TooMuch: she has saved too many.
        """
        if len(self.feeds(person)) >= FEEDS_MAX:
            raise TooMuch("too many saved feeds", field="feeds", value=FEEDS_MAX, hint="Remove one first.")
        made = SavedFeed(id=new_id("f", self._clock.now_ms()), name=_usable(name), dials=dials)
        return self._write(person, made)

    def change(self, person: str, id: str, name: str, dials: Dials) -> SavedFeed:
        """Change a feed.

        Raises:
            NotFound: she has no such feed.
            Invalid: the name is empty or too long.
        """
        self.of(person, id)
        return self._write(person, SavedFeed(id=id, name=_usable(name), dials=dials))

    def remove(self, person: str, id: str) -> None:
        """Take a feed away.

        Raises:
            NotFound: she has no such feed.
        """
        self.of(person, id)
        with self._database.write() as connection:
            connection.execute(sa.delete(DialsRow).where(DialsRow.person == person, DialsRow.id == id))

    def forget(self, person: str) -> None:
        """Keep nothing of hers."""
        with self._database.write() as connection:
            connection.execute(sa.delete(DialsRow).where(DialsRow.person == person))

    def _write(self, person: str, feed: SavedFeed) -> SavedFeed:
        body, now_ms = msgspec.json.encode(feed.dials), self._clock.now_ms()
        row = {"person": person, "id": feed.id, "name": feed.name, "changed_ms": now_ms, "body": body}
        with self._database.write() as connection:
            upsert(connection, DialsRow, [row])
        return feed


_decode = msgspec.json.Decoder(Dials).decode


def _usable(name: str) -> str:
    kept = " ".join(name.split())
    if not 0 < len(kept) <= NAME_CHARS_MAX:
        raise Invalid(f"must have 1 to {NAME_CHARS_MAX} characters", field="name", value=name)
    return kept
