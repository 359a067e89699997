"""Forward-decayed counts, compiled: an event weighs more the later it is, so that nothing must fade by itself."""

import numpy as np

from walras.features.columns import (
    COUNT_HALF_LIFE_MS,
    LANDMARK_HALF_LIVES,
    PAIR_HALF_LIFE_MS,
    Array,
    Belonging,
    Counts,
    Weighted,
)
from walras.features.compiled import compiled_in_place


@compiled_in_place
def growth(time_ms: int, landmark_ms: int, half_life_ms: int) -> float:
    """Weight of an event in units of the landmark: doubled for each half-life after it."""
    return float(2.0 ** ((time_ms - landmark_ms) / half_life_ms))


@compiled_in_place
def count_event(
    counts: Counts, pairs: Weighted, items: Belonging, item: int, owner: int, code: int, value: float, time_ms: int
) -> None:
    """Count an event, and its value where its outcome is measured, for its item, owner, topics and all."""
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
