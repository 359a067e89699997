"""Months and quarters: which one an instant belongs to, and closing them."""

import re
from collections.abc import Sequence

import sqlalchemy as sa

from walras.base.errors import Conflict, Invalid
from walras.ledger.tables import EntryRow, HeadRow, PeriodRow
from walras.ledger.turn import HEAD

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_QUARTER = re.compile(r"(\d{4})-Q([1-4])")


def read_month(text: str) -> str:
    """A month as it is written, 2026-11.

    Raises:
        Invalid: it is none.
    """
    if not _MONTH.fullmatch(text):
        raise Invalid("is no month", field="month", value=text, hint="Such as 2026-11.")
    return text


def months_of(quarter: str) -> tuple[str, str, str]:
    """The months of a quarter such as 2026-Q4.

    Raises:
        Invalid: it is none.
    """
    found = _QUARTER.fullmatch(quarter)
    if not found:
        raise Invalid("is no quarter", field="quarter", value=quarter, hint="Such as 2026-Q4.")
    year, first = found[1], 3 * int(found[2]) - 2
    return f"{year}-{first:02d}", f"{year}-{first + 1:02d}", f"{year}-{first + 2:02d}"


def quarter_of(month: str) -> str:
    """The quarter of a month."""
    year, number = read_month(month).split("-")
    return f"{year}-Q{(int(number) + 2) // 3}"


def before(quarter: str, quarters: int = 1) -> str:
    """The quarter so many before this one."""
    months_of(quarter)
    turn = int(quarter[:4]) * 4 + int(quarter[-1]) - 1 - quarters
    return f"{turn // 4}-Q{turn % 4 + 1}"


def month_after(month: str) -> str:
    """The next month."""
    year, number = (int(part) for part in read_month(month).split("-"))
    return f"{year + number // 12}-{number % 12 + 1:02d}"


def close_months(connection: sa.Connection, months: Sequence[str], now: str, now_ms: int, by: str) -> None:
    """Close months, inside a transaction that has locked the chain.

    Args:
        connection: of the transaction.
        months: in order.
        now: the month that runs; it cannot be closed.
        now_ms: the present instant.
        by: who closes them.

    Raises:
        Conflict: one is closed already, runs still, or one before it with entries is open.
    """
    closed = set(connection.scalars(sa.select(PeriodRow.period)))
    seq, its_hash = connection.execute(sa.select(HeadRow.seq, HeadRow.hash).where(HeadRow.name == HEAD)).one()
    for month in months:
        if read_month(month) in closed:
            raise Conflict(f"the month {month} is closed already", field="month", value=month)
        if month >= now:
            raise Conflict("this month is not over", field="month", value=month, hint="Close it when it is.")
        earlier = sa.select(EntryRow.period).where(EntryRow.period < month, EntryRow.period.not_in(closed))
        found = connection.scalar(earlier.order_by(EntryRow.period).limit(1))
        if found:
            raise Conflict("an earlier month is open", field="month", value=found, hint=f"Close {found} first.")
        row = {"period": month, "closed_ms": now_ms, "seq": seq, "hash": its_hash, "closed_by": by}
        connection.execute(sa.insert(PeriodRow), row)
        closed.add(month)
