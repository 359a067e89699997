"""How exposure is shared among makers, how long new videos wait for their first 300, and what that costs.

Read from the log alone. The cost is an experiment's answer: people of the trial `first-exposure-holdout` in arm `off`
have no places kept for newcomers; watch minutes a person are compared between the arms, each person once.
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


class MakerShare(msgspec.Struct, frozen=True, kw_only=True):
    """One maker's part."""

    maker: str
    exposures: int
    share: float
    followers: int
    videos: int


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """Watch minutes a person less with the programme than without it, with the 95 % interval."""

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
    cost_minutes: Cost | None
    cost_said: str  # the same as a sentence; also why there is none
    makers: tuple[MakerShare, ...]
    position: int  # the log was read up to here


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


def difference(on: Sequence[float], off: Sequence[float]) -> Cost | None:
    """Mean of `off` less mean of `on`, each value one person's, with its interval; None with too few people."""
    if min(len(on), len(off)) < PEOPLE_LEAST:
        return None
    a, b = np.asarray(on, np.float64), np.asarray(off, np.float64)
    mean = float(b.mean() - a.mean())
    half = _Z95 * float(np.sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b)))
    return Cost(mean=mean, low=mean - half, high=mean + half, people=len(a) + len(b))


class FairnessReader:
    """Keeps sums of the log and reads on at each report, from any thread."""

    def __init__(self, read: Callable[[int], Batch | None], now_ms: Callable[[], int]) -> None:
        """Nothing is read yet.

        Args:
            read: gives the next stretch after a position, as `log.read` does.
            now_ms: the present instant.
        """
        self._read, self._now_ms = read, now_ms
        self._turn, self._position = threading.Lock(), 0
        self._owner: dict[str, str] = {}
        self._created_ms: dict[str, int] = {}
        self._exposures: Counter[str] = Counter()  # by item
        self._first_ms: dict[str, int] = {}  # instant of the 300th
        self._followers: defaultdict[str, set[str]] = defaultdict(set)
        self._arm: dict[str, str] = {}
        self._since_ms: dict[str, int] = {}
        self._minutes: Counter[str] = Counter()

    def report(self) -> Fairness:
        """The report as of now."""
        with self._turn:
            while (batch := self._read(self._position)) is not None:
                self._take(batch)
                self._position = batch.position
            return self._report(self._now_ms())

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
            self._minutes[person] += value / 60  # type: ignore[assignment]

    def _report(self, now_ms: int) -> Fairness:
        videos = Counter(owner for owner in self._owner.values() if owner)
        got: Counter[str] = Counter()
        for item, n in self._exposures.items():
            got[self._owner[item]] += n
        shares = [self._share(maker, got[maker], n, sum(got.values())) for maker, n in videos.items()]
        shares.sort(key=lambda one: (-one.exposures, one.maker))
        small = sum(one.share for one in shares if one.followers < SMALL_FOLLOWERS)
        new = [item for item, at_ms in self._created_ms.items() if now_ms - NEW_MS <= at_ms <= now_ms]
        hours = [(self._first_ms[i] - self._created_ms[i]) / HOUR_MS for i in new if i in self._first_ms]
        cost = self._cost()
        return Fairness(
            gini=gini([one.exposures for one in shares]),
            share_small=small,
            first300_p50_h=waited(hours, len(new) - len(hours), 0.5),
            first300_p90_h=waited(hours, len(new) - len(hours), 0.9),
            new_videos=len(new),
            reached=len(hours),
            cost_minutes=cost,
            cost_said=self._said(cost),
            makers=tuple(shares[:_MAKERS_TOLD]),
            position=self._position,
        )

    def _share(self, maker: str, exposures: int, videos: int, total: int) -> MakerShare:
        share, followers = exposures / max(total, 1), len(self._followers.get(maker, ()))
        return MakerShare(maker=maker, exposures=exposures, share=share, followers=followers, videos=videos)

    def _arms(self) -> tuple[list[float], list[float]]:
        on = [float(self._minutes[person]) for person, arm in self._arm.items() if arm != OFF]
        return on, [float(self._minutes[person]) for person, arm in self._arm.items() if arm == OFF]

    def _cost(self) -> Cost | None:
        return difference(*self._arms())

    def _said(self, cost: Cost | None) -> str:
        on, off = self._arms()
        if cost is None:
            return (
                f"Too little is known: {len(on)} people with the programme and {len(off)} without it were seen, "
                f"{PEOPLE_LEAST} of each are needed. Start the trial {HOLDOUT} to find out."
            )
        return (
            f"The programme costs {cost.mean:.2f} watch minutes a person "
            f"(95 % interval {cost.low:.2f} to {cost.high:.2f}, {cost.people} people)."
        )
