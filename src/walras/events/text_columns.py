"""A column of texts as it lies in a file: a sequence of strings that becomes Python's own only where somebody asks."""

from collections.abc import Iterator, Sequence
from typing import overload

import polars as pl


class TextColumn(Sequence[str]):
    """Strings of one column. Whoever knows what it is may take `series` and need not make a string of each."""

    __slots__ = ("series",)

    def __init__(self, series: pl.Series) -> None:
        """Hold a column of strings without nulls."""
        self.series = series

    def __len__(self) -> int:
        """How many."""
        return len(self.series)

    def __iter__(self) -> Iterator[str]:
        """Each as a string."""
        return iter(self.series.to_list())

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> "TextColumn": ...
    def __getitem__(self, at: int | slice) -> "str | TextColumn":
        """One, or a stretch of them."""
        return TextColumn(self.series[at]) if isinstance(at, slice) else str(self.series[at])

    def __eq__(self, other: object) -> bool:
        """Whether another sequence says the same."""
        return isinstance(other, Sequence) and list(self) == list(other)
