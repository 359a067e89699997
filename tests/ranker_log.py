"""A log of known truth: half of the items suit each person, and who suits what decides how likely a like is."""

from dataclasses import dataclass

import numpy as np

from walras.features import PersonState
from walras.schema import Batch, EventColumns, Item, ItemPut, Surface

NOW_MS = 1_790_000_000_000
PEOPLE, ITEMS = 40, 60
SUITS, ELSE = 0.6, 0.1  # true chances of a like


@dataclass(frozen=True)
class Asked:
    person: PersonState
    surface: Surface
    now_ms: int


def suits(person, item):
    return person % 2 == item % 2


def items():
    return [
        Item(id=f"i{n}", owner=f"o{n % 6}", topics=(f"t{n % 2}",), duration_s=10.0 + n, created_ms=NOW_MS - 10**9)
        for n in range(ITEMS)
    ]


def columns(rows):
    """Events from (time, person, item, outcome, value, place)."""
    time_ms, person, item, outcome, value, place = (list(part) for part in zip(*rows, strict=True))
    blank = [""] * len(rows)
    surface = ["feed"] * len(rows)
    return EventColumns(
        np.arange(1, len(rows) + 1), np.array(time_ms, np.int64), person, item, blank, outcome,
        np.array(value, float), surface, blank, np.array(place, np.int32),
    )  # fmt: skip


def log(exposures=3_000, seed=0, shown=True, attention=None):
    """One batch. `attention`: chance that a place is looked at; `shown` False leaves out what was not taken."""
    rng, rows = np.random.default_rng(seed), []
    for n in range(exposures):
        person, item, place = int(rng.integers(PEOPLE)), int(rng.integers(ITEMS)), int(rng.integers(4))
        at = NOW_MS - (exposures - n) * 60_000
        looked = attention is None or rng.random() < attention[place]
        liked = looked and rng.random() < (SUITS if suits(person, item) else ELSE)
        if shown:
            rows.append((at, f"p{person}", f"i{item}", "exposure", 1.0, place))
            rows.append((at + 2, f"p{person}", f"i{item}", "watch", float(rng.gamma(2.0, 5.0 + 10.0 * liked)), place))
        if liked:
            rows.append((at + 1, f"p{person}", f"i{item}", "like", 1.0, place))
    return [Batch(len(rows), tuple(ItemPut(item, item.created_ms) for item in items()), columns(rows), ())]


def asked(state, person="p1", now_ms=NOW_MS):
    return Asked(state.person_view(person, now_ms), Surface(name="feed", sources=()), now_ms)
