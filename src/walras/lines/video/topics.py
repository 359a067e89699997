"""Topics: words that videos stand under, described by operators where they deserve a page; events have dates."""

from collections.abc import Iterable
from typing import Annotated, Literal

import msgspec
import sqlalchemy as sa
from msgspec import Meta

from walras.base.clock import Clock
from walras.base.errors import Invalid
from walras.base.limits import LIST_MAX, TOPIC_CHARS_MAX
from walras.lines.video.namesakes import Namesakes, topic_language
from walras.lines.video.tables import TopicFollowerRow, TopicRow, VideoRow, VideoTopicRow
from walras.world import Database, upsert

Line = Annotated[str, Meta(max_length=300)]


class ProgrammeEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of an event's programme."""

    at_ms: int
    title: Line
    text: Line = ""


class Topic(msgspec.Struct, frozen=True, kw_only=True):
    """A topic, or an event such as a tournament."""

    id: Annotated[str, Meta(min_length=1, max_length=TOPIC_CHARS_MAX)]
    title: Line = ""
    text: Annotated[str, Meta(max_length=5_000)] = ""
    kind: Literal["topic", "event"] = "topic"
    starts_ms: int = 0
    ends_ms: int = 0
    programme: Annotated[tuple[ProgrammeEntry, ...], Meta(max_length=200)] = ()
    pinned: Annotated[tuple[str, ...], Meta(max_length=50)] = ()  # videos that stand first


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A topic in a list."""

    id: str
    title: str
    kind: str
    event: bool
    videos: int
    starts_ms: int = 0
    ends_ms: int = 0
    language: str = ""  # of its script
    same: tuple[str, ...] = ()  # what it is called in other scripts


_decode = msgspec.json.Decoder(Topic).decode


class Topics:
    """The topics that were described, and those that videos name alone."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Look at the tables."""
        self._database = database
        self._clock = clock
        self.namesakes = Namesakes(database, clock)

    def get(self, id: str) -> Topic:
        """A topic; one that nobody has described has its own name as title."""
        return self._described([id]).get(id) or Topic(id=id, title=id)

    def put(self, topic: Topic) -> None:
        """Describe a topic.

        Raises:
            Invalid: its id cannot be a topic's, or it ends before it starts.
        """
        if not topic.id.isprintable() or topic.id != topic.id.strip().lower():
            raise Invalid("cannot be a topic", field="id", value=topic.id, hint="Use small letters and no edges.")
        if topic.ends_ms and topic.ends_ms < topic.starts_ms:
            raise Invalid("ends before it starts", field="ends_ms", value=topic.ends_ms)
        row = {"id": topic.id, "changed_ms": self._clock.now_ms(), "body": msgspec.json.encode(topic)}
        with self._database.write() as connection:
            upsert(connection, TopicRow, [row])

    def remove(self, id: str) -> None:
        """Forget what was said of a topic; its videos stay under it."""
        with self._database.write() as connection:
            connection.execute(sa.delete(TopicRow).where(TopicRow.id == id))

    def titles(self, ids: Iterable[str]) -> dict[str, str]:
        """Titles of those of these that were described."""
        return {id: topic.title for id, topic in self._described(list(dict.fromkeys(ids))).items() if topic.title}

    def described(self) -> list[Topic]:
        """Every topic that was described, the last changed first."""
        query = sa.select(TopicRow.body).order_by(TopicRow.changed_ms.desc()).limit(1_000)
        with self._database.read() as connection:
            return [_decode(bytes(body)) for body in connection.scalars(query)]

    def listed(self, n: int = LIST_MAX) -> list[Listed]:
        """Events first, then the topics with the most shown videos."""
        total = sa.func.count()
        query = (
            sa.select(VideoTopicRow.topic, total)
            .join(VideoRow, VideoRow.id == VideoTopicRow.video)
            .where(VideoRow.state == "published", VideoRow.audience == "everyone")
            .group_by(VideoTopicRow.topic)
            .order_by(total.desc(), VideoTopicRow.topic)
            .limit(n)
        )
        with self._database.read() as connection:
            counts = dict(connection.execute(query).all())
        described = {topic.id: topic for topic in self.described()}
        events = [id for id, topic in described.items() if topic.kind == "event"]
        return [
            _listed(described.get(id) or Topic(id=id, title=id), counts.get(id, 0), self.namesakes.of(id))
            for id in dict.fromkeys([*events, *counts])
        ][:n]

    def follow(self, id: str, person: str, *, wanted: bool) -> None:
        """Let a person follow a topic, or no more."""
        row = {"topic": id, "person": person, "at_ms": self._clock.now_ms()}
        own = sa.and_(TopicFollowerRow.topic == id, TopicFollowerRow.person == person)
        with self._database.write() as connection:
            if wanted:
                upsert(connection, TopicFollowerRow, [row])
            else:
                connection.execute(sa.delete(TopicFollowerRow).where(own))

    def followers(self, id: str, person: str) -> tuple[int, bool]:
        """How many follow a topic, and whether this person does."""
        query = sa.select(sa.func.count()).select_from(TopicFollowerRow).where(TopicFollowerRow.topic == id)
        with self._database.read() as connection:
            every = connection.scalar(query) or 0
            own = connection.scalar(query.where(TopicFollowerRow.person == person)) or 0
        return every, own > 0

    def forget(self, person: str) -> None:
        """Keep nothing of what a person follows."""
        with self._database.write() as connection:
            connection.execute(sa.delete(TopicFollowerRow).where(TopicFollowerRow.person == person))

    def _described(self, ids: list[str]) -> dict[str, Topic]:
        if not ids:
            return {}
        query = sa.select(TopicRow.id, TopicRow.body).where(TopicRow.id.in_(ids))
        with self._database.read() as connection:
            return {id: _decode(bytes(body)) for id, body in connection.execute(query)}


def _listed(topic: Topic, videos: int, same: tuple[str, ...]) -> Listed:
    return Listed(
        id=topic.id,
        title=topic.title or topic.id,
        kind=topic.kind,
        event=topic.kind == "event",
        videos=videos,
        starts_ms=topic.starts_ms,
        ends_ms=topic.ends_ms,
        language=topic_language(topic.id),
        same=same,
    )
