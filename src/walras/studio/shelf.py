"""Assets in their table: each change gets the next number, so that whoever follows them misses none."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from walras.base.errors import NotFound
from walras.base.limits import BULK_MAX
from walras.studio.asset import Asset, AssetId
from walras.studio.tables import AssetRow, TurnRow
from walras.world import Database, upsert

_ONE = "assets"
_decode = msgspec.json.Decoder(Asset).decode


def asset_of(connection: sa.Connection, id: AssetId, *, hold: bool = False) -> Asset:
    """The asset of this id; `hold` keeps others from changing it until the transaction ends.

    Raises:
        NotFound: there is none.
    """
    query = sa.select(AssetRow.body).where(AssetRow.id == id)
    body = connection.execute(query.with_for_update() if hold else query).scalar()
    if body is None:
        raise NotFound("is no upload or video here", field="asset", value=id)
    return _decode(bytes(body))


def assets_of(database: Database, ids: Iterable[AssetId]) -> dict[AssetId, Asset]:
    """Those of these that exist."""
    wanted = list(dict.fromkeys(ids))[:BULK_MAX]
    with database.read() as connection:
        return {asset.id: asset for asset in _read(connection, AssetRow.id.in_(wanted))}


def changed_after(database: Database, turn: int, limit: int) -> Sequence[Asset]:
    """Assets whose newest change has a number after this one, in order of those numbers."""
    with database.read() as connection:
        return _read(connection, AssetRow.turn > turn, limit)


def owned_by(database: Database, owner: str, limit: int) -> Sequence[Asset]:
    """A person's assets, the oldest change first."""
    with database.read() as connection:
        return _read(connection, AssetRow.owner == owner, limit)


def put(connection: sa.Connection, asset: Asset) -> Asset:
    """Make or replace an asset, inside a transaction that writes."""
    asset = msgspec.structs.replace(asset, turn=_next_turn(connection))
    row = {
        "id": asset.id,
        "owner": asset.owner,
        "state": asset.state,
        "turn": asset.turn,
        "created_ms": asset.created_ms,
        "body": msgspec.json.encode(asset),
    }
    upsert(connection, AssetRow, [row])
    return asset


def change(database: Database, id: AssetId, changed: Callable[[Asset], Asset]) -> Asset:
    """Replace an asset by what a function makes of it, with nobody in between.

    Raises:
        NotFound: there is none.
    """
    with database.write() as connection:
        found = asset_of(connection, id, hold=True)
        new = changed(found)
        return found if new == found else put(connection, new)


def change_fields(database: Database, id: AssetId, **fields: Any) -> Asset:
    """Replace these fields of an asset."""
    return change(database, id, lambda asset: msgspec.structs.replace(asset, **fields))


def _read(connection: sa.Connection, where: sa.ColumnElement[bool], limit: int = BULK_MAX) -> list[Asset]:
    query = sa.select(AssetRow.body).where(where).order_by(AssetRow.turn).limit(limit)
    return [_decode(bytes(body)) for body in connection.execute(query).scalars()]


def _next_turn(connection: sa.Connection) -> int:
    """The number after the newest; its row stays locked until the end, so numbers are seen in their order."""
    step = sa.update(TurnRow).where(TurnRow.name == _ONE).values(turn=TurnRow.turn + 1).returning(TurnRow.turn)
    turn = connection.execute(step).scalar()
    if turn is None:
        upsert(connection, TurnRow, [{"name": _ONE, "turn": 0}], {"turn": "greatest"})
        turn = connection.execute(step).scalar_one()
    return int(turn)
