"""What is like what by its words, and what is similar to one item by behaviour, vectors and words together."""

from dataclasses import dataclass

import numpy as np

from walras.features import WIDTH, State
from walras.retrieval.asking import NOTHING, Asked, Proposal
from walras.retrieval.behaviour import last_choices, near_choices
from walras.retrieval.exclusions import allowed, rules_of
from walras.retrieval.vectors import VectorIndex
from walras.schema import Bools, Floats32, Ints

# The last five choices say what a person is at now; each counts so much against the next newer one.
READ_CHOICES, FADE = 5, 0.7
# Asked beyond what is wanted, since what was seen is like what was chosen.
SPARE = 200
# What behaviour says of likeness counts in full, what vectors and words say in part.
VECTOR_SHARE, TEXT_SHARE = 0.6, 0.4


class TextSimilar:
    """Items whose words are like those of the last choices, or of the stated interests. New items at once."""

    name = "text"
    waits = False

    def __init__(self, state: State) -> None:
        """Read from a state."""
        self.state = state
        self.index = VectorIndex(WIDTH, self._vectors)
        self._read, self._model = 0, state.catalogue.text

    def propose(self, asked: Asked, count: int) -> Proposal:
        """Name the items whose words are nearest."""
        vector = self._vector(asked)
        if not vector.any():
            return NOTHING
        row, score = self.near(vector, count + SPARE)
        return allowed(rules_of(asked, self.state), row, score, count)

    def near(self, vector: Floats32, count: int) -> tuple[Ints, Floats32]:
        """Rows whose words are nearest to a vector [D], with the products.

        Where another model reads texts since this source was made there are none: building the index anew takes too
        long for a page, and a source that was built beside takes this one's place within seconds.
        """
        if not self.is_current:
            return np.zeros(0, np.int32), np.zeros(0, np.float32)
        self.catch_up()
        return self.index.search(vector, count)

    @property
    def is_current(self) -> bool:
        """Whether texts are read with the model that this source was made with."""
        return self.state.catalogue.text is self._model

    def catch_up(self) -> None:
        """Take the vectors of items put since the last call."""
        catalogue = self.state.catalogue
        if self._read == len(catalogue.text_puts):
            return
        rows = np.unique(np.array(catalogue.text_puts[self._read :], np.int32))
        self._read = len(catalogue.text_puts)
        vectors = self._vectors(rows)
        told = vectors.any(axis=1)
        self.index.remove(rows[~told])
        self.index.add(rows[told], vectors[told])

    def _vectors(self, rows: Ints) -> Floats32:
        return self.state.catalogue.vectors(rows)

    def _vector(self, asked: Asked) -> Floats32:
        items = last_choices(asked, self.state, READ_CHOICES)
        if len(items):
            weight = (FADE ** np.arange(len(items))).astype(np.float32)
            mean: Floats32 = weight @ self._vectors(items)
            return mean / max(float(np.linalg.norm(mean)), 1e-6)
        names = [self.state.topic_row.names[row] for row in asked.person.interests.tolist()]
        return self.state.catalogue.text.vector(" ".join(names))


@dataclass(frozen=True, slots=True)
class Similar:
    """N items similar to one, best first."""

    row: Ints
    score: Floats32
    reason: tuple[str, ...]  # what says so most: `chosen_near`, `vector` or `text`


def similar(state: State, item: int, count: int, text: TextSimilar, vectors: VectorIndex | None = None) -> Similar:
    """Items similar to one by what people chose near it, by its vector and by its words.

    Args:
        state: what is known now.
        item: the row of the item.
        count: how many are wanted.
        text: the source that knows words.
        vectors: the sequence model's item vectors, where there is a model.
    """
    told = [("chosen_near", 1.0, *near_choices(state, np.array([item], np.int32), np.ones(1, np.float32)))]
    if vectors is not None and len(own := vectors.vectors_of(np.array([item], np.int32))):
        told.append(("vector", VECTOR_SHARE, *vectors.search(own[0], count + SPARE)))
    words = state.catalogue.vectors(np.array([item], np.int32))[0]
    if words.any():
        told.append(("text", TEXT_SHARE, *text.near(words, count + SPARE)))
    return _joined(state, item, count, told)


def _joined(state: State, item: int, count: int, told: list[tuple[str, float, Ints, Floats32]]) -> Similar:
    """Add up what each way says, each scaled so that its best counts its share; keep live items other than itself."""
    rows = np.unique(np.concatenate([row for _, _, row, _ in told]))
    parts = np.zeros((len(told), len(rows)), np.float32)
    for n, (_, share, row, score) in enumerate(told):
        if len(row):
            parts[n, np.searchsorted(rows, row)] = share * np.maximum(score, 0) / max(float(score.max()), 1e-9)
    total, most = parts.sum(axis=0), parts.argmax(axis=0)
    shown: Bools = (state.items["state"][rows] == 1) & (rows != item) & (total > 0)
    kept = np.flatnonzero(shown)
    best = kept[np.argsort(-total[kept], kind="stable")[:count]]
    return Similar(rows[best], total[best], tuple(told[n][0] for n in most[best].tolist()))
