"""Rows of names that come as whole columns: equal strings get one code, and only a code never met is looked up."""

from collections.abc import Callable

import numpy as np
import polars as pl

from walras.schema import Ints

_UNMET = -1


class Recognised:
    """Names met in columns so far. Made for a long stretch of reading and let go behind it, for it holds all names."""

    def __init__(self, row_of: Callable[[str], int]) -> None:
        """Take what knows the row of a name; it is asked once for each name, in the order they are met."""
        self._row_of = row_of
        self._kind = pl.Categorical(pl.Categories.random())
        # Codes are kept as long as some column of the kind lives.
        self._alive = pl.Series([""]).cast(self._kind)
        self._rows: Ints = np.zeros(0, np.int32)

    def rows(self, texts: pl.Series) -> Ints:
        """[N] rows of a column of names."""
        if not len(texts):
            return np.zeros(0, np.int32)
        if (texts == texts[0]).all():
            return np.full(len(texts), self._row_of(texts[0]), np.int32)
        codes = texts.cast(self._kind).to_physical().to_numpy()
        highest = int(codes.max())
        if highest >= len(self._rows):
            spare = np.full(highest + 1 + highest // 2 - len(self._rows), _UNMET, np.int32)
            self._rows = np.concatenate([self._rows, spare])
        found: Ints = self._rows[codes]
        unmet = np.flatnonzero(found == _UNMET)
        if not len(unmet):
            return found
        for code, name in zip(codes[unmet].tolist(), texts.gather(unmet).to_list(), strict=True):
            self._rows[code] = self._row_of(name)
        made: Ints = self._rows[codes]
        return made
