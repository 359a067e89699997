"""Halves: what was kept in half precision is read as exactly the same number, the smallest ones too."""

import numpy as np

from walras.features.halves import widened


def test_every_finite_half_is_read_as_itself():
    every = np.arange(2**16, dtype=np.uint16).view(np.float16)
    halves = every[np.isfinite(every)].reshape(-1, 64)
    rows = np.arange(len(halves), dtype=np.int32)[::-1]
    read = widened(halves, rows)
    assert read.dtype == np.float32
    assert np.array_equal(read.view(np.uint32), halves[rows].astype(np.float32).view(np.uint32))


def test_no_rows_are_no_vectors():
    assert widened(np.zeros((3, 64), np.float16), np.zeros(0, np.int32)).shape == (0, 64)
