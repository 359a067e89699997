"""Secrets of the platform itself: what signs a guest's cookie, what hides a code. Made once, shared by all."""

import secrets

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from walras.base.database import Database
from walras.world.account_tables import SealRow

SECRET_BYTES = 32


class Seals:
    """The table of secrets, read once a process."""

    def __init__(self, database: Database) -> None:
        """Look at the table."""
        self._database = database
        self._known: dict[str, bytes] = {}

    def of(self, name: str) -> bytes:
        """The secret of this name, made where there is none: 32 random bytes.

        Raises:
            Unavailable: the database does not answer and this process has not read it yet.
        """
        if name not in self._known:
            self._known[name] = self.kept(name, secrets.token_bytes(SECRET_BYTES))
        return self._known[name]

    def kept(self, name: str, made: bytes) -> bytes:
        """What stands under this name; `made` from now on where nothing stood there. The first writer wins."""
        query = sa.select(SealRow.secret).where(SealRow.name == name)
        with self._database.read() as connection:
            found = connection.scalar(query)
        if found is not None:
            return found
        try:
            with self._database.write() as connection:
                connection.execute(sa.insert(SealRow).values(name=name, secret=made))
        except IntegrityError:
            with self._database.read() as connection:
                return connection.scalars(query).one()
        return made
