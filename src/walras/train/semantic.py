"""Semantic ids: an item as three codes, each refining the one before. New items get theirs from their content."""

from dataclasses import dataclass

import numpy as np

from walras.schema import Floats32, Ints

LEVELS = 3


@dataclass(frozen=True, slots=True)
class Codebooks:
    """Centres of each level; code 0 means: nothing is known of the item."""

    centres: Floats32  # [L, K, C]

    def codes(self, vectors: Floats32) -> Ints:
        """[N, L] codes 1..K of vectors [N, C]; zeros for a vector of length 0."""
        rest = vectors.astype(np.float32).copy()
        known = np.linalg.norm(rest, axis=1) > 0
        codes = np.zeros((len(rest), len(self.centres)), np.int32)
        for level, centres in enumerate(self.centres):
            nearest = _nearest(rest, centres)
            codes[:, level] = np.where(known, nearest + 1, 0)
            rest -= centres[nearest]
        return codes


def quantise(vectors: Floats32, rng: np.random.Generator, *, size: int = 64, rounds: int = 15) -> Codebooks:
    """Fit codebooks by k-means on what the level before left over.

    Args:
        vectors: [N, C]; rows of length 0 are left out.
        rng: chooses the first centres.
        size: K, centres a level; 64³ addresses are enough for a million items.
        rounds: of each k-means.
    """
    rest = vectors[np.linalg.norm(vectors, axis=1) > 0].astype(np.float32)
    size = max(1, min(size, len(rest) // 4))
    centres = np.zeros((LEVELS, size, vectors.shape[1]), np.float32)
    for level in range(LEVELS if len(rest) else 0):
        centres[level] = _k_means(rest, size, rounds, rng)
        rest = rest - centres[level][_nearest(rest, centres[level])]
    return Codebooks(centres)


def _k_means(points: Floats32, size: int, rounds: int, rng: np.random.Generator) -> Floats32:
    centres = points[rng.permutation(len(points))[:size]].copy()
    for _ in range(rounds):
        nearest = _nearest(points, centres)
        counts = np.bincount(nearest, minlength=size)
        sums = np.zeros_like(centres)
        np.add.at(sums, nearest, points)
        centres[counts > 0] = sums[counts > 0] / counts[counts > 0, None]
    return centres


def _nearest(points: Floats32, centres: Floats32, block: int = 65_536) -> np.ndarray:
    half = 0.5 * (centres**2).sum(axis=1)
    parts = [np.argmax(points[n : n + block] @ centres.T - half, axis=1) for n in range(0, len(points), block)]
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)
