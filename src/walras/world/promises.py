"""Promises of exposures: what a video was promised, how far it is, at what price, and who is told.

Prices move as docs/promises.md says: up while a promise is behind its pace, down while it is ahead.
"""

import math
from collections.abc import Mapping, Sequence

import msgspec
import sqlalchemy as sa

from walras.base.clock import HOUR_MS
from walras.base.database import Database
from walras.base.ids import ItemId
from walras.base.tables import upsert
from walras.schema import Claim
from walras.world.tables import PromiseRow

EXPOSURES = 300
SPAN_MS = 48 * HOUR_MS
# The highest is the owner's setting, `promised_price_most_yuan`.
PRICE_FIRST_YUAN, PRICE_LEAST_YUAN = 0.002, 0.0001
# A promise wholly behind for an hour moves its price by this factor's exponent; an hour is longer than exposures take
# to come back, so that the price does not ring.
_STEP_AN_HOUR = 0.5
RUNNING, MET, MISSED, STOPPED = "running", "met", "missed", "stopped"
_AT_ONCE = 5_000


class Promise(msgspec.Struct, frozen=True, kw_only=True):
    """One promise and how far it is."""

    video: str
    maker: str
    promised: int
    starts_ms: int
    ends_ms: int
    delivered: int = 0
    price_yuan: float = PRICE_FIRST_YUAN
    priced_ms: int = 0  # when the price was moved last
    spent_yuan: float = 0.0
    spent_s: float = 0.0
    state: str = RUNNING
    stopped_by: str = ""  # limited, removed, few, low-value; empty where nothing did
    paid: int = 0  # exposures whose places were kept for it
    value_yuan: float = 0.0  # of those, in sum, as foreseen
    shown: dict[str, dict[str, int]] = {}  # exposures by surface, source, class and market


def behind(promise: Promise, now_ms: int) -> float:
    """Share of the promise that is due by now and not delivered, in -1..1; below 0 where it is ahead.

    The pace is even over the span: a line that every maker can check.
    """
    span_ms = max(promise.ends_ms - promise.starts_ms, 1)
    due = min(max((now_ms - promise.starts_ms) / span_ms, 0.0), 1.0)
    return max(-1.0, min(1.0, due - promise.delivered / max(promise.promised, 1)))


def moved_price(price_yuan: float, behind_by: float, span_ms: int, most_yuan: float) -> float:
    """The price after some time: up while behind, down while ahead, within its limits.

    Args:
        price_yuan: of one exposure, before.
        behind_by: as `behind` says.
        span_ms: how long since it was moved last; at most an hour counts.
        most_yuan: the owner's highest.
    """
    hours = min(max(span_ms, 0) / HOUR_MS, 1.0)
    moved = price_yuan * math.exp(_STEP_AN_HOUR * hours * behind_by)
    return min(max(moved, PRICE_LEAST_YUAN), most_yuan)


def priced(promise: Promise, now_ms: int, most_yuan: float) -> Promise:
    """The promise with its price moved up to now, and never above the owner's highest."""
    span_ms = now_ms - (promise.priced_ms or promise.starts_ms)
    price = moved_price(promise.price_yuan, behind(promise, now_ms), span_ms, most_yuan)
    return msgspec.structs.replace(promise, price_yuan=price, priced_ms=now_ms)


class Promises:
    """The table of promises. A line makes them and counts what they got; the core reads those that run."""

    def __init__(self, database: Database) -> None:
        """Look at the table."""
        self._database = database

    def make(self, promises: Sequence[Promise]) -> None:
        """Enter new promises; one that a video has already stands."""
        if not promises:
            return
        with self._database.write() as connection:
            wanted = [promise.video for promise in promises]
            there = set(connection.scalars(sa.select(PromiseRow.video).where(PromiseRow.video.in_(wanted))))
            upsert(connection, PromiseRow, [_row(promise) for promise in promises if promise.video not in there])

    def get(self, video: str) -> Promise | None:
        """The promise of a video; None where none was made."""
        return self.get_many([video]).get(video)

    def get_many(self, videos: Sequence[str]) -> dict[str, Promise]:
        """Promises by video."""
        with self._database.read() as connection:
            return self.read(connection, videos)

    def promised(self, videos: Sequence[str]) -> set[str]:
        """Those of these videos that something was promised to."""
        with self._database.read() as connection:
            return set(connection.scalars(sa.select(PromiseRow.video).where(PromiseRow.video.in_(list(videos)))))

    def running(self, most: int = _AT_ONCE) -> list[Promise]:
        """Those whose end was not drawn yet, the one that ends first in front."""
        query = sa.select(PromiseRow.body).where(PromiseRow.state == RUNNING).order_by(PromiseRow.ends_ms)
        with self._database.read() as connection:
            return [_decode(body) for body in connection.scalars(query.limit(most))]

    def ended(self, most: int = _AT_ONCE) -> list[Promise]:
        """Those that are over, the newest first."""
        query = sa.select(PromiseRow.body).where(PromiseRow.state != RUNNING).order_by(PromiseRow.ends_ms.desc())
        with self._database.read() as connection:
            return [_decode(body) for body in connection.scalars(query.limit(most))]

    def claims(self, now_ms: int, most_yuan: float) -> list[Claim]:
        """What pages need of those that run and are not delivered yet.

        Args:
            now_ms: the present instant.
            most_yuan: the owner's highest price; a price of before it was lowered counts as this.
        """
        return [
            Claim(ItemId(each.video), behind(each, now_ms), min(each.price_yuan, most_yuan))
            for each in self.running()
            if each.delivered < each.promised and each.starts_ms <= now_ms < each.ends_ms
        ]

    def forget(self, maker: str) -> None:
        """Keep nothing of what was promised to somebody who left."""
        with self._database.write() as connection:
            connection.execute(sa.delete(PromiseRow).where(PromiseRow.maker == maker))

    @staticmethod
    def read(connection: sa.Connection, videos: Sequence[str]) -> dict[str, Promise]:
        """Promises by video, inside a transaction."""
        query = sa.select(PromiseRow.body).where(PromiseRow.video.in_(list(videos)))
        return {promise.video: promise for promise in map(_decode, connection.scalars(query))}

    @staticmethod
    def write(connection: sa.Connection, promises: Mapping[str, Promise]) -> None:
        """Write promises as they are now, inside a transaction."""
        upsert(connection, PromiseRow, [_row(promise) for _, promise in sorted(promises.items())])


_decode = msgspec.json.Decoder(Promise).decode


def _row(promise: Promise) -> dict[str, object]:
    return {
        "video": promise.video,
        "maker": promise.maker,
        "ends_ms": promise.ends_ms,
        "state": promise.state,
        "body": msgspec.json.encode(promise),
    }
