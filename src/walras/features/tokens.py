"""The one reading of behaviour, for training and for serving: rows of behaviour become tokens.

Trained-on and served tokens of the same person are equal because both come from here.
"""

from dataclasses import dataclass

import numpy as np

from walras.schema import Codes, Floats32, Ints, Longs

# Gaps are read on a logarithmic scale: one bucket for each doubling of seconds, up to 2^30 s (34 years).
GAP_BUCKETS = 32
# Values likewise: bucket 0 for nothing, then one for each doubling from 1/8 unit to 2^11 units.
VALUE_BUCKETS = 16
VERSION = "tokens-1"


@dataclass(frozen=True, slots=True)
class Tokens:
    """T tokens of one person (or of many, one after the other), oldest first."""

    item: Ints  # [T] the item's row, as given
    outcome: Codes  # [T] code of the outcome, 0 for padding
    value: Codes  # [T] bucket of the value
    surface: Codes  # [T] code of the surface
    gap: Codes  # [T] bucket of the seconds since the token before; 0 for the first


def tokens(
    item: Ints, outcome: Codes, value: Floats32, surface: Codes, time_ms: Longs, first: Ints | None = None
) -> Tokens:
    """Read behaviour as tokens.

    Args:
        item: [T] rows of items.
        outcome: [T] codes of outcomes.
        value: [T] values in the outcome's unit.
        surface: [T] codes of surfaces.
        time_ms: [T] instants, not falling within a person.
        first: [B] index of each person's first token where several people stand one after the other.

    Returns:
        The tokens, in the same order.
    """
    return Tokens(item, outcome, value_buckets(value), surface, gap_buckets(time_ms, first))


def value_buckets(value: Floats32) -> Codes:
    """[T] buckets 0..15 of values: 0 for nothing, else 1 + the number of doublings above 1/8, cut at the ends."""
    positive = np.maximum(value.astype(np.float32), np.float32(2.0**-3))
    doublings = np.floor(np.log2(positive)).astype(np.int32) + 3
    return np.where(value > 0, np.clip(1 + doublings, 1, VALUE_BUCKETS - 1), 0).astype(np.uint8)


def gap_buckets(time_ms: Longs, first: Ints | None = None) -> Codes:
    """[T] buckets 0..31 of the seconds since the token before: 0 for the first and for none, else 1 + floor(log2 s)."""
    if not len(time_ms):
        return np.zeros(0, np.uint8)
    gap_s = np.maximum(np.diff(time_ms, prepend=time_ms[:1]), 0) / 1000.0
    gap_s[np.zeros(1, np.int64) if first is None else first] = 0.0
    doublings = np.floor(np.log2(np.maximum(gap_s, 1.0))).astype(np.int32)
    return np.where(gap_s >= 1.0, np.clip(1 + doublings, 1, GAP_BUCKETS - 1), 0).astype(np.uint8)
