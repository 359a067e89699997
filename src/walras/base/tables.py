"""What every table of the one database is made from, whichever room owns it."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase

from walras.base.limits import ID_CHARS_MAX

# Ids are compared byte by byte in both databases, so that a cursor means the same in both.
ID = sa.String(ID_CHARS_MAX).with_variant(sa.String(ID_CHARS_MAX, collation="C"), "postgresql")
INSTANT = sa.BigInteger
Row = Mapping[str, object]


class Table(DeclarativeBase):
    """What every table is made from."""


def upsert(
    connection: sa.Connection, table: type[Table], rows: Sequence[Row], keep: Mapping[str, str] | None = None
) -> None:
    """Insert rows, or overwrite those with the same primary key.

    Args:
        connection: inside a transaction.
        table: the model.
        rows: one mapping of column to value a row; primary keys must be distinct.
        keep: columns where the `least`, the `greatest` or the `sum` of old and new stands, instead of the new.
    """
    where = table.__table__
    assert isinstance(where, sa.Table)
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    if not rows:
        return
    keys = [column.name for column in where.primary_key]
    # Values stay out of the statement, so that it is compiled once: with thousands of them in it that takes seconds.
    insert = make(where)
    changes = {
        column.name: _standing(connection, column, insert.excluded[column.name], (keep or {}).get(column.name))
        for column in where.columns
        if column.name not in keys
    }
    connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=changes), list(rows))


def _standing(connection: sa.Connection, old: sa.Column[int], new: sa.ColumnElement[int], rule: str | None) -> object:
    if rule is None:
        return new
    if rule == "sum":
        return old + new
    names = {"least": "min", "greatest": "max"} if connection.dialect.name == "sqlite" else {}
    return getattr(sa.func, names.get(rule, rule))(old, new)
