"""Sources that read behaviour: what was chosen near the last choices, and what followed owners made."""

import numpy as np

from walras.features import CHOICE, RowSets, State, Weighted, compiled
from walras.retrieval.asking import NOTHING, Asked, Proposal
from walras.retrieval.exclusions import Exclusions, allowed
from walras.schema import Floats32, Ints, Longs

# Choices that are read back from the newest, and what each one before counts against the next.
LAST_MAX = 20
FADE = 0.8
# Chosen by many is chosen near everything: a neighbour's weight is divided by its popularity to this power.
DAMPING = 0.3
# Choices of nobody in particular added before that division, so that rare pairs do not lead.
DAMPING_PRIOR = 3.0
FOLLOWED_HALF_LIFE_MS = 24 * 3_600_000


def last_choices(asked: Asked, state: State, count: int = LAST_MAX) -> Ints:
    """Rows of the person's last different choices, newest first."""
    chosen = asked.person.items[(state.flags[asked.person.outcomes] & CHOICE) > 0][::-1]
    _, first = np.unique(chosen, return_index=True)
    return chosen[np.sort(first)[:count]]


@compiled
def _gather(pairs: Weighted, items: Ints, importance: Floats32) -> tuple[Ints, Floats32]:
    """Neighbours of items with importance × weight share, each once, in the order of rows."""
    total = 0
    for item in items:
        total += pairs.length[item]
    row, weight = np.empty(total, np.int32), np.empty(total, np.float32)
    filled = 0
    for n in range(len(items)):
        first, length = pairs.offset[items[n]], pairs.length[items[n]]
        for slot in range(first, first + length):
            row[filled], weight[filled] = pairs.row[slot], importance[n] * pairs.weight[slot]
            filled += 1
    order = np.argsort(row)
    made = 0
    merged, summed = np.empty(total, np.int32), np.empty(total, np.float32)
    for place in order:
        if made and merged[made - 1] == row[place]:
            summed[made - 1] += weight[place]
        else:
            merged[made], summed[made] = row[place], weight[place]
            made += 1
    return merged[:made], summed[:made]


def near_choices(state: State, items: Ints, importance: Floats32) -> tuple[Ints, Floats32]:
    """Rows chosen near these items, with damped weights, best first."""
    row, weight = _gather(Weighted(*state.pairs.parts()), items, importance)
    chosen = state.counters.item[row][:, state.counters.choices].sum(axis=1)
    unit = state.counters.scale(int(state.counters.landmark_ms[2]))
    damped = weight / (chosen * np.float32(unit) + np.float32(DAMPING_PRIOR)) ** np.float32(DAMPING)
    order = np.argsort(-damped, kind="stable")
    return row[order], damped[order]


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
        return allowed(Exclusions(asked, self.state), row, score, count)


@compiled
def _newest(lists: RowSets, owners: Ints) -> Ints:
    total = 0
    for owner in owners:
        total += lists.length[owner]
    row = np.empty(total, np.int32)
    filled = 0
    for owner in owners:
        first = lists.offset[owner]
        for slot in range(first, first + lists.length[owner]):
            row[filled] = lists.row[slot]
            filled += 1
    return row


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
        row = _newest(RowSets(*self.state.catalogue.newest.parts()), asked.person.followed)
        created_ms: Longs = self.state.items["created_ms"][row]
        order = np.argsort(-created_ms, kind="stable")
        age_ms = np.maximum(asked.now_ms - created_ms[order], 0)
        score = (0.5 ** (age_ms / FOLLOWED_HALF_LIFE_MS)).astype(np.float32)
        return allowed(Exclusions(asked, self.state), row[order], score, count)
