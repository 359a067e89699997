"""Who met which arm, gathered from millions of rows by one compiled loop over an open table of hashes.

Grouping by SQL costs twice as much here: it writes each row out before it brings those of one unit together, while a
unit comes back on most days, so that nearly every row only changes what is known of it.
"""

from dataclasses import dataclass

import numpy as np

from walras.features import compiled_in_place
from walras.schema import Floats, Ints, Longs

# One whole number holds the days on which a unit was there, and the arms it met above them.
DAYS_MAX, ARMS_MAX = 43, 20
# An instant and an arm in one number, so that the least of them is the first meeting.
ARM_BITS = 5
_NOT_YET = np.iinfo(np.int64).max
# The table is at most half full, so that most hashes stand where they are looked for first.
_SLOTS_LEAST = 1 << 16


@dataclass(frozen=True, slots=True)
class Numbered:
    """N units that met one arm alone, numbered arm by arm."""

    arm: Longs  # [N] rising
    first_ms: Longs  # [N] when it was met first
    there: Longs  # [N] a bit for each day on which the unit was there
    mixed: int  # units that met two arms, which are left out
    hashes: Longs  # by slot
    number: Ints  # by slot; -1 for a unit that is left out

    def add(self, sums: Floats, unit: Longs, value: Floats, instant_ms: Longs, which: Longs) -> None:
        """Add what happened to sums; what no unit did, or before it met its arm, is left out.

        Args:
            sums: [S, N].
            unit: [R] hashes.
            value: [R] what is added.
            instant_ms: [R] when; 0 where it counts whenever it was.
            which: [R] number of the sum.
        """
        _add(self.hashes, self.number, self.first_ms, unit, value, instant_ms, which, sums)


class Meetings:
    """First meeting, days and arms of each unit. Units are told apart by hashes of 63 bits.

    Of 4 million units two share a hash in one log of a million.
    """

    def __init__(self) -> None:
        """Nobody met anything."""
        self._table, self._entered = _empty(_SLOTS_LEAST), 0

    def add(self, unit: Longs, met: Longs, bits: Longs) -> None:
        """Take a batch of meetings, in any order.

        Args:
            unit: [R] hashes.
            met: [R] instant in milliseconds, shifted by `ARM_BITS`, and number of the arm.
            bits: [R] one for the day of the trial, and one for the arm above `DAYS_MAX`.
        """
        self._make_room(len(unit))
        self._entered += _meet(*self._table, unit, met, bits)

    def numbered(self) -> Numbered:
        """The units as they are now."""
        hashes, first, mask = self._table
        used = np.flatnonzero(hashes)
        arms = mask[used] >> DAYS_MAX
        in_one = (arms & (arms - 1)) == 0
        slots = used[in_one]
        arm = (first[slots] & ((1 << ARM_BITS) - 1)).astype(np.int8)
        order = np.argsort(arm, kind="stable")
        slots = slots[order]
        number = np.full(len(hashes), -1, np.int32)
        number[slots] = np.arange(len(slots), dtype=np.int32)
        return Numbered(
            arm=arm[order].astype(np.int64),
            first_ms=first[slots] >> ARM_BITS,
            there=mask[slots] & ((1 << DAYS_MAX) - 1),
            mixed=int((~in_one).sum()),
            hashes=hashes,
            number=number,
        )

    def _make_room(self, more: int) -> None:
        size = len(self._table[0])
        while 2 * (self._entered + more) > size:
            size *= 2
        if size > len(self._table[0]):
            hashes, first, mask = self._table
            used = np.flatnonzero(hashes)
            self._table = _empty(size)
            _meet(*self._table, hashes[used], first[used], mask[used])


def _empty(size: int) -> tuple[Longs, Longs, Longs]:
    return np.zeros(size, np.int64), np.full(size, _NOT_YET), np.zeros(size, np.int64)


@compiled_in_place
def _slot(hashes: Longs, unit: int) -> int:
    """Where a hash stands, or the empty slot in which it would."""
    last = len(hashes) - 1
    at = unit & last
    while hashes[at] != 0 and hashes[at] != unit:
        at = (at + 1) & last
    return at


@compiled_in_place
def _meet(hashes: Longs, first: Longs, mask: Longs, unit: Longs, met: Longs, bits: Longs) -> int:
    """Enter meetings; how many units are new. An empty slot is 0, so a unit whose hash is 0 is taken for 1."""
    new = 0
    for n in range(len(unit)):
        one = max(unit[n], 1)
        at = _slot(hashes, one)
        new += hashes[at] == 0
        hashes[at] = one
        first[at] = min(first[at], met[n])
        mask[at] |= bits[n]
    return new


@compiled_in_place
def _add(
    hashes: Longs,
    number: Ints,
    first_ms: Longs,
    unit: Longs,
    value: Floats,
    instant_ms: Longs,
    which: Longs,
    sums: Floats,
) -> None:
    for n in range(len(unit)):
        one = max(unit[n], 1)
        at = _slot(hashes, one)
        k = number[at] if hashes[at] == one else -1
        if k >= 0 and (instant_ms[n] == 0 or instant_ms[n] >= first_ms[k]):
            sums[which[n], k] += value[n]
