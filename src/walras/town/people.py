"""Who lives in the town, as one struct of arrays: P people, D traits of taste (topics, then styles).

Tastes, patience and sensitivities stay here. The platform is told an id, a city, an age and a language.
"""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit, ndtri
from scipy.stats import beta

from walras.client import Person
from walras.town.luck import Bools, Floats, Longs, luck, normal, stream
from walras.town.plans import DAY_MS, HOUR_MS, TownPlan, Ways
from walras.town.sizes import MONTH_DAYS, sizes_of

STYLES = 4
SESSIONS_MAX = 12
NEVER_MS = np.iinfo(np.int64).max
_CITIES = (("CN-BJ", 0.3), ("CN-GD", 0.25), ("CN-GZ", 0.2), ("CN-SC", 0.15), ("CN-HL", 0.1))
# Share of a day's sessions that begin in each hour: mornings, noons and above all evenings.
_HOURS = np.array([2, 1, 1, 1, 1, 2, 4, 6, 6, 5, 5, 6, 8, 7, 5, 5, 5, 6, 8, 10, 12, 12, 9, 5], np.float64)


@dataclass(slots=True)
class People:
    """Everybody, by row. What is drawn once comes first; what moves comes after."""

    taste: Floats  # [P, D] drifts
    presence: Floats  # [P] chance of coming on a usual day
    hour: Floats  # [P] hours by which her day is earlier or later than most
    sessions: Floats  # [P] a day, on average
    stay: Floats  # [P] length of her sessions, 1 is usual
    acting: Floats  # [P] log-odds by which she does more than others
    variety: Floats  # [P] how soon the same topic bores her, 1 is usual
    repeats: Floats  # [P] how much seeing a thing again annoys her
    advertising: Floats  # [P] how much being sold to annoys her
    price: Floats  # [P] how much a higher price keeps her from buying
    city: Longs  # [P]
    age: Longs  # [P] years
    bored: Floats  # [P, topics] how much of each topic she has just had
    joy: Floats  # [P] how the last days pleased, 0 is as usual
    next_ms: Longs  # [P] when she asks for her next page; NEVER_MS: she does not
    left_s: Floats  # [P] of the present session
    session: Longs  # [P] number of the present session
    starts_ms: Longs  # [P, sessions] of today, in order; NEVER_MS behind the last
    stays_s: Floats  # [P, sessions]
    pages: Longs  # [P] asked for, ever
    seen: Longs  # [P] exposures, ever
    said: Longs  # [P] events, ever
    seconds: Floats  # [P] watched today
    acted: Longs  # [P] interactions today
    pleased: Floats  # [P] sum of what today's videos pleased
    shown: Longs  # [P] exposures today
    here: Bools  # [P] came today
    ever: Bools  # [P] came on any day of this month

    def __len__(self) -> int:
        """How many."""
        return len(self.presence)


def person_id(row: int) -> str:
    """The id by which the platform knows somebody."""
    return f"t{row:06d}"


def people_of(plan: TownPlan, topics: int) -> People:
    """Everybody on the eve of the first day."""
    ways, rng = plan.ways, stream(plan.seed, "people")
    count = max(8, round(sizes_of(plan.scale).monthly * ways.reach))
    # Quantiles instead of draws, so that a small town has the law's own mean.
    order = rng.permutation(count)
    presence = beta.ppf((np.arange(count) + 0.5) / count, ways.presence_a, ways.presence_b)
    return People(
        taste=tastes(rng, count, topics),
        presence=np.clip(presence[order], 1e-6, 1 - 1e-6),
        hour=rng.normal(0.0, 1.5, count),
        sessions=ways.sessions_a_day * np.exp(0.4 * bell(order, 2**0.5) - 0.08),
        stay=np.exp(ways.stay_spread * bell(order, 3**0.5) - 0.5 * ways.stay_spread**2),
        acting=0.8 * bell(order, 5**0.5),
        variety=rng.lognormal(0.0, 0.5, count),
        repeats=rng.lognormal(0.0, 0.5, count),
        advertising=rng.lognormal(0.0, 0.6, count),
        price=rng.lognormal(0.0, 0.5, count),
        city=rng.choice(len(_CITIES), count, p=[share for _, share in _CITIES]).astype(np.int64),
        age=np.clip(rng.normal(34, 12, count), 18, 80).astype(np.int64),
        bored=np.zeros((count, topics)),
        joy=np.zeros(count),
        next_ms=np.full(count, NEVER_MS),
        left_s=np.zeros(count),
        session=np.zeros(count, np.int64),
        starts_ms=np.full((count, SESSIONS_MAX), NEVER_MS),
        stays_s=np.zeros((count, SESSIONS_MAX)),
        pages=np.zeros(count, np.int64),
        seen=np.zeros(count, np.int64),
        said=np.zeros(count, np.int64),
        seconds=np.zeros(count),
        acted=np.zeros(count, np.int64),
        pleased=np.zeros(count),
        shown=np.zeros(count, np.int64),
        here=np.zeros(count, np.bool_),
        ever=np.zeros(count, np.bool_),
    )


def bell(rank: Longs, step: float) -> Floats:
    """[P] the normal law's own quantiles, spread evenly over the ranks of presence.

    With draws a small town would have more or fewer of those who come often and stay long, by luck: minutes a day of
    370 people then differed by a tenth from seed to seed. Multiples of an irrational number are even in every part.
    """
    quantiles: Floats = ndtri(np.mod((rank + 0.5) * step, 1.0))
    return quantiles


def tastes(rng: np.random.Generator, count: int, topics: int) -> Floats:
    """[count, D] a few topics each, by weight, and styles beyond topics."""
    by_topic = rng.dirichlet(np.full(topics, 0.2), count)
    return np.concatenate([by_topic, rng.normal(0.0, 1.0, (count, STYLES)) * 0.5], axis=1)


def told(people: People) -> list[Person]:
    """What the platform is told of everybody."""
    return [
        Person(id=person_id(row), market=_CITIES[people.city[row]][0], language="zh", age=int(people.age[row]))
        for row in range(len(people))
    ]


def friends_of(plan: TownPlan, people: People) -> Longs:
    """[pairs, 2] who follow each other when the town begins: mostly of one city and near in age, by row."""
    count, rng = len(people), stream(plan.seed, "friends")
    near = np.lexsort((people.age + rng.normal(0, 4, count), people.city))
    wanted = min(round(count * plan.ways.friends / 2), count * (count - 1) // 2)
    warm, reach = rng.lognormal(0.0, 0.5, count), max(4, round(plan.ways.friends))
    pairs: Longs = np.zeros(0, np.int64)
    while len(pairs) < wanted:
        one = rng.choice(count, wanted, p=warm / warm.sum())
        step = np.where(rng.random(wanted) < 0.8, rng.integers(1, reach + 1, wanted), rng.integers(1, count, wanted))
        a, b = near[one], near[(one + step) % count]
        keys = (np.minimum(a, b) * count + np.maximum(a, b))[a != b]
        pairs = np.unique(np.concatenate([pairs, keys]))
    kept = rng.permutation(pairs)[:wanted]
    return np.stack([kept // count, kept % count], axis=1)


# ---------------------------------------------------------------- a day


def begin_day(people: People, plan: TownPlan, day: int) -> None:
    """Decide who comes today, when, and for how long; tastes drift, and yesterday's counts begin anew."""
    ways, row = plan.ways, np.arange(len(people))
    midnight_ms = plan.first_day_ms + day * DAY_MS
    _drift(people, ways, plan.seed, day)
    chance = expit(logit(people.presence) + ways.return_pull * people.joy)
    people.here = luck(plan.seed, "comes", day, row) < chance
    if day % MONTH_DAYS == 0:
        people.ever[:] = False
    people.ever |= people.here
    for name in ("seconds", "acted", "pleased", "shown"):
        getattr(people, name)[:] = 0
    starts, stays = _sessions(people, ways, plan.seed, day, midnight_ms)
    people.starts_ms, people.stays_s = starts, stays
    people.session[:] = -1
    people.next_ms[:] = NEVER_MS
    open_next(people, np.flatnonzero(people.here), np.full(int(people.here.sum()), midnight_ms), ways)


def open_next(people: People, rows: Longs, after_ms: Longs, ways: Ways) -> None:
    """Let people wait for their next session of today, at a moment after those given."""
    people.session[rows] += 1
    at = people.session[rows]
    has = at < SESSIONS_MAX
    rows, at, after_ms = rows[has], at[has], after_ms[has]
    start = people.starts_ms[rows, at]
    goes = start < NEVER_MS
    people.next_ms[rows] = np.where(goes, np.maximum(start, after_ms), NEVER_MS)
    people.left_s[rows] = np.where(goes, people.stays_s[rows, at], 0.0)


def _drift(people: People, ways: Ways, seed: int, day: int) -> None:
    """A little of everybody's taste becomes another; topics stay a share of one."""
    count, topics = len(people), people.bored.shape[1]
    toward = tastes(stream(seed, f"drift/{day}"), count, topics)
    people.taste += ways.taste_drift * (toward - people.taste)


def _sessions(people: People, ways: Ways, seed: int, day: int, midnight_ms: int) -> tuple[Longs, Floats]:
    """[P, sessions] when each session of today begins and how long it is meant to last."""
    row, n = np.arange(len(people))[:, None], np.arange(SESSIONS_MAX)[None, :]
    cumulated = np.cumsum(_HOURS) / _HOURS.sum()
    drawn = np.interp(luck(seed, "hour", day, row, n), np.concatenate([[0.0], cumulated]), np.arange(25))
    hour = np.mod(drawn + people.hour[:, None], 24.0)
    # The last minutes are left free, so that the day's last events come within the day.
    start = midnight_ms + (np.clip(hour, 0.0, 23.5) * HOUR_MS).astype(np.int64)
    wanted = 1 + np.floor(-np.log(luck(seed, "sessions", day, row)) * np.maximum(people.sessions[:, None] - 0.5, 0.2))
    start = np.where((n < wanted) & people.here[:, None], start, NEVER_MS)
    length = np.exp(0.6 * normal(seed, "stay", day, row, n) - 0.18)
    stays = ways.stay_s * people.stay[:, None] * length
    order = np.argsort(start, axis=1, kind="stable")
    return np.take_along_axis(start, order, 1), np.take_along_axis(stays, order, 1)


def end_day(people: People, ways: Ways) -> None:
    """What today was like moves how much people want to come back."""
    today = people.pleased / np.maximum(people.shown, 1) - ways.enjoyment_usual
    came = people.here & (people.shown > 0)
    people.joy = np.where(came, 0.6 * people.joy + 0.4 * np.clip(today / 0.5, -2.0, 2.0), 0.9 * people.joy)


def moving(people: People) -> dict[str, NDArray[Any]]:
    """Everything that must be kept to go on; what is drawn once comes from the seed again."""
    drawn = "presence hour sessions stay acting variety repeats advertising price city age"
    fixed = frozenset(drawn.split(" "))
    return {field.name: getattr(people, field.name) for field in fields(people) if field.name not in fixed}
