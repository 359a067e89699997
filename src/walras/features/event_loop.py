"""The loop that every event goes through, compiled: sequence, seen, follows, counters and pairs, in the log's order.

One loop for a batch of 1 and of 50,000, so that batches of any size give the same bytes. Where an arena has no room for
the next event the loop stops before that event and says which one is short; the caller enlarges it and goes on.
"""

from walras.base.limits import SEQUENCE_MAX
from walras.features.columns import (
    AHEAD,
    BLOCK,
    CHOICE,
    ENOUGH,
    FOLLOW,
    NEAR,
    PAIR_SLOTS,
    PAIR_WINDOW,
    SET_CAPACITY,
    SHORT_BLOCKED,
    SHORT_FOLLOWED,
    SHORT_PAIRS,
    SHORT_SEEN,
    SHORT_SEQUENCE,
    UNBLOCK,
    UNFOLLOW,
    Belonging,
    Counts,
    Events,
    RowSets,
    Sequences,
    Weighted,
)
from walras.features.compiled import compiled_in_place
from walras.features.decayed import count_event
from walras.features.fetching import fetch
from walras.features.lists import exclude, include, remember
from walras.features.pairing import fetch_neighbours, pair_choice


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
        count_event(counts, pairs, items, item, owner, code, events.value[n], time_ms)
        if person == 0:
            continue
        _relate(followed, blocked, person, owner, flags)
        if item > 0:
            include(seen, person, item)
            spot = remember(sequences, person, events, n, flags)
            if flags & CHOICE and spot >= 0:
                pair_choice(pairs, sequences, person, spot, events.flags, counts, time_ms)
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
        fetch_neighbours(pairs, item)


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
