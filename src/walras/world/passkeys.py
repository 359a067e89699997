"""Passkeys: the public halves of keys that live in people's devices."""

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from walras.base.clock import Clock
from walras.base.database import Database
from walras.base.errors import Conflict, NotFound
from walras.base.ids import PersonId, id_fault
from walras.world.account_tables import PasskeyRow

# A person has a phone, a computer and a key on her ring; more than this is a mistake.
PASSKEYS_MAX = 20


class Passkey(msgspec.Struct, frozen=True, kw_only=True):
    """A passkey of somebody."""

    id: str  # the credential's id, base64url
    person: PersonId
    name: str
    public_key: bytes
    uses: int  # as its device counts; it never goes back
    transports: str
    created_ms: int
    used_ms: int


class Passkeys:
    """The table of passkeys."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Look at the table."""
        self._database = database
        self._clock = clock

    def add(self, passkey: Passkey) -> None:
        """Enter one.

        Raises:
            Conflict: it is known already, or she has too many.
        """
        if len(self.of(passkey.person)) >= PASSKEYS_MAX:
            raise Conflict(f"at most {PASSKEYS_MAX} are kept", field="passkey", hint="Take an old one away first.")
        row = {**msgspec.structs.asdict(passkey), "created_ms": self._clock.now_ms(), "used_ms": 0}
        try:
            with self._database.write() as connection:
                connection.execute(sa.insert(PasskeyRow).values(row))
        except IntegrityError as error:
            raise Conflict("is known already", field="passkey", hint="Sign in with it.") from error

    def get(self, id: str) -> Passkey | None:
        """The passkey of a credential's id; None where nobody knows it."""
        if id_fault(id):
            return None
        with self._database.read() as connection:
            row = connection.execute(_SELECT.where(PasskeyRow.id == id)).first()
        return None if row is None else Passkey(**row._mapping)

    def of(self, person: str) -> list[Passkey]:
        """A person's passkeys, the first made first."""
        query = _SELECT.where(PasskeyRow.person == person).order_by(PasskeyRow.created_ms, PasskeyRow.id)
        with self._database.read() as connection:
            return [Passkey(**row._mapping) for row in connection.execute(query)]

    def used(self, id: str, uses: int) -> None:
        """Write down that it was used, and how often its device says."""
        change = sa.update(PasskeyRow).where(PasskeyRow.id == id)
        with self._database.write() as connection:
            connection.execute(change.values(uses=uses, used_ms=self._clock.now_ms()))

    def remove(self, person: str, id: str) -> None:
        """Forget one of a person's.

        Raises:
            NotFound: she has none of this id; somebody else's is not found either.
        """
        gone = sa.delete(PasskeyRow).where(PasskeyRow.person == person, PasskeyRow.id == id)
        with self._database.write() as connection:
            if not connection.execute(gone).rowcount:
                raise NotFound("no such passkey", field="id", value=id)

    def forget(self, person: str) -> None:
        """Forget all of a person's."""
        with self._database.write() as connection:
            connection.execute(sa.delete(PasskeyRow).where(PasskeyRow.person == person))


_SELECT = sa.select(*PasskeyRow.__table__.columns)
