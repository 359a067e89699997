"""Growing memory: lists of many holders in one arena, columns by row, and names with their rows."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from walras.events import TextColumn
from walras.features.recognising import Recognised
from walras.schema import Codes, Ints, Longs

Array = NDArray[Any]
# Room is enlarged by half: doubling would leave a third of a gigabyte unused at twenty million behaviours.
GROWTH = 1.5


class Rows(dict[str, int]):
    """Names with dense rows in the order they were first met; row 0 is the unknown and has the empty name."""

    def __init__(self) -> None:
        """Start with the unknown alone."""
        super().__init__({"": 0})
        self.names: list[str] = [""]
        self._recognised: Recognised | None = None

    def __missing__(self, name: str) -> int:
        """Give a new name the next row."""
        row = len(self.names)
        self.names.append(name)
        self[name] = row
        return row

    def all_of(self, names: Any) -> Ints:
        """[N] rows of names, new ones included."""
        if isinstance(names, TextColumn):
            self._recognised = self._recognised or Recognised(self.__getitem__)
            return self._recognised.rows(names.series)
        return np.fromiter(map(self.__getitem__, names), np.int32, len(names))

    def known(self, names: Any) -> Ints:
        """[N] rows of names; 0 for one that nobody has met. Nothing is added."""
        return np.fromiter((self.get(name, 0) for name in names), np.int32, len(names))

    def forget(self, name: str) -> None:
        """Take a name away; its row is not given to another."""
        row = self.pop(name)
        self.names[row] = ""
        self.rest()

    def rest(self) -> None:
        """Let go of what only helps while whole columns of names come."""
        self._recognised = None

    def restore(self, names: list[str]) -> None:
        """Become these names, as `names` gave them."""
        self.names = names
        self.rest()
        self.clear()
        self.update((name, row) for row, name in enumerate(names) if name or row == 0)


def grown(array: Array, rows: int) -> Array:
    """The array with room for at least `rows` rows, new ones zero; the same array where it has them."""
    if len(array) >= rows:
        return array
    made = np.zeros((max(rows, int(len(array) * GROWTH)), *array.shape[1:]), array.dtype)
    made[: len(array)] = array
    return made


class Columns:
    """Columns over the same rows, growing together."""

    def __init__(self, **kinds: Array) -> None:
        """Take empty columns by name, each giving its dtype and its width."""
        self.of: dict[str, Array] = kinds
        self.rows = 0
        self.fit(1)

    def __getitem__(self, name: str) -> Array:
        """One column, with spare rows at its end."""
        return self.of[name]

    def fit(self, rows: int) -> None:
        """Make room for so many rows."""
        self.rows = max(rows, self.rows)
        if rows > len(next(iter(self.of.values()))):
            self.of = {name: grown(array, rows) for name, array in self.of.items()}

    def used(self) -> dict[str, Array]:
        """The columns without spare rows."""
        return {name: array[: self.rows] for name, array in self.of.items()}

    def restore(self, arrays: dict[str, Array]) -> None:
        """Become what `used` gave."""
        self.of = {name: np.ascontiguousarray(arrays[name]) for name in self.of}
        self.rows = len(next(iter(self.of.values())))


class Arena:
    """Lists of many holders in one arena; what lies in a list and in what order is the loop's affair."""

    def __init__(self, classes: int, **slots: Array) -> None:
        """Take the number of capacity classes and empty columns of a slot by name."""
        self.offset: Longs = np.zeros(1, np.int64)
        self.length: Ints = np.zeros(1, np.int32)
        self.size: Codes = np.zeros(1, np.uint8)
        self.free: Longs = np.full(classes, -1, np.int64)
        self.top: Longs = np.zeros(1, np.int64)
        self.slots: dict[str, Array] = {name: np.zeros(4096, array.dtype) for name, array in slots.items()}
        self.holders = 1

    def fit(self, holders: int) -> None:
        """Make room for so many holders."""
        self.holders = max(holders, self.holders)
        if holders > len(self.offset):
            self.offset, self.length = grown(self.offset, holders), grown(self.length, holders)
            self.size = grown(self.size, holders)

    def enlarge(self, needed: int = 0) -> None:
        """Make room for more slots: half again, and at least `needed` beyond those in use."""
        room = max(int(len(next(iter(self.slots.values()))) * GROWTH), int(self.top[0]) + needed)
        self.slots = {name: grown(array, room) for name, array in self.slots.items()}

    def parts(self) -> tuple[Array, ...]:
        """Everything, in the order of the loop's tuples."""
        return (self.offset, self.length, self.size, self.free, self.top, *self.slots.values())

    def of(self, holder: int, slot: str) -> Array:
        """A copy of one column of a holder's list."""
        if holder >= self.holders:
            return self.slots[slot][:0].copy()
        first = int(self.offset[holder])
        return self.slots[slot][first : first + int(self.length[holder])].copy()

    def empty(self, holder: int) -> None:
        """Forget a holder's list; its block stays with the holder."""
        first = int(self.offset[holder])
        for array in self.slots.values():
            array[first : first + int(self.length[holder])] = 0
        self.length[holder] = 0

    def used(self) -> dict[str, Array]:
        """The arrays without spare room."""
        held: dict[str, Array] = {"offset": self.offset, "length": self.length, "size": self.size}
        arrays = {name: array[: self.holders] for name, array in held.items()}
        slots = {f"slot_{name}": array[: int(self.top[0])] for name, array in self.slots.items()}
        return arrays | {"free": self.free, "top": self.top} | slots

    def restore(self, arrays: dict[str, Array]) -> None:
        """Become what `used` gave."""
        self.offset, self.length, self.size = arrays["offset"], arrays["length"], arrays["size"]
        self.free, self.top = arrays["free"], arrays["top"]
        self.slots = {name: arrays[f"slot_{name}"] for name in self.slots}
        self.holders = len(self.offset)
        self.enlarge(4096)

    def nbytes(self) -> int:
        """Bytes of the arrays, spare room included."""
        return sum(array.nbytes for array in self.parts())
