"""The sequence model as a source: what is near the person and near her choices in the graph, in one score."""

import numpy as np

from walras.features import CHOICE, NEUTRAL, OWNERS, PersonState, State
from walras.retrieval.asking import NOTHING, Asked, Proposal
from walras.retrieval.bundle import Bundle, Rows
from walras.retrieval.exclusions import allowed, rules_of
from walras.retrieval.vectors import VectorIndex
from walras.schema import Floats32, Ints

# Asked beyond what is wanted: what a person met is what lies nearest to her.
SPARE = 200
ADDED_AT_ONCE = 50_000


class SequenceSource:
    """What the trained model foresees next. Items made after the training stand in by their words, at once."""

    name = "sequence"
    waits = False

    def __init__(self, state: State, bundle: Bundle) -> None:
        """Read from a state and a model; every item that has a vector is put into an index."""
        self.state, self.bundle = state, bundle
        self.rows = Rows(bundle, state)
        self.index = VectorIndex(bundle.items.shape[1], self.rows.vectors)
        self._read = len(state.catalogue.text_puts)
        known = self.rows.of_model[self.rows.of_model > 0]
        put = np.array(state.catalogue.text_puts, np.int32)
        self._add(np.union1d(known, put).astype(np.int32))

    def propose(self, asked: Asked, count: int) -> Proposal:
        """Name the items with the highest score."""
        self._catch_up()
        kept = self._kept(asked.person)
        if not len(kept):
            return NOTHING
        vectors = self.rows.vectors(asked.person.items[kept])
        vector = self.bundle.person_vector(asked.person, vectors, kept)
        near, _ = self.index.search(vector, count + SPARE)
        graph_row, graph_score = self._graph(asked.person)
        row = np.union1d(near, graph_row).astype(np.int32)
        score = self.rows.vectors(row) @ vector
        score[np.searchsorted(row, graph_row)] += np.float32(self.bundle.mix.weight) * graph_score
        order = np.argsort(-score, kind="stable")
        return allowed(rules_of(asked, self.state), row[order], score[order], count)

    def _kept(self, view: PersonState) -> Ints:
        """Places of the newest behaviours the model reads: what was done with an item, exposures left out."""
        read = (self.state.flags[view.outcomes] & (NEUTRAL | OWNERS)) == 0
        return np.flatnonzero(read)[-self.bundle.mix.tokens_max :].astype(np.int32)

    def _graph(self, view: PersonState) -> tuple[Ints, Floats32]:
        """Rows near the newest choices in the model's graph, in units of their deviation over its catalogue."""
        chosen = self.rows.of_state(_visits(view, self.state))[-self.bundle.mix.history :]
        age = np.arange(len(chosen), 0, -1)
        weight = age[chosen > 0].astype(np.float32) ** np.float32(-self.bundle.mix.recency)
        chosen = chosen[chosen > 0]
        near = self.bundle.neighbours[chosen]
        row, place = np.unique(near, return_inverse=True)
        score = np.bincount(
            place.ravel(), (weight[:, None] * self.bundle.weights[chosen] * (near > 0)).ravel(), minlength=len(row)
        )
        size = len(self.bundle.items)
        deviation = np.sqrt(max((score**2).sum() / size - (score.sum() / size) ** 2, 0.0))
        in_state = self.rows.of_model[row]
        kept = (in_state > 0) & (score > 0)
        order = np.argsort(in_state[kept])
        return in_state[kept][order], (score[kept][order] / max(deviation, 1e-20)).astype(np.float32)

    def _catch_up(self) -> None:
        self.rows.catch_up()
        puts = self.state.catalogue.text_puts
        if self._read == len(puts):
            return
        rows = np.unique(np.array(puts[self._read :], np.int32))
        self._read = len(puts)
        self._add(rows)

    def _add(self, rows: Ints) -> None:
        """Put rows into the index by their vectors; those that have none are left out."""
        for first in range(0, len(rows), ADDED_AT_ONCE):
            part = rows[first : first + ADDED_AT_ONCE]
            vectors = self.rows.vectors(part)
            told = vectors.any(axis=1)
            self.index.remove(part[~told])
            self.index.add(part[told], vectors[told])


def _visits(view: PersonState, state: State) -> Ints:
    """Items of runs of behaviour with one item in which it was chosen, oldest first."""
    flags = state.flags[view.outcomes]
    read = (flags & (NEUTRAL | OWNERS)) == 0
    item: Ints = view.items[read]
    choice = (flags[read] & CHOICE) > 0
    if not len(item):
        return item
    starts = np.flatnonzero(np.concatenate([[True], item[1:] != item[:-1]]))
    visits: Ints = item[starts][np.logical_or.reduceat(choice, starts)]
    return visits
