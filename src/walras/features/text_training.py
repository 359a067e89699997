"""Trains the text model on the platform's own texts and behaviour: what is chosen together comes to lie together.

n-grams → TF-IDF → truncated SVD → the directions in which texts chosen together agree most, against how much texts
vary at all (canonical correlation of a text with those chosen near it). Linear, so that a new text costs microseconds.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.linalg
import scipy.sparse as sp
from scipy.sparse.linalg import svds

from walras.base.errors import Invalid
from walras.base.streams import stream
from walras.features.texts import BUCKETS, WIDTH, TextModel, characters_of, grams, untrained
from walras.schema import Floats, Floats32, Ints

# Directions kept of the texts before behaviour chooses among them.
DIRECTIONS = 128
# Texts beyond this add nothing to 128 directions and cost memory; they are a seeded sample.
TEXTS_MAX = 200_000
# Share of all variance added in every direction, so that directions few texts have are not trusted.
RIDGE = 0.02
# An n-gram never met in training points in a random direction, at this share of a typical one's weight.
UNMET_SHARE = 0.3


def fit_text(texts: Sequence[str], pairs: Ints, seed: int) -> TextModel:
    """Train a projection.

    Args:
        texts: N texts of items.
        pairs: [M, 2] which two were chosen near each other; none trains on the texts alone.
        seed: of the sample and of the first direction.

    Returns:
        A model whose version names its seed and its training data.

    Raises:
        Invalid: fewer than three texts have any n-gram.
    """
    matrix, idf = _weighted(texts, stream(seed, "features/text-sample"))
    if (matrix.getnnz(axis=1) > 0).sum() < 3:
        raise Invalid("has too few texts to learn from", field="texts", value=len(texts), hint="Put items with titles.")
    basis = _directions(matrix, seed)
    chosen = basis @ _agreeing(matrix @ basis, pairs)
    return _with_unmet(chosen, idf, seed, f"text-{seed}-{len(texts)}-{len(pairs)}")


def _weighted(texts: Sequence[str], rng: np.random.Generator) -> tuple[Any, Floats32]:
    """[N, BUCKETS] TF-IDF rows of length 1, and [BUCKETS] weights, 0 for n-grams nobody has."""
    kept = np.ones(len(texts), np.bool_)
    if len(texts) > TEXTS_MAX:
        kept[rng.permutation(len(texts))[TEXTS_MAX:]] = False
    found = [
        np.unique(grams(characters_of(text))) if kept[n] else np.zeros(0, np.int32) for n, text in enumerate(texts)
    ]
    starts = np.concatenate([[0], np.cumsum([len(one) for one in found])])
    column = np.concatenate([np.zeros(0, np.int32), *found])
    texts_with = np.bincount(column, minlength=BUCKETS)
    idf = np.where(texts_with > 0, np.log(1.0 + kept.sum() / np.maximum(texts_with, 1)), 0.0).astype(np.float32)
    matrix = sp.csr_matrix((idf[column], column, starts), shape=(len(texts), BUCKETS), dtype=np.float32)
    length = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    return sp.diags(1.0 / np.maximum(length, 1e-9)).astype(np.float32) @ matrix, idf


def _directions(matrix: Any, seed: int) -> Floats:
    """[BUCKETS, R] right singular vectors with the largest values, the largest first."""
    most = min(DIRECTIONS, min(matrix.shape) - 1)
    start = stream(seed, "features/text-svd").standard_normal(min(matrix.shape)).astype(np.float32)
    _, values, right = svds(matrix, k=most, v0=start)
    order = np.argsort(-values)
    return np.asarray(right[order].T, np.float64)


def _agreeing(told: Floats, pairs: Ints) -> Floats:
    """[R, WIDTH] how directions combine: those in which pairs agree most, or the first where there are no pairs."""
    size = told.shape[1]
    if not len(pairs):
        return np.eye(size, WIDTH)
    left, right = told[pairs[:, 0]], told[pairs[:, 1]]
    between = (left.T @ right + right.T @ left) / (2 * len(pairs))
    within = (left.T @ left + right.T @ right) / (2 * len(pairs))
    within += RIDGE * np.trace(within) / size * np.eye(size)
    values, vectors = scipy.linalg.eigh(between, within)
    order = np.argsort(-values)[:WIDTH]
    made = np.zeros((size, WIDTH))
    made[:, : len(order)] = vectors[:, order] * np.sqrt(np.maximum(values[order], 0.0))
    return made


def _with_unmet(projection: Floats, idf: Floats32, seed: int, version: str) -> TextModel:
    """The model, with random directions for n-grams that no text had."""
    met = idf > 0
    typical = float(np.median(np.linalg.norm(projection[met], axis=1)))
    drawn = untrained(seed).projection * np.float32(UNMET_SHARE * typical)
    weight = np.where(met, idf, np.median(idf[met])).astype(np.float32)
    return TextModel(version, np.where(met[:, None], projection, drawn).astype(np.float32), weight)
