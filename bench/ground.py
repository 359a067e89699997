"""Large grounds to measure on: a home folder filled with made-up people, items and behaviour, the same for one seed."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

from walras.app.building import chosen_text, open_log, restore_state, world_of
from walras.base.clock import DAY_MS, SystemClock
from walras.base.ids import ItemId, OwnerId
from walras.base.settings import Settings
from walras.events import Registry, SqliteLog
from walras.schema import Item, ItemPut

TOPICS = 200
# Outcomes of one exposure and how often each follows, roughly as on a short-video platform.
OUTCOMES = ("exposure", "watch", "long_view", "like", "skip", "comment", "share", "follow")
CHANCES = (0.40, 0.30, 0.12, 0.06, 0.09, 0.01, 0.01, 0.01)
ROWS = 1_000_000
SETTINGS = Settings()


def fill(home: Path, items: int, people: int, events_each: int, seed: int = 1) -> None:
    """Put items and behaviour into the log of a home folder, people's events one after the other in time."""
    log = SqliteLog(home / "log", Registry(), SystemClock())
    now_ms = SystemClock().now_ms()
    for puts in _items(items, now_ms):
        log.append(puts)
    for frame in _events(items, people, events_each, now_ms, seed):
        log.append_segment(frame)
    log.close()


def settle(home: Path) -> None:
    """Read the log of a home folder once and write its state down, so that a start finds it."""
    with open_log(home, SETTINGS) as (log, registry, _clock), world_of(home, SETTINGS) as world:
        restore_state(home, log, registry, chosen_text(world))


def _items(count: int, now_ms: int) -> Iterator[list[ItemPut]]:
    owners = max(10, count // 20)
    for start in range(0, count, 10_000):
        yield [
            ItemPut(
                Item(
                    id=ItemId(f"i{n}"),
                    owner=OwnerId(f"o{n % owners}"),
                    title=f"clip {n} of topic {n % TOPICS}",
                    topics=(f"t{n % TOPICS}",),
                    duration_s=15.0 + n % 60,
                    created_ms=now_ms - (n * 7919 % 90) * DAY_MS,
                ),
                now_ms,
            )
            for n in range(start, min(start + 10_000, count))
        ]


def _events(items: int, people: int, each: int, now_ms: int, seed: int) -> Iterator[pl.DataFrame]:
    """Frames of about a million events; each person keeps to a few topics, items are chosen by a power law."""
    rng = np.random.Generator(np.random.PCG64(seed))
    total, number = people * each, 0
    home_topic = rng.integers(TOPICS, size=people)
    while number < total:
        count = min(ROWS, total - number)
        # Round robin over people, so that every person's behaviour is spread over the whole span.
        person = (np.arange(number, number + count) % people).astype(np.int64)
        item = (items * rng.random(count) ** 3).astype(np.int64)
        own = rng.random(count) < 0.7
        item = np.where(own, item - item % TOPICS + home_topic[person], item) % items
        time_ms = now_ms - 30 * DAY_MS + (np.arange(number, number + count) * (30 * DAY_MS - 1) // total)
        outcome = rng.choice(len(OUTCOMES), size=count, p=CHANCES)
        value = np.where(outcome == 1, rng.gamma(2.0, 8.0, count), 1.0)
        yield _frame(number, person, item, outcome, value, time_ms)
        number += count


def _frame(start, person, item, outcome, value, time_ms) -> pl.DataFrame:  # type: ignore[no-untyped-def]
    names = pl.Series(OUTCOMES)
    return pl.DataFrame({"n": np.arange(start, start + len(person)), "p": person, "i": item, "o": outcome}).select(
        id=pl.format("g{}", "n"),
        time_ms=pl.Series(time_ms),
        person=pl.format("p{}", "p"),
        item=pl.format("i{}", "i"),
        owner=pl.lit(""),
        outcome=names.gather(pl.Series(outcome)),
        value=pl.Series(value),
        surface=pl.lit("feed"),
        page=pl.lit(""),
        place=pl.lit(-1, pl.Int32),
        context=pl.lit(None, pl.Binary),
    )
