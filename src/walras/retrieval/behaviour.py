"""Sources that read behaviour: what was chosen near the last choices, and what followed owners made."""

import numpy as np

from walras.base.limits import NEIGHBOURS_MAX
from walras.features import CHOICE, NEWEST_MAX, RowSets, State, Weighted, compiled, compiled_in_place
from walras.retrieval.asking import NOTHING, Asked, Proposal
from walras.retrieval.exclusions import allowed, rules_of
from walras.schema import Codes, Floats32, Ints, Longs

# Choices that are read back from the newest, and what each counts against the next newer one.
LAST_MAX = 20
FADE = 0.45
# What is chosen often has heavy neighbours; its list is divided by its total to this power. Both are measured on
# Beauty's validation items: recall@10 .1082, against .1077 undivided and .1065 with a fade of 0.6.
TOTAL_POWER = 0.25
FOLLOWED_HALF_LIFE_MS = 24 * 3_600_000


@compiled_in_place
def _fill_choices(items: Ints, outcomes: Codes, flags: Codes, found: Ints) -> int:
    """Write the newest different chosen items into `found`, newest first; gives how many there are."""
    count, place = 0, len(items) - 1
    while place >= 0 and count < len(found):
        known = not flags[outcomes[place]] & CHOICE
        for n in range(count):
            known |= found[n] == items[place]
        if not known:
            found[count] = items[place]
            count += 1
        place -= 1
    return count


def last_choices(asked: Asked, state: State, count: int = LAST_MAX) -> Ints:
    """Rows of the person's last different choices, newest first."""
    found = np.empty(count, np.int32)
    person = asked.person
    return found[: _fill_choices(person.items, person.outcomes, state.flags, found)]


@compiled_in_place
def _filled(pairs: Weighted, items: Ints, importance: Floats32, row: Ints, weight: Floats32) -> int:
    """Fill in neighbours one item after the other; gives how many there are."""
    filled = 0
    for n in range(len(items)):
        first, total = pairs.offset[items[n]], 0.0
        last = first + pairs.length[items[n]]
        for slot in range(first, last):
            total += pairs.weight[slot]
        share = importance[n] / total**TOTAL_POWER if total > 0 else 0.0
        for slot in range(first, last):
            row[filled], weight[filled] = pairs.row[slot], share * pairs.weight[slot]
            filled += 1
    return filled


@compiled
def _gather(pairs: Weighted, items: Ints, importance: Floats32) -> tuple[Ints, Floats32]:
    """Neighbours of items, each once, with the sum of its weights, best first."""
    room = len(items) * NEIGHBOURS_MAX
    row, weight = np.empty(room, np.int32), np.empty(room, np.float32)
    filled = _filled(pairs, items, importance, row, weight)
    merged, summed = np.empty(filled, np.int32), np.empty(filled, np.float32)
    made = 0
    for place in np.argsort(row[:filled]):
        if made and merged[made - 1] == row[place]:
            summed[made - 1] += weight[place]
        else:
            merged[made], summed[made] = row[place], weight[place]
            made += 1
    order = np.argsort(-summed[:made])
    return merged[order], summed[order]


def near_choices(state: State, items: Ints, importance: Floats32) -> tuple[Ints, Floats32]:
    """Rows chosen near items, each once, with the sum of its weights by importance, best first."""
    return _gather(Weighted(*state.pairs.parts()), items, importance)


class Cooccurrence:
    """What people chose near this person's last choices."""

    name = "cooccurrence"
    waits = False

    def __init__(self, state: State) -> None:
        """Read from a state."""
        self.state = state

    def propose(self, asked: Asked, count: int) -> Proposal:
        """Name neighbours of the last choices, the newest choice counting most."""
        items = last_choices(asked, self.state)
        if not len(items):
            return NOTHING
        importance = (FADE ** np.arange(len(items))).astype(np.float32)
        row, score = near_choices(self.state, items, importance)
        return allowed(rules_of(asked, self.state), row, score, count)


@compiled_in_place
def _fill_newest(lists: RowSets, owners: Ints, row: Ints) -> int:
    """Write owners' newest items one owner after the other into `row`; gives how many there are."""
    filled = 0
    for n in range(len(owners)):
        first = lists.offset[owners[n]]
        for slot in range(first, first + lists.length[owners[n]]):
            row[filled] = lists.row[slot]
            filled += 1
    return filled


class Followed:
    """What the owners this person follows made last."""

    name = "followed"
    waits = False

    def __init__(self, state: State) -> None:
        """Read from a state."""
        self.state = state

    def propose(self, asked: Asked, count: int) -> Proposal:
        """Name followed owners' items, newest first."""
        if not len(asked.person.followed):
            return NOTHING
        row = self._newest(asked.person.followed)
        created_ms: Longs = self.state.items["created_ms"][row]
        order = np.argsort(-created_ms, kind="stable")
        age_ms = np.maximum(asked.now_ms - created_ms[order], 0)
        score = (0.5 ** (age_ms / FOLLOWED_HALF_LIFE_MS)).astype(np.float32)
        return allowed(rules_of(asked, self.state), row[order], score, count)

    def _newest(self, owners: Ints) -> Ints:
        room = np.empty(len(owners) * NEWEST_MAX, np.int32)
        return room[: _fill_newest(RowSets(*self.state.catalogue.newest.parts()), owners, room)]
