"""Lists in an arena, compiled: sets of rows, behaviour in order of time, the newest rows.

A list that is full moves to a block of the next class; its old block is used again by others.
"""

from walras.base.limits import SEQUENCE_MAX
from walras.features.columns import (
    NEUTRAL,
    NEUTRAL_MAX,
    NEWEST_CAPACITY,
    NEWEST_MAX,
    SEQUENCE_CAPACITY,
    SET_CAPACITY,
    Events,
    RowSets,
    Sequences,
)
from walras.features.compiled import compiled_in_place
from walras.schema import Codes, Ints, Longs


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
def remember(sequences: Sequences, person: int, events: Events, n: int, flags: int) -> int:
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
