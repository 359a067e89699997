"""Nearest vectors: a flat index for what came lately, and an inverted file in half precision, built beside requests."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import faiss
import numpy as np

from walras.schema import Floats32, Ints

# Up to here a plain scan costs less than half a millisecond and misses nothing.
FLAT_MAX = 50_000
# Lists of an inverted file over N vectors: this many times √N; of them the nearest 1 in 64, but at least 16, are read.
LISTS_PER_ROOT = 4
READ_LISTS_MIN, READ_LISTS_SHARE = 16, 64
# Five rounds of k-means find the same neighbours as ten, in half the time (1 M vectors: recall .530 and .529).
TRAINED_PER_LIST, TRAINED_ROUNDS = 40, 5
ADDED_AT_ONCE = 50_000
# Vectors are filled up to a multiple of this: faiss reads others one number at a time, five times as slowly.
LANES = 8

_NONE = (np.zeros(0, np.int32), np.zeros(0, np.float32))
VectorsOf = Callable[[Ints], Floats32]


@dataclass(slots=True)
class _Part:
    """An index with the row and the version of the vector at each of its places."""

    index: Any
    rows: Ints
    versions: Ints


class VectorIndex:
    """Vectors by row of item. A row that is added again is found by its new vector at once, never by the old."""

    def __init__(self, width: int, vectors_of: VectorsOf) -> None:
        """Start empty.

        Args:
            width: D, numbers of a vector.
            vectors_of: gives [N, D] the present vectors of rows [N], for building anew.
        """
        self.vectors_of = vectors_of
        self._lanes = -(-width // LANES) * LANES
        self._base, self._late = _flat(self._lanes), _flat(self._lanes)
        self._version_of: Ints = np.zeros(1024, np.int32)  # [rows] version of the living vector, 0 for none
        self._version = self._old = 0  # the newest version; how many vectors of older ones lie there at most
        self._builder = ThreadPoolExecutor(1, "vectors", initializer=faiss.omp_set_num_threads, initargs=(1,))
        self._building: Future[_Part] | None = None

    def __len__(self) -> int:
        """How many rows have a vector."""
        return int((self._version_of > 0).sum())

    def add(self, rows: Ints, vectors: Floats32) -> None:
        """Take vectors [N, D] of N different rows; what is to be built anew for them is begun by the next search."""
        if not len(rows):
            return
        if (most := int(rows.max())) >= len(self._version_of):
            self._version_of = np.concatenate([self._version_of, np.zeros(most + most // 2, np.int32)])
        self._old += int(np.count_nonzero(self._version_of[rows]))
        versions = self._version + 1 + np.arange(len(rows), dtype=np.int32)
        self._version += len(rows)
        self._version_of[rows] = versions
        self._late.index.add(_filled_up(vectors, self._lanes))
        self._late.rows = np.concatenate([self._late.rows, rows])
        self._late.versions = np.concatenate([self._late.versions, versions])

    def remove(self, rows: Ints) -> None:
        """Let rows be found no more."""
        known = rows[rows < len(self._version_of)]
        self._old += int(np.count_nonzero(self._version_of[known]))
        self._version_of[known] = 0

    def search(self, vector: Floats32, count: int) -> tuple[Ints, Floats32]:
        """Rows nearest to a vector [D] by inner product, best first, at most `count`, and the products."""
        self._tend()
        parts = [part for part in (self._base, self._late) if len(part.rows)]
        asked = _filled_up(vector[None], self._lanes)
        found = [self._search(part, asked, count) for part in parts]
        if len(found) == 1:  # the usual case, and in order already
            return found[0][0][:count], found[0][1][:count]
        rows, scores = (np.concatenate(both) for both in zip(_NONE, *found, strict=True))
        order = np.argsort(-scores, kind="stable")[:count]
        return rows[order], scores[order]

    def settle(self) -> None:
        """Build what is to be built, and wait for it."""
        self._tend()
        while self._building is not None:
            self._building.result()
            self._tend()

    def _search(self, part: _Part, vector: Floats32, count: int) -> tuple[Ints, Floats32]:
        # Up to half as many again, where old vectors of rows that were put anew still lie there.
        asked = min(count + min(count // 2, self._old), len(part.rows))
        scores, places = part.index.search(vector, asked)
        rows, versions = part.rows[places[0]], part.versions[places[0]]
        alive = (self._version_of[rows] == versions) & (places[0] >= 0)
        return rows[alive], scores[0][alive]

    def _tend(self) -> None:
        """Put in place what was built, then begin to build anew where the late part has grown too long."""
        if self._building is not None and self._building.done():
            built = self._building.result()
            later = np.flatnonzero(self._version_of > built.versions.max()).astype(np.int32)
            self._base, self._late, self._building = built, _flat(self._lanes), None
            self._old = int(np.count_nonzero(self._version_of[built.rows] != built.versions))
            self._late.rows, self._late.versions = later, self._version_of[later]
            self._late.index.add(_filled_up(self.vectors_of(later), self._lanes))
        if self._building is None and len(self._late.rows) > max(FLAT_MAX, len(self._base.rows) // 8):
            rows = np.flatnonzero(self._version_of).astype(np.int32)
            self._building = self._builder.submit(_inverted, rows, self._version_of[rows], self.vectors_of, self._lanes)


def _filled_up(vectors: Floats32, lanes: int) -> Floats32:
    """Vectors [N, D] with zeros behind, [N, lanes]; products stay what they are."""
    filled = np.zeros((len(vectors), lanes), np.float32)
    filled[:, : vectors.shape[1]] = vectors
    return filled


def _flat(lanes: int) -> _Part:
    index = faiss.IndexScalarQuantizer(lanes, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    return _Part(index, np.zeros(0, np.int32), np.zeros(0, np.int32))


def _inverted(rows: Ints, versions: Ints, vectors_of: VectorsOf, lanes: int) -> _Part:
    """Train and fill an inverted file; runs beside requests, without the interpreter's lock for the most part."""
    lists = int(LISTS_PER_ROOT * len(rows) ** 0.5)
    quantiser = faiss.IndexFlatIP(lanes)
    index = faiss.IndexIVFScalarQuantizer(
        quantiser, lanes, lists, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
    )
    step = max(len(rows) // (TRAINED_PER_LIST * lists), 1)
    index.cp.niter = TRAINED_ROUNDS
    index.train(_filled_up(vectors_of(rows[::step]), lanes))
    for first in range(0, len(rows), ADDED_AT_ONCE):
        index.add(_filled_up(vectors_of(rows[first : first + ADDED_AT_ONCE]), lanes))
    index.nprobe = max(READ_LISTS_MIN, lists // READ_LISTS_SHARE)
    return _Part(index, rows, versions)
