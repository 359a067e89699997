"""Accounts: who signed up, under which handle, with what settings.

active ──asks to leave──> leaving ──seven days──> gone
   ↑───────changes her mind───────┘      active <──operator──> suspended
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Literal

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from walras.base.clock import Clock
from walras.base.database import Database
from walras.base.errors import Conflict, Invalid, NotFound, nearest
from walras.base.ids import PersonId, id_fault
from walras.world.account_settings import AccountSettings, read_settings
from walras.world.account_tables import AccountRow
from walras.world.names import handle_key

ROLES = ("maker", "reviewer", "operator")
State = Literal["active", "leaving", "suspended", "gone"]
# An account looked up lately is believed for this long; changes made by this process are seen at once.
TRUST_MS = 5_000
_KEPT_MAX = 10_000
_IDS_PER_STATEMENT = 2_000


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who signed up. The password's hash is not among what travels."""

    person: PersonId
    handle: str
    name: str
    bio: str = ""
    avatar: str = ""  # address of a picture; empty: a monogram of the name is drawn
    email: str = ""
    phone: str = ""
    roles: tuple[str, ...] = ("maker",)
    birth_year: int = 0
    state: State = "active"
    created_ms: int = 0
    leaves_ms: int = 0  # when a leaving account is forgotten
    settings: AccountSettings = AccountSettings()


class Accounts:
    """The table of accounts, with what was looked up lately kept in this process."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Look at the table."""
        self._database = database
        self._clock = clock
        self._known: dict[str, tuple[Account | None, int]] = {}

    def create(self, account: Account, password_hash: str) -> Account:
        """Enter an account.

        Raises:
            Conflict: the person, the handle, the e-mail or the telephone has an account already; with the field.
        """
        row = {**_row(account), "password_hash": password_hash, "created_ms": self._clock.now_ms()}
        try:
            with self._database.write() as connection:
                connection.execute(sa.insert(AccountRow).values(row))
        except IntegrityError as error:
            raise self._taken(account) from error
        self._known.pop(account.person, None)
        return self.get(account.person)

    def get(self, person: str) -> Account:
        """The account of a person.

        Raises:
            NotFound: she has none, or it is gone.
        """
        found = self.find(person)
        if found is None or found.state == "gone":
            raise NotFound("no such account", field="person", value=person)
        return found

    def find(self, person: str) -> Account | None:
        """The account of a person, also where it is gone; None where she never had one. Up to 5 s old."""
        now_ms = self._clock.now_ms()
        account, since_ms = self._known.get(person, (None, -TRUST_MS))
        if not 0 <= now_ms - since_ms < TRUST_MS:
            account = self._one(AccountRow.person == person) if id_fault(person) is None else None
            if len(self._known) >= _KEPT_MAX:
                self._known.clear()
            self._known[person] = (account, now_ms)
        return account

    def of_handle(self, handle: str) -> Account:
        """The account of a handle, in whatever letters it is written.

        Raises:
            NotFound: nobody has it.
        """
        key = handle_key(handle)
        found = None if id_fault(key) else self._one(AccountRow.handle_key == key)
        if found is None or found.state == "gone":
            raise NotFound("no such person", field="handle", value=handle)
        return found

    def of_login(self, *, email: str = "", phone: str = "", handle: str = "") -> Account | None:
        """The account with this e-mail, telephone or handle, as it is kept; None where there is none."""
        if email:
            return self._one(AccountRow.email == email)
        if phone:
            return self._one(AccountRow.phone == phone)
        return self._one(AccountRow.handle_key == handle_key(handle)) if handle else None

    def of_people(self, people: Iterable[str]) -> dict[str, Account]:
        """Accounts of these people, by person, those that have one and are not gone."""
        wanted = [person for person in dict.fromkeys(people) if id_fault(person) is None]
        found: dict[str, Account] = {}
        with self._database.read() as connection:
            for start in range(0, len(wanted), _IDS_PER_STATEMENT):
                some = wanted[start : start + _IDS_PER_STATEMENT]
                query = sa.select(*_COLUMNS).where(AccountRow.person.in_(some), AccountRow.state != "gone")
                found.update((row.person, _account(row)) for row in connection.execute(query))
        return found

    def of_handles(self, handles: Iterable[str]) -> dict[str, Account]:
        """Accounts of these handles, by handle in small letters, those that exist."""
        keys = [key for key in {handle_key(handle) for handle in handles} if id_fault(key) is None]
        query = sa.select(*_COLUMNS).where(AccountRow.handle_key.in_(keys), AccountRow.state != "gone")
        with self._database.read() as connection:
            return {row.handle.lower(): _account(row) for row in connection.execute(query)}

    def search(self, start: str = "", cursor: str = "", n: int = 100) -> list[Account]:
        """Accounts whose handles begin so, in the order of their handles, behind the cursor (a handle)."""
        key = handle_key(start)
        # A range and not LIKE: a handle's own _ would stand for any sign there.
        query = sa.select(*_COLUMNS).where(AccountRow.handle_key > handle_key(cursor), AccountRow.state != "gone")
        if key:
            query = query.where(AccountRow.handle_key >= key, AccountRow.handle_key < key + "\x7f")
        with self._database.read() as connection:
            return [_account(row) for row in connection.execute(query.order_by(AccountRow.handle_key).limit(n))]

    def count(self) -> int:
        """How many accounts were ever made."""
        with self._database.read() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(AccountRow)) or 0

    def has_role(self, role: str) -> bool:
        """Whether anybody has this role."""
        query = sa.select(AccountRow.roles).where(AccountRow.roles.contains(role), AccountRow.state != "gone")
        with self._database.read() as connection:
            return any(role in roles.split() for roles in connection.scalars(query))

    def password_hash(self, person: str) -> str:
        """What is kept of a password; empty where there is none."""
        with self._database.read() as connection:
            query = sa.select(AccountRow.password_hash).where(AccountRow.person == person)
            return connection.scalar(query) or ""

    def put(self, account: Account) -> Account:
        """Change an account to this; its person, its password and when it was made stay.

        Raises:
            NotFound: there is none.
            Conflict: somebody else has the handle, the e-mail or the telephone; with the field.
        """
        self._change(account.person, _row(account), account)
        return self.get(account.person) if account.state != "gone" else account

    def set_password(self, person: str, password_hash: str) -> None:
        """Keep another hash."""
        self._change(person, {"password_hash": password_hash})

    def settle(self, person: str, settings: AccountSettings) -> Account:
        """Keep other settings."""
        self._change(person, {"settings": msgspec.json.encode(settings)})
        return self.get(person)

    def give_roles(self, person: str, roles: Collection[str]) -> Account:
        """Give these roles and no others; `maker` is everybody's."""
        given = sorted({"maker", *(role for role in roles if role in ROLES)})
        self._change(person, {"roles": " ".join(given)})
        return self.get(person)

    def change_roles(self, handle: str, give: Collection[str], take: Collection[str]) -> tuple[Account, Account]:
        """Give some roles and take others; the account before and after.

        Raises:
            NotFound: nobody has this handle.
            Invalid: a role that there is not.
        """
        for field, roles in (("give", give), ("take", take)):
            for role in roles:
                if role not in ROLES:
                    raise Invalid("is no role", field=field, value=role, hint=nearest(role, ROLES))
        before = self.of_handle(handle)
        return before, self.give_roles(before.person, {*before.roles, *give} - set(take))

    def leave(self, person: str, leaves_ms: int) -> None:
        """Let an account be forgotten at this instant; 0: she stays."""
        self._change(person, {"state": "leaving" if leaves_ms else "active", "leaves_ms": leaves_ms})

    def leaving(self, now_ms: int) -> list[Account]:
        """Those whose instant has come."""
        due = sa.and_(AccountRow.state == "leaving", AccountRow.leaves_ms <= now_ms)
        with self._database.read() as connection:
            return [_account(row) for row in connection.execute(sa.select(*_COLUMNS).where(due))]

    def blank(self, person: str) -> None:
        """Keep nothing of an account but that this person once had one, so that her id is nobody else's."""
        gone = Account(person=PersonId(person), handle="", name="", roles=(), state="gone")
        # The person stands in for the handle, since handles are unique; no handle has such a sign in it.
        row = {**_row(gone), "handle_key": f"-{person}"[:64], "password_hash": ""}
        self._change(person, row)

    def _change(self, person: str, row: Mapping[str, object], account: Account | None = None) -> None:
        change = sa.update(AccountRow).where(AccountRow.person == person).values(**row)
        try:
            with self._database.write() as connection:
                changed = connection.execute(change).rowcount
        except IntegrityError as error:
            raise (self._taken(account) if account else error) from error
        self._known.pop(person, None)
        if not changed:
            raise NotFound("no such account", field="person", value=person)

    def _one(self, condition: sa.ColumnElement[bool]) -> Account | None:
        with self._database.read() as connection:
            row = connection.execute(sa.select(*_COLUMNS).where(condition)).first()
        return None if row is None else _account(row)

    def _taken(self, account: Account) -> Conflict:
        """Which field of an account somebody else has."""
        asked = {
            "handle": (self._one(AccountRow.handle_key == handle_key(account.handle)), account.handle),
            "email": (self.of_login(email=account.email), account.email),
            "phone": (self.of_login(phone=account.phone), account.phone),
        }
        for field, (other, value) in asked.items():
            if other is not None and other.person != account.person:
                return Conflict("is somebody else's", field=field, value=value, hint="Choose another.")
        return Conflict("has an account already", field="person", value=account.person, hint="Sign in.")


_COLUMNS = tuple(
    column for column in AccountRow.__table__.columns if column.name not in ("password_hash", "handle_key")
)


def _row(account: Account) -> dict[str, object]:
    return {
        "person": account.person,
        "handle": account.handle,
        "handle_key": handle_key(account.handle),
        "name": account.name,
        "bio": account.bio,
        "avatar": account.avatar,
        "email": account.email or None,
        "phone": account.phone or None,
        "roles": " ".join(account.roles),
        "birth_year": account.birth_year,
        "state": account.state,
        "leaves_ms": account.leaves_ms,
        "settings": msgspec.json.encode(account.settings),
    }


def _account(row: sa.Row[tuple[object, ...]]) -> Account:
    found = dict(row._mapping)
    return Account(
        **{
            **found,
            "email": found["email"] or "",
            "phone": found["phone"] or "",
            "roles": tuple(found["roles"].split()),
            "settings": read_settings(found["settings"]),
        }
    )
