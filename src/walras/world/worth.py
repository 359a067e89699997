"""What a unit of each outcome is worth in yuan: one table, versioned, so that every page can name its version."""

import math
from collections.abc import Mapping

import msgspec
import sqlalchemy as sa

from walras.base.database import Database
from walras.base.errors import Conflict, Invalid
from walras.base.ids import id_fault
from walras.world.tables import PriceRow


class Worth(msgspec.Struct, frozen=True):
    """One version of the table: yuan per unit by outcome, in force from an instant on. Version 0 is empty."""

    version: int
    since_ms: int
    yuan: dict[str, float]
    reason: str = ""
    interval_yuan: dict[str, tuple[float, ...]] = {}  # low and high of 95 %, of those that experiments measured


class PriceTable:
    """All versions of the table of worth."""

    def __init__(self, database: Database) -> None:
        """Look at the table of prices."""
        self._database = database

    def set(
        self,
        yuan: Mapping[str, float],
        since_ms: int,
        reason: str,
        interval_yuan: Mapping[str, tuple[float, ...]] | None = None,
    ) -> Worth:
        """Add a version: these outcomes change, the others keep their worth.

        Args:
            yuan: outcome → yuan per unit; may be negative.
            since_ms: from when it is in force; not before the version it follows.
            reason: why, for people: an experiment, a decision.
            interval_yuan: 95 % intervals of those that were measured; one that is set by hand has none any more.

        Raises:
            Invalid: a worth is not a number, lies outside its interval, or a name cannot be used.
            Conflict: it would be in force before the version it follows.
        """
        between = dict(interval_yuan or {})
        _check(yuan, reason, between)
        with self._database.write() as connection:
            last = _read(connection, _newest(connection))
            if since_ms < last.since_ms:
                hint = f"Begin at {last.since_ms} or later."
                raise Conflict("the newest version begins later", field="since_ms", value=since_ms, hint=hint)
            kept = {name: span for name, span in last.interval_yuan.items() if name not in yuan}
            worth = Worth(last.version + 1, since_ms, {**last.yuan, **yuan}, reason, {**kept, **between})
            connection.execute(sa.insert(PriceRow), _rows(worth))
        return worth

    def at(self, instant_ms: int) -> Worth:
        """The version in force at an instant; version 0 where there was none yet."""
        with self._database.read() as connection:
            newest = sa.select(sa.func.max(PriceRow.version)).where(PriceRow.since_ms <= instant_ms)
            return _read(connection, connection.scalar(newest) or 0)

    def versions(self, most: int = 50) -> list[Worth]:
        """The newest versions, the newest first."""
        with self._database.read() as connection:
            newest = _newest(connection)
            return [_read(connection, number) for number in range(newest, max(newest - most, 0), -1)]

    def version(self, number: int) -> Worth:
        """One version by its number; empty where there is none."""
        with self._database.read() as connection:
            return _read(connection, number)


def _newest(connection: sa.Connection) -> int:
    return connection.scalar(sa.select(sa.func.max(PriceRow.version))) or 0


def _read(connection: sa.Connection, version: int) -> Worth:
    columns = (
        PriceRow.outcome,
        PriceRow.yuan,
        PriceRow.since_ms,
        PriceRow.reason,
        PriceRow.low_yuan,
        PriceRow.high_yuan,
    )
    rows = connection.execute(sa.select(*columns).where(PriceRow.version == version).order_by(PriceRow.outcome)).all()
    if not rows:
        return Worth(0, 0, {})
    between: dict[str, tuple[float, ...]] = {
        row.outcome: (row.low_yuan, row.high_yuan) for row in rows if row.low_yuan is not None
    }
    return Worth(version, rows[0].since_ms, {row.outcome: row.yuan for row in rows}, rows[0].reason, between)


def _rows(worth: Worth) -> list[dict[str, object]]:
    shared = {"version": worth.version, "since_ms": worth.since_ms, "reason": worth.reason}
    rows: list[dict[str, object]] = []
    for outcome, yuan in worth.yuan.items():
        low, high = worth.interval_yuan.get(outcome) or (None, None)
        rows.append({"outcome": outcome, "yuan": yuan, "low_yuan": low, "high_yuan": high, **shared})
    return rows


def _check(yuan: Mapping[str, float], reason: str, interval_yuan: Mapping[str, tuple[float, ...]]) -> None:
    if not yuan:
        raise Invalid("names no outcome", field="yuan")
    if "\x00" in reason:
        raise Invalid("has a NUL character", field="reason")
    for outcome, value in yuan.items():
        if fault := id_fault(outcome):
            raise Invalid(fault, field="yuan", value=outcome)
        if not math.isfinite(value):
            raise Invalid("must be a number", field=f"yuan.{outcome}", value=value)
    for outcome, between in interval_yuan.items():
        low, high = between if len(between) == 2 else (math.nan, math.nan)
        if not low <= yuan.get(outcome, math.nan) <= high:
            hint = f"Give yuan.{outcome} inside it."
            raise Invalid(
                "is no interval around the worth", field=f"interval_yuan.{outcome}", value=(low, high), hint=hint
            )
