"""Topics that are one thing in two scripts, such as `dance` and `舞蹈`: they stand under the same videos."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import combinations

import sqlalchemy as sa

from walras.base.clock import Clock
from walras.lines.video.items import script_language
from walras.lines.video.tables import VideoTopicRow
from walras.world import Database

# Pairs change with what is published, so slowly.
TRUST_MS = 60_000
# The newest videos tell; reading all of them would cost more than it mends.
_ROWS_MAX = 5_000
# Of all videos under either, so many stand under both.
ALIKE = 0.5
_LATIN = re.compile(r"[A-Za-z]")


class Namesakes:
    """Finds them, and keeps them for a minute."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Look at the table."""
        self._database, self._clock = database, clock
        self._known: Mapping[str, tuple[str, ...]] = {}
        self._since_ms = -TRUST_MS

    def of(self, topic: str) -> tuple[str, ...]:
        """The same topic in other scripts."""
        now_ms = self._clock.now_ms()
        if not 0 <= now_ms - self._since_ms < TRUST_MS:
            self._known, self._since_ms = namesakes(self._read()), now_ms
        return self._known.get(topic, ())

    def _read(self) -> list[tuple[str, ...]]:
        query = sa.select(VideoTopicRow.video, VideoTopicRow.topic).order_by(VideoTopicRow.video.desc())
        under: dict[str, list[str]] = {}
        with self._database.read() as connection:
            for video, topic in connection.execute(query.limit(_ROWS_MAX)):
                under.setdefault(video, []).append(topic)
        return [tuple(sorted(topics)) for topics in under.values()]


def topic_language(topic: str) -> str:
    """The language of a topic's script; Latin letters beside another script, as in 村BA, are that other's."""
    return script_language(_LATIN.sub("", topic)) or script_language(topic)


def namesakes(under: Iterable[tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """By topic, those in other scripts that mostly stand under the same videos.

    Args:
        under: topics of each video, in order.
    """
    alone, both = Counter[str](), Counter[tuple[str, str]]()
    for topics in under:
        alone.update(topics)
        both.update(combinations(topics, 2))
    found: dict[str, list[str]] = {}
    for (one, other), n in both.items():
        if n >= ALIKE * (alone[one] + alone[other] - n) and topic_language(one) != topic_language(other):
            found.setdefault(one, []).append(other)
            found.setdefault(other, []).append(one)
    return {topic: tuple(others) for topic, others in found.items()}
