"""Small markets whose truth is known, in which arms touch each other: what a plain split says, and what a design says.

Each market can be run with nobody treated and with everybody treated, which gives the true effect, and under each
design, which gives an estimate. All are relative to the mean of the untreated market.
"""

from dataclasses import dataclass

import numpy as np

from walras.insight.experiments import budget_split, cuped, difference, switchback, two_sided

Rng = np.random.Generator


@dataclass(frozen=True)
class Shown:
    """One market run once: the truth, and what was estimated with its interval."""

    truth: float
    naive: float
    design: float
    is_covered: bool


# ---------------------------------------------------------------- one budget for both arms

CAMPAIGNS, CHANCES, SPENDS, MORE = 200, 300, 0.3, 1.3


def budgets(rng: Rng) -> Shown:
    """Campaigns with a budget; the treatment makes each chance to spend 30 % likelier. Half of the budgets bind."""
    budget = rng.gamma(4.0, CHANCES * SPENDS / 4.0, CAMPAIGNS)

    def spent(treated: np.ndarray, money: np.ndarray) -> np.ndarray:
        """[C, T] what is spent at each chance, in order, while there is money."""
        wants = rng.random(treated.shape) < SPENDS * np.where(treated, MORE, 1.0)
        return wants * (np.cumsum(wants, axis=1) <= money[:, None])

    everybody = np.ones((CAMPAIGNS, CHANCES), bool)
    truth = np.mean([spent(everybody, budget).sum() - spent(~everybody, budget).sum() for _ in range(20)]) / CAMPAIGNS
    drawn = rng.random((CAMPAIGNS, CHANCES)) < 0.5
    together = spent(drawn, budget)
    naive = 2.0 * ((together * drawn).sum() - (together * ~drawn).sum()) / CAMPAIGNS
    # Each arm has half of the people, who come in the same order, and half of the budget.
    half = np.ones((CAMPAIGNS, CHANCES // 2), bool)
    control = spent(~half, np.floor(budget / 2 + rng.random(CAMPAIGNS)))
    treated = spent(half, np.floor(budget / 2 + rng.random(CAMPAIGNS)))
    found = budget_split(control.sum(axis=1).astype(float), treated.sum(axis=1).astype(float), 0.5)
    return Shown(truth, naive, found.effect, found.low <= truth <= found.high)


# ---------------------------------------------------------------- people and items that compete

PEOPLE, ITEMS, SEEN, LIFT, VISITS = 1_000, 200, 30, 0.2, 100


def attention(rng: Rng) -> Shown:
    """People choose one of the items that they see, or none; the treatment makes an item more attractive to a person.

    What a treated item wins it mostly takes from the others on the page, which a split of items counts as gain.
    """
    appeal = rng.normal(0.0, 0.7, ITEMS)
    seen = np.argsort(rng.random((PEOPLE, ITEMS)), axis=1)[:, :SEEN]

    def chosen(treated: np.ndarray) -> np.ndarray:
        """[P, S] chance of each item that is seen; staying away weighs as much as sixteen items."""
        pull = np.exp(appeal[seen] + LIFT * treated)
        return pull / (pull.sum(axis=1, keepdims=True) + 16.0 * np.exp(0.25))

    everything = np.ones((PEOPLE, SEEN), bool)
    truth = float(chosen(everything).mean() - chosen(~everything).mean())
    its = rng.permutation(ITEMS) < ITEMS // 2
    split = rng.binomial(VISITS, chosen(its[seen])) / VISITS
    naive = difference(split[~its[seen]], split[its[seen]])
    theirs = np.broadcast_to((rng.permutation(PEOPLE) < PEOPLE // 2)[:, None], seen.shape)
    result = rng.binomial(VISITS, chosen(theirs & its[seen])) / VISITS
    person = np.broadcast_to(np.arange(PEOPLE)[:, None], seen.shape)
    # Some items are liked more than others, which the weeks before know already.
    before = rng.binomial(VISITS, chosen(~everything)) / VISITS
    of_item = np.bincount(seen.ravel(), before.ravel()) / np.bincount(seen.ravel())
    past = np.stack([before.ravel(), of_item[seen].ravel()], axis=1)
    found = two_sided(
        cuped(result.ravel(), past),
        person.ravel(),
        seen.ravel(),
        (theirs.ravel(), its[seen].ravel()),
        (0.5, 0.5),
    )
    return Shown(truth, naive.effect, found.effect, found.low <= truth <= found.high)


# ---------------------------------------------------------------- one stock for everybody in a place

CITIES, WINDOWS, PIECES, ASKERS, STOCK = 6, 56, 4, 200, 60


def stock(rng: Rng) -> Shown:
    """People of a city ask for what there is a limited stock of at any hour; the treatment makes more of them ask.

    What is not served waits for the next hour, so the arm before lingers in the first piece of a window.
    """

    def served(treated: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """[C, W, P] how many were served, and [C, W, P, 2] of untreated and treated askers, each hour in order."""
        cities, windows, pieces, _ = treated.shape
        asked = [rng.binomial((ASKERS * (1 - treated[..., 0])).astype(int), 0.25)]
        asked.append(rng.binomial((ASKERS * treated[..., 0]).astype(int), 0.35))
        wants = np.stack(asked, axis=-1).reshape(cities, windows * pieces, 2)
        waiting, got = np.zeros((cities, 2)), np.zeros(wants.shape)
        for hour in range(windows * pieces):
            there = wants[:, hour] + 0.3 * waiting
            share = np.minimum(1.0, STOCK / np.maximum(there.sum(axis=1), 1e-9))
            got[:, hour] = there * share[:, None]
            waiting = there - got[:, hour]
        return got.sum(axis=-1).reshape(cities, windows, pieces), got

    shape = (CITIES, WINDOWS, PIECES, 1)
    truth = float(np.mean([served(np.ones(shape))[0].mean() - served(np.zeros(shape))[0].mean() for _ in range(10)]))
    _, both = served(np.full(shape, 0.5))
    naive = 2.0 * float((both[..., 1] - both[..., 0]).mean())
    arm = rng.random((CITIES, WINDOWS)) < 0.5
    hours, _ = served(np.broadcast_to(arm[..., None, None].astype(float), shape))
    kept = hours[:, :, 1:].mean(axis=2)
    block = np.repeat(np.arange(CITIES), WINDOWS)
    found = switchback(kept.ravel(), arm.ravel(), block)
    return Shown(truth, naive, found.effect, found.low <= truth <= found.high)


MARKETS = {"budget": budgets, "two_sided": attention, "switchback": stock}


def biases(name: str, seeds: int) -> dict[str, float]:
    """Mean error of both over seeds, as a share of the true effect; how often the design's interval has the truth."""
    runs = [MARKETS[name](np.random.default_rng(1_000 + seed)) for seed in range(seeds)]
    truth = abs(float(np.mean([run.truth for run in runs])))
    return {
        "naive": abs(float(np.mean([run.naive - run.truth for run in runs]))) / truth,
        "design": abs(float(np.mean([run.design - run.truth for run in runs]))) / truth,
        "covered": float(np.mean([run.is_covered for run in runs])),
    }
