"""Run the migrations on the connection handed over, or on the settings' URL where `alembic` is called by hand."""

from alembic import context

from walras.base import settings
from walras.base.database import Database, url_of
from walras.base.tables import Table


def _run(connection: object) -> None:
    context.configure(connection=connection, target_metadata=Table.metadata, render_as_batch=True)  # type: ignore[arg-type]
    with context.begin_transaction():
        context.run_migrations()


def _by_hand() -> None:
    home = settings.home_folder()
    home.mkdir(parents=True, exist_ok=True)
    database = Database(url_of(home, settings.load(home).database_url))
    with database.write() as connection:
        _run(connection)
    database.close()


given = context.config.attributes.get("connection")
if given is None:
    _by_hand()
else:
    _run(given)
