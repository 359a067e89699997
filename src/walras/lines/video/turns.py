"""How far this line has read something, and the one sequence of what open pages are told."""

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from walras.lines.video.tables import LiveRow, ReadRow
from walras.world import Database, upsert

_LIVE = "live"


def position_of(database: Database, name: str) -> int:
    """How far this reader has come; 0 at the start."""
    with database.read() as connection:
        return written_position(connection, name)


def put_position(database: Database, name: str, position: int) -> None:
    """It has come so far."""
    with database.write() as connection:
        write_position(connection, name, position)


def written_position(connection: sa.Connection, name: str, *, hold: bool = False) -> int:
    """The same inside a transaction; `hold` keeps other processes out until it ends."""
    query = sa.select(ReadRow.position).where(ReadRow.name == name)
    if not hold:
        return connection.scalar(query) or 0
    found = connection.scalar(query.with_for_update())
    if found is None:
        # A row that is not there cannot be held, so it is made; of two makers the second waits here.
        upsert(connection, ReadRow, [{"name": name, "position": 0}], {"position": "greatest"})
        found = connection.scalar(query.with_for_update())
    return found or 0


def write_position(connection: sa.Connection, name: str, position: int) -> None:
    """It has come so far, inside a transaction."""
    upsert(connection, ReadRow, [{"name": name, "position": position}])


def say_live(connection: sa.Connection, said: Sequence[tuple[str, str, object]], now_ms: int) -> list[int]:
    """Tell open pages something, inside a transaction that writes.

    Args:
        connection: of the transaction.
        said: (person, kind, body as JSON) each.
        now_ms: the present instant.

    Returns:
        The turn of each. Turns have no gaps: whoever reads up to one has missed nothing before it.
    """
    if not said:
        return []
    first = written_position(connection, _LIVE, hold=True) + 1
    rows = [
        {"turn": first + n, "person": person, "kind": kind, "body": msgspec.json.encode(body).decode(), "at_ms": now_ms}
        for n, (person, kind, body) in enumerate(said)
    ]
    connection.execute(sa.insert(LiveRow), rows)
    write_position(connection, _LIVE, first + len(rows) - 1)
    return [first + n for n in range(len(rows))]


def newest_turn(database: Database) -> int:
    """The turn of the newest thing that was told."""
    return position_of(database, _LIVE)
