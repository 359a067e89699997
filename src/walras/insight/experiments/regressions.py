"""Least squares whose errors are robust to clusters, of one kind or of two that cross each other."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from walras.schema import Floats, Longs


@dataclass(frozen=True, slots=True)
class Fitted:
    """C coefficients, how they vary together, and the degrees of freedom of their errors."""

    coefficients: Floats  # [C]
    covariance: Floats  # [C, C]
    freedom: float

    def along(self, weights: Sequence[float]) -> tuple[float, float]:
        """A weighted sum of coefficients and its standard error."""
        w = np.asarray(weights, np.float64)
        return float(w @ self.coefficients), float(np.sqrt(max(float(w @ self.covariance @ w), 0.0)))


def least_squares(values: Floats, design: Floats, clusters: Sequence[Longs]) -> Fitted:
    """Ordinary least squares with sandwich errors.

    By one clustering (Liang and Zeger, Biometrika 1986), or by two that cross: the sum of both less that of their pairs
    (Cameron, Gelbach and Miller, "Robust inference with multiway clustering", Journal of Business & Economic
    Statistics 2011).

    Args:
        values: [N] what is explained.
        design: [N, C] by what.
        clusters: one or two of [N] numbers of clusters, from 0 on; each row its own where it is unclustered.

    Returns:
        Coefficients with the small-sample factor G / (G - 1) · (N - 1) / (N - C).
    """
    assert 1 <= len(clusters) <= 2, f"{len(clusters)=}"
    bread = np.linalg.pinv(design.T @ design)
    coefficients = bread @ (design.T @ values)
    scores = design * (values - design @ coefficients)[:, None]
    meat, fewest = _meat(scores, clusters[0])
    if len(clusters) == 2:
        more, few = _meat(scores, clusters[1])
        pairs, _ = _meat(scores, clusters[0] * (int(clusters[1].max()) + 1) + clusters[1])
        meat, fewest = meat + more - pairs, min(fewest, few)
    factor = (len(values) - 1) / max(len(values) - design.shape[1], 1)
    return Fitted(coefficients, _positive(factor * bread @ meat @ bread), float(max(fewest - 1, 1)))


def _meat(scores: Floats, cluster: Longs) -> tuple[Floats, int]:
    _, number = np.unique(cluster, return_inverse=True)
    count = int(number.max()) + 1
    sums = np.stack([np.bincount(number, column, count) for column in scores.T], axis=1)
    return np.asarray(sums.T @ sums * (count / max(count - 1, 1)), np.float64), count


def _positive(covariance: Floats) -> Floats:
    """The nearest covariance without negative variances, which the difference of two may have."""
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
    return np.asarray((vectors * np.maximum(values, 0.0)) @ vectors.T)
