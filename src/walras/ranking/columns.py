"""The loops behind `inputs`, compiled: a page has hundreds of candidates, and each array cost more than they.

Shapes: N candidates, T exposures of the person, H outcomes.
"""

from typing import NamedTuple

import numpy as np

from walras.features import compiled_in_place
from walras.features.fetching import AHEAD, FLOATS32_OF_A_LINE, fetch
from walras.schema import Bools, Codes, Floats, Floats32, Ints, Longs

# Shares are read from one in ten thousand up to all but one in a thousand.
SHARE_MIN, SHARE_MAX = np.float32(1e-4), np.float32(1.0 - 1e-3)


class Behaviours(NamedTuple):
    """S behaviours of a person, oldest first."""

    items: Ints
    outcomes: Codes
    values: Floats32


@compiled_in_place
def fill_counts(
    table: Floats32 | Floats,
    rows: Ints,
    first: int,
    exposure: int,
    choices: Ints,
    columns: Ints,
    scale: float,
    made: Floats32,
) -> None:
    """Write [N, 1 + H] exposures and outcomes of rows of a table of counters; rows before `first` are left alone.

    A log without exposures counts each choice as one, as `Counters.exposures` does.
    """
    width = table.shape[1]
    for n in range(len(rows)):
        if n + AHEAD < len(rows):
            for column in range(0, width, FLOATS32_OF_A_LINE):
                fetch(table, rows[n + AHEAD] * width + column)
        row = rows[n]
        if row < first:
            continue
        most = table[row, exposure]
        for choice in choices:
            most = max(most, table[row, choice])
        made[n, 0] = most * scale
        for h in range(len(columns)):
            made[n, 1 + h] = table[row, columns[h]] * scale


@compiled_in_place
def fill_exposures(seen: Behaviours, column: Ints, measured: Bools, most: float, first: Longs, made: Floats32) -> int:
    """Join neighbouring behaviours about one item into one exposure; gives how many exposures there are.

    Args:
        seen: S behaviours, oldest first.
        column: [256] column of an outcome's code, -1 where it is not read.
        measured: [H] which outcomes are read by their value, up to `most`; the others read as 1.
        most: greatest value that is read.
        first: [S] written with the first behaviour of each exposure.
        made: [S, H] zeros, written with the greatest value of each outcome in each exposure.
    """
    count = 0
    for s in range(len(seen.items)):
        if s == 0 or seen.items[s] != seen.items[s - 1]:
            first[count] = s
            count += 1
        h = column[seen.outcomes[s]]
        if h >= 0:
            value = np.float32(min(max(seen.values[s], 0.0), most)) if measured[h] else np.float32(1.0)
            made[count - 1, h] = max(made[count - 1, h], value)
    return count


@compiled_in_place
def fill_own(wanted: Ints, had: Ints, order: Longs, counts: Floats32, made: Floats32) -> None:
    """Add to [N, 1 + H] the counts [T, 1 + H] of exposures with the same row; row 0 is nobody's.

    Args:
        wanted: [N] rows.
        had: [T] rows of the exposures.
        order: [T] places in `had`, in which its rows rise.
        counts: [T, 1 + H].
        made: [N, 1 + H] what is added to.
    """
    for n in range(len(wanted)):
        if wanted[n] <= 0:
            continue
        low, high = 0, len(had)
        while low < high:
            middle = (low + high) // 2
            if had[order[middle]] < wanted[n]:
                low = middle + 1
            else:
                high = middle
        while low < len(had) and had[order[low]] == wanted[n]:
            for h in range(counts.shape[1]):
                made[n, h] += counts[order[low], h]
            low += 1


@compiled_in_place
def doubling(amount: float, classes: int) -> int:
    """Class 0 below a half, then one class for each doubling; what is no number is nothing."""
    made, edge = 0, 0.5
    while made < classes - 1 and amount >= edge:
        made, edge = made + 1, 2.0 * edge + 0.5
    return made


@compiled_in_place
def fill_alike(wanted: Floats32, had: Floats32, counts: Floats32, sums: Floats32, made: Floats32) -> None:
    """Add to [N, 1 + H] the counts [T, 1 + H] of exposures whose amount [T] is of the same class as theirs [N].

    `sums` [classes, 1 + H] are zeros, written with the counts of each class.
    """
    for t in range(len(had)):
        at = doubling(had[t], len(sums))
        for h in range(counts.shape[1]):
            sums[at, h] += counts[t, h]
    for n in range(len(wanted)):
        at = doubling(wanted[n], len(sums))
        for h in range(counts.shape[1]):
            made[n, h] += sums[at, h]


@compiled_in_place
def fill_rates(
    counts: Floats32, parent: Floats32, prior: float, measured: Bools, amount: int, rates: int, made: Floats32
) -> None:
    """Write what `told` takes the logarithm of: 1 + exposures into column `amount`, odds or 1 + units from `rates` on.

    Args:
        counts: [N, 1 + H].
        parent: [H] rates of the parent.
        prior: exposures at the parent's rate that are added.
        measured: [H] which outcomes have a unit of their own.
        amount: the column of exposures.
        rates: the first column of rates.
        made: [N, ..] what is written.
    """
    strength, one, zero = np.float32(prior), np.float32(1.0), np.float32(0.0)
    for n in range(len(counts)):
        made[n, amount] = one + counts[n, 0]
        below = counts[n, 0] + strength
        for h in range(len(parent)):
            above = counts[n, 1 + h] + strength * parent[h]
            rate = above / below if below != zero else above * np.float32(np.inf)
            if measured[h]:
                made[n, rates + h] = one if rate < zero else one + rate
            else:
                share = SHARE_MIN if rate < SHARE_MIN else SHARE_MAX if rate > SHARE_MAX else rate
                made[n, rates + h] = share / (one - share)


@compiled_in_place
def fill_scaled(leaning: Floats32 | Floats, made: Floats) -> None:
    """Write [N] scores on a scale of doublings, sign kept; what is not finite says nothing."""
    for n in range(len(leaning)):
        score = np.float64(leaning[n])
        made[n] = np.copysign(np.log1p(abs(score)), score) if np.isfinite(score) else 0.0


@compiled_in_place
def fill_expected(
    raw: Floats32,
    leaning: Floats,
    slope: Floats,
    weight: Floats,
    offset: Floats,
    measured: Bools,
    bounds: Floats,
    made: Floats,
) -> None:
    """Write [N, H] expected outcomes: `smoothed.expected` of slope * raw + weight * leaning + offset, in one pass.

    Args:
        raw: [N, H] what the network says.
        leaning: [N] the sequence model's score, bounded.
        slope: [H], as `weight` and `offset`.
        weight: of the leaning.
        offset: what is added.
        measured: [H] which outcomes have a unit of their own.
        bounds: [3] least and greatest share, greatest amount.
        made: [N, H] what is written.
    """
    for n in range(len(raw)):
        for h in range(raw.shape[1]):
            at = raw[n, h] * slope[h] + weight[h] * leaning[n] + offset[h]
            at = 0.0 if at != at else min(max(at, -30.0), 30.0)
            if measured[h]:
                made[n, h] = min(np.expm1(min(max(at, 0.0), 20.0)), bounds[2])
            else:
                made[n, h] = min(max(1.0 / (1.0 + np.exp(-at)), bounds[0]), bounds[1])
