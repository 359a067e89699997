"""Target and measured, side by side: what a town did, beside the source's figures at its scale."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np

from walras.town import sizes
from walras.town.day import DaySums, read_sums
from walras.town.people import people_of
from walras.town.plans import TownPlan
from walras.town.subjects import load_subjects


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One figure of the source."""

    name: str
    unit: str
    target: float
    measured: float | None  # None: the line that would give it is not there yet
    note: str = ""

    @property
    def error(self) -> float | None:
        """By what share it is off; None where it is not measured."""
        return None if self.measured is None else abs(self.measured / self.target - 1.0)


def rows_of(plan: TownPlan, days: Sequence[DaySums]) -> list[Row]:
    """The table of a town's days.

    Args:
        plan: of the town.
        days: at least one.
    """
    target, count = sizes.sizes_of(plan.scale), len(days)
    monthly, how = _monthly(plan, days)
    pairs = days[-1].pairs
    minutes, interactions = _weighted(days, "minutes"), _weighted(days, "interactions")
    daily = _mean([day.people for day in days])
    return [
        Row(name="daily people", unit="people", target=target.daily, measured=daily),
        Row(name="monthly people", unit="people", target=target.monthly, measured=monthly, note=how),
        Row(name="minutes a day", unit="min", target=target.minutes, measured=minutes),
        Row(name="interactions a day", unit="each", target=target.interactions, measured=interactions),
        Row(name="exposures a day", unit="each", target=sizes.EXPOSURES_A_DAY, measured=_exposures(days)),
        Row(name="mutual pairs", unit="pairs", target=target.pairs, measured=pairs, note=f"after {count} days"),
        *_waiting(plan),
    ]


def _waiting(plan: TownPlan) -> list[Row]:
    """Figures of lines that are not there yet, so that nobody takes their absence for a zero."""
    quarter = sizes.REVENUE_YUAN / plan.scale
    rows = [
        Row(name="search, of monthly people", unit="share", target=sizes.SEARCHING, measured=None, note="search"),
        Row(name="buy, of monthly people", unit="share", target=sizes.BUYING, measured=None, note="shop"),
        Row(name="quarter's revenue", unit="yuan", target=quarter, measured=None, note="ads, live and shop"),
    ]
    for name, share in sizes.SHARES.items():
        rows.append(Row(name=f"share of {name}", unit="share", target=share, measured=None, note="ads, live and shop"))
    return rows


def max_error(rows: Sequence[Row]) -> float:
    """The largest error among what is measured."""
    return max(row.error for row in rows if row.error is not None)


def report_of(plan: TownPlan, folder: Path) -> tuple[list[DaySums], list[Row]]:
    """Days and table of a town's folder.

    Raises:
        FileNotFoundError: no day of it is over.
    """
    days = read_sums(folder)
    if not days:
        raise FileNotFoundError(f"{folder} holds no day that is over. Run `walras town run` first.")
    return days, rows_of(plan, days)


def _monthly(plan: TownPlan, days: Sequence[DaySums]) -> tuple[float, str]:
    whole = [day for day in days if (day.day + 1) % sizes.MONTH_DAYS == 0]
    if whole:
        return _mean([day.month for day in whole]), "counted over whole months"
    presence = people_of(plan, len(load_subjects())).presence
    expected = float((1.0 - (1.0 - presence) ** sizes.MONTH_DAYS).sum())
    return expected, f"expected; {days[-1].month} came in {len(days)} days"


def _exposures(days: Sequence[DaySums]) -> float:
    return sum(day.exposures for day in days) / max(sum(day.people for day in days), 1)


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values))


def _weighted(days: Sequence[DaySums], name: str) -> float:
    people = np.array([day.people for day in days], np.float64)
    return float(np.average([getattr(day, name) for day in days], weights=np.maximum(people, 1.0)))
