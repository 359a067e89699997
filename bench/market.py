"""[market.*] How fast the market decides and moves prices, a day against its limit, and who gains by lying."""

import os

import numpy as np

from bench.market_day import PLACES, Day, Pace, Played, Promises, city, day, members, play, promises
from walras.base.clock import elapsed_s
from walras.market import (
    CAP,
    FLOOR,
    Bids,
    Limit,
    Programmes,
    Rules,
    Stretch,
    allocate,
    displaced_yuan,
    examination_weights,
    hindsight,
    moved,
    value_yuan,
)

COMMAND = "python -m bench market"
SEED = int(os.environ.get("WALRAS_MARKET_SEED", "11"))
PAGES, CAMPAIGNS, CLASSES, TARGETS = 25_000, 1_000, 200, 200
CANDIDATES, OUTCOMES, PROGRAMMES, PAGE_PLACES = 500, 12, 30, 10
DEVIATIONS, MANY = 10_000, 50_000


def run() -> list[dict[str, object]]:
    """Rows for the report."""
    rng = np.random.Generator(np.random.PCG64(SEED))
    return [_decides(rng), _updates(rng), *_deviates(rng), *_days(rng)]


def _row(id: str, value: float, unit: str, target: str = "", **more: object) -> dict[str, object]:
    return {"id": f"market.{id}", "value": value, "unit": unit, "target": target, "command": COMMAND, **more}


def _page(rng: np.random.Generator, n: int) -> tuple[Bids, Rules]:
    """A page a fifth of whose candidates bid, each for itself."""
    bid = rng.lognormal(-2.0, 1.0, n) * (rng.random(n) < 0.2)
    owner, topic = rng.integers(1, 80, n), rng.integers(1, 40, n)
    return Bids(rng.lognormal(-2.0, 0.7, n), bid, np.arange(n), np.ones(n, bool), owner, topic), Rules(10, 3, 2)


def _decides(rng: np.random.Generator, rounds: int = 300) -> dict[str, object]:
    """Value, fill and charge one page; the median."""
    outcomes, member = rng.random((CANDIDATES, OUTCOMES)), rng.random((CANDIDATES, PROGRAMMES))
    worth, price, weights = rng.random(OUTCOMES) / 10, rng.normal(0, 0.01, PROGRAMMES), examination_weights(PAGE_PLACES)
    spent = []
    for _ in range(rounds):
        bids, rules = _page(rng, CANDIDATES)
        begun = elapsed_s()
        organic = value_yuan(outcomes, worth, member=member, price_yuan=price) + bids.organic_yuan
        whole = Bids(organic, bids.bid_yuan, bids.payer, bids.allowed, bids.owner, bids.topic)
        value = organic + bids.bid_yuan
        page = allocate(value, bids.allowed, rules, owner=bids.owner, topic=bids.topic)
        displaced_yuan(whole, rules, weights, page.chosen)
        spent.append(1000 * (elapsed_s() - begun))
    note = "500 candidates, 12 outcomes, 30 programmes, 10 places, with payments; median of 300 pages"
    return _row("decide_ms", float(np.median(spent)), "ms", "<= 1", note=note)


def _updates(rng: np.random.Generator) -> dict[str, object]:
    kind = np.where(rng.random(MANY) < 0.5, CAP, FLOOR)
    programmes = Programmes(kind, rng.lognormal(5, 1, MANY), np.full(MANY, 5.0), rng.random(MANY))
    used, step = programmes.amount * rng.random(MANY), np.full(MANY, 0.1)
    begun = elapsed_s()
    moved(programmes, used, programmes.amount * 0.01, used, Stretch(0.5, 0.01), step)
    return _row("update_50k_s", elapsed_s() - begun, "s", "<= 1", note="prices of 50,000 programmes moved once")


def _deviates(rng: np.random.Generator) -> list[dict[str, object]]:
    """What bidders gain by saying another value than the true one, in shares of the mean value of a bid."""
    weights, gains, truths = examination_weights(PAGE_PLACES), [], []
    for _ in range(DEVIATIONS):
        bids, rules = _page(rng, 60)
        n = int(rng.choice(np.flatnonzero(bids.bid_yuan > 0)))
        truth, said = float(bids.bid_yuan[n]), float(bids.bid_yuan[n] * rng.lognormal(0.0, 1.0))
        gains.append(_utility(bids, rules, weights, n, truth, said) - _utility(bids, rules, weights, n, truth, truth))
        truths.append(truth)
    mean = float(np.mean(truths))
    note = f"{DEVIATIONS:,} deviations of one bidder each, on pages with gaps; a share of the mean value of a bid"
    return [
        _row("deviation_mean", float(np.maximum(gains, 0.0).mean()) / mean, "share of value", "<= 0.001", note=note),
        _row("deviation_max", float(np.max(gains)) / mean, "share of value", note=note),
    ]


def _utility(bids: Bids, rules: Rules, weights: np.ndarray, n: int, truth: float, said: float) -> float:
    bid = bids.bid_yuan.copy()
    bid[n] = said
    stated = Bids(bids.organic_yuan, bid, bids.payer, bids.allowed, bids.owner, bids.topic)
    page = allocate(bids.organic_yuan + bid, bids.allowed, rules, owner=bids.owner, topic=bids.topic).chosen
    place = np.flatnonzero(page == n)
    if not len(place):
        return 0.0
    paid = displaced_yuan(stated, rules, weights, page)
    return float(truth * weights[place[0]] - paid[place[0]])


def _days(rng: np.random.Generator) -> list[dict[str, object]]:
    """Today against the linear program that knew all of it, from yesterday's prices; other ways beside it."""
    town = city(rng, CAMPAIGNS, CLASSES, TARGETS)
    yesterday = day(rng, town, PAGES)
    promised = promises(rng, town, yesterday)
    today = day(rng, town, int(PAGES * rng.uniform(0.8, 1.2)))
    before, limit = _limit(yesterday, promised), _limit(today, promised)
    cold = promised.programmes()
    warm, still = cold.priced(before.price_yuan), Pace(cap=0.0, floor=0.0, ratio=0.0, rehearsals=0)
    found = play(today, promised, warm, yesterday, Pace())
    others = {
        "yesterday's prices, never moved": play(today, promised, warm, yesterday, still),
        "moved, not rehearsed": play(today, promised, warm, yesterday, Pace(rehearsals=0)),
        "cold start, not rehearsed": play(today, promised, cold, yesterday, Pace(rehearsals=0)),
        "today's own duals": play(today, promised, cold.priced(limit.price_yuan), yesterday, still),
    }
    beside = "; ".join(f"{name} {_said(one, limit)}" for name, one in others.items())
    note = f"{len(today.at) * PLACES:,} places, 1,000 budgets, 200 floors, 200 ratios; seed {SEED}"
    return [
        _row("vs_hindsight", found.value_yuan / limit.value_yuan, "of the limit", ">= 0.99", note=f"{note}; {beside}"),
        _row("overspend_max", found.overspent, "of all budgets", "<= 0.005", note=note),
        _row("floors_met", found.floors_met, "share within 3 %", ">= 0.95", note=note),
        _row("ratios_met", found.ratios_met, "share within 3 %", ">= 0.95", note=note),
    ]


def _limit(seen: Day, promised: Promises) -> Limit:
    return hindsight(seen.organic + seen.bid, PLACES, members(seen, promised), promised.programmes())


def _said(one: Played, limit: Limit) -> str:
    return f"{one.value_yuan / limit.value_yuan:.4f} (floors {one.floors_met:.2f}, ratios {one.ratios_met:.2f})"
