"""Who met an item, and who behaves like whom: looked up in the state's arenas, in one pass over all people."""

import numpy as np

from walras.features import State
from walras.schema import Floats, Ints, Longs


def people_of(state: State, item: str, most: int) -> list[str]:
    """People who met an item, at most `most`.

    Args:
        state: what is known now.
        item: the item's id.
        most: how many are wanted.
    """
    row = state.item_row.get(item, 0)
    if not row:
        return []
    met = _hits(state.seen.slots["row"], np.array([row], np.int32), state.seen.offset, state.seen.length)
    names = state.people.names.names
    return [names[holder] for holder in np.flatnonzero(met)[:most].tolist() if names[holder]]


def alike(state: State, person: str, most: int) -> list[tuple[str, float]]:
    """People whose late behaviours are at the same items, most alike first.

    Args:
        state: what is known now.
        person: whose likes are wanted.
        most: how many are wanted.

    Returns:
        Ids with the cosine of the two people's behaviours: 1 for the same items, and nobody with 0.
    """
    row = state.person_row.get(person, 0)
    mine = np.unique(state.sequences.of(row, "item")) if row else np.zeros(0, np.int32)
    if not len(mine):
        return []
    offset, length = state.sequences.offset, state.sequences.length
    shared = _hits(state.sequences.slots["item"], mine, offset, length)
    own = length[row]
    cosine: Floats = shared / np.sqrt(np.maximum(length.astype(np.float64) * own, 1.0))
    cosine[row] = 0.0
    best = np.argsort(-cosine, kind="stable")[:most]
    names = state.people.names.names
    return [(names[n], float(min(cosine[n], 1.0))) for n in best.tolist() if cosine[n] > 0 and names[n]]


def _hits(slots: Ints, wanted: Ints, offset: Longs, length: Ints) -> Longs:
    """[R] how many slots of each holder hold one of the wanted rows."""
    before = np.concatenate([[0], np.cumsum(np.isin(slots, wanted))])
    hits: Longs = before[offset + length] - before[offset]
    return hits
