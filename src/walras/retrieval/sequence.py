"""The sequence model: one trunk that sources and the ranker read, and the source that names what lies near a person."""

from dataclasses import dataclass

import numpy as np

from walras.features import NEUTRAL, OWNERS, PersonState, State
from walras.retrieval.asking import NOTHING, Asked, Proposal
from walras.retrieval.bundle import Bundle, Rows
from walras.retrieval.exclusions import allowed, rules_of
from walras.retrieval.scoring import Graph, fill_products, fill_visits, joined, lean_to, leaned
from walras.retrieval.vectors import VectorIndex
from walras.schema import Floats32, Ints

# Asked beyond what is wanted: what a person met is what lies nearest to her.
SPARE = 200
ADDED_AT_ONCE = 50_000


@dataclass(frozen=True, slots=True)
class Leaning:
    """What a person leans to now: near her vector, and near her choices in the graph."""

    vector: Floats32  # [D], of a length with which scores have deviation 1 over the catalogue
    graph_row: Ints  # [G] rows of the state, rising
    graph_score: Floats32  # [G] in units of their deviation over the catalogue

    def heaviest(self, count: int) -> Ints:
        """Rows of the graph with the highest scores, in no order."""
        if len(self.graph_row) <= count:
            return self.graph_row
        return self.graph_row[np.argpartition(self.graph_score, -count)[-count:]]


class Trunk:
    """The trained model over a state. What a person leans to is worked out once a page, whoever asks first."""

    def __init__(self, state: State, bundle: Bundle) -> None:
        """Read from a state and a model."""
        self.state, self.bundle = state, bundle
        self.rows = Rows(bundle, state)
        self._latest: tuple[PersonState | None, Leaning | None] = (None, None)

    def leaning(self, view: PersonState) -> Leaning | None:
        """What a person leans to; None where she has done nothing that says so."""
        known, found = self._latest
        if known is not view:
            self.rows.catch_up()
            kept = self._kept(view)
            found = self._lean(view, kept) if len(kept) else None
            self._latest = (view, found)
        return found

    def scores(self, view: PersonState, rows: Ints) -> Floats32:
        """[N] how much a person leans to the items at these rows of the state, 0 where nothing is known of either."""
        found = self.leaning(view)
        if found is None:
            return np.zeros(len(rows), np.float32)
        graph = lean_to(rows, found.graph_row, found.graph_score, self.bundle.mix.weight)
        return self._products(found.vector, rows) + graph

    def _products(self, vector: Floats32, rows: Ints) -> Floats32:
        """[N] products of a vector with those of rows."""
        own, found = self.rows.of_state(rows), np.empty(len(rows), np.float32)
        fill_products(self.bundle.items, own, vector, found)
        unmet = np.flatnonzero(own == 0)
        if len(unmet):
            found[unmet] = self.rows.vectors(rows[unmet]) @ vector
        return found

    def _lean(self, view: PersonState, kept: Ints) -> Leaning:
        vector = self.bundle.person_vector(view, self.rows.vectors(view.items[kept]), kept)
        return Leaning(vector, *self._graph(view))

    def _kept(self, view: PersonState) -> Ints:
        """Places of the newest behaviours the model reads: what was done with an item, exposures left out."""
        read = (self.state.flags[view.outcomes] & (NEUTRAL | OWNERS)) == 0
        return np.flatnonzero(read)[-self.bundle.mix.tokens_max :].astype(np.int32)

    def _graph(self, view: PersonState) -> tuple[Ints, Floats32]:
        """Rows near the newest choices in the model's graph, in units of their deviation over its catalogue."""
        found = np.empty(len(view.items), np.int32)
        visits = found[: fill_visits(view.items, view.outcomes, self.state.flags, found)]
        chosen = self.rows.of_state(visits[-self.bundle.mix.history :])
        known = chosen > 0
        importance = np.arange(len(chosen), 0, -1)[known].astype(np.float32) ** np.float32(-self.bundle.mix.recency)
        graph = Graph(self.bundle.neighbours, self.bundle.weights, self.rows.of_model)
        return leaned(graph, chosen[known], importance)


class SequenceSource:
    """What the trained model foresees next. Items made after the training stand in by their words, at once."""

    name = "sequence"
    waits = False

    def __init__(self, state: State, bundle: Bundle) -> None:
        """Read from a state and a model; every item that has a vector is put into an index."""
        self.state, self.trunk = state, Trunk(state, bundle)
        self.rows = self.trunk.rows
        self.index = VectorIndex(bundle.items.shape[1], self.rows.vectors)
        self._read = len(state.catalogue.text_puts)
        known = self.rows.of_model[self.rows.of_model > 0]
        put = np.array(state.catalogue.text_puts, np.int32)
        self._add(np.union1d(known, put).astype(np.int32))

    def propose(self, asked: Asked, count: int) -> Proposal:
        """Name the items with the highest score."""
        self._catch_up()
        leaning = self.trunk.leaning(asked.person)
        if leaning is None:
            return NOTHING
        near, _ = self.index.search(leaning.vector, count + SPARE)
        # An item that is neither among the nearest nor among the heaviest of the graph does not come first in the sum.
        row = joined(near, leaning.heaviest(count))
        score = self.trunk.scores(asked.person, row)
        order = np.argsort(-score, kind="stable")
        return allowed(rules_of(asked, self.state), row[order], score[order], count)

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
