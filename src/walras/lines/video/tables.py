"""The line's tables; they never leave this folder."""

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from walras.world import ID, INSTANT, Table


class VideoRow(Table):
    """A video. `body` is the whole value; `untold` is set while the log has not been told of its newest state."""

    __tablename__ = "videos"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    maker: Mapped[str] = mapped_column(ID)
    asset: Mapped[str] = mapped_column(ID, unique=True)
    state: Mapped[str] = mapped_column(sa.Text)
    audience: Mapped[str] = mapped_column(sa.Text)
    market: Mapped[str] = mapped_column(sa.Text)
    place: Mapped[str] = mapped_column(sa.Text)
    duration_ms: Mapped[int] = mapped_column(INSTANT)
    created_ms: Mapped[int] = mapped_column(INSTANT)
    published_ms: Mapped[int] = mapped_column(INSTANT)
    publish_at_ms: Mapped[int] = mapped_column(INSTANT)
    untold: Mapped[bool] = mapped_column(sa.Boolean, index=True)
    body: Mapped[bytes] = mapped_column(sa.LargeBinary)

    __table_args__ = (
        sa.Index("ix_videos_maker", "maker", "published_ms"),
        sa.Index("ix_videos_state", "state", "published_ms"),
    )


class StepRow(Table):
    """One move of a video; rows are only ever added."""

    __tablename__ = "video_steps"

    video: Mapped[str] = mapped_column(ID, primary_key=True)
    n: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    time_ms: Mapped[int] = mapped_column(INSTANT)
    who: Mapped[str] = mapped_column(ID)
    actor: Mapped[str] = mapped_column(sa.Text)
    before: Mapped[str] = mapped_column(sa.Text)
    after: Mapped[str] = mapped_column(sa.Text)
    cause: Mapped[str] = mapped_column(sa.Text)
    reason: Mapped[str] = mapped_column(sa.Text)


class VideoTopicRow(Table):
    """A video stands under a topic."""

    __tablename__ = "video_topics"

    topic: Mapped[str] = mapped_column(ID, primary_key=True)
    video: Mapped[str] = mapped_column(ID, primary_key=True, index=True)


class ReadRow(Table):
    """How far something was read: the log by the counts, the studio's changes by the videos, what is live by push."""

    __tablename__ = "video_reads"

    name: Mapped[str] = mapped_column(ID, primary_key=True)
    position: Mapped[int] = mapped_column(sa.BigInteger)


class TieRow(Table):
    """What a person last said of a video or of somebody. A row stays when it is taken back, so that late news lose."""

    __tablename__ = "ties"

    person: Mapped[str] = mapped_column(ID, primary_key=True)
    kind: Mapped[str] = mapped_column(ID, primary_key=True)
    target: Mapped[str] = mapped_column(ID, primary_key=True)
    holds: Mapped[bool] = mapped_column(sa.Boolean)
    at_ms: Mapped[int] = mapped_column(INSTANT)

    __table_args__ = (sa.Index("ix_ties_target", "target", "kind", "holds", "at_ms"),)


class TallyRow(Table):
    """One count of one video or person."""

    __tablename__ = "tallies"

    subject: Mapped[str] = mapped_column(ID, primary_key=True)
    what: Mapped[str] = mapped_column(ID, primary_key=True)
    n: Mapped[int] = mapped_column(sa.BigInteger)


class VideoDayRow(Table):
    """What a video got on one UTC day from one source."""

    __tablename__ = "video_days"

    video: Mapped[str] = mapped_column(ID, primary_key=True)
    day: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)  # days since 1970
    source: Mapped[str] = mapped_column(ID, primary_key=True)
    exposures: Mapped[int] = mapped_column(sa.BigInteger)
    views: Mapped[int] = mapped_column(sa.BigInteger)
    watch_ms: Mapped[int] = mapped_column(sa.BigInteger)


class CommentRow(Table):
    """A comment or a reply; `parent` is empty for a comment."""

    __tablename__ = "comments"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    video: Mapped[str] = mapped_column(ID)
    parent: Mapped[str] = mapped_column(ID)
    author: Mapped[str] = mapped_column(ID, index=True)
    state: Mapped[str] = mapped_column(sa.Text)  # shown, hidden (its author alone sees it), removed
    pinned: Mapped[bool] = mapped_column(sa.Boolean)
    likes: Mapped[int] = mapped_column(sa.BigInteger)
    replies: Mapped[int] = mapped_column(sa.BigInteger)
    created_ms: Mapped[int] = mapped_column(INSTANT)
    text: Mapped[str] = mapped_column(sa.Text)
    mentions: Mapped[str] = mapped_column(sa.Text)  # handles with a space between
    once: Mapped[str] = mapped_column(ID, unique=True)  # of its author and her own id for it, so that it is said once

    __table_args__ = (sa.Index("ix_comments_video", "video", "parent", "state", "id"),)


class CommentLikeRow(Table):
    """Somebody likes a comment."""

    __tablename__ = "comment_likes"

    comment: Mapped[str] = mapped_column(ID, primary_key=True)
    person: Mapped[str] = mapped_column(ID, primary_key=True, index=True)
    at_ms: Mapped[int] = mapped_column(INSTANT)


class NoticeRow(Table):
    """Something a person is told. While it is unread, more of the same about the same joins it."""

    __tablename__ = "notices"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    person: Mapped[str] = mapped_column(ID)
    kind: Mapped[str] = mapped_column(sa.Text)
    subject: Mapped[str] = mapped_column(ID)
    video: Mapped[str] = mapped_column(ID)
    comment: Mapped[str] = mapped_column(ID)
    actor: Mapped[str] = mapped_column(ID)
    others: Mapped[int] = mapped_column(sa.BigInteger)
    turn: Mapped[int] = mapped_column(sa.BigInteger)
    created_ms: Mapped[int] = mapped_column(INSTANT)
    is_read: Mapped[bool] = mapped_column(sa.Boolean)
    body: Mapped[str] = mapped_column(sa.Text)  # values of its text, JSON

    __table_args__ = (sa.Index("ix_notices_person", "person", "turn"),)


class NoticeActorRow(Table):
    """Who is in a notice, so that nobody is counted twice."""

    __tablename__ = "notice_actors"

    notice: Mapped[str] = mapped_column(ID, primary_key=True)
    actor: Mapped[str] = mapped_column(ID, primary_key=True, index=True)


class LiveRow(Table):
    """Something an open page is told at once; `turn` is its place in one sequence without gaps."""

    __tablename__ = "live_notes"

    turn: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    person: Mapped[str] = mapped_column(ID, index=True)
    kind: Mapped[str] = mapped_column(sa.Text)
    body: Mapped[str] = mapped_column(sa.Text)
    at_ms: Mapped[int] = mapped_column(INSTANT, index=True)


class PushRow(Table):
    """Where a browser wants to be woken."""

    __tablename__ = "push_subscriptions"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    person: Mapped[str] = mapped_column(ID, index=True)
    endpoint: Mapped[str] = mapped_column(sa.Text)
    p256dh: Mapped[str] = mapped_column(sa.Text)
    auth: Mapped[str] = mapped_column(sa.Text)
    created_ms: Mapped[int] = mapped_column(INSTANT)


class MessageRow(Table):
    """One message between two people."""

    __tablename__ = "messages"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    pair: Mapped[str] = mapped_column(sa.Text)
    sender: Mapped[str] = mapped_column(ID, index=True)
    receiver: Mapped[str] = mapped_column(ID, index=True)
    text: Mapped[str] = mapped_column(sa.Text)
    created_ms: Mapped[int] = mapped_column(INSTANT)

    __table_args__ = (sa.Index("ix_messages_pair", "pair", "id"),)


class ThreadRow(Table):
    """One person's side of the messages with another."""

    __tablename__ = "message_threads"

    person: Mapped[str] = mapped_column(ID, primary_key=True)
    other: Mapped[str] = mapped_column(ID, primary_key=True)
    last: Mapped[str] = mapped_column(ID)  # id of the newest message
    last_ms: Mapped[int] = mapped_column(INSTANT)
    unread: Mapped[int] = mapped_column(sa.BigInteger)

    __table_args__ = (sa.Index("ix_message_threads_person", "person", "last"),)


class CollectionRow(Table):
    """An ordered list of videos that somebody keeps, or a series."""

    __tablename__ = "collections"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    owner: Mapped[str] = mapped_column(ID, index=True)
    kind: Mapped[str] = mapped_column(sa.Text)
    title: Mapped[str] = mapped_column(sa.Text)
    text: Mapped[str] = mapped_column(sa.Text)
    is_public: Mapped[bool] = mapped_column(sa.Boolean)
    created_ms: Mapped[int] = mapped_column(INSTANT)


class CollectedRow(Table):
    """A video in a collection, at its place."""

    __tablename__ = "collected_videos"

    collection: Mapped[str] = mapped_column(ID, primary_key=True)
    video: Mapped[str] = mapped_column(ID, primary_key=True, index=True)
    rank: Mapped[int] = mapped_column(sa.BigInteger)


class TopicRow(Table):
    """A topic that operators have described, or an event such as a tournament. `body` is the whole value."""

    __tablename__ = "topics"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    changed_ms: Mapped[int] = mapped_column(INSTANT)
    body: Mapped[bytes] = mapped_column(sa.LargeBinary)


class TopicFollowerRow(Table):
    """Somebody follows a topic."""

    __tablename__ = "topic_followers"

    topic: Mapped[str] = mapped_column(ID, primary_key=True)
    person: Mapped[str] = mapped_column(ID, primary_key=True, index=True)
    at_ms: Mapped[int] = mapped_column(INSTANT)
