"""Plain lists of items with scores, for callers that want no page: recommended, for a session, popular, latest."""

from collections.abc import Sequence
from dataclasses import replace

import msgspec
import numpy as np

from walras.base.clock import DAY_MS
from walras.base.ids import ItemId, PersonId
from walras.base.limits import CANDIDATES_MAX
from walras.base.streams import stream
from walras.feed.engine import Engine
from walras.feed.page import fill
from walras.feed.surfaces import FEED, POPULAR
from walras.retrieval import Asked
from walras.schema import Ints, Surface

Scored = list[tuple[ItemId, float]]

# A list is not looked at place by place: nothing is kept for chance or newcomers, and owners may stand together.
_AS_LIST = {"explore_share": 0.0, "fresh_share": 0.0, "owner_gap": 1, "topic_gap": 1}
_RECOMMENDED = msgspec.structs.replace(FEED, **_AS_LIST)
# Items of one topic are picked from a longer list; this many times as many are valued.
_TOPIC_FACTOR = 10


def recommend(engine: Engine, person: PersonId, count: int, topic: str = "") -> Scored:
    """Items for a person, best first, valued as on a page but without one.

    Args:
        engine: what is known.
        person: for whom; somebody nobody has met gets what everybody is shown.
        count: how many.
        topic: only items of this topic, where given.

    Returns:
        Items with their value in yuan for one exposure.
    """
    engine.catch_up()
    now_ms = engine.clock.now_ms()
    view = engine.state.person_view(person, now_ms)
    return _valued(engine, Asked(view, _RECOMMENDED, now_ms, _draws(now_ms, person)), count, topic)


def session(engine: Engine, items: Sequence[ItemId], count: int, topic: str = "") -> Scored:
    """Items for somebody of whom only these choices are known, the newest first.

    Returns:
        Items with their value in yuan for one exposure; what everybody is shown where no choice is known.
    """
    engine.catch_up()
    now_ms = engine.clock.now_ms()
    rows = [row for item in reversed(items) if (row := engine.state.item_row.get(item, 0))]
    chosen = np.asarray(rows, np.int32)
    engaged = engine.registry.named("engage").code
    view = replace(
        engine.state.person_view("", now_ms),
        items=chosen,
        outcomes=np.full(len(chosen), engaged, np.uint8),
        values=np.ones(len(chosen), np.float32),
        surfaces=np.zeros(len(chosen), np.uint8),
        # One a second, so that the newest counts as the newest.
        times_ms=now_ms - 1_000 * np.arange(len(chosen), 0, -1, dtype=np.int64),
        seen=np.unique(chosen),
    )
    return _valued(engine, Asked(view, _RECOMMENDED, now_ms, _draws(now_ms, "")), count, topic)


def popular(engine: Engine, count: int, topic: str = "") -> Scored:
    """What is chosen most now, best first; the score is the decayed number of choices."""
    engine.catch_up()
    now_ms = engine.clock.now_ms()
    nobody = engine.state.person_view("", now_ms)
    source = engine.models.sources["popular"]
    asked = Asked(nobody, _surface(POPULAR), now_ms, stream(now_ms, "popular"))
    proposal = source.propose(asked, _wanted(count, topic))
    kept = _of_topic(engine, proposal.row, topic)[:count]
    return _named(engine, proposal.row[kept], proposal.score[kept].tolist())


def latest(engine: Engine, count: int, topic: str = "") -> Scored:
    """The newest items; the score is the second they were made."""
    engine.catch_up()
    created_ms = engine.state.items["created_ms"]
    shown = np.flatnonzero(engine.state.items["state"] == 1).astype(np.int32)
    shown = shown[_of_topic(engine, shown, topic)]
    newest = shown[np.argsort(-created_ms[shown], kind="stable")[:count]]
    return _named(engine, newest, (created_ms[newest] / 1000.0).tolist())


def _valued(engine: Engine, asked: Asked, count: int, topic: str) -> Scored:
    filled = fill(asked, _wanted(count, topic), engine)
    chosen = filled.allocation.chosen
    rows = filled.candidates.row[filled.rows[chosen]]
    kept = _of_topic(engine, rows, topic)[:count]
    return _named(engine, rows[kept], filled.value_yuan[chosen[kept]].tolist())


def _draws(now_ms: int, person: str) -> np.random.Generator:
    """The same draws all day for one person, so that a list asked with an offset goes on where it stopped."""
    return stream(now_ms // DAY_MS, f"feed/lists/{person}")


def _surface(surface: Surface) -> Surface:
    return msgspec.structs.replace(surface, **_AS_LIST)


def _wanted(count: int, topic: str) -> int:
    return min(CANDIDATES_MAX, count * (_TOPIC_FACTOR if topic else 1))


def _of_topic(engine: Engine, rows: Ints, topic: str) -> Ints:
    """Places of the rows that have the topic; all where none is asked."""
    if not topic:
        return np.arange(len(rows), dtype=np.int32)
    code = engine.state.topic_row.get(topic, -1)
    return np.flatnonzero((engine.state.items["topics"][rows] == code).any(axis=1)).astype(np.int32)


def _named(engine: Engine, rows: Ints, scores: Sequence[float]) -> Scored:
    names = engine.state.item_row.names
    return [(ItemId(names[row]), score) for row, score in zip(rows.tolist(), scores, strict=True)]
