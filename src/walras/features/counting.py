"""Decayed counters of items, owners and topics, and the rates they tell when read with care."""

import numpy as np

from walras.events.outcomes import Registry
from walras.features.arena import Array, grown
from walras.features.columns import COUNT_HALF_LIFE_MS, PAIR_WINDOW, Counts
from walras.schema import Codes, Floats, Ints

# Exposures that the owner's and the topic's rate, then the overall rate, weigh as: a few real ones overrule them.
PRIOR_EXPOSURES = 20.0
PARENT_EXPOSURES = 50.0


class Counters:
    """Counts by outcome in units of a landmark, and sums of values where an outcome has a unit of its own.

    Column 0 counts outcomes nobody has declared; then one column for each outcome in the order of codes, then one for
    each sum of values.
    """

    def __init__(self, registry: Registry) -> None:
        """Lay out columns for a registry; nothing is counted yet."""
        outcomes = list(registry)
        valued = [outcome for outcome in outcomes if outcome.unit != "count"]
        self.column: Ints = np.zeros(256, np.int32)
        self.value_column: Ints = np.full(256, -1, np.int32)
        for n, outcome in enumerate(outcomes, 1):
            self.column[outcome.code] = n
        for n, outcome in enumerate(valued, 1 + len(outcomes)):
            self.value_column[outcome.code] = n
        width = 1 + len(outcomes) + len(valued)
        self.choices: Ints = np.array([self.column[o.code] for o in outcomes if o.choice], np.int32)
        self.exposure = int(self.column[registry.by_name["exposure"].code]) if "exposure" in registry.by_name else 0
        self.item, self.owner = np.zeros((1, width), np.float32), np.zeros((1, width), np.float32)
        self.topic, self.total = np.zeros((1, width), np.float64), np.zeros((1, width), np.float64)
        self.landmark_ms = np.zeros(3, np.int64)  # of counts, of pairs, and the latest event's instant
        self.rows = [1, 1, 1]

    def fit(self, items: int, owners: int, topics: int) -> None:
        """Make room for so many rows of each."""
        self.rows = [items, owners, topics]
        self.item, self.owner = grown(self.item, items), grown(self.owner, owners)
        self.topic = grown(self.topic, topics)

    def parts(self) -> Counts:
        """Everything, as the loop takes it."""
        return Counts(
            self.item,
            self.owner,
            self.topic,
            self.total,
            np.zeros(PAIR_WINDOW, np.int32),
            self.landmark_ms,
            self.column,
            self.value_column,
        )

    def scale(self, now_ms: int) -> float:
        """What a stored unit is worth now: 1 / 2^(half-lives since the landmark)."""
        half_lives = (now_ms - int(self.landmark_ms[0])) / COUNT_HALF_LIFE_MS
        return float(0.5 ** min(max(half_lives, -1_000.0), 1_000.0))

    def exposures(self, counts: Array) -> Floats:
        """[N] exposures of rows of counts; a log without exposures counts each choice as one."""
        made: Floats = np.maximum(counts[:, self.exposure], counts[:, self.choices].max(axis=1)).astype(np.float64)
        return made

    def rates(self, item: Ints, owner: Ints, topic: Ints, codes: Codes | Ints, now_ms: int) -> Floats:
        """Outcomes per exposure, shrunk to owner and topic, and those to all.

        Args:
            item: [N] rows of items.
            owner: [N] rows of their owners.
            topic: [N] rows of their first topics.
            codes: [H] codes of outcomes.
            now_ms: the instant at which evidence is weighed.

        Returns:
            [N, H] expected value per exposure, each in the outcome's unit; finite for items nobody has met.
        """
        columns = np.where(self.value_column[codes] >= 0, self.value_column[codes], self.column[codes])
        scale = self.scale(now_ms)
        overall = _shrunk(self.total[:, columns], self.exposures(self.total), np.zeros((1, 1)), 1.0, scale)
        by_owner = _shrunk(
            self.owner[owner][:, columns], self.exposures(self.owner[owner]), overall, PARENT_EXPOSURES, scale
        )
        by_topic = _shrunk(
            self.topic[topic][:, columns], self.exposures(self.topic[topic]), overall, PARENT_EXPOSURES, scale
        )
        parent = (by_owner + by_topic) / 2
        return _shrunk(self.item[item][:, columns], self.exposures(self.item[item]), parent, PRIOR_EXPOSURES, scale)

    def used(self) -> dict[str, Array]:
        """Arrays to keep, without spare rows."""
        items, owners, topics = self.rows
        return {
            "item": self.item[:items], "owner": self.owner[:owners], "topic": self.topic[:topics],
            "total": self.total, "landmark_ms": self.landmark_ms,
        }  # fmt: skip

    def restore(self, arrays: dict[str, Array]) -> None:
        """Become what `used` gave."""
        self.item, self.owner, self.topic = arrays["item"], arrays["owner"], arrays["topic"]
        self.total, self.landmark_ms = arrays["total"], arrays["landmark_ms"]
        self.rows = [len(self.item), len(self.owner), len(self.topic)]


def _shrunk(counts: Array, exposures: Floats, parent: Floats, strength: float, scale: float) -> Floats:
    """[N, H] rates: counts and exposures brought to now, plus `strength` exposures at the parent's rate."""
    return (counts * scale + strength * parent) / (exposures[:, None] * scale + strength)
