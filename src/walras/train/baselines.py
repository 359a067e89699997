"""What any model must beat, each fitted on training items alone.

A baseline is `fit(histories, item_count, seed) -> scorer`, a scorer gives [B, I] for histories.
"""

import importlib.util
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import scipy.sparse as sp

from walras.base.errors import Unavailable
from walras.schema import Floats32
from walras.train.dataset import Histories, choices
from walras.train.graph import GraphConfig, Sparse, build, graph_scores, strongest
from walras.train.ranks import Scorer

Fit: TypeAlias = Callable[[Histories, int, int], Scorer]

# EASE-R inverts a matrix of items by items: 12,000 of them take a minute and 1.2 GB on one core.
EASE_ITEMS_MAX = 15_000


def popularity(train: Histories, item_count: int, seed: int = 0) -> Scorer:
    """How often each item was chosen, the same for everybody."""
    counts = np.bincount(choices(train)[1], minlength=item_count).astype(np.float32)
    return lambda some: np.repeat(counts[None], len(some), axis=0)


def item_knn(train: Histories, item_count: int, seed: int = 0, *, neighbours: int = 100) -> Scorer:
    """Cosine of items by who chose them, summed over a person's items."""
    taken = chosen_matrix(train, item_count)
    norm = np.sqrt(np.asarray(taken.sum(axis=0)).ravel())
    scaled = taken @ sp.diags(1.0 / np.maximum(norm, 1.0))
    near = (scaled.T @ scaled).tocsr()
    near.setdiag(0)
    near.eliminate_zeros()
    index, weight = strongest(near, neighbours)
    row = np.repeat(np.arange(item_count), neighbours)
    kept = sp.csr_matrix((weight.ravel(), (row, index.ravel())), shape=near.shape)
    return lambda some: dense(chosen_matrix(some, item_count) @ kept)


def cooccurrence(train: Histories, item_count: int, seed: int = 0) -> Scorer:
    """The item graph with settings that were never fitted to the data."""
    config = GraphConfig(distance=1.0, back=0.5, from_power=0.5, to_power=0.5, recency=1.0)
    matrix = build(train, item_count, config).matrix()
    return lambda some: graph_scores(matrix, some, config)


def ease(train: Histories, item_count: int, seed: int = 0, *, ridge: float = 250.0) -> Scorer:
    """EASE-R: every item from all others by ridge regression, in closed form.

    Raises:
        Unavailable: the catalogue is too large to invert.
    """
    if item_count > EASE_ITEMS_MAX:
        raise Unavailable(f"EASE-R inverts items × items; more than {EASE_ITEMS_MAX} do not fit", field="ease")
    taken = chosen_matrix(train, item_count)
    gram = (taken.T @ taken).toarray().astype(np.float32)
    gram[np.diag_indices(item_count)] += np.float32(ridge)
    inverse = np.linalg.inv(gram)
    weight = -inverse / np.diag(inverse)
    weight[np.diag_indices(item_count)] = 0
    return lambda some: np.asarray(chosen_matrix(some, item_count) @ weight, np.float32)


def als(train: Histories, item_count: int, seed: int = 0, *, width: int = 128) -> Scorer:
    """Implicit ALS of the package `implicit`; people are folded in from their history.

    Raises:
        Unavailable: the package is not installed.
    """
    if importlib.util.find_spec("implicit") is None:
        raise Unavailable("implicit ALS needs the package 'implicit'", field="als", hint="Install the extra 'bench'.")
    from implicit.cpu.als import AlternatingLeastSquares

    model = AlternatingLeastSquares(
        factors=width, regularization=0.05, alpha=10.0, iterations=15, num_threads=1, random_state=seed
    )
    model.fit(chosen_matrix(train, item_count), show_progress=False)
    items = np.asarray(model.item_factors, np.float32)

    def score(some: Histories) -> Floats32:
        people = model.recalculate_user(np.arange(len(some)), chosen_matrix(some, item_count))
        return np.asarray(people, np.float32) @ items.T

    return score


BASELINES: dict[str, Fit] = {
    "popularity": popularity,
    "item-kNN": item_knn,
    "co-occurrence": cooccurrence,
    "EASE-R": ease,
    "implicit ALS": als,
}
# Those that any log's size allows, in seconds.
QUICK = ("popularity", "item-kNN", "co-occurrence")


def chosen_matrix(histories: Histories, item_count: int) -> Sparse:
    """[B, I] one where a person chose an item."""
    indptr, item = choices(histories)
    person = np.repeat(np.arange(len(histories)), np.diff(indptr))
    found = sp.csr_matrix((np.ones(len(item), np.float32), (person, item)), shape=(len(histories), item_count))
    found.data[:] = 1.0
    return found


def dense(found: Sparse) -> Floats32:
    """The matrix with its zeros written out."""
    return np.asarray(found.toarray(), np.float32)
