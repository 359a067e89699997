"""All tables behind one value, and the projection that keeps the catalogue in step with the log."""

import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import sqlalchemy as sa

from walras.base.clock import Clock, SystemClock, clock_of
from walras.base.database import Database, url_of
from walras.base.ids import id_fault
from walras.base.logs import room_log
from walras.base.settings import Settings
from walras.base.tables import upsert
from walras.schema import Batch, Item, ItemGone, ItemPut, Person, PersonGone, PersonPut
from walras.world.accounts import Accounts
from walras.world.audit import Audit
from walras.world.catalogue import Owners, Shelf, item_shelf, person_shelf
from walras.world.codes import Codes
from walras.world.dials import ViewerDials
from walras.world.keys import Keys
from walras.world.models import FOLDER_NAME, Models
from walras.world.outbox import Outbox
from walras.world.passkeys import Passkeys
from walras.world.promises import Promises
from walras.world.seals import Seals
from walras.world.sign_ins import SignIns
from walras.world.tables import ProjectionRow
from walras.world.trials import Trials
from walras.world.tries import Tries
from walras.world.upgrade import upgrade
from walras.world.worth import PriceTable

# The position is kept in memory while only behaviour passes, and written once in so many rows: writing it with each
# batch would cost a second flush for every one of the log.
_ROWS_UNWRITTEN_MAX = 50_000
_ROW = "catalogue"
_log = room_log("world")


class World:
    """What exists. Items, people and owners are read from the log; keys, models, prices and trials live here alone."""

    def __init__(
        self, url: str, *, models_folder: Path, clock: Clock | None = None, features: Mapping[str, str] | None = None
    ) -> None:
        """Prepare; nothing is connected yet.

        Args:
            url: `sqlite:///path` or `postgresql+psycopg://…`.
            models_folder: holds one folder a model version.
            clock: the machine's own where none is given.
            features: version of the features this program computes, by kind of model; models of others are refused.
        """
        clock = clock or SystemClock()
        # Lines keep their own tables in the same place; only the room that made a table writes it.
        self.database = Database(url)
        self.items: Shelf[Item] = item_shelf(self.database)
        self.people: Shelf[Person] = person_shelf(self.database)
        self.owners = Owners(self.database)
        self.keys = Keys(self.database, clock)
        self.models = Models(self.database, models_folder, clock, features or {})
        self.prices = PriceTable(self.database)
        self.trials = Trials(self.database, clock)
        self.promises = Promises(self.database)
        self.dials = ViewerDials(self.database, clock)
        self.seals = Seals(self.database)
        self.accounts = Accounts(self.database, clock)
        self.sign_ins = SignIns(self.database, clock)
        self.passkeys = Passkeys(self.database, clock)
        self.codes = Codes(self.database, clock, self.seals)
        self.tries = Tries(self.database, clock, self.seals)
        self.outbox = Outbox(self.database, clock)
        self.audit = Audit(self.database, clock)
        self._position: int | None = None
        self._turn = threading.Lock()

    def upgrade(self) -> bool:
        """Bring the tables to this program's version; whether anything was to be done.

        Raises:
            Unavailable: the database does not answer.
            Conflict: the database was made by a newer Walras.
        """
        return upgrade(self.database)

    def ping(self) -> None:
        """Ask the database for nothing.

        Raises:
            Unavailable: it does not answer.
        """
        with self.database.read() as connection:
            connection.execute(sa.select(1))

    @property
    def position(self) -> int:
        """The log was read up to here."""
        if self._position is None:
            with self.database.read() as connection:
                self._position = _written_position(connection)
        return self._position

    def catch_up(self, read: Callable[[int], Batch | None]) -> int:
        """Read the log to its end; called after each append and at start.

        Args:
            read: gives the next stretch after a position, or None, as `log.read` does.

        Returns:
            The position reached.
        """
        # One thread at a time: the others find their own changes brought in when it is their turn.
        with self._turn:
            while (batch := read(self.position)) is not None:
                self.project(batch)
            return self.position

    def project(self, batch: Batch) -> None:
        """Bring one stretch of the log into the tables, together with the position: all of it or nothing.

        Stretches come in order and without a gap, from `position` on. One that another process has brought in already
        changes nothing.

        Raises:
            Unavailable: the database does not answer; the same stretch can be given again.
        """
        position = self.position
        if batch.position <= position:
            return
        changed = _latest(batch)
        if any(changed) or batch.position - position >= _ROWS_UNWRITTEN_MAX:
            self._write(batch.position, changed)
        self._position = batch.position

    def close(self) -> None:
        """Give the connections back."""
        self.database.close()

    def _write(self, position: int, changed: "_Changed") -> None:
        items, items_gone, people, people_gone, puts = changed
        with self.database.write() as connection:
            if _written_position(connection, lock=True) >= position:
                return
            self.items.upsert(connection, items)
            self.items.remove(connection, items_gone)
            self.people.upsert(connection, people)
            self.people.remove(connection, people_gone)
            self.owners.upsert(connection, puts)
            upsert(connection, ProjectionRow, [{"name": _ROW, "position": position}])


def open_world(
    home: Path, settings: Settings, *, clock: Clock | None = None, features: Mapping[str, str] | None = None
) -> World:
    """The world of a home folder, its tables brought up to date.

    Raises:
        Invalid: the database URL cannot be read.
        Unavailable: the database does not answer.
        Conflict: the database was made by a newer Walras.
    """
    home.mkdir(parents=True, exist_ok=True)
    url = url_of(home, settings.database_url)
    clock = clock or clock_of(settings.sandbox_clock)
    world = World(url, models_folder=home / FOLDER_NAME, clock=clock, features=features)
    world.upgrade()
    return world


# Items to put, items gone, people to put, people gone, and every item put on the way (for the owners).
_Changed = tuple[list[tuple[Item, int]], list[str], list[tuple[Person, int]], list[str], list[tuple[Item, int]]]


def _latest(batch: Batch) -> _Changed:
    """What stands at the end of a stretch, by id: of several changes of one thing only the last is written."""
    items: dict[str, tuple[Item, int] | None] = {}
    people: dict[str, tuple[Person, int] | None] = {}
    puts: list[tuple[Item, int]] = []
    for change in batch.changes:
        match change:
            case ItemPut(item, time_ms) if _usable(item.id):
                items[item.id] = (item, time_ms)
                puts.append((item, time_ms))
            case ItemGone(id) if _usable(id):
                items[id] = None
            case PersonPut(person, time_ms) if _usable(person.id):
                people[person.id] = (person, time_ms)
            case PersonGone(id) if _usable(id):
                people[id] = None
            case _:
                pass
    return (
        [put for put in items.values() if put is not None],
        [id for id, put in items.items() if put is None],
        [put for put in people.values() if put is not None],
        [id for id, put in people.items() if put is None],
        puts,
    )


def _usable(id: str) -> bool:
    # Doors refuse such ids. Should one stand in the log all the same, it must not stop everything behind it.
    fault = id_fault(id)
    if fault is not None:
        _log.error("an id of the log cannot be stored and was passed over: it %s", fault)
    return fault is None


def _written_position(connection: sa.Connection, *, lock: bool = False) -> int:
    query = sa.select(ProjectionRow.position).where(ProjectionRow.name == _ROW)
    return connection.scalar(query.with_for_update() if lock else query) or 0
