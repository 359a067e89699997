"""Statements that take many rows at once.

Python's sqlite3 gives the interpreter lock away at each step of SQLite, and where another thread computes, taking it
back can last milliseconds; with one statement a row, a group of a thousand events would wait for seconds under load.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

# Rows of one statement. A last, smaller portion is padded with its own last row, which is then ignored as a double.
_PORTIONS = (1, 4, 16, 64, 256)
# SQLite takes 32,766 parameters; fewer keep the statement in the processor's cache.
_KEYS_MAX = 10_000


def insert_rows(db: sqlite3.Connection, table: str, width: int, flat: list[Any]) -> int:
    """Insert rows that are not there yet.

    Args:
        db: the connection, inside a transaction.
        table: where to.
        width: values of a row.
        flat: [N × width] the rows, value after value.

    Returns:
        How many were not there.
    """
    inserted = at = 0
    count = len(flat) // width
    while at < count:
        size = next((p for p in _PORTIONS if p >= count - at), _PORTIONS[-1])
        part = flat[at * width : (at + size) * width]
        if len(part) < size * width:
            part += flat[-width:] * (size - (count - at))
        inserted += db.execute(_insert_sql(table, width, size), part).rowcount
        at += size
    return inserted


def select_keys(db: sqlite3.Connection, table: str, keys: list[bytes]) -> Iterator[tuple[bytes, int]]:
    """Key and seq of those keys that a table has."""
    for at in range(0, len(keys), _KEYS_MAX):
        part = keys[at : at + _KEYS_MAX]
        yield from db.execute(f"SELECT key, seq FROM {table} WHERE key IN ({marks(len(part))})", part).fetchall()


@cache
def _insert_sql(table: str, width: int, size: int) -> str:
    return f"INSERT OR IGNORE INTO {table} VALUES " + ",".join([f"({marks(width)})"] * size)


def marks(count: int) -> str:
    """So many question marks."""
    return ",".join("?" * count)


def flatten(rows: Iterable[Iterable[Any]]) -> list[Any]:
    """Rows, value after value."""
    return [value for row in rows for value in row]
