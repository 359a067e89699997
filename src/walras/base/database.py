"""The connection to the tables: SQLite or PostgreSQL by URL, quick timeouts, plain errors.

A reader waits about a second at most, since a page that waits for a title is worse than a page without it. While the
database does not answer, callers are refused at once and only one a second tries it again.
"""

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolEmpty

from walras.base.clock import elapsed_s
from walras.base.errors import Corrupt, Exhausted, Invalid, Unavailable, WalrasError

FILE_NAME = "world.sqlite"
DIALECTS = ("sqlite", "postgresql")
# A small pool: a page needs one connection for less than a millisecond, and a server process has few threads.
POOL_SIZE = 5
# Below the second in which a page must be answered whether there are titles or not.
WAIT_S = 0.8
# A projection or a migration may write for longer than a page may wait.
WRITE_WAIT_S = 30
SQLITE_BUSY_S = 5.0
# After a failure the database is left alone for this long, so that one slow caller a second pays and not every one.
REST_S = 1.0
_HINT = {
    "postgresql": "Start PostgreSQL, or mend WALRAS_DATABASE_URL; it is tried again by itself.",
    "sqlite": "Look whether the home folder exists, can be written and has free space.",
}


class Database:
    """One engine with a small pool; transactions that speak in our errors."""

    def __init__(self, url: str) -> None:
        """Prepare the engine; nothing is connected yet.

        Args:
            url: `sqlite:///path` or `postgresql+psycopg://…`.

        Raises:
            Invalid: the URL names neither.
        """
        self.url = read_url(url)
        self.dialect = self.url.get_backend_name()
        self.engine = _sqlite(self.url) if self.dialect == "sqlite" else _postgresql(self.url)
        self._rest_until_s = 0.0

    @contextlib.contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A transaction that reads.

        Raises:
            Unavailable: the database does not answer.
            Corrupt: its file is damaged.
        """
        with self._speaking_plainly(), self.engine.begin() as connection:
            yield connection

    @contextlib.contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """A transaction that writes: all of it or nothing.

        Raises:
            Unavailable: the database does not answer or cannot be written.
            Exhausted: the disk is full.
            Corrupt: its file is damaged.
        """
        with (
            self._speaking_plainly(),
            self.engine.execution_options(walras_writes=True).begin() as connection,
        ):
            if self.dialect == "postgresql":
                limit = f"SET LOCAL statement_timeout = '{WRITE_WAIT_S}s'; SET LOCAL lock_timeout = '{WRITE_WAIT_S}s'"
                connection.exec_driver_sql(limit)
            yield connection

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()

    @contextlib.contextmanager
    def _speaking_plainly(self) -> Iterator[None]:
        if elapsed_s() < self._rest_until_s:
            raise self._unavailable("does not answer")
        try:
            yield
        except (DBAPIError, PoolEmpty) as error:
            plain = self._plain(error)
            if plain is None:
                raise
            raise plain from error

    def _plain(self, error: DBAPIError | PoolEmpty) -> WalrasError | None:
        """Our error for the driver's, or None where it is our own mistake (a wrong statement, a broken rule)."""
        cause = getattr(error, "orig", error)
        words = (str(cause).strip() or "no word").splitlines()[0]
        if "disk is full" in words or "No space left" in words:
            return Exhausted(f"the disk of the database is full ({words})", field="database", hint="Free some space.")
        if "malformed" in words or "not a database" in words:
            return Corrupt(
                f"the database file is damaged ({words})",
                field="database",
                value=self._shown_url(),
                hint="Move it away and start again: items and people come back from the log, keys and models do not.",
            )
        if isinstance(error, IntegrityError):  # At the commit it comes without a statement, and nothing is lost.
            return None
        if isinstance(error, PoolEmpty | OperationalError) or _is_lost(error):
            # One slow statement says nothing about the next; a connection that broke or could not be made does.
            if self.dialect == "postgresql" and _is_lost(error):
                self._rest_until_s = elapsed_s() + REST_S
            return self._unavailable(f"{'does not answer' if _is_lost(error) else 'could not do it'} ({words})")
        return None

    def _unavailable(self, what: str) -> Unavailable:
        return Unavailable(
            f"the database {what}", field="database_url", value=self._shown_url(), hint=_HINT[self.dialect]
        )

    def _shown_url(self) -> str:
        return self.url.render_as_string(hide_password=True)


def url_of(home: Path, database_url: str) -> str:
    """The URL of the tables: what the setting says, or SQLite in the home folder."""
    return database_url or f"sqlite:///{home / FILE_NAME}"


def read_url(url: str) -> URL:
    """Take a URL apart.

    Raises:
        Invalid: it cannot be read, or names a database we do not speak with.
    """
    hint = "Leave it empty for SQLite, or write postgresql+psycopg://user:password@host/name."
    try:
        found = make_url(url)
        name = found.get_backend_name()
    except (ArgumentError, NoSuchModuleError, ValueError) as error:
        raise Invalid("is no database URL", field="database_url", value=url, hint=hint) from error
    if name not in DIALECTS:
        raise Invalid("names a database we do not speak with", field="database_url", value=name, hint=hint)
    if name == "sqlite" and found.database in (None, "", ":memory:"):
        raise Invalid("names no file", field="database_url", value=url, hint=hint)
    return found.set(drivername="postgresql+psycopg") if name == "postgresql" else found


def _is_lost(error: DBAPIError | PoolEmpty) -> bool:
    """Whether the connection broke, or none could be made (then there is no statement)."""
    return isinstance(error, DBAPIError) and (error.connection_invalidated or error.statement in (None, "connect"))


def _sqlite(url: URL) -> sa.Engine:
    engine = sa.create_engine(url, pool_size=POOL_SIZE, pool_timeout=WAIT_S, connect_args={"timeout": SQLITE_BUSY_S})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver would begin transactions only at the first write, and then a reader that turns writer can be refused.
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode = WAL")
    # Keys and models cannot be rebuilt from the log, so a commit must survive a power cut.
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")


def _begin_sqlite(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("walras_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _postgresql(url: URL) -> sa.Engine:
    wait_ms = int(WAIT_S * 1000)
    engine = sa.create_engine(
        url,
        pool_size=POOL_SIZE,
        pool_timeout=WAIT_S,
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": 2,  # the least that the driver takes
            "tcp_user_timeout": wait_ms,
            "options": f"-c statement_timeout={wait_ms} -c lock_timeout={wait_ms}",
            "application_name": "walras",
        },
    )
    event.listen(engine, "do_connect", _knock)
    return engine


def _knock(_dialect: object, _record: object, _args: list[Any], options: dict[str, Any]) -> None:
    """Try the port first: the driver waits two seconds at least for a host that swallows packets, we do not."""
    host = str(options.get("host") or "")
    if not host or host.startswith("/") or "," in host:
        return
    try:
        socket.create_connection((host, int(options.get("port") or 5432)), timeout=WAIT_S).close()
    except OSError as error:
        raise OperationalError("connect", {}, error) from error
