"""A simulated day of the market: pages whose places organic items, campaigns and promised classes compete for.

Campaigns bring a bid to each exposure and have a budget, some a target of return; classes are promised exposures. Today
is drawn as yesterday was, with another traffic and another peak.
"""

from dataclasses import dataclass, fields

import numpy as np
import scipy.sparse as sp

from walras.market import CAP, FLOOR, RATIO, Counts, Floats, Ints, Programmes, Stretch, moved, only_better, rehearsed

ORGANIC, BIDDING, PROMISED, PLACES = 8, 14, 2, 4
CANDIDATES = ORGANIC + BIDDING + PROMISED
# The most that a promised exposure may cost, in yuan; an exposure is worth about one.
MOST_YUAN = 50.0


@dataclass(frozen=True, slots=True)
class City:
    """What stays the same from day to day."""

    value_yuan: Floats  # [C] of an exposure to a campaign
    returns: Floats  # [C] value that comes of a yuan bid
    size: Floats  # [C] how many people a campaign aims at
    classes: int
    with_target: int


@dataclass(frozen=True, slots=True)
class Day:
    """T pages of N candidates, in order of time."""

    at: Floats  # [T] share of the day
    organic: Floats  # [T, N]
    bid: Floats  # [T, N]
    brings: Floats  # [T, N] value to the campaign
    campaign: Ints  # [T, N] -1 for none
    promised: Ints  # [T, N] class, -1 for none

    def some(self, which: slice) -> "Day":
        """Some of the pages."""
        return Day(*(getattr(self, f.name)[which] for f in fields(Day)))

    def until(self) -> tuple[Floats, Floats]:
        """Shares of the day, and of its traffic that came before them: the forecast for another day."""
        times = np.linspace(0.0, 1.0, 401)
        return times, np.searchsorted(self.at, times) / len(self.at)


def city(rng: np.random.Generator, campaigns: int, classes: int, with_target: int) -> City:
    """Draw a city."""
    return City(
        rng.lognormal(-1.2, 0.6, campaigns),
        rng.lognormal(0.0, 0.5, campaigns),
        rng.lognormal(0.0, 0.8, campaigns),
        classes,
        with_target,
    )


def day(rng: np.random.Generator, town: City, pages: int) -> Day:
    """Draw a day with a peak in the evening, a little earlier or later, whose hours differ from day to day."""
    grid = np.linspace(0.0, 1.0, 1441)
    peak = 0.8 + rng.normal(0.0, 0.01)
    dense = 1.0 + 2.5 * np.exp(-(((grid - peak) / 0.07) ** 2)) + 0.5 * np.sin(2 * np.pi * (grid - 0.3))
    dense *= np.interp(grid, np.linspace(0.0, 1.0, 25), rng.uniform(0.8, 1.2, 25))
    at = np.sort(np.interp(rng.random(pages), np.cumsum(dense) / dense.sum(), grid))
    organic, bid, brings = (np.zeros((pages, CANDIDATES)) for _ in range(3))
    campaign, promised = (np.full((pages, CANDIDATES), -1) for _ in range(2))
    bidding, last = slice(ORGANIC, ORGANIC + BIDDING), slice(ORGANIC + BIDDING, CANDIDATES)
    organic[:, :ORGANIC] = rng.lognormal(-1.0, 0.8, (pages, ORGANIC))
    organic[:, bidding] = rng.lognormal(-2.0, 0.6, (pages, BIDDING)) - 0.25
    organic[:, last] = rng.lognormal(-1.8, 0.7, (pages, PROMISED))
    campaign[:, bidding] = rng.choice(len(town.size), size=(pages, BIDDING), p=town.size / town.size.sum())
    promised[:, last] = rng.integers(town.classes, size=(pages, PROMISED))
    of = campaign[:, bidding]
    bid[:, bidding] = town.value_yuan[of] * rng.lognormal(-0.3, 0.8, of.shape)
    brings[:, bidding] = bid[:, bidding] * town.returns[of] * rng.lognormal(0.0, 0.3, of.shape)
    return Day(at, organic, bid, brings, campaign, promised)


@dataclass(frozen=True, slots=True)
class Promises:
    """What was promised: budgets and targets of C campaigns, exposures; as programmes, one after another."""

    budget: Floats
    exposures: Floats
    target: Floats  # [C] 0 for none

    @property
    def aimed(self) -> Ints:
        """Campaigns with a target."""
        return np.flatnonzero(self.target > 0)

    def programmes(self) -> Programmes:
        """As programmes at price 0."""
        counts = (len(self.budget), len(self.exposures), len(self.aimed))
        kind = np.repeat([CAP, FLOOR, RATIO], counts)
        most = np.repeat([3.0, MOST_YUAN, 50.0], counts)
        amount = np.concatenate([self.budget, self.exposures, np.zeros(counts[2])])
        return Programmes(kind, amount, most, np.zeros(sum(counts)))


def promises(rng: np.random.Generator, town: City, seen: Day) -> Promises:
    """Budgets many of which bind, promises that ask for more than comes by itself, targets around the return."""
    top = np.argpartition(-(seen.organic + seen.bid), PLACES, axis=1)[:, :PLACES]
    rows = np.arange(len(top))[:, None]
    campaigns = len(town.size)
    spent = np.bincount(np.maximum(seen.campaign[rows, top], 0).ravel(), seen.bid[rows, top].ravel(), campaigns)
    shown = seen.promised[rows, top].ravel()
    came = np.bincount(shown[shown >= 0], minlength=town.classes)
    there = np.bincount(seen.promised[seen.promised >= 0], minlength=town.classes)
    aims = np.zeros(campaigns)
    aimed = rng.permutation(campaigns)[: town.with_target]
    aims[aimed] = 1.05 * town.returns[aimed] * rng.uniform(0.7, 1.25, len(aimed))
    return Promises(
        spent * rng.uniform(0.2, 1.3, campaigns) + 1e-3, came + (there - came) * rng.uniform(0, 0.35, len(came)), aims
    )


def members(day: Day, promised: Promises) -> sp.csr_matrix:
    """[P, T * N] what an exposure of each candidate adds to each programme."""
    campaigns, classes = len(promised.budget), len(promised.exposures)
    position = np.full(campaigns, -1)
    position[promised.aimed] = np.arange(len(promised.aimed))
    c, f, bid = day.campaign.ravel(), day.promised.ravel(), day.bid.ravel()
    bids, kept = np.flatnonzero(c >= 0), np.flatnonzero(f >= 0)
    aims = bids[position[c[bids]] >= 0]
    better = day.brings.ravel()[aims] - promised.target[c[aims]] * bid[aims]
    rows = np.concatenate([c[bids], campaigns + f[kept], campaigns + classes + position[c[aims]]])
    values = np.concatenate([bid[bids], np.ones(len(kept)), better])
    shape = (campaigns + classes + len(promised.aimed), c.size)
    return sp.csr_matrix((values, (rows, np.concatenate([bids, kept, aims]))), shape)


@dataclass(frozen=True, slots=True)
class Played:
    """What came of a day."""

    value_yuan: float
    overspent: float  # share of all budgets
    floors_met: float  # share within 3 %
    ratios_met: float


@dataclass(frozen=True, slots=True)
class Pace:
    """How prices move: stretches a day, and steps of limits, promises and ratios."""

    stretches: int = 240
    cap: float = 0.05
    floor: float = 0.3
    ratio: float = 0.3
    rehearsals: int = 24  # a day
    sample: int = 6_000  # pages of yesterday that one rehearses on


def play(today: Day, promised: Promises, start: Programmes, yesterday: Day, pace: Pace) -> Played:
    """Fill the day's pages at prices that move from stretch to stretch; budgets and short ratios are held at once."""
    edges = np.linspace(0.0, 1.0, pace.stretches + 1)
    before = np.interp(edges, *yesterday.until())
    cut = np.searchsorted(today.at, edges)
    cut[-1] = len(today.at)
    programmes, counts = start, Counts(np.zeros(len(start)))
    step = np.choose(start.kind, [pace.cap, pace.floor, pace.ratio])
    costs, value = np.zeros(len(start)), 0.0
    for n in range(pace.stretches):
        stretch = Stretch(float(before[n]), float(before[n + 1] - before[n]))
        some = slice(int(cut[n]), int(cut[n + 1]))
        filled = _fill(today, promised, programmes, counts.used, costs, some)
        costs = costs + filled.cost
        usual = costs / max(stretch.before + stretch.share, 0.02) * stretch.share
        programmes = moved(programmes, counts.used, filled.consumed, usual, stretch, step)
        counts = counts.with_report(str(n), filled.consumed)
        if pace.rehearsals and n % (pace.stretches // pace.rehearsals) == 0 and cut[n + 1] and n + 1 < pace.stretches:
            programmes = _rehearsed(programmes, promised, counts.used, yesterday, edges[n + 1], int(cut[n + 1]), pace)
        value += filled.value
    return _judged(promised, counts.used, costs, value)


def _rehearsed(
    programmes: Programmes, promised: Promises, used: Floats, yesterday: Day, now: float, met: int, pace: Pace
) -> Programmes:
    """Prices for the rest of the day, as yesterday's was, times the traffic of today against yesterday's so far."""
    first = int(np.searchsorted(yesterday.at, now))
    # So many pages are as good as known beforehand, so that the first minutes do not scale a whole day.
    traffic = (met + 0.02 * len(yesterday.at)) / (first + 0.02 * len(yesterday.at))
    every = max((len(yesterday.at) - first) // pace.sample, 1)
    rest = yesterday.some(slice(first, None, every))
    nothing = np.zeros(len(programmes))

    def consume(at: Programmes) -> tuple[Floats, Floats]:
        filled = _fill(rest, promised, at, nothing, nothing, slice(None), held=False)
        return filled.consumed * traffic * every, filled.cost * traffic * every

    left = np.where(programmes.kind == RATIO, -used, np.maximum(programmes.amount - used, 0.0))
    return rehearsed(programmes, left, consume)


@dataclass(frozen=True, slots=True)
class _Filled:
    consumed: Floats  # [P]
    cost: Floats  # [P] of ratios, target times what was spent
    value: float


def _fill(
    today: Day, promised: Promises, programmes: Programmes, used: Floats, costs: Floats, some: slice, held: bool = True
) -> _Filled:
    campaigns, classes = len(promised.budget), len(promised.exposures)
    aimed, added = promised.aimed, programmes.added_yuan
    ratio_price, safe = np.zeros(campaigns), np.zeros(campaigns, bool)
    ratio_price[aimed] = added[campaigns + classes :]
    safe[aimed] = only_better(programmes, used, costs)[campaigns + classes :]
    c, f = today.campaign[some], today.promised[some]
    bid, organic, brings = today.bid[some], today.organic[some], today.brings[some]
    is_bid, of = c >= 0, np.maximum(c, 0)
    better = np.where(is_bid, brings - promised.target[of] * bid, 0.0)
    out = is_bid & ((used[:campaigns] >= promised.budget)[of] | (safe[of] & (better < 0)))
    score = organic + np.where(is_bid, bid * (1.0 + added[:campaigns][of]) + ratio_price[of] * better, 0.0)
    score += np.where(f >= 0, added[campaigns : campaigns + classes][np.maximum(f, 0)], 0.0)
    score[out] = -np.inf
    rows = np.arange(len(c))[:, None]
    top = np.argpartition(-score, PLACES, axis=1)[:, :PLACES] if len(c) else np.zeros((0, PLACES), int)
    stands = score[rows, top] > 0
    if held:
        stands &= ~_beyond(of[rows, top], np.where(stands, bid[rows, top], 0.0), promised.budget - used[:campaigns])
    spends = np.where(stands, bid[rows, top], 0.0).ravel()
    who, kept = of[rows, top].ravel(), f[rows, top].ravel()
    shown = np.bincount(kept[stands.ravel() & (kept >= 0)], minlength=classes)
    gained = np.bincount(who, np.where(stands, better[rows, top], 0.0).ravel(), campaigns)[aimed]
    spent = np.bincount(who, spends, campaigns)
    cost = np.concatenate([np.zeros(campaigns + classes), (promised.target * spent)[aimed]])
    worth = float(np.where(stands, organic[rows, top] + bid[rows, top], 0.0).sum())
    return _Filled(np.concatenate([spent, shown, gained]), cost, worth)


def _beyond(who: Ints, bid: Floats, left: Floats) -> np.ndarray:
    """Places that a campaign's lease no longer pays for: what it spent in the stretch before them leaves too little."""
    flat, spends = who.ravel(), bid.ravel()
    order = np.argsort(flat, kind="stable")
    running = np.cumsum(spends[order])
    starts = np.searchsorted(flat[order], flat[order], side="left")
    so_far = running - np.concatenate([[0.0], running])[starts]
    beyond = np.zeros(len(flat), bool)
    beyond[order] = (so_far > left[flat[order]]) & (spends[order] > 0)
    return beyond.reshape(who.shape)


def _judged(promised: Promises, used: Floats, costs: Floats, value: float) -> Played:
    campaigns, classes = len(promised.budget), len(promised.exposures)
    over = np.maximum(used[:campaigns] - promised.budget, 0.0).sum() / promised.budget.sum()
    floors = used[campaigns : campaigns + classes] >= 0.97 * promised.exposures
    ratios = used[campaigns + classes :] >= -0.03 * costs[campaigns + classes :]
    return Played(value, float(over), float(floors.mean()), float(ratios.mean()))
