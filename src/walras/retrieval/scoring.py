"""Loops over a page's few hundred rows, compiled: to gather them into arrays takes longer than to add them up."""

import numpy as np

from walras.features import compiled
from walras.features.compiled import compiled_sums
from walras.schema import Floats32, Ints


@compiled_sums
def fill_products(items: Floats32, own: Ints, vector: Floats32, found: Floats32) -> None:
    """Write into `found` [N] the products of a vector [D] with the rows `own` [N] of `items` [I, D]."""
    for n in range(len(own)):
        total, row = np.float32(0.0), own[n]
        for k in range(items.shape[1]):
            total += items[row, k] * vector[k]
        found[n] = total


@compiled
def fold(near: Ints, strength: Floats32, weight: Floats32) -> tuple[Ints, Floats32]:
    """Neighbours of some items, each once and rising, with the sums of their strengths.

    Args:
        near: [N, M] neighbours of N items, 0 for none.
        strength: [N, M] how near they are.
        weight: [N] what each item counts.
    """
    rows = near.ravel()
    order, width = np.argsort(rows), near.shape[1]
    row, score, made = np.empty(len(rows), np.int32), np.zeros(len(rows), np.float32), 0
    for place in order:
        if rows[place] == 0:
            continue
        if made == 0 or row[made - 1] != rows[place]:
            row[made] = rows[place]
            made += 1
        score[made - 1] += weight[place // width] * strength[place // width, place % width]
    return row[:made], score[:made]


@compiled
def lean_to(rows: Ints, graph_row: Ints, graph_score: Floats32, weight: float) -> Floats32:
    """[N] what the graph says of rows, times its weight; 0 for rows it does not have. `graph_row` rises."""
    found = np.zeros(len(rows), np.float32)
    for n in range(len(rows)):
        place = np.searchsorted(graph_row, rows[n])
        if place < len(graph_row) and graph_row[place] == rows[n]:
            found[n] = weight * graph_score[place]
    return found
