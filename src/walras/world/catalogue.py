"""Items, people and owners: tables made from the log, for looking up and for pages of lists.

Doors append to the log first; `World.project` then brings the change here.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Generic, TypeVar

import msgspec
import sqlalchemy as sa

from walras.base.database import Database
from walras.base.errors import Invalid, NotFound
from walras.base.ids import id_fault
from walras.base.limits import BULK_MAX
from walras.base.tables import Row, upsert
from walras.schema import Item, Person
from walras.world.tables import ItemRow, OwnerRow, PersonRow

# Ids of one statement: SQLite takes 32,766 variables.
_IDS_PER_STATEMENT = 2_000
Value = TypeVar("Value", Item, Person)


class Owner(msgspec.Struct, frozen=True):
    """Somebody who brought items: when the first and the newest of them were put."""

    id: str
    first_ms: int
    newest_ms: int


class Listing(msgspec.Struct, Generic[Value], frozen=True):
    """Some values in the order of their ids, and where to go on; an empty cursor means: that was all."""

    values: tuple[Value, ...]
    cursor: str = ""


class Shelf(Generic[Value]):
    """One table of values by id. Items and people are two shelves."""

    def __init__(
        self, database: Database, table: type[ItemRow] | type[PersonRow], kind: type[Value], row: Callable[..., Row]
    ) -> None:
        """Look at one table.

        Args:
            database: where it lives.
            table: its model.
            kind: what its bodies are decoded to.
            row: makes a row of (value, changed_ms).
        """
        self._database = database
        self._table = table
        self._decode: Callable[[bytes], Value] = msgspec.json.Decoder(kind).decode
        self._row = row
        self._statements: dict[int, str] = {}

    def get(self, id: str) -> Value:
        """The value of this id.

        Raises:
            NotFound: nothing has it.
        """
        found = self.get_many([id])
        if id not in found:
            raise NotFound(f"no such {self._name}", field="id", value=id)
        return found[id]

    def get_many(self, ids: Sequence[str]) -> dict[str, Value]:
        """Those of these ids that exist, by id. One query; waits about a second at most."""
        usable = [id for id in ids if id_fault(id) is None]
        found: dict[str, Value] = {}
        with self._database.read() as connection:
            for some in _stretches(usable):
                for id, body in connection.exec_driver_sql(self._by_id(len(some)), tuple(some)):
                    found[id] = self._decode(bytes(body))
        return found

    def _by_id(self, count: int) -> str:
        """A statement for so many ids, made once: making it anew for the ten titles of a page cost most of its time."""
        statement = self._statements.get(count)
        if statement is None:
            marks = ", ".join(["?" if self._database.dialect == "sqlite" else "%s"] * count)
            statement = f"SELECT id, body FROM {self._table.__tablename__} WHERE id IN ({marks})"
            self._statements[count] = statement
        return statement

    def put_many(self, values: Iterable[Value], now_ms: int) -> None:
        """Make or change these; of two with one id the later stands.

        Raises:
            Invalid: an id cannot be used; then none was written.
        """
        latest = {value.id: value for value in values}
        for id in latest:
            _check(id, self._name)
        with self._database.write() as connection:
            self.upsert(connection, [(value, now_ms) for value in latest.values()])

    def delete(self, id: str) -> bool:
        """Forget this one; whether it was there."""
        if id_fault(id):
            return False
        with self._database.write() as connection:
            return self.remove(connection, [id]) > 0

    def list(self, cursor: str = "", n: int = 100) -> Listing[Value]:
        """Up to `n` values behind the cursor, in the order of their ids.

        Args:
            cursor: empty for the start, or what the page before said.
            n: 1..BULK_MAX.
        """
        if not 1 <= n <= BULK_MAX:
            raise Invalid(f"must lie in 1..{BULK_MAX}", field="n", value=n)
        if cursor:
            _check(cursor, "cursor")
        query = sa.select(self._table.body).where(self._table.id > cursor).order_by(self._table.id).limit(n + 1)
        with self._database.read() as connection:
            values = tuple(self._decode(body) for body in connection.scalars(query))
        return Listing(values[:n], values[n - 1].id if len(values) > n else "")

    def count(self) -> int:
        """How many there are."""
        with self._database.read() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(self._table)) or 0

    def upsert(self, connection: sa.Connection, changed: Sequence[tuple[Value, int]]) -> None:
        """Write (value, changed_ms) inside somebody's transaction; ids must be distinct."""
        upsert(connection, self._table, [self._row(value, at_ms) for value, at_ms in changed])

    def remove(self, connection: sa.Connection, ids: Sequence[str]) -> int:
        """Delete inside somebody's transaction; how many were there."""
        gone = 0
        for some in _stretches(ids):
            gone += connection.execute(sa.delete(self._table).where(self._table.id.in_(some))).rowcount
        return gone

    @property
    def _name(self) -> str:
        return "item" if self._table is ItemRow else "person"


class Owners:
    """Those who brought items."""

    def __init__(self, database: Database) -> None:
        """Look at the table of owners."""
        self._database = database

    def get(self, id: str) -> Owner:
        """The owner of this id.

        Raises:
            NotFound: nobody has brought an item under it.
        """
        query = sa.select(OwnerRow.first_ms, OwnerRow.newest_ms).where(OwnerRow.id == id)
        if id_fault(id) is None:
            with self._database.read() as connection:
                found = connection.execute(query).first()
            if found is not None:
                return Owner(id, *found)
        raise NotFound("no such owner", field="id", value=id)

    def count(self) -> int:
        """How many there are."""
        with self._database.read() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(OwnerRow)) or 0

    @staticmethod
    def upsert(connection: sa.Connection, items: Sequence[tuple[Item, int]]) -> None:
        """Widen the span of each owner of these (item, put_ms), inside somebody's transaction."""
        spans: dict[str, tuple[int, int]] = {}
        for item, at_ms in items:
            if item.owner and id_fault(item.owner) is None:
                first_ms, newest_ms = spans.get(item.owner, (at_ms, at_ms))
                spans[item.owner] = (min(first_ms, at_ms), max(newest_ms, at_ms))
        rows = [{"id": id, "first_ms": first, "newest_ms": newest} for id, (first, newest) in spans.items()]
        upsert(connection, OwnerRow, rows, {"first_ms": "least", "newest_ms": "greatest"})


def item_shelf(database: Database) -> Shelf[Item]:
    """The shelf of items."""
    return Shelf(database, ItemRow, Item, _item_row)


def person_shelf(database: Database) -> Shelf[Person]:
    """The shelf of people."""
    return Shelf(database, PersonRow, Person, _person_row)


def _stretches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), _IDS_PER_STATEMENT):
        yield ids[start : start + _IDS_PER_STATEMENT]


def _item_row(item: Item, changed_ms: int) -> Row:
    return {
        "id": item.id,
        "owner": _writable(item.owner),
        "kind": _writable(item.kind),
        "state": item.state,
        "created_ms": item.created_ms,
        "changed_ms": changed_ms,
        "body": msgspec.json.encode(item),
    }


def _person_row(person: Person, changed_ms: int) -> Row:
    return {"id": person.id, "changed_ms": changed_ms, "body": msgspec.json.encode(person)}


def _writable(text: str) -> str:
    # PostgreSQL takes no NUL in a text; the body holds the value as it was said.
    return text.replace("\x00", "\ufffd")


def _check(id: str, what: str) -> None:
    fault = id_fault(id)
    if fault is not None:
        raise Invalid(fault, field=f"{what} id", value=id, hint="Use 1 to 256 characters without control characters.")
