"""What is kept in memory: bytes per person and item at a million each, events a second, and a page's first stages.

Bytes are the growth of the process, names and Python's own objects included, so nothing is left out.
"""

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from walras.base.streams import stream
from walras.events import Registry
from walras.features import State
from walras.retrieval import (
    Asked,
    Cooccurrence,
    Explore,
    Followed,
    Fresh,
    Popular,
    Source,
    TextSimilar,
    exclude,
    propose_all,
    warm_up,
)
from walras.schema import Batch, EventColumns, Item, ItemPut, SourceShare, Surface

COMMAND = "python -m bench memory"
NOW_MS = 1_790_000_000_000
BATCH = 50_000
EVENTS_EACH, EVENTS_OF_HEAVY, HEAVY = 8, 200, 20_000
# Outcomes of a short-video log: mostly exposures and seconds, few choices.
OUTCOMES = ("exposure", "watch", "long_view", "like", "skip", "follow")
CHANCES = (0.42, 0.32, 0.12, 0.06, 0.07, 0.01)
_NO_EVENTS = EventColumns(
    np.zeros(0, np.int64), np.zeros(0, np.int64), [], [], [], [], np.zeros(0), [], [], np.zeros(0, np.int32)
)  # fmt: skip


def run(items: int = 1_000_000, people: int = 1_000_000) -> list[dict[str, Any]]:
    """Measure at so many items and people."""
    state, rng = State(Registry()), stream(1, "bench/memory")
    state.apply(_events(state, np.array([0]), rng, items))
    before, started = _bytes(), _cpu_s()
    _put(state, items)
    put_s, per_item = _cpu_s() - started, (_bytes() - before) / items
    before = _bytes()
    seconds = sum(_applied(state, rng, items, np.arange(people)) for _ in range(EVENTS_EACH))
    per_person = (_bytes() - before) / people
    rows = [
        _row("mem.item_bytes", per_item, "bytes", None, "measured", ""),
        _row(
            "mem.person_bytes", per_person, "bytes", EVENTS_OF_HEAVY * 18.0, "measured", "200 places reserved for each"
        ),
        _row("state.events_s", people * EVENTS_EACH / seconds, "events/s", None, ">= 500000", ""),
        _row("state.put_us", put_s / items * 1e6, "µs", None, "measured", ""),
    ]
    before = _bytes()
    heavy = np.arange(min(HEAVY, people))
    for _ in range(EVENTS_OF_HEAVY - EVENTS_EACH):
        _applied(state, rng, items, heavy)
    grown = (_bytes() - before) / len(heavy)
    rows.append(
        _row(
            "mem.heavy_person_bytes",
            per_person + grown,
            "bytes",
            None,
            "measured",
            "200 behaviours, and what items learn from them",
        )
    )
    return rows + _small(state, rng, items) + _pages(state, heavy) + _snapshot()


def _put(state: State, items: int) -> None:
    for first in range(0, items, BATCH):
        puts = tuple(
            ItemPut(
                Item(
                    id=f"item-{n}", owner=f"owner-{n // 20}", title=f"clip {n} of subject {n % 997} 短视频",
                    topics=(f"topic {n % 200}",), duration_s=30.0, created_ms=NOW_MS - n * 60_000,
                ),
                NOW_MS,
            )
            for n in range(first, min(first + BATCH, items))
        )  # fmt: skip
        state.apply(Batch(state.position + len(puts), puts, _NO_EVENTS, ()))


def _events(state: State, people: Any, rng: np.random.Generator, items: int) -> Batch:
    count, first = len(people), state.position + 1
    code = rng.choice(len(OUTCOMES), count, p=CHANCES)
    return Batch(
        state.position + count,
        (),
        EventColumns(
            np.arange(first, first + count),
            NOW_MS + np.arange(first, first + count),
            [f"person-{n}" for n in people.tolist()],
            [f"item-{n}" for n in (items * rng.random(count) ** 2).astype(int).tolist()],
            [""] * count,
            [OUTCOMES[n] for n in code.tolist()],
            np.full(count, 5.0),
            ["feed"] * count,
            [""] * count,
            np.zeros(count, np.int32),
        ),
        (),
    )


def _applied(state: State, rng: np.random.Generator, items: int, people: Any) -> float:
    """Apply one event of each person; gives the seconds that the state took."""
    spent = 0.0
    for first in range(0, len(people), BATCH):
        batch = _events(state, people[first : first + BATCH], rng, items)
        started = _cpu_s()
        state.apply(batch)
        spent += _cpu_s() - started
    return spent


def _small(state: State, rng: np.random.Generator, items: int) -> list[dict[str, Any]]:
    """One event at a time, as a serving process reads them."""
    batches = []
    for n in range(2_000):
        batch = _events(state, np.array([n]), rng, items)
        state.apply(batch)
        batches.append(batch)
    started = _cpu_s()
    for batch in batches:
        state.apply(batch)
    each = (_cpu_s() - started) / len(batches) * 1e6
    return [_row("state.one_event_us", each, "µs", None, "<= 50", "a batch of one")]


def _pages(state: State, people: Any) -> list[dict[str, Any]]:
    """Milliseconds of person view, six sources and exclusions, at the median."""
    made: tuple[Source, ...] = (
        Cooccurrence(state), Followed(state), Popular(state), Fresh(state), Explore(state), TextSimilar(state)
    )  # fmt: skip
    sources = {source.name: source for source in made}
    _text(sources["text"])
    warm_up(sources, state)
    surface = Surface(name="feed", sources=tuple(SourceShare(name, 100) for name in sources), source_budget_ms=1e6)

    def page(n: int) -> Asked:
        view = state.person_view(f"person-{people[n % len(people)]}", NOW_MS)
        return Asked(person=view, surface=surface, now_ms=NOW_MS, rng=stream(n, "bench/page"))

    def whole(n: int) -> object:
        asked = page(n)
        return exclude(propose_all(sources, asked).candidates, asked, state)

    rows = [_row("retrieval.page_ms", _median_ms(whole), "ms", None, "<= 2", "view, 6 sources × 100, exclusions")]
    rows.append(_row("retrieval.view_ms", _median_ms(page), "ms", None, "measured", ""))
    for name, source in sources.items():
        asked = [page(n) for n in range(300)]
        for one in asked:
            exclude(propose_all({}, one).candidates, one, state)
        each = _median_ms(lambda n, source=source, asked=asked: source.propose(asked[n], 100))
        rows.append(_row(f"retrieval.{name}_ms", each, "ms", None, "measured", ""))
    return rows


def _text(source: Source) -> None:
    if isinstance(source, TextSimilar):
        source.catch_up()
        source.index.settle()


def _median_ms(work: Callable[[int], object], count: int = 300) -> float:
    spent = np.zeros(count)
    for n in range(count):
        started = _cpu_s()
        work(n)
        spent[n] = _cpu_s() - started
    return float(np.median(spent)) * 1e3


def _snapshot(events: int = 1_000_000) -> list[dict[str, Any]]:
    """Seconds to write and to read the state of a million events."""
    state, rng = State(Registry()), stream(2, "bench/memory")
    _put(state, 10_000)
    for _ in range(events // 100_000):
        _applied(state, rng, 10_000, np.arange(100_000))
    with tempfile.TemporaryDirectory() as folder:
        started = _cpu_s()
        state.save(Path(folder) / "state")
        saved = _cpu_s()
        State.load(Path(folder) / "state", Registry())
        read = _cpu_s()
    return [
        _row("state.save_s", saved - started, "s", None, "measured", "1 M events"),
        _row("state.load_s", read - saved, "s", None, "<= 2", "1 M events"),
    ]


def _cpu_s() -> float:
    """Processor seconds of this process: what neighbours on the machine do does not count."""
    return time.process_time()


def _bytes() -> int:
    """Bytes of this process that lie in memory."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _row(id: str, value: float, unit: str, baseline: float | None, target: str, note: str) -> dict[str, Any]:
    row = {
        "id": id, "value": round(value, 4), "unit": unit, "baseline": baseline,
        "ratio": round(value / baseline, 4) if baseline else None, "target": target, "command": COMMAND,
    }  # fmt: skip
    return row | ({"note": note} if note else {})
