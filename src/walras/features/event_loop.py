"""The loop that every event goes through, compiled: sequence, seen, follows, counters and pairs, in the log's order.

One loop for a batch of 1 and of 50,000, so that batches of any size give the same bytes. Where an arena has no room for
the next event the loop stops before that event and says which one is short; the caller enlarges it and goes on.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from walras.base.limits import NEIGHBOURS_MAX, SEQUENCE_MAX
from walras.features.compiled import compiled_in_place
from walras.features.fetching import fetch
from walras.schema import Codes, Floats, Floats32, Ints, Longs

Array = NDArray[Any]
# What an outcome means to the loop, as bits of `Events.flags`.
CHOICE, NEUTRAL, FOLLOW, UNFOLLOW, BLOCK, UNBLOCK, OWNERS = 1, 2, 4, 8, 16, 32, 64
# Exposures are sixteen times as many as behaviours; more than a quarter of a sequence they never fill.
NEUTRAL_MAX = SEQUENCE_MAX // 4
# A choice is paired with the person's last five other choices, the nearest counting most; ten cost twice the time for
# the same recall@10 on Beauty (.0821 against .0824).
PAIR_WINDOW = 5
# The chosen-before item is told of the later one in full, the later one of the earlier at this share.
PAIR_BACKWARD = 0.4
# Weights grow by 2 for each half-life after the landmark; at 2^60 all are brought down, far from float32's end.
LANDMARK_HALF_LIVES = 60
COUNT_HALF_LIFE_MS = 7 * 86_400_000
PAIR_HALF_LIFE_MS = 90 * 86_400_000
# Capacity of a list by its class. Lists move to the next class when full, and their block is used again by others.
SEQUENCE_CAPACITY = np.array([0, 4, 8, 16, 32, 64, 128, SEQUENCE_MAX], np.int64)
SET_CAPACITY = np.array([0] + [4 << n for n in range(26)], np.int64)
PAIR_SLOTS = NEIGHBOURS_MAX
PAIR_CAPACITY = np.array([0, 4, 8, 16, PAIR_SLOTS], np.int64)
NEWEST_MAX = 32
NEWEST_CAPACITY = np.array([0, 2, 8, NEWEST_MAX], np.int64)
# What an event needs is asked of the memory so many events ahead, what lies behind that so many: the loop waits for the
# memory more than it computes, and twenty million events over a million items fit in no cache.
AHEAD, NEAR = 12, 6
# Which arena stopped the loop.
ENOUGH, SHORT_SEQUENCE, SHORT_SEEN, SHORT_FOLLOWED, SHORT_BLOCKED, SHORT_PAIRS = 0, 1, 2, 3, 4, 5


class Sequences(NamedTuple):
    """Behaviour of R people, each oldest first, as lists in one arena."""

    offset: Longs  # [R] first slot of the list
    length: Ints  # [R]
    size: Codes  # [R] class of capacity
    free: Longs  # [classes] first free block of the class, -1 for none
    top: Longs  # [1] slots in use
    item: Ints
    outcome: Codes
    surface: Codes
    value: Floats32
    time_ms: Longs


class RowSets(NamedTuple):
    """R sets of rows, each sorted, as lists in one arena."""

    offset: Longs
    length: Ints
    size: Codes
    free: Longs
    top: Longs
    row: Ints


class Weighted(NamedTuple):
    """Neighbours of R items with their weights, unsorted, as lists in one arena."""

    offset: Longs
    length: Ints
    size: Codes
    free: Longs
    top: Longs
    row: Ints
    weight: Floats32


class Counts(NamedTuple):
    """Forward-decayed counts [rows, C] by outcome, then sums of values for outcomes measured in seconds or yuan."""

    item: Floats32
    owner: Floats32
    topic: Floats
    total: Floats  # [1, C]
    met: Ints  # [PAIR_WINDOW] scratch of the loop
    landmark_ms: Longs  # [3] of counts, of pairs, and the latest event's instant
    column: Ints  # [256] column of an outcome's count
    value_column: Ints  # [256] column of its sum of values, -1 for none


class Events(NamedTuple):
    """N events as rows and codes."""

    person: Ints
    item: Ints
    owner: Ints
    outcome: Codes
    surface: Codes
    value: Floats32
    time_ms: Longs
    flags: Codes  # [256] by outcome code


class Belonging(NamedTuple):
    """What the loop must know of items."""

    owner: Ints  # [I]
    topics: Ints  # [I, 8], 0 for none


@compiled_in_place
def apply_events(
    events: Events,
    start: int,
    stop: int,
    items: Belonging,
    sequences: Sequences,
    sets: tuple[RowSets, RowSets, RowSets],
    counts: Counts,
    pairs: Weighted,
) -> tuple[int, int]:
    """Apply events from `start` on.

    Args:
        events: N events.
        start: the first event to apply.
        stop: the first event not to apply.
        items: whom items belong to.
        sequences: of all people.
        sets: seen items, followed owners and blocked owners, by person.
        counts: of items, owners, topics and all.
        pairs: neighbours by item.

    Returns:
        How many events are applied now, and which arena is short (`ENOUGH` at `stop`).
    """
    seen, followed, blocked = sets
    for n in range(start, stop):
        person, item, code = events.person[n], events.item[n], events.outcome[n]
        flags, time_ms = events.flags[code], events.time_ms[n]
        if n + AHEAD < stop:
            _fetch_holders(events, n + AHEAD, items, sequences, seen, counts, pairs)
            _fetch_lists(events, n + NEAR, items, sequences, seen, counts)
        short = _short(sequences, seen, followed, blocked, pairs, person, flags)
        if short != ENOUGH:
            return n, short
        owner = events.owner[n] if events.owner[n] > 0 else items.owner[item]
        _count(counts, pairs, items, item, owner, code, events.value[n], time_ms)
        if person == 0:
            continue
        _relate(followed, blocked, person, owner, flags)
        if item > 0:
            include(seen, person, item)
            spot = _remember(sequences, person, events, n, flags)
            if flags & CHOICE and spot >= 0:
                _pair(pairs, sequences, person, spot, events.flags, counts, time_ms)
    return stop, ENOUGH


@compiled_in_place
def _fetch_holders(
    events: Events, n: int, items: Belonging, sequences: Sequences, seen: RowSets, counts: Counts, pairs: Weighted
) -> None:
    person, item = events.person[n], events.item[n]
    fetch(counts.item, item * counts.item.shape[1] + counts.column[events.outcome[n]])
    fetch(items.owner, item)
    fetch(items.topics, item * items.topics.shape[1])
    fetch(sequences.offset, person)
    fetch(sequences.length, person)
    fetch(sequences.size, person)
    fetch(seen.offset, person)
    fetch(seen.length, person)
    fetch(seen.size, person)
    if events.flags[events.outcome[n]] & CHOICE:
        _fetch_neighbours(pairs, item)


@compiled_in_place
def _fetch_lists(events: Events, n: int, items: Belonging, sequences: Sequences, seen: RowSets, counts: Counts) -> None:
    person, item = events.person[n], events.item[n]
    owner = events.owner[n] if events.owner[n] > 0 else items.owner[item]
    fetch(counts.owner, owner * counts.owner.shape[1] + counts.column[events.outcome[n]])
    last = sequences.offset[person] + sequences.length[person]
    fetch(sequences.item, last)
    fetch(sequences.outcome, last)
    fetch(sequences.surface, last)
    fetch(sequences.value, last)
    fetch(sequences.time_ms, last)
    fetch(seen.row, seen.offset[person] + seen.length[person] // 2)
    fetch(seen.row, seen.offset[person] + seen.length[person])


@compiled_in_place
def _fetch_neighbours(pairs: Weighted, item: int) -> None:
    fetch(pairs.offset, item)
    fetch(pairs.length, item)
    fetch(pairs.size, item)


@compiled_in_place
def _fetch_weights(pairs: Weighted, item: int) -> None:
    first = pairs.offset[item]
    for slot in range(first, first + pairs.length[item] + 1, 16):
        fetch(pairs.row, slot)
        fetch(pairs.weight, slot)


@compiled_in_place
def _short(
    sequences: Sequences,
    seen: RowSets,
    followed: RowSets,
    blocked: RowSets,
    pairs: Weighted,
    person: int,
    flags: int,
) -> int:
    if sequences.top[0] + SEQUENCE_MAX > len(sequences.item):
        return SHORT_SEQUENCE
    if seen.top[0] + SET_CAPACITY[seen.size[person] + 1] > len(seen.row):
        return SHORT_SEEN
    if flags & FOLLOW and followed.top[0] + SET_CAPACITY[followed.size[person] + 1] > len(followed.row):
        return SHORT_FOLLOWED
    if flags & BLOCK and blocked.top[0] + SET_CAPACITY[blocked.size[person] + 1] > len(blocked.row):
        return SHORT_BLOCKED
    if flags & CHOICE and pairs.top[0] + 2 * PAIR_WINDOW * PAIR_SLOTS > len(pairs.row):
        return SHORT_PAIRS
    return ENOUGH


@compiled_in_place
def _relate(followed: RowSets, blocked: RowSets, person: int, owner: int, flags: int) -> None:
    if owner <= 0:
        return
    if flags & FOLLOW:
        include(followed, person, owner)
    if flags & UNFOLLOW:
        exclude(followed, person, owner)
    if flags & BLOCK:
        include(blocked, person, owner)
        exclude(followed, person, owner)
    if flags & UNBLOCK:
        exclude(blocked, person, owner)


# ---------------------------------------------------------------- lists in an arena


@compiled_in_place
def take_block(free: Longs, top: Longs, links: Ints, size: int, capacity: int) -> int:
    """Take a block of a class: a freed one if there is one, else new room at the top."""
    head = free[size]
    if head >= 0:
        free[size] = links[head]
        return int(head)
    offset = int(top[0])
    top[0] = offset + capacity
    return offset


@compiled_in_place
def give_block(free: Longs, links: Ints, size: int, offset: int) -> None:
    """Give a block back; its first slot links to the next free one of the class."""
    if size > 0:
        links[offset] = free[size]
        free[size] = offset


@compiled_in_place
def copy_rows(rows: Ints, source: int, target: int, count: int) -> None:
    """Copy a stretch of rows to another place of the arena."""
    for n in range(count):
        rows[target + n] = rows[source + n]


@compiled_in_place
def spot_in(sets: RowSets, holder: int, row: int) -> int:
    """Where a row stands in the holder's set, or would stand."""
    low = int(sets.offset[holder])
    high = low + int(sets.length[holder])
    while low < high:
        middle = (low + high) // 2
        if sets.row[middle] < row:
            low = middle + 1
        else:
            high = middle
    return low


@compiled_in_place
def holds(sets: RowSets, holder: int, row: int) -> bool:
    """Whether the holder's set has this row."""
    spot = spot_in(sets, holder, row)
    return bool(spot < sets.offset[holder] + sets.length[holder] and sets.row[spot] == row)


@compiled_in_place
def include(sets: RowSets, holder: int, row: int) -> None:
    """Add a row to the holder's set, where it is not there."""
    size, length = sets.size[holder], sets.length[holder]
    spot, last = spot_in(sets, holder, row), sets.offset[holder] + length
    if spot < last and sets.row[spot] == row:
        return
    if length == SET_CAPACITY[size]:
        old = sets.offset[holder]
        offset = take_block(sets.free, sets.top, sets.row, size + 1, SET_CAPACITY[size + 1])
        copy_rows(sets.row, old, offset, length)
        give_block(sets.free, sets.row, size, old)
        sets.offset[holder], sets.size[holder] = offset, size + 1
        spot, last = spot + offset - old, last + offset - old
    for slot in range(last, spot, -1):
        sets.row[slot] = sets.row[slot - 1]
    sets.row[spot] = row
    sets.length[holder] = length + 1


@compiled_in_place
def exclude(sets: RowSets, holder: int, row: int) -> None:
    """Take a row out of the holder's set, where it is there."""
    if not holds(sets, holder, row):
        return
    spot, last = spot_in(sets, holder, row), sets.offset[holder] + sets.length[holder] - 1
    for slot in range(spot, last):
        sets.row[slot] = sets.row[slot + 1]
    sets.length[holder] -= 1


@compiled_in_place
def _remember(sequences: Sequences, person: int, events: Events, n: int, flags: int) -> int:
    """Put an event into the person's sequence by time, after its equals; give its slot, -1 where it is too old."""
    if flags & NEUTRAL and not _neutral_fits(sequences, person, events.time_ms[n], events.flags):
        return -1
    length, time_ms = sequences.length[person], events.time_ms[n]
    if length == SEQUENCE_MAX:
        if time_ms < sequences.time_ms[sequences.offset[person]]:
            return -1
        _drop_at(sequences, person, 0)
        length -= 1
    if length == SEQUENCE_CAPACITY[sequences.size[person]]:
        _move_up(sequences, person)
    first = sequences.offset[person]
    spot = first + length
    while spot > first and sequences.time_ms[spot - 1] > time_ms:
        _copy_slot(sequences, spot - 1, spot)
        spot -= 1
    sequences.item[spot], sequences.outcome[spot] = events.item[n], events.outcome[n]
    sequences.surface[spot], sequences.value[spot] = events.surface[n], events.value[n]
    sequences.time_ms[spot] = time_ms
    sequences.length[person] = length + 1
    return int(spot)


@compiled_in_place
def _neutral_fits(sequences: Sequences, person: int, time_ms: int, flags: Codes) -> bool:
    """Whether a neutral entry may come in; where they have their share, the oldest of them makes way."""
    first, neutral, oldest = sequences.offset[person], 0, -1
    if sequences.length[person] < NEUTRAL_MAX:
        return True
    for slot in range(first, first + sequences.length[person]):
        if flags[sequences.outcome[slot]] & NEUTRAL:
            neutral += 1
            oldest = slot - first if oldest < 0 else oldest
    if neutral < NEUTRAL_MAX:
        return True
    if time_ms < sequences.time_ms[first + oldest]:
        return False
    _drop_at(sequences, person, oldest)
    return True


@compiled_in_place
def _drop_at(sequences: Sequences, person: int, place: int) -> None:
    first = sequences.offset[person]
    for slot in range(first + place, first + sequences.length[person] - 1):
        _copy_slot(sequences, slot + 1, slot)
    sequences.length[person] -= 1


@compiled_in_place
def _copy_slot(sequences: Sequences, source: int, target: int) -> None:
    sequences.item[target], sequences.outcome[target] = sequences.item[source], sequences.outcome[source]
    sequences.surface[target], sequences.value[target] = sequences.surface[source], sequences.value[source]
    sequences.time_ms[target] = sequences.time_ms[source]


@compiled_in_place
def _move_up(sequences: Sequences, person: int) -> None:
    size, old = sequences.size[person], sequences.offset[person]
    offset = take_block(sequences.free, sequences.top, sequences.item, size + 1, SEQUENCE_CAPACITY[size + 1])
    for n in range(sequences.length[person]):
        _copy_slot(sequences, old + n, offset + n)
    give_block(sequences.free, sequences.item, size, old)
    sequences.offset[person], sequences.size[person] = offset, size + 1


# ---------------------------------------------------------------- counters


@compiled_in_place
def growth(time_ms: int, landmark_ms: int, half_life_ms: int) -> float:
    """Weight of an event in units of the landmark: doubled for each half-life after it."""
    return float(2.0 ** ((time_ms - landmark_ms) / half_life_ms))


@compiled_in_place
def _count(
    counts: Counts, pairs: Weighted, items: Belonging, item: int, owner: int, code: int, value: float, time_ms: int
) -> None:
    _settle(counts, pairs, time_ms)
    weight = growth(time_ms, counts.landmark_ms[0], COUNT_HALF_LIFE_MS)
    _count_at(counts, items, item, owner, counts.column[code], weight)
    if counts.value_column[code] >= 0:
        _count_at(counts, items, item, owner, counts.value_column[code], weight * value)


@compiled_in_place
def _count_at(counts: Counts, items: Belonging, item: int, owner: int, column: int, amount: float) -> None:
    counts.total[0, column] += amount
    if item > 0:
        counts.item[item, column] += np.float32(amount)
        for n in range(items.topics.shape[1]):
            topic = items.topics[item, n]
            if topic == 0:
                break
            counts.topic[topic, column] += amount
    if owner > 0:
        counts.owner[owner, column] += np.float32(amount)


@compiled_in_place
def _scale(weights: Array, scale: float) -> None:
    for row in range(weights.shape[0]):
        for column in range(weights.shape[1]):
            weights[row, column] *= scale


@compiled_in_place
def _settle(counts: Counts, pairs: Weighted, time_ms: int) -> None:
    """Move a landmark that lies too far back, bringing all weights down by a power of two."""
    span = LANDMARK_HALF_LIVES * COUNT_HALF_LIFE_MS
    counts.landmark_ms[2] = max(counts.landmark_ms[2], time_ms)
    if time_ms - counts.landmark_ms[0] >= span:
        steps = (time_ms - counts.landmark_ms[0]) // span
        scale = 2.0 ** -(LANDMARK_HALF_LIVES * float(steps))
        _scale(counts.item, scale)
        _scale(counts.owner, scale)
        _scale(counts.topic, scale)
        _scale(counts.total, scale)
        counts.landmark_ms[0] += steps * span
    pair_span = LANDMARK_HALF_LIVES * PAIR_HALF_LIFE_MS
    if time_ms - counts.landmark_ms[1] >= pair_span:
        steps = (time_ms - counts.landmark_ms[1]) // pair_span
        _scale(pairs.weight.reshape((1, -1)), 2.0 ** -(LANDMARK_HALF_LIVES * float(steps)))
        counts.landmark_ms[1] += steps * pair_span


# ---------------------------------------------------------------- pairs of choices


@compiled_in_place
def _pair(
    pairs: Weighted, sequences: Sequences, person: int, spot: int, flags: Codes, counts: Counts, time_ms: int
) -> None:
    """Pair the choice at `spot` with the person's last other choices before it, each item once."""
    met, item = counts.met, sequences.item[spot]
    count = _choices_before(pairs, sequences, person, spot, flags, met)
    if count == 0 or met[0] == item:
        return  # The same choice said in another way: liked after it was opened.
    _fetch_weights(pairs, item)
    for n in range(count):
        _fetch_weights(pairs, met[n])
    weight = growth(time_ms, counts.landmark_ms[1], PAIR_HALF_LIFE_MS)
    for n in range(count):
        if met[n] != item:
            near = weight / (n + 1)
            strengthen(pairs, met[n], item, near)
            strengthen(pairs, item, met[n], PAIR_BACKWARD * near)


@compiled_in_place
def _choices_before(pairs: Weighted, sequences: Sequences, person: int, spot: int, flags: Codes, met: Ints) -> int:
    """Items of the person's last choices before `spot`, latest first, into `met`; how many."""
    count, slot = 0, spot - 1
    while slot >= sequences.offset[person] and count < PAIR_WINDOW:
        before = sequences.item[slot]
        if flags[sequences.outcome[slot]] & CHOICE and not _among(met, count, before):
            met[count] = before
            count += 1
            _fetch_neighbours(pairs, before)
        slot -= 1
    return count


@compiled_in_place
def _among(met: Ints, count: int, row: int) -> bool:
    found = False
    for n in range(count):
        found |= met[n] == row
    return found


@compiled_in_place
def strengthen(pairs: Weighted, item: int, neighbour: int, weight: float) -> None:
    """Add weight to a neighbour; where the list is full, it takes the place of the weakest if that is weaker."""
    first, length, size = pairs.offset[item], pairs.length[item], pairs.size[item]
    weakest = first
    for slot in range(first, first + length):
        if pairs.row[slot] == neighbour:
            pairs.weight[slot] += np.float32(weight)
            return
        if pairs.weight[slot] < pairs.weight[weakest]:
            weakest = slot
    if length == PAIR_SLOTS:
        if pairs.weight[weakest] <= weight:
            pairs.row[weakest], pairs.weight[weakest] = neighbour, np.float32(weight)
        return
    if length == PAIR_CAPACITY[size]:
        offset = take_block(pairs.free, pairs.top, pairs.row, size + 1, PAIR_CAPACITY[size + 1])
        copy_rows(pairs.row, first, offset, length)
        for n in range(length):
            pairs.weight[offset + n] = pairs.weight[first + n]
        give_block(pairs.free, pairs.row, size, first)
        pairs.offset[item], pairs.size[item] = offset, size + 1
        first = offset
    pairs.row[first + length], pairs.weight[first + length] = neighbour, np.float32(weight)
    pairs.length[item] = length + 1


@compiled_in_place
def insert_newest(lists: RowSets, holder: int, row: int, created_ms: Longs) -> None:
    """Put a row into the holder's list by the instant it was made, oldest first; only the newest are kept."""
    first, length, size = lists.offset[holder], lists.length[holder], lists.size[holder]
    if length == NEWEST_MAX:
        if created_ms[row] < created_ms[lists.row[first]]:
            return
        for slot in range(first, first + length - 1):
            lists.row[slot] = lists.row[slot + 1]
        length -= 1
    elif length == NEWEST_CAPACITY[size]:
        offset = take_block(lists.free, lists.top, lists.row, size + 1, NEWEST_CAPACITY[size + 1])
        copy_rows(lists.row, first, offset, length)
        give_block(lists.free, lists.row, size, first)
        lists.offset[holder], lists.size[holder] = offset, size + 1
        first = offset
    spot = first + length
    while spot > first and created_ms[lists.row[spot - 1]] > created_ms[row]:
        lists.row[spot] = lists.row[spot - 1]
        spot -= 1
    lists.row[spot] = row
    lists.length[holder] = length + 1
