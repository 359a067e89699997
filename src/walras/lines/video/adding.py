"""Adds to rows: sums that several transactions add to and none overwrites."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from walras.world import Table


def add_missing(connection: sa.Connection, table: type[Table], rows: Sequence[Mapping[str, object]]) -> None:
    """Enter rows that are not there; one that is stays as it is."""
    if rows:
        insert = _insert(connection, table).on_conflict_do_nothing()
        connection.execute(insert, list(rows))


def add(connection: sa.Connection, table: type[Table], rows: Sequence[Mapping[str, object]]) -> None:
    """Add to rows, or make them; primary keys must be distinct, every other column is a sum."""
    if not rows:
        return
    where, insert = table.__table__, _insert(connection, table)
    assert isinstance(where, sa.Table)
    keys = [column.name for column in where.primary_key]
    sums = {column.name: column + insert.excluded[column.name] for column in where.columns if column.name not in keys}
    connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=sums), list(rows))


def _insert(connection: sa.Connection, table: type[Table]) -> sqlite.Insert | postgresql.Insert:
    where = table.__table__
    assert isinstance(where, sa.Table)
    return postgresql.insert(where) if connection.dialect.name == "postgresql" else sqlite.insert(where)
