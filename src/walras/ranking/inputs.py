"""What the ranker reads, defined once: training and serving call the same functions.

`gather` takes what is known from the features room as plain arrays (`PersonFeatures`, `CandidateFeatures`); `read`
turns those into the numbers a model sees (`Inputs`). Whatever is missing has a default: no behaviour means the
population's rates, no duration means 0 and a flag, no vector means zeros.
Shapes: N candidates, T exposures of the person, H outcomes, D width of an item's vector.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from walras.events import Registry
from walras.features import PersonState, State
from walras.ranking.columns import (
    SHARE_MAX,
    SHARE_MIN,
    Behaviours,
    fill_alike,
    fill_counts,
    fill_exposures,
    fill_own,
    fill_rates,
    fill_scaled,
)
from walras.schema import Bools, Floats, Floats32, Ints, Longs, Surface

FEATURE_VERSION = "rank-1"
# Exposures that target attention looks at: the last ones tell most, and the cost of a page grows with them.
ATTENDED_MAX = 32
# The last exposures that are also read one by one, so that a model without attention sees the present mood.
RECENT_MAX = 3
# One exposure's seconds are read up to ten minutes; a player left running says nothing about taste.
SECONDS_READ_MAX = 600.0
# Classes of length (doublings of seconds) and of novelty (doublings of exposures).
LENGTH_CLASSES, NOVELTY_CLASSES = 12, 6
# Columns about a candidate between its amounts and its rates: age, length, whether it is the first time, likeness.
KNOWN = 7
# Exposures at the parent's rate that are added to each count: a few real ones overrule them.
PERSON_PRIOR, ITEM_PRIOR, RECENT_PRIOR = 10.0, 5.0, 3.0
HOUR_S, DAY_S = 3_600.0, 86_400.0
HALF_LIVES_S = np.array([[HOUR_S], [DAY_S]], np.float32)
# Surfaces are read by code; a code beyond these reads as the first.
SURFACES_READ = 16


class Asks(Protocol):
    """What ranking must know of a request: whose page, where and when."""

    @property
    def person(self) -> PersonState:
        """All that is known of the person."""
        ...

    @property
    def surface(self) -> Surface:
        """Where the page stands."""
        ...

    @property
    def now_ms(self) -> int:
        """When."""
        ...


@dataclass(frozen=True, slots=True)
class Reading:
    """Which outcomes are read, in which order, and which are measured in seconds or yuan rather than counted."""

    names: tuple[str, ...]
    codes: Ints  # [H]
    measured: Bools  # [H]
    wanted: Floats32  # [H] +1 wanted, -1 unwanted, 0 neutral
    column: Ints  # [256] column of an outcome's code, -1 where it is not read


@dataclass(frozen=True, slots=True)
class PersonFeatures:
    """A person at an instant: T exposures, oldest first, and the population she is compared with."""

    outcomes: Floats32  # [T, H] value of each outcome in each exposure
    age_s: Floats32  # [T] seconds before now
    duration_s: Floats32  # [T] 0 where not known
    owner: Ints  # [T] rows, 0 for none
    topic: Ints  # [T] rows of first topics, 0 for none
    exposures: Floats32  # [T] exposures of that item by now, by anybody
    vector: Floats32  # [T, D] content vectors, zeros where none
    everyone: Floats32  # [1 + H] the population's exposures and outcomes
    hour: float  # of the day, UTC, 0..24
    surface: int  # code


@dataclass(frozen=True, slots=True)
class CandidateFeatures:
    """N candidates at an instant. Counts are decayed: exposures first, then each outcome."""

    item_counts: Floats32  # [N, 1 + H]
    owner_counts: Floats32  # [N, 1 + H] zeros where there is no owner
    topic_counts: Floats32  # [N, 1 + H]
    owner: Ints  # [N] rows, 0 for none
    topic: Ints  # [N]
    age_s: Floats32  # [N] since the item was made, -1 where not known
    duration_s: Floats32  # [N] 0 where not known
    vector: Floats32  # [N, D] content vectors, zeros where none

    def __len__(self) -> int:
        """How many candidates."""
        return len(self.owner)


@dataclass(frozen=True, slots=True)
class Inputs:
    """The numbers a model reads; never NaN."""

    person: Floats32  # [P]
    candidates: Floats32  # [N, C]
    tokens: Floats32  # [ATTENDED_MAX, K] the last exposures, oldest first, zeros behind them
    mask: Floats32  # [ATTENDED_MAX] 1 where there is one


def reading_of(registry: Registry) -> Reading:
    """The outcomes a registry wants foreseen, as the ranker reads them."""
    predicted = registry.predicted
    column = np.full(256, -1, np.int32)
    for n, outcome in enumerate(predicted):
        column[outcome.code] = n
    return Reading(
        tuple(o.name for o in predicted),
        np.array([o.code for o in predicted], np.int32),
        np.array([o.unit != "count" for o in predicted], bool),
        np.array([o.sign for o in predicted], np.float32),
        column,
    )


# ---------------------------------------------------------------- from the features room


def gather(asked: Asks, state: State, rows: Ints, reading: Reading) -> tuple[PersonFeatures, CandidateFeatures]:
    """Take what is known now of a person and of the candidates at `rows`, as arrays."""
    return _person(asked, state, reading), _candidates(asked.now_ms, state, rows, reading)


def _person(asked: Asks, state: State, reading: Reading) -> PersonFeatures:
    item, outcomes, time_ms = exposures_of(asked.person, reading)
    counters, items, columns = state.counters, state.items, _columns(state, reading)
    scale = counters.scale(asked.now_ms)
    return PersonFeatures(
        outcomes=outcomes,
        age_s=np.maximum(asked.now_ms - time_ms, 0).astype(np.float32) / np.float32(1000.0),
        duration_s=items["duration_s"][item],
        owner=items["owner"][item],
        topic=items["topics"][item, 0],
        exposures=_counts(state, counters.item, item, columns[:0], scale)[:, 0],
        vector=state.catalogue.vectors(item[-ATTENDED_MAX:]),
        everyone=_counts(state, counters.total, np.zeros(1, np.int32), columns, scale)[0],
        hour=(asked.now_ms / 3_600_000.0) % 24.0,
        surface=state.surfaces.get(asked.surface.name, 0),
    )


def exposures_of(seen: PersonState, reading: Reading) -> tuple[Ints, Floats32, Longs]:
    """Join neighbouring behaviours about one item into one exposure: items [T], outcomes [T, H], instants [T]."""
    first = np.empty(len(seen.items), np.int64)
    made = np.zeros((len(seen.items), len(reading.codes)), np.float32)
    behaviours = Behaviours(seen.items, seen.outcomes, seen.values)
    count = fill_exposures(behaviours, reading.column, reading.measured, SECONDS_READ_MAX, first, made)
    return seen.items[first[:count]], made[:count], seen.times_ms[first[:count]]


def _candidates(now_ms: int, state: State, rows: Ints, reading: Reading) -> CandidateFeatures:
    counters, items, columns = state.counters, state.items, _columns(state, reading)
    scale = counters.scale(now_ms)
    owner, topic, created_ms = items["owner"][rows], items["topics"][rows, 0], items["created_ms"][rows]
    return CandidateFeatures(
        item_counts=_counts(state, counters.item, rows, columns, scale),
        owner_counts=_counts(state, counters.owner, owner, columns, scale, first=1),
        topic_counts=_counts(state, counters.topic, topic, columns, scale, first=1),
        owner=owner,
        topic=topic,
        age_s=np.where(created_ms > 0, np.maximum(now_ms - created_ms, 0) / 1000.0, -1.0).astype(np.float32),
        duration_s=items["duration_s"][rows],
        vector=state.catalogue.vectors(rows),
    )


def _columns(state: State, reading: Reading) -> Ints:
    """[H] columns of the counters that hold the outcomes: sums of values of what is measured, counts of the others."""
    counters = state.counters
    valued = counters.value_column[reading.codes]
    return np.where(valued >= 0, valued, counters.column[reading.codes])


def _counts(
    state: State, table: Floats32 | Floats, rows: Ints, columns: Ints, scale: float, first: int = 0
) -> Floats32:
    """[N, 1 + H] exposures, then outcomes, of rows of a table, brought to now; zeros for rows before `first`."""
    counters = state.counters
    made = np.zeros((len(rows), 1 + len(columns)), np.float32)
    fill_counts(table, rows, first, counters.exposure, counters.choices, columns, scale, made)
    return made


# ---------------------------------------------------------------- into numbers


def read(person: PersonFeatures, candidates: CandidateFeatures, reading: Reading) -> Inputs:
    """Turn what is known into the numbers a model reads."""
    with np.errstate(all="ignore"):  # odd numbers are mended at the end, in one place
        return _read(person, candidates, reading)


def _read(person: PersonFeatures, candidates: CandidateFeatures, reading: Reading) -> Inputs:
    own = own_rates(person, reading)
    happened = _amounts(person.outcomes[-ATTENDED_MAX:], reading)
    tokens, mask = _tokens(person, happened)
    return Inputs(_finite(_of_person(person, happened, own, reading)),
                  _finite(_of_candidates(person, candidates, own, reading)), _finite(tokens), mask)  # fmt: skip


def everyones_rates(person: PersonFeatures, reading: Reading) -> Floats32:
    """[H] the population's outcomes per exposure."""
    rates: Floats32 = shrunk(person.everyone[None], np.zeros(len(reading.codes), np.float32), 1.0)[0]
    return rates


def own_rates(person: PersonFeatures, reading: Reading) -> Floats32:
    """[H] the person's outcomes per exposure, shrunk to everyone's."""
    counts = _with_ones(person).sum(axis=0, keepdims=True)
    own: Floats32 = shrunk(counts, everyones_rates(person, reading), PERSON_PRIOR)[0]
    return own


def shrunk(counts: Floats32, parent: Floats32, strength: float) -> Floats32:
    """[N, H] outcomes per exposure from counts [N, 1 + H], with `strength` exposures at the parent's rate added."""
    rates: Floats32 = (counts[:, 1:] + np.float32(strength) * parent) / (counts[:, :1] + np.float32(strength))
    return rates


def told(rates: Floats32, reading: Reading) -> Floats32:
    """[.., H] rates on a scale where differences add up: log-odds of counted outcomes, log(1 + x) of measured ones."""
    one = np.float32(1.0)
    share = np.minimum(np.maximum(rates, SHARE_MIN), SHARE_MAX)
    made: Floats32 = np.log(np.where(reading.measured, one + np.maximum(rates, np.float32(0.0)), share / (one - share)))
    return made


def _with_ones(person: PersonFeatures) -> Floats32:
    """[T, 1 + H] each exposure as counts."""
    made = np.ones((len(person.age_s), 1 + person.outcomes.shape[1]), np.float32)
    made[:, 1:] = person.outcomes
    return made


def _of_person(person: PersonFeatures, happened: Floats32, own: Floats32, reading: Reading) -> Floats32:
    at = told(own, reading)
    counts = np.exp2(person.age_s / -HALF_LIVES_S) @ _with_ones(person)  # [2, 1 + H] of the last hours and days
    moods = told(shrunk(counts, own, RECENT_PRIOR), reading) - at
    amounts = np.log1p([len(person.age_s), *counts[:, 0]])
    turn = 2.0 * np.pi * person.hour / 24.0
    moment = [np.sin(turn), np.cos(turn)]
    surface = np.zeros(SURFACES_READ, np.float32)
    surface[person.surface if person.surface < SURFACES_READ else 0] = 1.0
    parts = (at, moods.ravel(), amounts, moment, surface, _lately(person, happened))
    made: Floats32 = np.concatenate(parts, dtype=np.float32)
    return made


def _lately(person: PersonFeatures, happened: Floats32) -> Floats32:
    """The last exposures one by one, the newest first: outcomes, log seconds since, whether there was one."""
    out = np.zeros((RECENT_MAX, happened.shape[1] + 2), np.float32)
    out[:, -2] = np.log1p(365 * DAY_S)
    count = min(RECENT_MAX, len(person.age_s))
    out[:count, :-2] = happened[::-1][:count]
    out[:count, -2] = np.log1p(person.age_s[::-1][:count])
    out[:count, -1] = 1.0
    return out.ravel()


def _amounts(outcomes: Floats32, reading: Reading) -> Floats32:
    """[.., H] what happened, measured outcomes on a logarithmic scale."""
    made: Floats32 = np.where(reading.measured, np.log1p(outcomes) / np.float32(3.0), outcomes).astype(np.float32)
    return made


def _of_candidates(person: PersonFeatures, made: CandidateFeatures, own: Floats32, reading: Reading) -> Floats32:
    everyone = everyones_rates(person, reading)
    parts = [made.item_counts, made.owner_counts, made.topic_counts, *pairs_of(person, made)]
    told_of, h = len(parts) + KNOWN, len(reading.codes)
    width = told_of + len(parts) * h
    out = np.ones((len(made), width + made.vector.shape[1]), np.float32)
    for n, counts in enumerate(parts):
        fill_rates(counts, everyone if n < 3 else own, ITEM_PRIOR, reading.measured, n, told_of + n * h, out)
    at = len(parts)
    out[:, at] += np.maximum(made.age_s, 0.0) / np.float32(HOUR_S)
    out[:, at + 2] += made.duration_s
    np.log(out[:, :width], out=out[:, :width])  # one call for all columns: it runs several numbers at a time
    out[:, at + 1], out[:, at + 3], out[:, at + 4] = made.age_s < 0, made.duration_s <= 0, made.item_counts[:, 0] <= 0
    out[:, at + 5], out[:, at + 6] = likeness(person, made, reading)
    out[:, width:] = made.vector
    return out


def pairs_of(person: PersonFeatures, made: CandidateFeatures) -> Floats32:
    """[4, N, 1 + H]: what this person did with this owner, this topic, items of this length, items this new."""
    counts = _with_ones(person)
    others = np.maximum(person.exposures - np.float32(1.0), np.float32(0.0))  # her own exposure is among them
    pairs = np.zeros((4, len(made), counts.shape[1]), np.float32)
    for n, (wanted, had) in enumerate(((made.owner, person.owner), (made.topic, person.topic))):
        fill_own(wanted, had, np.argsort(had, kind="stable"), counts, pairs[n])
    by_length, by_novelty = (np.zeros((c, counts.shape[1]), np.float32) for c in (LENGTH_CLASSES, NOVELTY_CLASSES))
    fill_alike(made.duration_s, person.duration_s, counts, by_length, pairs[2])
    fill_alike(made.item_counts[:, 0], others, counts, by_novelty, pairs[3])
    return pairs


def likeness(person: PersonFeatures, made: CandidateFeatures, reading: Reading) -> tuple[Floats32, Floats32]:
    """[N] each: mean and greatest likeness of content to what was wanted lately, less what was unwanted in the mean."""
    lately = person.outcomes[-ATTENDED_MAX:]
    if not len(lately) or not person.vector.any():  # nobody wrote a text: spare the product
        return np.zeros(len(made), np.float32), np.zeros(len(made), np.float32)
    counted = np.where(reading.measured, np.float32(0.0), lately)
    wanted: Floats32 = np.clip(counted @ reading.wanted, np.float32(-1.0), np.float32(1.0))
    liked = np.flatnonzero(wanted > 0)
    least = -np.inf if len(liked) == len(wanted) else 0.0  # of an exposure that was not wanted nothing is felt
    mean = made.vector @ (wanted @ person.vector / np.float32(len(wanted)))
    felt = (person.vector[liked] * wanted[liked, None]) @ made.vector.T
    return mean.astype(np.float32, copy=False), felt.max(axis=0, initial=least).astype(np.float32, copy=False)


def _tokens(person: PersonFeatures, happened: Floats32) -> tuple[Floats32, Floats32]:
    """[ATTENDED_MAX, K] and its mask."""
    last, count, h = slice(-ATTENDED_MAX, None), len(happened), happened.shape[1]
    duration_s, others = person.duration_s[last], np.maximum(person.exposures[last] - 1.0, 0.0)
    out = np.zeros((ATTENDED_MAX, h + 5 + person.vector.shape[1]), np.float32)
    made = out[:count]
    made[:, :h], made[:, h + 5 :] = happened, person.vector[last]
    made[:, h], made[:, h + 1] = np.log1p(person.age_s[last]) / 5.0, np.log1p(duration_s) / 3.0
    made[:, h + 2], made[:, h + 3], made[:, h + 4] = duration_s <= 0, np.log1p(others), others < 0.5
    mask = np.zeros(ATTENDED_MAX, np.float32)
    mask[:count] = 1.0
    return out, mask


def _finite(values: Floats32) -> Floats32:
    """No NaN and no infinity: 0 and large numbers stand for them."""
    if np.isfinite(values.sum()):  # the usual case, and cheaper than mending
        return values
    return np.nan_to_num(values, nan=0.0, posinf=1e6, neginf=-1e6)


def scaled_leaning(leaning: Floats32 | Floats) -> Floats:
    """[N] scores as they are read: on a scale of doublings, so that no order is lost among the greatest.

    A neighbour of one choice may lie fifty deviations out, where the network's own scores end at four.
    """
    made = np.empty(len(leaning))
    fill_scaled(leaning, made)
    return made


def names(reading: Reading, width: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of the columns of `Inputs.person` and of `Inputs.candidates`, for people and for baselines."""
    h = reading.names
    person = [f"{part}.{o}" for part in ("own", "hour", "day") for o in h]
    person += ["exposures", "exposures.hour", "exposures.day", "sin", "cos"]
    person += [f"surface.{n}" for n in range(SURFACES_READ)]
    person += [f"last{n}.{o}" for n in range(RECENT_MAX) for o in (*h, "ago", "any")]
    parts = ("item", "owner", "topic", "own.owner", "own.topic", "own.length", "own.novelty")
    made = [f"{part}.exposures" for part in parts]
    made += ["age", "age.none", "duration", "duration.none", "first", "like.mean", "like.max"]
    made += [f"{part}.{o}" for part in parts for o in h] + [f"vector.{n}" for n in range(width)]
    return tuple(person), tuple(made)
