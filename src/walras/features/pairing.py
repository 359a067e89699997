"""Pairs of choices, compiled: what one person chose near each other become neighbours, the nearest counting most."""

import numpy as np

from walras.features.columns import (
    CHOICE,
    PAIR_BACKWARD,
    PAIR_CAPACITY,
    PAIR_HALF_LIFE_MS,
    PAIR_SLOTS,
    PAIR_WINDOW,
    Counts,
    Sequences,
    Weighted,
)
from walras.features.compiled import compiled_in_place
from walras.features.decayed import growth
from walras.features.fetching import fetch
from walras.features.lists import copy_rows, give_block, take_block
from walras.schema import Codes, Ints


@compiled_in_place
def fetch_neighbours(pairs: Weighted, item: int) -> None:
    """Ask the memory for what says where an item's neighbours lie."""
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
def pair_choice(
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
            fetch_neighbours(pairs, before)
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
