"""Vectors kept in half precision, read as single: a page reads some hundreds, and numpy widens one number at a time."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from walras.features.compiled import compiled_in_place
from walras.features.fetching import AHEAD, HALVES_OF_A_LINE, fetch
from walras.schema import Floats32, Ints

Halves: TypeAlias = NDArray[np.float16]
_HalfBits: TypeAlias = NDArray[np.uint16]
_Bits: TypeAlias = NDArray[np.uint32]
# By so much more do exponents of single precision count than those of half precision.
_RISE = np.float32(2.0**112)


@compiled_in_place
def _fill(halves: _HalfBits, rows: Ints, bits: _Bits, made: Floats32) -> None:
    """Write [N, D] rows of `halves` [I, D] into `made`, whose memory is also `bits`.

    The sign goes to its place, exponent and fraction to theirs; the rise brings the smallest numbers right too.
    """
    width = halves.shape[1]
    for n in range(len(rows)):
        if n + AHEAD < len(rows):
            for d in range(0, width, HALVES_OF_A_LINE):
                fetch(halves, rows[n + AHEAD] * width + d)
        for d in range(bits.shape[1]):
            half = np.uint32(halves[rows[n], d])
            bits[n, d] = ((half & np.uint32(0x8000)) << np.uint32(16)) | ((half & np.uint32(0x7FFF)) << np.uint32(13))
        for d in range(bits.shape[1]):
            made[n, d] *= _RISE


def widened(halves: Halves, rows: Ints) -> Floats32:
    """[N, D] the same numbers of rows [N] in single precision; all must be finite.

    Args:
        halves: [I, D].
        rows: [N] rows of it.
    """
    made = np.empty((len(rows), halves.shape[1]), np.float32)
    _fill(halves.view(np.uint16), rows, made.view(np.uint32), made)
    return made
