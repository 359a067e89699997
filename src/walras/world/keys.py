"""API keys: who may do what. Only the hash of a secret is kept, so a stolen table opens nothing."""

import hashlib
import secrets
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

import msgspec
import sqlalchemy as sa

from walras.base.clock import Clock
from walras.base.database import Database
from walras.base.errors import Invalid, NotFound, Unavailable, nearest
from walras.base.ids import new_id
from walras.base.limits import REQUESTS_PER_S_DEFAULT, TITLE_CHARS_MAX
from walras.world.tables import KeyRow

SCOPES = (
    "events:write",
    "catalog:read",
    "catalog:write",
    "people:read",
    "people:write",
    "feed:read",
    "status:read",
    "admin",
)
DEVELOPMENT_FILE = "development-key"
PAGE_FILE = "page-key"
# A revoked key stops within this time in every process; asking the table on each request would cost a tenth of a page.
TRUST_MS = 5_000
# While the database does not answer, a key that was good lately goes on being good.
TRUST_WITHOUT_DATABASE_MS = 600_000
# Grants kept per process; beyond it the memory is emptied, since only somebody who guesses has so many secrets.
GRANTS_MAX = 10_000


class KeyGrant(msgspec.Struct, frozen=True):
    """What the bearer of a key may do."""

    id: str
    name: str
    scopes: tuple[str, ...]
    requests_per_s: float
    created_ms: int = 0
    revoked_ms: int = 0

    def allows(self, scope: str) -> bool:
        """Whether this key may do it; `admin` may do everything."""
        return scope in self.scopes or "admin" in self.scopes

    @property
    def revoked(self) -> bool:
        """Whether it opens nothing any more."""
        return self.revoked_ms > 0


class NewKey(NamedTuple):
    """A key just made: the only time its secret is shown."""

    id: str
    secret: str


class Keys:
    """The table of keys, with what was looked up lately kept in this process."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Look at the table of keys."""
        self._database = database
        self._clock = clock
        self._known: dict[str, tuple[KeyGrant, int]] = {}

    def create(self, name: str, scopes: Collection[str], requests_per_s: float | None = None) -> NewKey:
        """Make a key.

        Args:
            name: for people, such as the name of the program that will use it.
            scopes: some of SCOPES.
            requests_per_s: how often it may ask; the default of `base/limits.py` where it is not said.

        Raises:
            Invalid: an unknown scope, none at all, an empty name, or a rate that is not positive.
        """
        rate = REQUESTS_PER_S_DEFAULT if requests_per_s is None else requests_per_s
        _check(name, scopes, rate)
        now_ms = self._clock.now_ms()
        key = NewKey(new_id("k", now_ms), "wk_" + secrets.token_urlsafe(32))
        self._insert(key, name, scopes, rate, now_ms)
        return key

    def check(self, secret: str) -> KeyGrant | None:
        """What the bearer of this secret may do; None where nobody knows it or it was revoked.

        Raises:
            Unavailable: the database does not answer and this key was not seen lately.
        """
        hash = _hash(secret)
        now_ms = self._clock.now_ms()
        grant, since_ms = self._known.get(hash, (None, 0))
        if grant is not None and 0 <= now_ms - since_ms < TRUST_MS:
            return grant
        try:
            return self._look_up(hash, now_ms)
        except Unavailable:
            if grant is None or not 0 <= now_ms - since_ms < TRUST_WITHOUT_DATABASE_MS:
                raise
            return grant

    def revoke(self, id: str) -> None:
        """Let a key open nothing from now on; other processes follow within TRUST_MS.

        Raises:
            NotFound: no key has this id.
        """
        change = sa.update(KeyRow).where(KeyRow.id == id, KeyRow.revoked_ms == 0)
        with self._database.write() as connection:
            connection.execute(change.values(revoked_ms=self._clock.now_ms()))
            known = connection.scalar(sa.select(KeyRow.id).where(KeyRow.id == id))
        if known is None:
            raise NotFound("no such key", field="id", value=id)
        self._known.clear()

    def list(self) -> list[KeyGrant]:
        """Every key ever made, oldest first; `revoked_ms` is 0 for those that open something."""
        with self._database.read() as connection:
            rows = connection.execute(sa.select(*_COLUMNS).order_by(KeyRow.id)).all()
        return [_grant(*row) for row in rows]

    def ensure_development_key(self, home: Path) -> str:
        """The secret of the key for trying things out, made at the first start and kept where only its user reads.

        Returns:
            The secret; it stands in `<home>/development-key`, mode 0600.
        """
        return self._ensure(home / DEVELOPMENT_FILE, "development", ("admin",))

    def ensure_page_key(self, home: Path, scopes: Collection[str]) -> str:
        """The secret of the key that screens opened on this machine act with, made and kept like the development key.

        Args:
            home: it stands in `<home>/page-key`, mode 0600.
            scopes: what the screens do.
        """
        return self._ensure(home / PAGE_FILE, "pages", scopes)

    def _ensure(self, path: Path, name: str, scopes: Collection[str]) -> str:
        secret = path.read_text("utf-8").strip() if path.exists() else ""
        if secret and self.check(secret) is not None:
            return secret
        _, secret = self.create(name, scopes)
        _keep(path, secret)
        return secret

    def _insert(self, key: NewKey, name: str, scopes: Collection[str], requests_per_s: float, now_ms: int) -> None:
        row = {
            "id": key.id,
            "name": name,
            "hash": _hash(key.secret),
            "scopes": " ".join(sorted(set(scopes))),
            "requests_per_s": requests_per_s,
            "created_ms": now_ms,
            "revoked_ms": 0,
        }
        with self._database.write() as connection:
            connection.execute(sa.insert(KeyRow).values(row))

    def _look_up(self, hash: str, now_ms: int) -> KeyGrant | None:
        query = sa.select(*_COLUMNS).where(KeyRow.hash == hash, KeyRow.revoked_ms == 0)
        with self._database.read() as connection:
            row = connection.execute(query).first()
        if row is None:
            self._known.pop(hash, None)
            return None
        if len(self._known) >= GRANTS_MAX:
            self._known.clear()
        grant = _grant(*row)
        self._known[hash] = (grant, now_ms)
        return grant


_COLUMNS = (KeyRow.id, KeyRow.name, KeyRow.scopes, KeyRow.requests_per_s, KeyRow.created_ms, KeyRow.revoked_ms)


def _grant(id: str, name: str, scopes: str, requests_per_s: float, created_ms: int, revoked_ms: int) -> KeyGrant:
    return KeyGrant(id, name, tuple(scopes.split()), requests_per_s, created_ms, revoked_ms)


def _hash(secret: str) -> str:
    # A secret of 256 random bits needs no slow hash: there is nothing to guess.
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _check(name: str, scopes: Collection[str], requests_per_s: float) -> None:
    if not name.strip() or len(name) > TITLE_CHARS_MAX or "\x00" in name:
        raise Invalid("must be a short text for people", field="name", value=name)
    for scope in scopes:
        if scope not in SCOPES:
            raise Invalid("is no scope", field="scopes", value=scope, hint=nearest(scope, SCOPES))
    if not scopes:
        raise Invalid("a key without scopes opens nothing", field="scopes", hint=f"Known: {', '.join(SCOPES)}.")
    if not 0 < requests_per_s < float("inf"):
        raise Invalid("must be a positive number", field="requests_per_s", value=requests_per_s)


def _keep(path: Path, secret: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(path.name + ".new")
    scratch.touch(mode=0o600)
    scratch.chmod(0o600)
    scratch.write_text(secret + "\n", "utf-8")
    scratch.replace(path)
