"""The table of videos: found by id, maker, state or asset, and changed with nobody in between."""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

import msgspec
import sqlalchemy as sa

from walras.base.errors import NotFound
from walras.base.ids import PersonId, id_fault
from walras.base.limits import LIST_MAX
from walras.lines.video.entities import SHOWN, Actor, Step, Video
from walras.lines.video.tables import StepRow, VideoRow, VideoTopicRow
from walras.world import Database, upsert

_decode = msgspec.json.Decoder(Video).decode
_encode = msgspec.json.Encoder().encode
# Ids of one statement; SQLite takes 32,766 variables.
_IDS_PER_STATEMENT = 2_000


class Videos:
    """Every video there is, whatever its state."""

    def __init__(self, database: Database) -> None:
        """Look at the table."""
        self._database = database

    def get(self, id: str) -> Video:
        """The video of this id, whoever may see it.

        Raises:
            NotFound: there is none.
        """
        found = self.get_many([id]).get(id)
        if found is None:
            raise _no_video(id)
        return found

    def get_many(self, ids: Iterable[str]) -> dict[str, Video]:
        """Those of these that exist, by id."""
        wanted = [id for id in dict.fromkeys(ids) if id_fault(id) is None]
        found: dict[str, Video] = {}
        with self._database.read() as connection:
            for start in range(0, len(wanted), _IDS_PER_STATEMENT):
                some = wanted[start : start + _IDS_PER_STATEMENT]
                rows = connection.exec_driver_sql(_by_id(self._database.dialect, len(some)), tuple(some))
                found.update((video.id, video) for video in (_of(body) for (body,) in rows))
        return found

    def own(self, maker: str, id: str) -> Video:
        """A maker's own video; somebody else's is not found.

        Raises:
            NotFound: there is none, or it is not hers.
        """
        found = self.get(id)
        if found.maker != maker:
            raise _no_video(id)
        return found

    def of_asset(self, asset: str) -> Video | None:
        """The video made of an asset; None where there is none."""
        with self._database.read() as connection:
            return _one(connection, VideoRow.asset == asset)

    def mine(self, maker: str, state: str = "", cursor: str = "", n: int = LIST_MAX) -> tuple[list[Video], str]:
        """A maker's videos, the newest first, and where to go on; in one state where one is named."""
        query = sa.select(VideoRow.body).where(VideoRow.maker == maker)
        query = query.where(VideoRow.state == state) if state else query
        query = query.where(VideoRow.id < cursor) if cursor else query
        found = self._read(query.order_by(VideoRow.id.desc()).limit(n + 1))
        return found[:n], found[n - 1].id if len(found) > n else ""

    def in_state(self, state: str, cursor: str = "", n: int = LIST_MAX) -> tuple[list[Video], str]:
        """Everybody's videos in one state, the oldest first, and where to go on."""
        query = sa.select(VideoRow.body).where(VideoRow.state == state, VideoRow.id > cursor)
        found = self._read(query.order_by(VideoRow.id).limit(n + 1))
        return found[:n], found[n - 1].id if len(found) > n else ""

    def shown_of(
        self, makers: Sequence[str], audiences: Sequence[str], *, before_ms: int = 0, before_id: str = "", n: int
    ) -> list[Video]:
        """Shown videos of these makers for these audiences, the newest first, behind an instant and an id."""
        query = _shown().where(VideoRow.maker.in_(makers[:_IDS_PER_STATEMENT]), VideoRow.audience.in_(audiences))
        return self._read(_newest(_behind(query, before_ms, before_id), n))

    def shown_near(self, where: str, n: int) -> list[Video]:
        """Shown videos whose maker named this place, or this market, for everybody; the newest first."""
        here = sa.or_(VideoRow.place == where, VideoRow.market == where)
        return self._read(_newest(_shown().where(VideoRow.audience == "everyone", here), n))

    def shown_under(self, topic: str, before_ms: int = 0, before_id: str = "", n: int = LIST_MAX) -> list[Video]:
        """Shown videos of a topic, for everybody; the newest first."""
        under = sa.select(VideoTopicRow.video).where(VideoTopicRow.topic == topic)
        query = _shown().where(VideoRow.audience == "everyone", VideoRow.id.in_(under))
        return self._read(_newest(_behind(query, before_ms, before_id), n))

    def newest(self, n: int) -> list[Video]:
        """Shown videos for everybody, the newest first."""
        return self._read(_newest(_shown().where(VideoRow.audience == "everyone"), n))

    def due(self, now_ms: int, n: int) -> list[Video]:
        """Scheduled videos whose hour has come."""
        due = sa.and_(VideoRow.state == "scheduled", VideoRow.publish_at_ms <= now_ms)
        return self._read(sa.select(VideoRow.body).where(due).order_by(VideoRow.publish_at_ms).limit(n))

    def untold(self, n: int) -> list[Video]:
        """Videos of whose newest state the log does not know."""
        return self._read(sa.select(VideoRow.body).where(VideoRow.untold == sa.true()).limit(n))

    def count(self, maker: str, *states: str) -> int:
        """How many videos of a maker are in these states."""
        query = sa.select(sa.func.count()).where(VideoRow.maker == maker, VideoRow.state.in_(states))
        with self._database.read() as connection:
            return connection.scalar(query) or 0

    def total(self, *states: str) -> int:
        """How many videos of everybody are in these states."""
        query = sa.select(sa.func.count()).select_from(VideoRow).where(VideoRow.state.in_(states))
        with self._database.read() as connection:
            return connection.scalar(query) or 0

    def reviewed_badly(self, maker: str, since_ms: int) -> int:
        """How many videos of a maker a reviewer took off or limited since an instant."""
        query = (
            sa.select(sa.func.count())
            .select_from(StepRow)
            .join(VideoRow, VideoRow.id == StepRow.video)
            .where(VideoRow.maker == maker, StepRow.actor == "reviewer", StepRow.after.in_(("removed", "limited")))
            .where(StepRow.time_ms >= since_ms)
        )
        with self._database.read() as connection:
            return connection.scalar(query) or 0

    def steps(self, id: str) -> list[Step]:
        """What happened to a video, the oldest first."""
        columns = (StepRow.time_ms, StepRow.actor, StepRow.before, StepRow.after, StepRow.cause, StepRow.reason)
        with self._database.read() as connection:
            rows = connection.execute(sa.select(*columns).where(StepRow.video == id).order_by(StepRow.n))
            return [Step(**row._mapping) for row in rows]

    def add(self, video: Video) -> Video:
        """Enter a video; the one that its asset has already, where two requests came at once."""
        with self._database.write() as connection:
            there = _one(connection, VideoRow.asset == video.asset)
            if there is None:
                self._put(connection, video, untold=False)
                _step(connection, video, before="", who=video.maker, actor="maker")
            return there or video

    def change(
        self, id: str, changed: Callable[[Video], Video], *, who: str = "", actor: Actor = "studio"
    ) -> tuple[Video, Video]:
        """Replace a video by what a function makes of it, with nobody in between; a move is written down.

        Args:
            id: of the video.
            changed: gives the new value; what it raises leaves everything as it was.
            who: the person who does it; empty where nobody does.
            actor: in what part.

        Returns:
            The value before and the value now.

        Raises:
            NotFound: there is none.
        """
        with self._database.write() as connection:
            found = _one(connection, VideoRow.id == id, hold=True)
            if found is None:
                raise _no_video(id)
            new = changed(found)
            if new != found:
                self._put(connection, new, untold=_concerns_log(found, new))
            if new.state != found.state:
                _step(connection, new, before=found.state, who=who, actor=actor)
            return found, new

    def told(self, id: str, video: Video) -> None:
        """The log knows this state now, unless it has changed again meanwhile."""
        with self._database.write() as connection:
            if _one(connection, VideoRow.id == id, hold=True) == video:
                connection.execute(sa.update(VideoRow).where(VideoRow.id == id).values(untold=False))

    def all_of(self, maker: str) -> list[Video]:
        """Every video of a maker, whatever its state, the oldest first."""
        return self._read(sa.select(VideoRow.body).where(VideoRow.maker == maker).order_by(VideoRow.id))

    def forget(self, maker: str) -> None:
        """Take every video of a maker out of the tables; their items and media are for the caller to take away."""
        ids = sa.select(VideoRow.id).where(VideoRow.maker == maker)
        with self._database.write() as connection:
            connection.execute(sa.delete(StepRow).where(StepRow.video.in_(ids)))
            connection.execute(sa.delete(VideoTopicRow).where(VideoTopicRow.video.in_(ids)))
            connection.execute(sa.delete(VideoRow).where(VideoRow.maker == maker))

    def _read(self, query: sa.Select[Any]) -> list[Video]:
        with self._database.read() as connection:
            return [_of(body) for body in connection.scalars(query)]

    @staticmethod
    def _put(connection: sa.Connection, video: Video, *, untold: bool) -> None:
        # Once untold it stays so until the log has been told.
        query = sa.select(VideoRow.untold).where(VideoRow.id == video.id)
        still_untold = untold or bool(connection.scalar(query))
        row = {name: getattr(video, name) for name in _COLUMNS}
        row |= {"duration_ms": round(video.media.duration_s * 1000), "untold": still_untold, "body": _encode(video)}
        upsert(connection, VideoRow, [row])
        connection.execute(sa.delete(VideoTopicRow).where(VideoTopicRow.video == video.id))
        topics = [{"topic": topic, "video": video.id} for topic in dict.fromkeys(video.topics)]
        if topics:
            connection.execute(sa.insert(VideoTopicRow), topics)


_COLUMNS = (
    "id",
    "maker",
    "asset",
    "state",
    "audience",
    "market",
    "place",
    "created_ms",
    "published_ms",
    "publish_at_ms",
)


@cache
def _by_id(dialect: str, count: int) -> str:
    """A statement for so many ids, made once: making it anew for ten cards cost most of its time."""
    marks = ", ".join(["?" if dialect == "sqlite" else "%s"] * count)
    return f"SELECT body FROM videos WHERE id IN ({marks})"


def _of(body: bytes) -> Video:
    return _decode(bytes(body))


def _one(connection: sa.Connection, condition: sa.ColumnElement[bool], *, hold: bool = False) -> Video | None:
    query = sa.select(VideoRow.body).where(condition)
    body = connection.scalar(query.with_for_update() if hold else query)
    return None if body is None else _of(body)


def _no_video(id: str) -> NotFound:
    return NotFound("no such video", field="video", value=id)


def _shown() -> sa.Select[Any]:
    return sa.select(VideoRow.body).where(VideoRow.state.in_(sorted(SHOWN)))


def _behind(query: sa.Select[Any], ms: int, id: str) -> sa.Select[Any]:
    if not ms:
        return query
    same = sa.and_(VideoRow.published_ms == ms, VideoRow.id < id)
    return query.where(sa.or_(VideoRow.published_ms < ms, same))


def _newest(query: sa.Select[Any], n: int) -> sa.Select[Any]:
    return query.order_by(VideoRow.published_ms.desc(), VideoRow.id.desc()).limit(n)


def _concerns_log(before: Video, after: Video) -> bool:
    """Whether the core must hear of a change: while a video has not been shown there is no item."""
    was, is_now = bool(before.published_ms), bool(after.published_ms)
    progress = msgspec.structs.replace(after.media, progress=before.media.progress)
    return (was or is_now) and msgspec.structs.replace(after, media=progress) != before


def _step(connection: sa.Connection, video: Video, *, before: str, who: PersonId | str, actor: Actor) -> None:
    n = connection.scalar(sa.select(sa.func.count()).where(StepRow.video == video.id)) or 0
    row = {
        "video": video.id,
        "n": n,
        "time_ms": video.changed_ms,
        "who": who,
        "actor": actor,
        "before": before,
        "after": video.state,
        "cause": video.cause,
        "reason": video.reason,
    }
    connection.execute(sa.insert(StepRow).values(row))
