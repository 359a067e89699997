"""How often something was tried lately: sign-ins, codes, letters. Counted in the tables, for all processes."""

import hashlib
import hmac
import math

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from walras.base.clock import Clock
from walras.base.database import Database
from walras.base.errors import TooOften
from walras.world.account_tables import TriesRow
from walras.world.seals import Seals


class Tries:
    """The table of tries. Names are kept as keyed hashes: nobody reads from it who tried to sign in."""

    def __init__(self, database: Database, clock: Clock, seals: Seals) -> None:
        """Look at the table."""
        self._database = database
        self._clock = clock
        self._seals = seals

    def count(self, name: str, most: int, span_ms: int) -> None:
        """Count one try before it is made, so that many at once are bounded as well.

        Args:
            name: whose tries of what, such as `sign in:ann@example.org`.
            most: tries within a span.
            span_ms: a span begins with the first try after the last one's end.

        Raises:
            TooOften: that was one too many; it says when to come back, and nothing of whether the name exists.
        """
        # The key needs the platform's secret, which must not be read inside a transaction that writes.
        key, now_ms = self._key(name), self._clock.now_ms()
        with self._database.write() as connection:
            made, until_ms = connection.execute(_counted(connection, key, now_ms, span_ms)).one()
            connection.execute(sa.delete(TriesRow).where(TriesRow.until_ms <= now_ms - span_ms))
        if made > most:
            wait_s = max(1, math.ceil((until_ms - now_ms) / 1000))
            hint = f"Try again in {_span(wait_s)}."
            raise TooOften("was tried too often", field="tries", value=most, hint=hint)

    def clear(self, name: str) -> None:
        """Forget the tries of a name: one has succeeded."""
        key = self._key(name)
        with self._database.write() as connection:
            connection.execute(sa.delete(TriesRow).where(TriesRow.key == key))

    def _key(self, name: str) -> str:
        return hmac.new(self._seals.of("tries"), name.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def _counted(connection: sa.Connection, key: str, now_ms: int, span_ms: int) -> sa.Executable:
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    insert = make(TriesRow).values(key=key, count=1, until_ms=now_ms + span_ms)
    over = TriesRow.until_ms <= now_ms
    again = {
        "count": sa.case((over, 1), else_=TriesRow.count + 1),
        "until_ms": sa.case((over, now_ms + span_ms), else_=TriesRow.until_ms),
    }
    counted = insert.on_conflict_do_update(index_elements=[TriesRow.key], set_=again)
    return counted.returning(TriesRow.count, TriesRow.until_ms)


def _span(wait_s: int) -> str:
    return f"{wait_s} s" if wait_s < 120 else f"{math.ceil(wait_s / 60)} minutes"
