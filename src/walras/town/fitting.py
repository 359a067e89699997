"""Fits the ways of people to the source's figures, by real days on a real platform.

Who comes is solved in closed form: the two shapes of the beta law of presence, from daily and monthly people. What
they do is fitted in rounds: a day (or more) is run; over the exposures that really happened, scipy finds the log-odds
of acting that would have given the wanted interactions; lengths of sessions and of videos, usual enjoyment and
friends are put right by their ratios; and the next round sees what came of it.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
from scipy.optimize import brentq, least_squares
from scipy.special import betaln, expit

from walras.town.day import DaySums, Moved
from walras.town.luck import Floats
from walras.town.paces import SandboxPace
from walras.town.plans import TownPlan, Ways
from walras.town.reports import Row, max_error, rows_of
from walras.town.running import sandbox_of, town_of
from walras.town.sizes import DAILY, EXPOSURES_A_DAY, INTERACTIONS_A_DAY, MONTH_DAYS, MONTHLY, sizes_of
from walras.town.video import INTERACTIONS, VideoLine

ROUNDS_MAX, ENOUGH, STEP = 8, 0.01, 0.7


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """One round: the ways it was run with, and what came of them."""

    ways: Ways
    rows: list[Row]
    error: float


def fit(
    plan: TownPlan,
    folder: Path,
    *,
    rounds: int = ROUNDS_MAX,
    enough: float = ENOUGH,
    told: Callable[[Round], None] = lambda _: None,
    moved: Callable[[Moved], None] = lambda _: None,
) -> Round:
    """Fit the ways of a plan; gives the best round.

    Args:
        plan: where to begin; its days are run in each round.
        folder: for the rounds' towns, each in a folder of its own.
        rounds: at most so many.
        enough: the largest error at which it ends.
        told: hears of each round.
        moved: hears how far a round is.
    """
    a, b = presence_shapes(plan.ways.reach)
    ways = msgspec.structs.replace(plan.ways, presence_a=a, presence_b=b)
    best: Round | None = None
    for number in range(rounds):
        tried = msgspec.structs.replace(plan, ways=ways)
        days, wanted = _days(tried, folder / f"round-{number}", moved)
        rows = rows_of(tried, days)
        # Who comes is solved already, and a day's own luck is not to be fitted.
        one = Round(ways=ways, rows=rows, error=max_error([row for row in rows if row.name != "daily people"]))
        told(one)
        if best is None or one.error < best.error:
            best = one
        if one.error <= enough:
            break
        ways = mended(tried, days, wanted)
    assert best is not None
    return best


def presence_shapes(reach: float) -> tuple[float, float]:
    """Shapes of the beta law under which the source's daily and monthly people come.

    With p drawn from it, E[p] is the daily share of registered people, and E[1 - (1 - p)³⁰] the monthly one.
    """
    daily, monthly = DAILY / MONTHLY / reach, 1.0 / reach

    def off(logs: Floats) -> list[float]:
        a, b = np.exp(logs)
        absent = np.exp(betaln(a, b + MONTH_DAYS) - betaln(a, b))
        return [a / (a + b) - daily, (1.0 - absent) - monthly]

    found = least_squares(off, np.log([0.7, 0.7]), xtol=1e-12, ftol=1e-12)
    a, b = np.exp(found.x)
    return round(float(a), 5), round(float(b), 5)


def mended(plan: TownPlan, days: list[DaySums], wanted: Callable[[float], float]) -> Ways:
    """The ways after a round.

    Args:
        plan: as it was run.
        days: what came of it.
        wanted: interactions of one person and day that a log-odds of acting would have given.
    """
    ways, target = plan.ways, sizes_of(plan.scale)
    people = np.array([max(day.people, 1) for day in days], np.float64)
    minutes = float(np.average([day.minutes for day in days], weights=people))
    acted = float(np.average([day.interactions for day in days], weights=people))
    shown = sum(day.exposures for day in days) / float(people.sum())
    longer, more = target.minutes / minutes, EXPOSURES_A_DAY / shown
    # More exposures have more interactions at the same log-odds.
    goal = INTERACTIONS_A_DAY / more * wanted(ways.acting) / acted
    acting = brentq(lambda shift: wanted(shift) - goal, ways.acting - 6.0, ways.acting + 6.0, xtol=1e-6)
    enjoyed = float(np.mean([day.enjoyment for day in days]))
    # What people do changes what they are shown, and that what they do: a whole step would overshoot.
    return msgspec.structs.replace(
        ways,
        acting=round(ways.acting + STEP * (float(acting) - ways.acting), 5),
        stay_s=round(ways.stay_s * longer**STEP, 2),
        length=round(ways.length * (longer / more) ** STEP, 5),
        enjoyment_usual=round(ways.enjoyment_usual + STEP * (enjoyed - ways.enjoyment_usual), 5),
        friends=round(ways.friends * target.pairs / days[-1].pairs, 3),
    )


def _days(
    plan: TownPlan, folder: Path, moved: Callable[[Moved], None]
) -> tuple[list[DaySums], Callable[[float], float]]:
    """Run a plan's days; what came of them, and the interactions that other log-odds would have given."""

    async def days() -> tuple[list[DaySums], Callable[[float], float]]:
        with sandbox_of(plan, folder) as sandbox:
            async with town_of(plan, folder, sandbox, SandboxPace(sandbox.clock)) as town:
                line = next(line for line in town.lines if isinstance(line, VideoLine))
                line.record = []
                found = await town.run(plan.days, moved)
                return found, _expected(plan, town.life.people.acting, line, sum(day.people for day in found))

    return asyncio.run(days())


def _expected(
    plan: TownPlan,
    acting: Floats,
    line: VideoLine,
    person_days: int,
) -> Callable[[float], float]:
    """Interactions of a person and day by the log-odds of acting, over the exposures that were recorded."""
    assert line.record is not None
    ways = plan.ways
    pull = np.concatenate(
        [
            (acting[row][:, None] + ways.acting_pull * looked.pleased)[looked.saw & ~looked.skipped]
            for row, looked in line.record
        ]
    )
    offsets = np.array([ways.likes, ways.comments, ways.shares, ways.saves, ways.follows])[: len(INTERACTIONS)]

    def wanted(shift: float) -> float:
        return float(sum(expit(offset + shift + pull).sum() for offset in offsets)) / max(person_days, 1)

    return wanted
