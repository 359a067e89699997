"""What the screens count over many videos: a maker's days and sources, what waits for an answer, what was reported."""

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from walras.lines.video.comments import Comment
from walras.lines.video.tables import CommentRow, TallyRow, VideoDayRow, VideoRow
from walras.world import Database

WEEK = 7
SHOWN_DAYS = 28
DAY_MS = 86_400_000


class Day(msgspec.Struct, frozen=True):
    """What a maker's videos got on one UTC day."""

    day: int  # days since 1970
    exposures: int = 0
    views: int = 0
    watch_s: float = 0.0
    followers: int = 0

    @property
    def minutes(self) -> float:
        """Minutes watched."""
        return round(self.watch_s / 60, 1)


class Source(msgspec.Struct, frozen=True):
    """What one source brought."""

    name: str
    exposures: int
    views: int
    watch_s: float


class Weeks(msgspec.Struct, frozen=True):
    """The last seven days against the seven before."""

    now: Day
    before: Day


def days_of(database: Database, maker: str, today: int, followers: dict[int, int]) -> list[Day]:
    """Every one of the last 28 days, also those on which nothing happened.

    Args:
        database: the line's tables.
        maker: whose videos.
        today: days since 1970.
        followers: how many began to follow, by day.
    """
    totals = (sa.func.sum(VideoDayRow.exposures), sa.func.sum(VideoDayRow.views), sa.func.sum(VideoDayRow.watch_ms))
    query = (
        sa.select(VideoDayRow.day, *totals)
        .join(VideoRow, VideoRow.id == VideoDayRow.video)
        .where(VideoRow.maker == maker, VideoDayRow.day > today - SHOWN_DAYS)
        .group_by(VideoDayRow.day)
    )
    with database.read() as connection:
        found = {int(day): (int(e), int(v), float(ms) / 1000) for day, e, v, ms in connection.execute(query)}
    return [
        Day(day, *found.get(day, (0, 0, 0.0)), followers.get(day, 0))
        for day in range(today - SHOWN_DAYS + 1, today + 1)
    ]


def weeks_of(days: Sequence[Day]) -> Weeks:
    """The newest seven days in sum, and the seven before."""
    return Weeks(_sum(days[-WEEK:]), _sum(days[-2 * WEEK : -WEEK]))


def sources_of(database: Database, maker: str, today: int, video: str = "") -> list[Source]:
    """What each source brought to a maker's videos in 28 days, or to one of them ever; the most exposures first."""
    of = VideoDayRow.video == video if video else VideoDayRow.day > today - SHOWN_DAYS
    exposures = sa.func.sum(VideoDayRow.exposures)
    query = (
        sa.select(VideoDayRow.source, exposures, sa.func.sum(VideoDayRow.views), sa.func.sum(VideoDayRow.watch_ms))
        .join(VideoRow, VideoRow.id == VideoDayRow.video)
        .where(VideoRow.maker == maker, of)
        .group_by(VideoDayRow.source)
        .order_by(exposures.desc(), VideoDayRow.source)
    )
    with database.read() as connection:
        return [Source(name, int(e), int(v), float(ms) / 1000) for name, e, v, ms in connection.execute(query)]


def unanswered(database: Database, maker: str, n: int) -> list[Comment]:
    """Comments of others under a maker's videos that she has not answered, the newest first."""
    comment, reply = CommentRow.__table__, CommentRow.__table__.alias("reply")
    own = sa.exists().where(reply.c.parent == comment.c.id, reply.c.author == maker, reply.c.state == "shown")
    query = (
        sa.select(*(comment.c[name] for name in Comment.__struct_fields__))
        .join(VideoRow, VideoRow.id == comment.c.video)
        .where(VideoRow.maker == maker, VideoRow.state != "removed", comment.c.author != maker)
        .where(comment.c.state == "shown", comment.c.parent == "", ~own)
        .order_by(comment.c.id.desc())
        .limit(n)
    )
    with database.read() as connection:
        rows = [row._asdict() for row in connection.execute(query)]
    return [Comment(**{**row, "mentions": tuple(row["mentions"].split())}) for row in rows]


def reported(database: Database, n: int) -> list[str]:
    """Shown videos that people have reported, the most reported first."""
    query = (
        sa.select(TallyRow.subject)
        .join(VideoRow, VideoRow.id == TallyRow.subject)
        .where(TallyRow.what == "reports", TallyRow.n > 0, VideoRow.state.in_(("published", "limited")))
        .order_by(TallyRow.n.desc(), TallyRow.subject)
        .limit(n)
    )
    with database.read() as connection:
        return list(connection.scalars(query))


def _sum(days: Sequence[Day]) -> Day:
    return Day(
        days[-1].day if days else 0,
        sum(day.exposures for day in days),
        sum(day.views for day in days),
        sum(day.watch_s for day in days),
        sum(day.followers for day in days),
    )
