"""By what a video is known again: a 64-bit hash of each second's frame, that survives scaling, recoding and small cuts.

Each new one is compared with all earlier ones. That is a scan: a hundred thousand videos take about a second.
"""

from collections.abc import Iterator

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from walras.studio.asset import AssetId, Duplicate
from walras.studio.tables import PrintRow
from walras.world import Database, upsert

SIDE = 32
FRAMES_MAX = 60
# Copies that were scaled and coded again differ by up to 6 bits of 64; unrelated frames by about 32.
_BITS_MAX = 8
_SHARE_MIN = 0.6
# A frame of one colour has no shape to be known by.
_CONTRAST_MIN = 6.0
_DUPLICATES_MAX = 5
_ROWS_AT_ONCE = 2_000
Hashes = NDArray[np.uint64]
# [8, 32] the eight slowest waves of a discrete cosine transform.
_WAVES = np.cos(np.pi / SIDE * np.outer(np.arange(8), np.arange(SIDE) + 0.5))


def hashes_of(frames: NDArray[np.uint8]) -> Hashes:
    """[N] one hash a frame, frames without contrast left out.

    Each bit says whether one of the 64 slowest waves of the frame is stronger than their median.

    Args:
        frames: [n, 32, 32] brightness.
    """
    seen = frames[frames.std(axis=(1, 2)) >= _CONTRAST_MIN].astype(np.float64)
    if not len(seen):
        return np.zeros(0, np.uint64)
    waves = (_WAVES @ seen @ _WAVES.T).reshape(len(seen), 64)
    # The first wave is the mean brightness, which any filter changes.
    median = np.median(waves[:, 1:], axis=1, keepdims=True)
    bits = (waves > median).astype(np.uint8)
    return np.packbits(bits, axis=1).view(">u8").ravel().astype(np.uint64)


def bits_between(one: Hashes, other: Hashes) -> NDArray[np.uint8]:
    """[N] for each frame of one, the bits by which the nearest frame of the other differs."""
    nearest: NDArray[np.uint8] = np.bitwise_count(one[:, None] ^ other[None, :]).min(axis=1)
    return nearest


def keep(connection: sa.Connection, asset: AssetId, hashes: Hashes, now_ms: int) -> None:
    """Let later ones be compared with this."""
    row = {"asset": asset, "created_ms": now_ms, "hashes": hashes.astype(">u8").tobytes()}
    upsert(connection, PrintRow, [row])


def duplicates_of(database: Database, asset: AssetId, hashes: Hashes, created_ms: int) -> tuple[Duplicate, ...]:
    """Earlier assets that show the same for most of the time, the most alike first."""
    if not len(hashes):
        return ()
    found = []
    for id, other in _earlier(database, asset, created_ms):
        bits = bits_between(hashes, other)
        same = bits[bits <= _BITS_MAX]
        if len(same) >= _SHARE_MIN * len(bits):
            share, distance = round(len(same) / len(bits), 3), round(float(same.mean()), 2)
            found.append(Duplicate(asset=id, share=share, distance=distance))
    return tuple(sorted(found, key=lambda d: (-d.share, d.distance))[:_DUPLICATES_MAX])


def forget(connection: sa.Connection, asset: AssetId) -> None:
    """The asset is gone."""
    connection.execute(sa.delete(PrintRow).where(PrintRow.asset == asset))


def _earlier(database: Database, asset: AssetId, created_ms: int) -> Iterator[tuple[AssetId, Hashes]]:
    after = ""
    while True:
        query = sa.select(PrintRow.asset, PrintRow.hashes).where(PrintRow.asset > after, PrintRow.asset != asset)
        query = query.where(PrintRow.created_ms <= created_ms).order_by(PrintRow.asset).limit(_ROWS_AT_ONCE)
        with database.read() as connection:
            rows = connection.execute(query).all()
        for id, body in rows:
            if body:
                yield AssetId(id), np.frombuffer(bytes(body), ">u8").astype(np.uint64)
        if len(rows) < _ROWS_AT_ONCE:
            return
        after = rows[-1].asset
