"""The item graph: what is chosen near what, in which order and how far apart. Counting, no training, no torch.

    w(a → b) = Σ_people d^-distance · (1 forwards, `back` backwards) / (n_a^from_power · n_b^to_power)
    score(b)  = Σ_k k^-recency · w(h_k → b)         over a person's choices h, newest k = 1

Counting alone beats most published networks, so it is a source, a feature and a baseline. Where order says little, each
item's ridge regression on all others says more than its pairs; where few have chosen an item, its content does. Both
may take a share of w, all brought to rows of the same mean length.
"""

from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import scipy.sparse as sp
from scipy.linalg.lapack import spotrf, spotri

from walras.schema import Floats32, Ints, Longs
from walras.train.dataset import Histories, choices

Sparse: TypeAlias = Any  # scipy has no types


@dataclass(frozen=True, slots=True)
class GraphConfig:
    """How co-occurrence is counted. Chosen on validation by `fit`; these are where the search starts."""

    distance: float = 0.6  # two choices d apart count d^-distance
    back: float = 0.3  # an earlier choice is foreseen from a later one, but less
    from_power: float = 0.4  # popular sources say less
    to_power: float = 0.1  # popular targets stay likely
    recency: float = 1.3  # the newest choice counts most
    window: int = 20  # pairs further apart say nothing measurable
    history: int = 50  # newest choices that are read
    neighbours: int = (
        100  # kept for each item: what is served is what is judged; 100 cost .0004 to .0007 recall against all
    )
    linear: float = 0.0  # share of the regression's weights
    content: float = 0.0  # share of likeness by content
    again: float = 0.0  # an item is its own neighbour, so many times as near as its nearest: what is taken again


# Where the search may start: beside the defaults the baselines, so that counting alone is never out of reach. Changed
# one value at a time, the regression alone was not found where no order says anything.
STARTS = (
    GraphConfig(),
    GraphConfig(distance=1.0, back=0.5, from_power=0.5, to_power=0.5, recency=1.0),
    GraphConfig(distance=0.0, back=1.0, from_power=0.5, to_power=0.5, recency=0.0, window=50),
    GraphConfig(distance=0.0, back=1.0, from_power=0.5, to_power=0.5, recency=0.0, window=50, linear=100.0),
)
# One value at a time is changed. Spans reach from a log whose order says all to one whose order says nothing.
SEARCH: dict[str, tuple[float, ...]] = {
    "again": (0.0, 0.3, 1.0, 3.0, 10.0),
    "linear": (0.0, 0.3, 1.0, 10.0),
    "content": (0.0, 0.3, 1.0, 3.0),
    "recency": (0.0, 0.3, 0.6, 1.0, 1.3, 1.8),
    "to_power": (0.0, 0.1, 0.2, 0.35, 0.5),
    "back": (0.1, 0.3, 0.6, 1.0),
    "from_power": (0.2, 0.4, 0.6),
    "distance": (0.0, 0.3, 0.6, 1.0),
}
# The regression inverts a matrix of items by items: 6,000 take some seconds and 0.4 GB. Rarer items keep their pairs.
LINEAR_ITEMS_MAX = 6_000
RIDGE = 250.0


@dataclass(frozen=True, slots=True)
class ItemGraph:
    """Each item's strongest neighbours, strongest first."""

    index: Ints  # [I, M] rows of neighbours, 0 where there are fewer
    weight: Floats32  # [I, M]
    config: GraphConfig

    def matrix(self) -> Sparse:
        """[I, I] the same as a sparse matrix."""
        size, kept = self.index.shape
        row = np.repeat(np.arange(size), kept)
        found = self.index.ravel() > 0
        cells = (row[found], self.index.ravel()[found])
        return sp.csr_matrix((self.weight.ravel()[found], cells), shape=(size, size))


def count_pairs(histories: Histories, item_count: int, config: GraphConfig) -> Sparse:
    """[I, I] weighted counts of a followed by b, both orders in one matrix."""
    indptr, item = choices(histories)
    person = np.repeat(np.arange(len(histories)), np.diff(indptr))
    forward = sp.csr_matrix((item_count, item_count), dtype=np.float32)
    for distance in range(1, min(config.window, len(item) - 1) + 1):
        same = person[distance:] == person[:-distance]
        if not same.any():
            break
        a, b = item[:-distance][same], item[distance:][same]
        weight = np.full(len(a), distance**-config.distance, np.float32)
        forward = forward + sp.csr_matrix((weight, (a, b)), shape=(item_count, item_count))
    both = forward + config.back * forward.T.tocsr()
    both.setdiag(0)
    both.eliminate_zeros()
    return both.tocsr()


def build(
    histories: Histories,
    item_count: int,
    config: GraphConfig | None = None,
    *,
    linear: Sparse | None = None,
    alike: Sparse | None = None,
) -> ItemGraph:
    """Count, weigh and prune.

    Args:
        histories: what is learnt from, and nothing else.
        item_count: I, padding row included.
        config: how to count.
        linear: what `regressed` gives for the same histories, where it is at hand.
        alike: [I, I] likeness by content; needed where that has a share.

    Raises:
        ValueError: content has a share, and `alike` was not given.
    """
    config = config or GraphConfig()
    counts = count_pairs(histories, item_count, config)
    chosen = np.maximum(np.bincount(choices(histories)[1], minlength=item_count), 1).astype(np.float64)
    weighed = sp.diags(chosen**-config.from_power) @ counts @ sp.diags(chosen**-config.to_power)
    if config.linear and linear is None:
        linear = regressed(histories, item_count)
    if config.content and alike is None:
        raise ValueError(f"content: its share is {config.content}; give `alike` too")
    if config.linear or config.content:
        weighed = weighed / _row_length(weighed)
    for share, beside in ((config.linear, linear), (config.content, alike)):
        if share and beside is not None:
            weighed = weighed + share * beside / _row_length(beside)
    if config.again:
        nearest = np.asarray(weighed.max(axis=1).todense()).ravel()
        weighed = weighed + sp.diags(config.again * nearest)
    return ItemGraph(*strongest(weighed.tocsr(), config.neighbours), config)


def _row_length(matrix: Sparse) -> float:
    """Mean length of the rows that are not empty; 1 where all are."""
    squares = np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel()
    return float(np.sqrt(squares[squares > 0]).mean()) if (squares > 0).any() else 1.0


def regressed(histories: Histories, item_count: int, *, kept: int = 200) -> Sparse:
    """[I, I] positive weights of each item's ridge regression on all others, among those chosen most.

    Args:
        histories: what is learnt from.
        item_count: I, padding row included.
        kept: largest weights of each row.
    """
    indptr, item = choices(histories)
    person = np.repeat(np.arange(len(histories)), np.diff(indptr))
    met = np.bincount(item, minlength=item_count)
    often = np.sort(np.argsort(-met, kind="stable")[: min(LINEAR_ITEMS_MAX, int((met > 0).sum()))])
    taken = sp.csr_matrix((np.ones(len(item), np.float32), (person, item)), shape=(len(histories), item_count))
    taken.data[:] = 1.0
    taken = taken[:, often]
    gram = (taken.T @ taken).toarray().astype(np.float32)
    gram[np.diag_indices(len(gram))] += np.float32(RIDGE)
    weight = _inverse(gram)
    weight /= -np.diag(weight).copy()
    weight[np.diag_indices(len(weight))] = 0
    count = min(kept, len(often))
    column = np.argpartition(-weight, count - 1, axis=1)[:, :count] if count else np.zeros((0, 0), np.int64)
    value = np.maximum(np.take_along_axis(weight, column, axis=1), 0.0) if count else np.zeros((0, 0), np.float32)
    row = np.repeat(often, count)
    found = sp.csr_matrix((value.ravel(), (row, often[column].ravel())), shape=(item_count, item_count))
    found.eliminate_zeros()
    return found


def _inverse(matrix: Floats32) -> Floats32:
    """Of a symmetric positive matrix, which is overwritten."""
    size = len(matrix)
    if not size:
        return matrix
    factor, _failed = spotrf(matrix, lower=1, overwrite_a=1)
    half, _failed = spotri(factor, lower=1, overwrite_c=1)
    lower = np.tril(half)
    return np.asarray(lower + np.tril(half, -1).T, np.float32)


def strongest(matrix: Sparse, kept: int) -> tuple[Ints, Floats32]:
    """[I, M] indices and weights of each row's largest cells, ties by the smaller index."""
    size = matrix.shape[0]
    lengths = np.diff(matrix.indptr)
    row = np.repeat(np.arange(size), lengths)
    order = np.lexsort((matrix.indices, -matrix.data, row))
    rank = np.arange(len(row)) - np.repeat(matrix.indptr[:-1], lengths)
    top = rank < kept
    index, weight = np.zeros((size, kept), np.int32), np.zeros((size, kept), np.float32)
    index[row[top], rank[top]] = matrix.indices[order][top]
    weight[row[top], rank[top]] = matrix.data[order][top]
    return index, weight


def recency_weights(histories: Histories, item_count: int, config: GraphConfig) -> Sparse:
    """[B, I] how much each of a person's newest choices counts."""
    indptr, item = choices(histories)
    lengths = np.diff(indptr)
    person = np.repeat(np.arange(len(histories)), lengths)
    age = np.repeat(indptr[1:], lengths) - np.arange(len(item))
    near = age <= config.history
    weight = age[near].astype(np.float32) ** np.float32(-config.recency)
    return sp.csr_matrix((weight, (person[near], item[near])), shape=(len(histories), item_count))


def graph_scores(matrix: Sparse, histories: Histories, config: GraphConfig) -> Floats32:
    """[B, I] scores of all items, in units of each person's own standard deviation over the catalogue."""
    found = recency_weights(histories, matrix.shape[0], config) @ matrix
    mean = np.asarray(found.mean(axis=1)).ravel()
    square = np.asarray(found.multiply(found).mean(axis=1)).ravel()
    deviation = np.sqrt(np.maximum(square - mean**2, 0.0))
    scale = sp.diags(np.where(deviation > 0, 1.0 / np.maximum(deviation, 1e-20), 0.0))
    return np.asarray((scale @ found).toarray(), np.float32)


def behaviour_vectors(histories: Histories, item_count: int, width: int, rng: np.random.Generator) -> Floats32:
    """[I, D] vectors of length 1 in which items chosen together are near: PPMI, factorised at random.

    A network that starts from them needs half of the epochs (Beauty, width 64: .096 recall after 5 epochs
    against .078, .104 after 20 against .100).
    """
    counts = count_pairs(histories, item_count, replace(GraphConfig(), back=1.0))
    mass = np.maximum(np.asarray(counts.sum(axis=1)).ravel(), 1e-9)
    context = mass**0.75 / np.sum(mass**0.75)
    cells = counts.tocoo()
    mutual = np.log(cells.data / (mass[cells.row] * context[cells.col]))
    ppmi = sp.csr_matrix((np.maximum(mutual, 0), (cells.row, cells.col)), shape=counts.shape, dtype=np.float32)
    ppmi = (0.5 * (ppmi + ppmi.T)).tocsr()
    left = _range(ppmi, min(width, item_count), rng)  # [I, D]
    vectors = np.zeros((item_count, width), np.float32)
    vectors[:, : left.shape[1]] = left
    # What met nobody has no direction; the factors leave rounding there, which a length of 1 would make a vector of.
    vectors[np.asarray((counts + counts.T).sum(axis=1)).ravel() <= 0] = 0.0
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9), np.float32)


def _range(matrix: Sparse, width: int, rng: np.random.Generator) -> Floats32:
    """[I, D] left singular vectors of a symmetric matrix, times the roots of the singular values."""
    size = matrix.shape[0]
    sketch = rng.standard_normal((size, min(width + 16, size))).astype(np.float32)
    for _ in range(4):
        sketch, _triangle = np.linalg.qr(matrix @ sketch)
    u, s, _v = np.linalg.svd((matrix @ sketch).astype(np.float32), full_matrices=False)
    return np.asarray(u[:, :width] * np.sqrt(s[:width]), np.float32)


def neighbours_mean(graph: ItemGraph, vectors: Floats32, rows: Longs) -> Floats32:
    """[N, D] where items new to a model begin: the weighted mean of their neighbours' vectors."""
    weight = graph.weight[rows][..., None]
    return np.asarray((vectors[graph.index[rows]] * weight).sum(axis=1) / np.maximum(weight.sum(axis=1), 1e-9))
