"""Loops over a page's few hundred rows, compiled: to gather them into arrays takes longer than to add them up."""

from typing import NamedTuple

import numpy as np

from walras.features import CHOICE, NEUTRAL, OWNERS, compiled, compiled_in_place
from walras.features.compiled import compiled_sums
from walras.schema import Codes, Floats32, Ints


class Graph(NamedTuple):
    """A model's item graph, and where its items lie in the state."""

    neighbours: Ints  # [I, M] rows of the model, 0 where there are fewer
    weights: Floats32  # [I, M]
    of_model: Ints  # [I] rows of the state, 0 where it has none


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
def leaned(graph: Graph, chosen: Ints, importance: Floats32) -> tuple[Ints, Floats32]:
    """Rows of the state near choices in a graph, rising, with scores in units of their deviation over the graph.

    Args:
        graph: of I items.
        chosen: [N] rows of the model.
        importance: [N] what each choice counts.
    """
    row, score = fold(graph.neighbours[chosen], graph.weights[chosen], importance)
    mean, square = score.sum() / len(graph.of_model), (score * score).sum() / len(graph.of_model)
    deviation = max(np.sqrt(max(square - mean * mean, 0.0)), 1e-20)
    in_state = graph.of_model[row]
    kept = np.flatnonzero((in_state > 0) & (score > 0))
    order = kept[np.argsort(in_state[kept])]
    return in_state[order], (score[order] / deviation).astype(np.float32)


@compiled_in_place
def fill_visits(items: Ints, outcomes: Codes, flags: Codes, found: Ints) -> int:
    """Write items of runs of behaviour with one item in which it was chosen, oldest first; gives how many there are.

    What says nothing of the item, an exposure or what was done with its owner, neither makes a run nor ends one.
    """
    count, item, chosen = 0, np.int32(-1), False
    for n in range(len(items)):
        flag = flags[outcomes[n]]
        if flag & (NEUTRAL | OWNERS):
            continue
        if items[n] != item:
            item, chosen = items[n], False
        if flag & CHOICE and not chosen:
            found[count], chosen = item, True
            count += 1
    return count


@compiled
def joined(some: Ints, others: Ints) -> Ints:
    """Rows of either, each once, rising."""
    every = np.sort(np.concatenate((some, others)))
    count = min(len(every), 1)
    for n in range(1, len(every)):
        if every[n] != every[n - 1]:
            every[count] = every[n]
            count += 1
    return every[:count]


@compiled
def lean_to(rows: Ints, graph_row: Ints, graph_score: Floats32, weight: float) -> Floats32:
    """[N] what the graph says of rows, times its weight; 0 for rows it does not have. `graph_row` rises."""
    found = np.zeros(len(rows), np.float32)
    for n in range(len(rows)):
        place = np.searchsorted(graph_row, rows[n])
        if place < len(graph_row) and graph_row[place] == rows[n]:
            found[n] = weight * graph_score[place]
    return found
