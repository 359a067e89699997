"""How exposure is shared among makers, how long new videos wait for their first 300, and what that costs.

Read from the log alone. The cost is an experiment's answer: people of the trial `first-exposure-holdout` in arm `off`
have no places kept for newcomers; watch minutes a person and day are compared between the arms. People are the units
of the trial and are there for unlike numbers of days, so each arm is a ratio of two sums and its variance comes
from the delta method (Deng, Knoblich and Lu, "Applying the Delta Method in Metric Analytics", KDD 2018).
"""

import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

import msgspec
import numpy as np

from walras.base.clock import DAY_MS, HOUR_MS
from walras.schema import Batch, ItemPut

HOLDOUT, OFF = "first-exposure-holdout", "off"
FIRST = 300
SMALL_FOLLOWERS = 1_000
NEW_MS = 7 * DAY_MS
# Below this many people in an arm an interval says nothing that is worth its width.
PEOPLE_LEAST = 100
_Z95 = 1.959964
_MAKERS_TOLD = 500
# Rows of the log that one look reads at most: some hundredths of a second of work.
STRETCH = 5_000


# Of each person of an arm, in any order: minutes watched, and days since she was first seen in it.
Arm = Sequence[tuple[float, float]]


class MakerShare(msgspec.Struct, frozen=True, kw_only=True):
    """One maker's part."""

    maker: str
    exposures: int
    share: float
    followers: int
    videos: int


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """Watch minutes a person and day less with the programme than without it, with the 95 % interval."""

    mean: float
    low: float
    high: float
    people: int


class Fairness(msgspec.Struct, frozen=True, kw_only=True):
    """The report."""

    gini: float
    share_small: float  # of exposures, to makers with fewer than 1,000 followers
    first300_p50_h: float | None  # None: so many have not had 300 yet that it cannot be said
    first300_p90_h: float | None
    new_videos: int
    reached: int  # of them, with 300 or more
    cost_minutes: Cost | None  # None: too few people in an arm
    people_on: int  # seen in the trial with kept places
    people_off: int  # and without
    people_least: int  # needed of each
    makers: tuple[MakerShare, ...]
    position: int  # the log was read up to this seq
    read_ms: int  # and so up to this instant
    is_whole: bool  # False: there is more that was not read yet


def gini(amounts: Sequence[float]) -> float:
    """Gini coefficient of non-negative amounts: 0 where all have the same, towards 1 where one has everything."""
    ranked = np.sort(np.asarray(amounts, np.float64))
    total = float(ranked.sum())
    if len(ranked) == 0 or total <= 0:
        return 0.0
    n = len(ranked)
    return float((2 * np.arange(1, n + 1) - n - 1) @ ranked / (n * total))


def waited(hours: Sequence[float], unmet: int, share: float) -> float | None:
    """The hours within which this share of all had their first 300; None where fewer than that had.

    Args:
        hours: of those that had them.
        unmet: how many had not.
        share: such as 0.9.
    """
    n = len(hours) + unmet
    rank = int(np.ceil(share * n)) - 1
    return float(sorted(hours)[rank]) if n and rank < len(hours) else None


def difference(on: Arm, off: Arm) -> Cost | None:
    """Minutes a day of `off` less those of `on`, with the interval; None with too few people.

    Args:
        on: minutes and days, one entry a person.
        off: the same without the programme.
    """
    if min(len(on), len(off)) < PEOPLE_LEAST:
        return None
    (a, a_variance), (b, b_variance) = _a_day(on), _a_day(off)
    half = _Z95 * float(np.sqrt(a_variance + b_variance))
    return Cost(mean=b - a, low=b - a - half, high=b - a + half, people=len(on) + len(off))


def _a_day(arm: Arm) -> tuple[float, float]:
    """Minutes a person and day, and the variance of this ratio."""
    minutes, days = np.asarray(arm, np.float64).T
    ratio = float(minutes.sum() / days.sum())
    residual = minutes - ratio * days
    return ratio, float(residual.var(ddof=1) / len(arm) / days.mean() ** 2)


class FairnessReader:
    """Keeps sums of the log, from any thread. No call reads more than two stretches; a tick reads on in between."""

    def __init__(
        self, read: Callable[[int, int], Batch | None], now_ms: Callable[[], int], stretch: int = STRETCH
    ) -> None:
        """Nothing is read until somebody asks: a process in which nobody does spends nothing on it.

        Args:
            read: gives the next stretch after a position with at most so many rows, as `log.read` does.
            now_ms: the present instant.
            stretch: rows that are read at once.
        """
        self._read, self._now_ms, self._stretch = read, now_ms, stretch
        self._turn, self._position, self._read_ms = threading.Lock(), 0, 0
        self._is_asked = False
        self._owner: dict[str, str] = {}
        self._created_ms: dict[str, int] = {}
        self._exposures: Counter[str] = Counter()  # by item
        self._first_ms: dict[str, int] = {}  # instant of the 300th
        self._followers: defaultdict[str, set[str]] = defaultdict(set)
        self._arm: dict[str, str] = {}
        self._since_ms: dict[str, int] = {}
        self._minutes: defaultdict[str, float] = defaultdict(float)

    def report(self) -> Fairness:
        """The report of what was read so far, and whether that is all there is."""
        with self._turn:
            self._is_asked = True
            is_more = self._next() and self._next()
            return self._report(self._now_ms(), is_whole=not is_more)

    def read_on(self) -> bool:
        """Read the next stretch, once somebody has asked for a report; whether there was one."""
        with self._turn:
            return self._is_asked and self._next()

    def _next(self) -> bool:
        batch = self._read(self._position, self._stretch)
        if batch is None:
            return False
        self._take(batch)
        self._position = batch.position
        stamps = batch.events.time_ms
        last_ms = [change.time_ms for change in batch.changes] + [page.time_ms for page in batch.pages]
        # Events may say an hour that is long past; how far the log was read is its newest instant.
        self._read_ms = max(self._read_ms, *last_ms, int(stamps.max()) if len(stamps) else 0)
        return True

    def _take(self, batch: Batch) -> None:
        for change in batch.changes:
            if isinstance(change, ItemPut) and change.item.kind == "video":
                self._owner[change.item.id] = change.item.owner
                self._created_ms.setdefault(change.item.id, change.item.created_ms or change.time_ms)
        for page in batch.pages:
            if HOLDOUT in page.arms:
                self._arm.setdefault(page.person, page.arms[HOLDOUT])
                self._since_ms.setdefault(page.person, page.time_ms)
        events = batch.events
        for person, item, owner, outcome, value, time_ms in zip(
            events.person,
            events.item,
            events.owner,
            events.outcome,
            events.value.tolist(),
            events.time_ms.tolist(),
            strict=True,
        ):
            self._happened(person, item, owner, outcome, value, time_ms)

    def _happened(self, person: str, item: str, owner: str, outcome: str, value: float, time_ms: int) -> None:
        if outcome == "exposure" and item in self._owner:
            self._exposures[item] += 1
            if self._exposures[item] == FIRST:
                self._first_ms[item] = time_ms
        elif outcome in ("follow", "unfollow"):
            whom = owner or self._owner.get(item, "")
            (self._followers[whom].add if outcome == "follow" else self._followers[whom].discard)(person)
        elif outcome == "watch" and time_ms >= self._since_ms.get(person, time_ms + 1):
            self._minutes[person] += value / 60

    def _report(self, now_ms: int, *, is_whole: bool) -> Fairness:
        videos = Counter(owner for owner in self._owner.values() if owner)
        got: Counter[str] = Counter()
        for item, n in self._exposures.items():
            got[self._owner[item]] += n
        shares = [self._share(maker, got[maker], n, sum(got.values())) for maker, n in videos.items()]
        shares.sort(key=lambda one: (-one.exposures, one.maker))
        small = sum(one.share for one in shares if one.followers < SMALL_FOLLOWERS)
        new = [item for item, at_ms in self._created_ms.items() if now_ms - NEW_MS <= at_ms <= now_ms]
        hours = [(self._first_ms[i] - self._created_ms[i]) / HOUR_MS for i in new if i in self._first_ms]
        on, off = self._arms(now_ms)
        return Fairness(
            gini=gini([one.exposures for one in shares]),
            share_small=small,
            first300_p50_h=waited(hours, len(new) - len(hours), 0.5),
            first300_p90_h=waited(hours, len(new) - len(hours), 0.9),
            new_videos=len(new),
            reached=len(hours),
            cost_minutes=difference(on, off),
            people_on=len(on),
            people_off=len(off),
            people_least=PEOPLE_LEAST,
            makers=tuple(shares[:_MAKERS_TOLD]),
            position=self._position,
            read_ms=min(self._read_ms, now_ms),
            is_whole=is_whole,
        )

    def _share(self, maker: str, exposures: int, videos: int, total: int) -> MakerShare:
        share, followers = exposures / max(total, 1), len(self._followers.get(maker, ()))
        return MakerShare(maker=maker, exposures=exposures, share=share, followers=followers, videos=videos)

    def _arms(self, now_ms: int) -> tuple[Arm, Arm]:
        """People with the programme and without it, up to where the log was read."""
        until_ms = min(self._read_ms, now_ms)
        on: list[tuple[float, float]] = []
        off: list[tuple[float, float]] = []
        for person, arm in self._arm.items():
            # Days that were begun: she who came an hour ago was here on one day.
            days = max(-(-(until_ms - self._since_ms[person]) // DAY_MS), 1)
            (off if arm == OFF else on).append((self._minutes.get(person, 0.0), float(days)))
        return on, off
