"""Browsers that are signed in. Only the hash of a browser's token is kept, so a stolen table opens nothing."""

import hashlib
import secrets
from typing import NamedTuple

import msgspec
import sqlalchemy as sa

from walras.base.clock import DAY_MS, Clock
from walras.base.database import Database
from walras.base.errors import NotFound, Unavailable
from walras.base.ids import PersonId, new_id
from walras.world.account_tables import SignInRow

# A browser that was not used for so long is signed out, and every one after so long.
IDLE_MS = 30 * DAY_MS
KEPT_MS = 180 * DAY_MS
# When a browser was last seen is written once in so long: writing it with each request would cost a flush for each.
SEEN_EVERY_MS = 10 * 60_000
# A browser signed out elsewhere is so within this time in every process.
TRUST_MS = 5_000
TRUST_WITHOUT_DATABASE_MS = 600_000
TOKEN_CHARS_MAX = 100
_KEPT_MAX = 10_000


class SignIn(msgspec.Struct, frozen=True, kw_only=True):
    """A browser that is signed in."""

    id: str
    person: PersonId
    way: str  # password, passkey, code, signup
    agent: str  # family of the browser and of the device, as `Firefox on Linux`
    address: str  # shortened, so that it says a place and not a person
    created_ms: int
    seen_ms: int
    ended_ms: int = 0

    def ends_ms(self) -> int:
        """When it ends by itself if it is not used again."""
        return min(self.seen_ms + IDLE_MS, self.created_ms + KEPT_MS)


class NewSignIn(NamedTuple):
    """A sign-in just made: the only time its token is known."""

    id: str
    token: str


class SignIns:
    """The table of sign-ins, with what was looked up lately kept in this process."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Look at the table."""
        self._database = database
        self._clock = clock
        self._known: dict[str, tuple[SignIn, int]] = {}

    def begin(self, person: str, *, way: str, agent: str, address: str) -> NewSignIn:
        """Sign a browser in; always with a new token, so one that was planted before is worth nothing."""
        now_ms = self._clock.now_ms()
        made = NewSignIn(new_id("n", now_ms), secrets.token_urlsafe(32))
        row = {
            "id": made.id,
            "hash": _hash(made.token),
            "person": person,
            "way": way,
            "agent": agent,
            "address": address,
            "created_ms": now_ms,
            "seen_ms": now_ms,
            "ended_ms": 0,
        }
        with self._database.write() as connection:
            connection.execute(sa.insert(SignInRow).values(row))
        return made

    def check(self, token: str) -> SignIn | None:
        """The sign-in of this token; None where nobody knows it, or it has ended.

        Raises:
            Unavailable: the database does not answer and this token was not seen lately.
        """
        if not token or len(token) > TOKEN_CHARS_MAX:
            return None
        hash, now_ms = _hash(token), self._clock.now_ms()
        found, since_ms = self._known.get(hash, (None, 0))
        if found is None or not 0 <= now_ms - since_ms < TRUST_MS:
            try:
                found = self._look_up(hash, now_ms)
            except Unavailable:
                if found is None or not 0 <= now_ms - since_ms < TRUST_WITHOUT_DATABASE_MS:
                    raise
        return found if found is not None and now_ms < found.ends_ms() else None

    def of(self, person: str) -> list[SignIn]:
        """Where a person is signed in, the last used first."""
        now_ms = self._clock.now_ms()
        query = sa.select(*_COLUMNS).where(SignInRow.person == person, SignInRow.ended_ms == 0)
        with self._database.read() as connection:
            found = [SignIn(**row._mapping) for row in connection.execute(query.order_by(SignInRow.seen_ms.desc()))]
        return [one for one in found if now_ms < one.ends_ms()]

    def known_agents(self, person: str) -> set[str]:
        """Browsers a person ever signed in with; what is not among them is worth a notice."""
        with self._database.read() as connection:
            return set(connection.scalars(sa.select(SignInRow.agent).where(SignInRow.person == person).distinct()))

    def end(self, person: str, id: str) -> None:
        """Sign out one browser of this person.

        Raises:
            NotFound: she has no such sign-in; somebody else's is not found either.
        """
        if not self._end(SignInRow.person == person, SignInRow.id == id):
            raise NotFound("no such sign-in", field="id", value=id)

    def end_all(self, person: str, but: str = "") -> int:
        """Sign out every browser of a person but one; how many."""
        return self._end(SignInRow.person == person, SignInRow.id != but)

    def forget(self, person: str) -> None:
        """Keep nothing of where a person was signed in."""
        with self._database.write() as connection:
            connection.execute(sa.delete(SignInRow).where(SignInRow.person == person))
        self._known.clear()

    def _end(self, *conditions: sa.ColumnElement[bool]) -> int:
        change = sa.update(SignInRow).where(SignInRow.ended_ms == 0, *conditions)
        with self._database.write() as connection:
            ended = connection.execute(change.values(ended_ms=self._clock.now_ms())).rowcount
        self._known.clear()
        return ended

    def _look_up(self, hash: str, now_ms: int) -> SignIn | None:
        query = sa.select(*_COLUMNS).where(SignInRow.hash == hash, SignInRow.ended_ms == 0)
        with self._database.read() as connection:
            row = connection.execute(query).first()
        if row is None:
            self._known.pop(hash, None)
            return None
        found = SignIn(**row._mapping)
        if now_ms - found.seen_ms >= SEEN_EVERY_MS and now_ms < found.ends_ms():
            found = self._seen(found, now_ms)
        if len(self._known) >= _KEPT_MAX:
            self._known.clear()
        self._known[hash] = (found, now_ms)
        return found

    def _seen(self, found: SignIn, now_ms: int) -> SignIn:
        with self._database.write() as connection:
            connection.execute(sa.update(SignInRow).where(SignInRow.id == found.id).values(seen_ms=now_ms))
        return msgspec.structs.replace(found, seen_ms=now_ms)


_COLUMNS = tuple(column for column in SignInRow.__table__.columns if column.name != "hash")


def _hash(token: str) -> str:
    # A token of 256 random bits needs no slow hash: there is nothing to guess.
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
