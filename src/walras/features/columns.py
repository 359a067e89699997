"""The columns that the loop over events reads and writes, with the capacities of their lists."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from walras.base.limits import NEIGHBOURS_MAX, SEQUENCE_MAX
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
