"""What is asked for once: a code of six digits sent to somebody, or a challenge to a passkey.

A code is worth nothing after ten minutes, after five wrong tries, and once it was used. Its hash is keyed by a secret
of the platform, since six digits alone are tried out in a second.
"""

import hashlib
import hmac
import secrets
from typing import NamedTuple

import sqlalchemy as sa

from walras.base.clock import Clock
from walras.base.database import Database
from walras.base.errors import Invalid
from walras.base.ids import id_fault, new_id
from walras.world.account_tables import CodeRow
from walras.world.seals import Seals

LIVES_MS = 10 * 60_000
TRIES_MAX = 5
DIGITS = 6


class WrongCode(Invalid):
    """The code is not the one that was sent, or it is too old; ask for a new one."""

    code = "wrong-code"


class NewCode(NamedTuple):
    """A code just made: the only time it is known."""

    id: str
    code: str


class Codes:
    """The table of codes."""

    def __init__(self, database: Database, clock: Clock, seals: Seals) -> None:
        """Look at the table."""
        self._database = database
        self._clock = clock
        self._seals = seals

    def issue(self, purpose: str, body: bytes) -> NewCode:
        """Make a code.

        Args:
            purpose: what it opens; it opens nothing else.
            body: what is given to whoever brings it.
        """
        made = NewCode(new_id("c", self._clock.now_ms()), f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}")
        self._insert(made.id, purpose, self._hash(made.id, made.code), body)
        return made

    def peek(self, id: str, purpose: str) -> bytes:
        """What a code of this purpose would open, for whoever made it; it can still be had.

        Raises:
            WrongCode: there is no such code any more.
        """
        standing = sa.and_(CodeRow.id == id, CodeRow.purpose == purpose, CodeRow.ends_ms > self._clock.now_ms())
        with self._database.read() as connection:
            body = None if id_fault(id) else connection.scalar(sa.select(CodeRow.body).where(standing))
        if body is None:
            raise _wrong("")
        return bytes(body)

    def again(self, id: str, purpose: str) -> NewCode:
        """Another code for what an earlier one opened; the earlier one is worth nothing from now on.

        Raises:
            WrongCode: there is no such code any more.
        """
        return self.issue(purpose, self._take(id, purpose))

    def redeem(self, id: str, purpose: str, code: str) -> bytes:
        """What a code opens; it can be had once.

        Raises:
            WrongCode: it is another, it is too old, it was used, or too many wrong ones were tried.
        """
        if id_fault(id):
            raise _wrong(code)
        wanted = self._hash(id, "".join(code.split()))
        now_ms = self._clock.now_ms()
        standing = sa.and_(CodeRow.id == id, CodeRow.purpose == purpose, CodeRow.ends_ms > now_ms)
        with self._database.write() as connection:
            # A try is counted before the code is looked at, and the row is locked meanwhile.
            spent = sa.update(CodeRow).where(standing, CodeRow.tries_left > 0)
            connection.execute(spent.values(tries_left=CodeRow.tries_left - 1))
            found = connection.execute(
                sa.select(CodeRow.hash, CodeRow.body, CodeRow.tries_left).where(standing)
            ).first()
            good = found is not None and found.tries_left >= 0 and hmac.compare_digest(found.hash, wanted)
            if good or (found is not None and found.tries_left <= 0):
                connection.execute(sa.delete(CodeRow).where(CodeRow.id == id))
        if found is None or not good:
            raise _wrong(code)
        return bytes(found.body)

    def keep(self, purpose: str, body: bytes) -> str:
        """Keep something for ten minutes, to be taken once by its id: a passkey's challenge."""
        id = new_id("c", self._clock.now_ms()) + secrets.token_hex(8)
        self._insert(id, purpose, "", body)
        return id

    def take(self, id: str, purpose: str) -> bytes:
        """What was kept under an id; it can be had once.

        Raises:
            WrongCode: nothing is there any more.
        """
        return self._take(id, purpose)

    def _take(self, id: str, purpose: str) -> bytes:
        if id_fault(id):
            raise _wrong("")
        taken = sa.delete(CodeRow).where(
            CodeRow.id == id, CodeRow.purpose == purpose, CodeRow.ends_ms > self._clock.now_ms()
        )
        with self._database.write() as connection:
            body = connection.execute(taken.returning(CodeRow.body)).scalar()
        if body is None:
            raise _wrong("")
        return bytes(body)

    def _insert(self, id: str, purpose: str, hash: str, body: bytes) -> None:
        now_ms = self._clock.now_ms()
        row = {
            "id": id,
            "purpose": purpose,
            "hash": hash,
            "body": body,
            "ends_ms": now_ms + LIVES_MS,
            "tries_left": TRIES_MAX,
        }
        with self._database.write() as connection:
            connection.execute(sa.delete(CodeRow).where(CodeRow.ends_ms <= now_ms))
            connection.execute(sa.insert(CodeRow).values(row))

    def _hash(self, id: str, code: str) -> str:
        said = f"{id}:{code}".encode("utf-8", "surrogatepass")
        return hmac.new(self._seals.of("codes"), said, hashlib.sha256).hexdigest()


def _wrong(code: str) -> WrongCode:
    hint = f"A code lives ten minutes and {TRIES_MAX} tries; ask for a new one."
    return WrongCode("is not the code that was sent, or is too old", field="code", value=code or None, hint=hint)
