"""A short list of rows ordered by the instant they were made, kept in place."""

from walras.features.compiled import compiled_in_place
from walras.schema import Ints, Longs


@compiled_in_place
def list_row(rows: Ints, count: Ints, row: int, created_ms: Longs) -> None:
    """Put a row in by its instant, oldest first; where the list is full the oldest makes way.

    Args:
        rows: [room] the list, `count[0]` of it in use.
        count: [1] how many.
        row: the row to put in.
        created_ms: [I] instants by row.
    """
    length = count[0]
    if length == len(rows):
        if created_ms[row] < created_ms[rows[0]]:
            return
        for n in range(length - 1):
            rows[n] = rows[n + 1]
        length -= 1
    place = length
    while place > 0 and created_ms[rows[place - 1]] > created_ms[row]:
        rows[place] = rows[place - 1]
        place -= 1
    rows[place] = row
    count[0] = length + 1


@compiled_in_place
def unlist_row(rows: Ints, count: Ints, row: int) -> None:
    """Take a row out, where it is in."""
    kept = 0
    for n in range(count[0]):
        if rows[n] != row:
            rows[kept] = rows[n]
            kept += 1
    for n in range(kept, count[0]):
        rows[n] = 0
    count[0] = kept
