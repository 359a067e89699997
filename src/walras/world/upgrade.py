"""Bring a database to the newest tables. Safe to call from several processes at once."""

from pathlib import Path

import sqlalchemy as sa

from walras.base.database import Database
from walras.base.errors import Conflict
from walras.base.logs import room_log
from walras.world.tables import HEAD

_FOLDER = Path(__file__).parent / "migrations"
# Any number, as long as every process of ours takes the same.
_LOCK = 7_163_001
_log = room_log("world")


def upgrade(database: Database) -> bool:
    """Run the migrations that are missing, in one transaction.

    Returns:
        Whether anything was to be done.

    Raises:
        Unavailable: the database does not answer.
        Conflict: the database was made by a newer Walras.
    """
    with database.read() as connection:
        if _revision(connection) == HEAD:
            return False
    with database.write() as connection:
        if database.dialect == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        before = _revision(connection)
        _migrate(connection)
    _log.info("tables upgraded from %s to %s", before or "nothing", HEAD)
    return True


def _revision(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return None if found is None else str(found)


def _migrate(connection: sa.Connection) -> None:
    # Alembic takes a third of a second to load, so a start that needs nothing does without it.
    from alembic import command
    from alembic.config import Config
    from alembic.util.exc import CommandError

    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, HEAD)
    except CommandError as error:
        raise Conflict(
            "the database has tables of another version of Walras",
            field="database_url",
            value=_revision(connection),
            hint=f"This program knows them up to {HEAD}: install the newer one, or use another database.",
        ) from error
