"""[town.*, faults.*] A simulated day at 1 : 1,000,000 with serving, how far it is off, and five seeds of faults."""

import tempfile
import time
from pathlib import Path
from typing import Any

from walras.town.faults import weather
from walras.town.plans import plan_of
from walras.town.reports import max_error, rows_of
from walras.town.running import run_town

COMMAND = "python -m bench town"
SCALE, SEED, SEEDS = 1_000_000, 1, 5
Row = dict[str, Any]


def run() -> list[Row]:
    """Rows for the report."""
    return [*day_rows(SCALE, "town.day_s_1e6", "<= 120", COMMAND), *_fault_rows()]


def day_rows(scale: int, id: str, target: str, command: str) -> list[Row]:
    """A day's seconds, its platform's start and first filling left out, and the largest error of its figures."""
    plan = plan_of(scale=scale, seed=SEED, days=1)
    began: list[float] = []
    with tempfile.TemporaryDirectory(prefix="walras-bench-") as folder:
        days = run_town(plan, Path(folder), moved=lambda _: began.append(time.perf_counter()))
    # The first minute of the day is over when it is first told of.
    seconds = (began[-1] - began[0]) * len(began) / (len(began) - 1)
    (day,) = days
    table = [row for row in rows_of(plan, days) if row.measured is not None]
    note = f"{day.people} people, {day.pages:,} pages, {day.events:,} events; one serving process beside the town"
    figures = "; ".join(f"{row.name} {row.measured:.4g} of {row.target:.4g}" for row in table)
    return [
        _row(id, round(seconds, 1), "s", target, command, note),
        _row("town.calibration_max_error", round(max_error(table), 4), "share", "<= 0.05", command, figures),
    ]


def _fault_rows() -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="walras-bench-") as folder:
        found = weather(range(1, SEEDS + 1), Path(folder))
    violations = sum(len(one.violations) for one in found)
    note = f"{sum(len(one.faults) for one in found)} faults; `make soak` runs a hundred seeds"
    return [
        _row("faults.seeds", len(found), "seeds", "", COMMAND, note),
        _row(
            "faults.violations", violations, "violations", "<= 0", COMMAND, "; ".join(one.repeat for one in found[:1])
        ),
    ]


def _row(id: str, value: float, unit: str, target: str, command: str, note: str) -> Row:
    row = {"id": id, "value": value, "unit": unit, "target": target, "command": command, "note": note}
    return row | {"baseline": None, "ratio": None}
