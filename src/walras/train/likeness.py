"""Which items say the like: each item's nearest by content, as weights that the item graph may take a share of.

Pairs say nothing of an item that few have chosen; its content does.
"""

import numpy as np
import scipy.sparse as sp

from walras.schema import Floats32, Ints, Longs
from walras.train.dataset import Histories, choices
from walras.train.graph import GraphConfig, ItemGraph, Sparse, build
from walras.train.ranks import BLOCK_BYTES

# All with all: 30,000 take a quarter of a minute. Rarer items keep their pairs.
ALIKE_ITEMS_MAX = 30_000
NEAREST = 100


def build_with(histories: Histories, item_count: int, config: GraphConfig, content: Floats32) -> ItemGraph:
    """The graph of these settings, contents [I, C] compared where they have a share in it."""
    near = alike(histories, content) if config.content else None
    return build(histories, item_count, config, alike=near)


def alike(histories: Histories, content: Floats32, *, kept: int = NEAREST) -> Sparse:
    """[I, I] cosines of each item with its nearest by content, among the items chosen most.

    Args:
        histories: say what is chosen most.
        content: [I, C], zeros where there is none.
        kept: nearest of each item; what is not like at all is left out.
    """
    size, length = len(content), np.linalg.norm(content, axis=1)
    met = np.bincount(choices(histories)[1], minlength=size)
    told = np.flatnonzero((length > 0) & (met > 0))
    often = np.sort(told[np.argsort(-met[told], kind="stable")[:ALIKE_ITEMS_MAX]])
    vectors = content[often] / length[often, None]
    column, value = _nearest(vectors, min(kept, max(0, len(often) - 1)))
    row = np.repeat(often, column.shape[1])
    found = sp.csr_matrix((value.ravel(), (row, often[column].ravel())), shape=(size, size), dtype=np.float32)
    found.eliminate_zeros()
    return found


def _nearest(vectors: Floats32, count: int) -> tuple[Longs | Ints, Floats32]:
    """[N, M] places and cosines of the nearest others."""
    size = len(vectors)
    column, value = np.zeros((size, count), np.int32), np.zeros((size, count), np.float32)
    block = max(1, BLOCK_BYTES // (4 * max(1, size)))
    for start in range(0, size if count else 0, block):
        near = vectors[start : start + block] @ vectors.T
        here = np.arange(len(near))
        near[here, start + here] = -1.0
        best = np.argpartition(-near, count - 1, axis=1)[:, :count]
        column[start : start + block] = best
        value[start : start + block] = np.maximum(np.take_along_axis(near, best, axis=1), 0.0)
    return column, value
