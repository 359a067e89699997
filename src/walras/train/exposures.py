"""From the log to rows of training: each exposure with what was known just before it, and what came of it.

Events are replayed through the same `State` that serves, and read by the same `ranking.gather` and `ranking.read`, so
a trained-on row is what would have been served. A row sees only events of strictly earlier instants.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from walras.base.clock import DAY_MS
from walras.base.errors import Invalid
from walras.base.streams import stream
from walras.events import Registry
from walras.features import PersonState, State, TextModel
from walras.ranking import Reading, gather, read, reading_of
from walras.retrieval import Trunk
from walras.schema import Batch, EventColumns, Floats32, Ints, Longs, PlaceRecord, Surface
from walras.train.fusion import Foresight

# The newest exposures that are learnt from: at about 6 kB a row, twice while they are joined, about a gigabyte.
ROWS_MAX = 80_000
# The newest rows for which the sequence model's score is read: some two milliseconds a page.
FORESEEN_MAX = 10_000
# An outcome belongs to the person's last exposure of the item, if that was within a day.
ATTACH_MS = DAY_MS
# Rows read against one state: nobody's own behaviour is missing, others' is late by at most this.
STRETCH_MS, STRETCH_ROWS = 60_000, 256
# Items drawn beside each taken one where a log says only what was taken.
SAMPLED_NEGATIVES = 4
# Below this many rows, or takings of every outcome, a network would learn noise.
ROWS_MIN, POSITIVES_MIN = 300, 20


@dataclass(frozen=True, slots=True)
class Rows:
    """R exposures, in order of time."""

    person: Floats32  # [R, P]
    candidates: Floats32  # [R, C]
    tokens: Floats32  # [R, L, K] in half precision
    mask: Floats32  # [R, L]
    outcomes: Floats32  # [R, H] what came of it, each in its unit
    place: Ints  # [R] -1 where not known
    propensity: Floats32  # [R] chance of having been shown, 1 where not known
    time_ms: Longs  # [R]
    who: Ints  # [R] the person's row
    leaning: Floats32  # [R] the judged sequence model's score; NaN where it was not read or has learnt from the row
    sampled: bool = False  # whether rows that nobody took were drawn, not shown

    def __len__(self) -> int:
        """How many exposures."""
        return len(self.time_ms)

    def at(self, index: Longs | slice) -> "Rows":
        """Some of the rows."""
        columns = {f.name: getattr(self, f.name)[index] for f in fields(self) if f.name != "sampled"}
        return Rows(**columns, sampled=self.sampled)


@dataclass(slots=True)
class _Shown:
    """Exposures before their features are read."""

    first: list[int]  # index of the first event
    outcomes: Floats32
    said: bool  # whether the log says what was shown and not taken
    record: Mapping[tuple[str, str], PlaceRecord]  # what the page's record says, by page and item


@dataclass(frozen=True, slots=True)
class _Asked:
    """Whose page, where and when, as ranking asks it."""

    person: PersonState
    surface: Surface
    now_ms: int


def rows_of(
    batches: Sequence[Batch],
    registry: Registry,
    *,
    seed: int = 0,
    rows_max: int = ROWS_MAX,
    foresight: Foresight | None = None,
    text: TextModel | None = None,
) -> Rows:
    """Replay a log and read its newest exposures.

    Args:
        batches: the log.
        registry: all outcomes.
        seed: of the draws of items nobody took, where the log holds none.
        rows_max: the newest exposures that are read.
        foresight: the judged sequence model, where there is one; its score is read for the newest exposures.
        text: reads texts; without one, the untrained projection does.

    Raises:
        Invalid: there is nothing to learn; it says what is missing.
    """
    reading, events = reading_of(registry), _by_time(batches)
    record = {(page.id, place.item): place for batch in batches for page in batch.pages for place in page.places}
    shown = _exposures(events, registry, reading, record)
    _refuse_nothing(shown, reading)
    state = State(registry, text=text)
    changes = tuple(change for batch in batches for change in batch.changes)
    state.apply(Batch(0, changes, _slice(events, 0, 0), ()))
    sight = None if foresight is None else _Sight(foresight, Trunk(state, foresight.bundle))
    return _read_all(state, events, shown, reading, seed=seed, rows_max=rows_max, sight=sight)


def _refuse_nothing(shown: _Shown, reading: Reading) -> None:
    taken = (shown.outcomes > 0).sum(axis=0)
    if len(shown.first) < ROWS_MIN or taken.max(initial=0) < POSITIVES_MIN:
        counts = ", ".join(f"{name} {n}" for name, n in zip(reading.names, taken, strict=True))
        raise Invalid(
            f"there is too little to learn from: {len(shown.first)} exposures; {counts}",
            field="log",
            hint=f"A ranker needs {ROWS_MIN} exposures and {POSITIVES_MIN} of one outcome; until then counters rank.",
        )


def _by_time(batches: Sequence[Batch]) -> EventColumns:
    """All events in order of time: a log may have been imported in any order, but is lived in this one."""
    parts = [batch.events for batch in batches if len(batch.events)]
    if not parts:
        return EventColumns(*(np.zeros(0, np.int64),) * 2, *([],) * 4, np.zeros(0), [], [], np.zeros(0, np.int32))
    order = np.argsort(np.concatenate([p.time_ms for p in parts]), kind="stable")
    columns: dict[str, Any] = {}
    for f in fields(EventColumns):
        values = [getattr(p, f.name) for p in parts]
        if isinstance(values[0], np.ndarray):
            columns[f.name] = np.concatenate(values)[order]
        else:
            flat = [v for part in values for v in part]
            columns[f.name] = [flat[n] for n in order.tolist()]
    return EventColumns(**columns)


def _slice(events: EventColumns, start: int, stop: int) -> EventColumns:
    return EventColumns(**{f.name: getattr(events, f.name)[start:stop] for f in fields(EventColumns)})


def _exposures(events: EventColumns, registry: Registry, reading: Reading, record: Mapping[Any, PlaceRecord]) -> _Shown:
    """Join events into exposures: those the log names, and one for each outcome that came without, where it names few.

    Where most are named, what came without an exposure, such as a comment on a video opened by its link, is left out:
    it would teach that each such place is taken.
    """
    column = {name: n for n, name in enumerate(reading.names)}
    choices = {o.name for o in registry if o.choice}
    # A log that says only "took it" teaches the first choice that is foreseen.
    fallback = None if any(name in column for name in set(events.outcome)) else column.get("click")
    last: dict[tuple[str, str], tuple[int, int]] = {}
    first: list[int] = []
    marks: list[tuple[int, int, float]] = []
    named: list[bool] = []
    times, values = events.time_ms.tolist(), events.value.tolist()
    for n, (person, item, name) in enumerate(zip(events.person, events.item, events.outcome, strict=True)):
        at = column.get(name, fallback if name in choices else None)
        if not item or (at is None and name != "exposure"):
            continue
        row, since = last.get((person, item), (-1, 0))
        if row < 0 or times[n] - since > ATTACH_MS or (name == "exposure" and times[n] > since):
            row = len(first)
            first.append(n)
            named.append(name == "exposure")
            last[person, item] = (row, times[n])
        if at is not None:
            marks.append((row, at, values[n] if reading.measured[at] else 1.0))
    outcomes, kept = _filled(len(first), marks, len(reading.names)), np.array(named, bool)
    if 2 * np.count_nonzero(kept) <= len(kept):
        return _Shown(first, outcomes, bool(kept.any()), record)
    return _Shown([first[n] for n in np.flatnonzero(kept)], outcomes[kept], True, record)


def _filled(rows: int, marks: list[tuple[int, int, float]], width: int) -> Floats32:
    outcomes = np.zeros((rows, width), np.float32)
    if marks:
        row, column, value = (np.array(part) for part in zip(*marks, strict=True))
        np.maximum.at(outcomes, (row.astype(np.int64), column.astype(np.int64)), value.astype(np.float32))
    return outcomes


@dataclass(slots=True)
class _Sight:
    """Reads the judged model's score of the newest rows that it has not learnt from."""

    foresight: Foresight
    trunk: Trunk
    from_row: int = 0

    def leaning(self, asked: _Asked, name: str, row: int, items: Ints) -> Floats32:
        """[N] scores of a page's items, NaN where they would not be honest."""
        until_ms = self.foresight.learnt_until_ms.get(name)
        if row < self.from_row or until_ms is None or asked.now_ms <= until_ms:
            return np.full(len(items), np.nan, np.float32)
        return self.trunk.scores(asked.person, items)


def _read_all(
    state: State,
    events: EventColumns,
    shown: _Shown,
    reading: Reading,
    *,
    seed: int,
    rows_max: int,
    sight: _Sight | None,
) -> Rows:
    share = 1 if shown.said else 1 + SAMPLED_NEGATIVES
    start = max(0, len(shown.first) - max(1, rows_max // share))
    if sight is not None:
        sight.from_row = len(shown.first) - FORESEEN_MAX // share
    made: list[Rows] = []
    applied, rng = 0, stream(seed, "train/negatives")
    for stretch in _stretches(events, shown.first, start):
        known = int(np.searchsorted(events.time_ms, events.time_ms[shown.first[stretch[0]]], side="left"))
        if known > applied:
            state.apply(Batch(known, (), _slice(events, applied, known), ()))
            applied = known
        made += [
            _read(state, events, shown, page, reading, rng, sight) for page in _pages(events, shown.first, stretch)
        ]
    columns = {f.name: np.concatenate([getattr(m, f.name) for m in made]) for f in fields(Rows) if f.name != "sampled"}
    return Rows(**columns, sampled=not shown.said)


def _stretches(events: EventColumns, first: list[int], start: int) -> Iterator[list[int]]:
    """Runs of exposures that may be read against one state: no person twice, unless at the same instant."""
    stretch: list[int] = []
    met: dict[str, int] = {}
    for row in range(start, len(first)):
        who, time_ms = events.person[first[row]], int(events.time_ms[first[row]])
        since = int(events.time_ms[first[stretch[0]]]) if stretch else time_ms
        late = met.get(who, time_ms) != time_ms or time_ms - since > STRETCH_MS or len(stretch) >= STRETCH_ROWS
        if stretch and late:
            yield stretch
            stretch, met = [], {}
        stretch.append(row)
        met[who] = time_ms
    if stretch:
        yield stretch


def _pages(events: EventColumns, first: list[int], stretch: list[int]) -> Iterator[list[int]]:
    """Rows of a stretch by person: what she was shown at one instant."""
    pages: dict[str, list[int]] = {}
    for row in stretch:
        pages.setdefault(events.person[first[row]], []).append(row)
    yield from pages.values()


def _read(
    state: State,
    events: EventColumns,
    shown: _Shown,
    page: list[int],
    reading: Reading,
    rng: np.random.Generator,
    sight: _Sight | None,
) -> Rows:
    at = [shown.first[row] for row in page]
    now_ms, name = int(events.time_ms[at[0]]), events.person[at[0]]
    asked = _Asked(state.person_view(name, now_ms), Surface(name=events.surface[at[0]] or "feed", sources=()), now_ms)
    items = state.item_row.known([events.item[n] for n in at])
    outcomes, (place, chance) = shown.outcomes[page], _stood(events, shown, at)
    if not shown.said:
        drawn = rng.integers(1, max(2, len(state.item_row.names)), len(page) * SAMPLED_NEGATIVES)
        drawn = np.minimum(drawn, len(state.item_row.names) - 1).astype(np.int32)
        items = np.concatenate([items, drawn])
        outcomes = np.concatenate([outcomes, np.zeros((len(drawn), outcomes.shape[1]), np.float32)])
        place = np.concatenate([place, np.full(len(drawn), -1, np.int32)])
        chance = np.concatenate([chance, np.ones(len(drawn), np.float32)])
    made = read(*gather(asked, state, items, reading), reading)
    count = len(items)
    unread = np.full(count, np.nan, np.float32)
    leaning = unread if sight is None else sight.leaning(asked, name, page[0], items)
    return Rows(
        np.repeat(made.person[None], count, 0), made.candidates,
        np.repeat(made.tokens[None].astype(np.float16), count, 0), np.repeat(made.mask[None], count, 0),
        outcomes, place, chance, np.full(count, now_ms, np.int64), np.full(count, asked.person.row, np.int32),
        leaning,
    )  # fmt: skip


def _stood(events: EventColumns, shown: _Shown, at: list[int]) -> tuple[Ints, Floats32]:
    """Places, and chances of having been shown, of events: from the page's record, else from the event, else none."""
    places, chances = [], []
    for n in at:
        record = shown.record.get((events.page[n], events.item[n])) if events.page[n] else None
        places.append(record.place if record else int(events.place[n]))
        chances.append(record.propensity if record else 1.0)
    return np.array(places, np.int32), np.array(chances, np.float32)
