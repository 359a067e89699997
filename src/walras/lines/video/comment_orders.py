"""In which order comments are read, and the cursors that say where to go on in each."""

from typing import Any

import sqlalchemy as sa

from walras.base.errors import Invalid
from walras.base.ids import id_fault
from walras.lines.video.tables import CommentRow

# By order: name, column, and whether it falls. The last one is the id, so that no two comments stand at one place.
Keys = list[tuple[str, sa.ColumnElement[Any], bool]]
_ID: sa.ColumnElement[Any] = CommentRow.__table__.c.id
ORDERS: dict[str, Keys] = {
    "top": [
        ("pinned", sa.cast(CommentRow.pinned, sa.Integer), True),
        ("likes", CommentRow.__table__.c.likes, True),
        ("id", _ID, True),
    ],
    "new": [("id", _ID, True)],
    "replies": [("id", _ID, False)],
}


def behind(keys: Keys, cursor: str) -> sa.ColumnElement[bool]:
    """Rows behind a cursor, which holds the values of the last row's keys.

    Raises:
        Invalid: it was not made here.
    """
    values = _read_cursor(cursor, len(keys))
    further_on: list[sa.ColumnElement[bool]] = []
    for n, (_, column, falls) in enumerate(keys):
        same = [keys[m][1] == values[m] for m in range(n)]
        further = column < values[n] if falls else column > values[n]
        further_on.append(sa.and_(*same, further))
    return sa.or_(*further_on)


def _read_cursor(cursor: str, count: int) -> list[Any]:
    parts = cursor.split(".")
    usable = len(parts) == count and id_fault(parts[-1]) is None
    if not usable or not all(part.isascii() and part.isdigit() and len(part) < 16 for part in parts[:-1]):
        raise Invalid("was not made here", field="cursor", value=cursor, hint="Send what the answer before said.")
    return [*map(int, parts[:-1]), parts[-1]]


def cursor_of(keys: Keys, row: sa.Row[Any]) -> str:
    """What stands for a row in an order: the values of its keys, the id last."""
    values = [getattr(row, name) for name, _, _ in keys]
    return ".".join(str(int(value)) if isinstance(value, int) else value for value in values)
