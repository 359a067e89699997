"""Videos, relations, counts, comments, notifications, messages, collections and topics.

Revision: 0004, behind 0003.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_ID = sa.String(256).with_variant(sa.String(256, collation="C"), "postgresql")
_TABLES = (
    "videos",
    "video_steps",
    "video_topics",
    "video_reads",
    "ties",
    "tallies",
    "video_days",
    "comments",
    "comment_likes",
    "notices",
    "notice_actors",
    "live_notes",
    "push_subscriptions",
    "messages",
    "message_threads",
    "collections",
    "collected_videos",
    "topics",
    "topic_followers",
)


def upgrade() -> None:
    """Make the tables."""
    _make_videos()
    _make_counts()
    _make_comments()
    _make_notices()
    _make_messages()
    _make_collections()


def downgrade() -> None:
    """Drop them all."""
    for name in _TABLES:
        op.drop_table(name)


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _ids(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, _ID, nullable=False) for name in names]


def _keys(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, _ID, primary_key=True, nullable=False) for name in names]


def _wholes(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger, nullable=False) for name in names]


def _number_key(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, primary_key=True, autoincrement=False, nullable=False)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False)


def _body() -> sa.Column[bytes]:
    return sa.Column("body", sa.LargeBinary, nullable=False)


def _make_videos() -> None:
    op.create_table(
        "videos",
        *_keys("id"),
        *_ids("maker"),
        sa.Column("asset", _ID, nullable=False, unique=True),
        *_texts("state", "audience", "market", "place"),
        *_wholes("duration_ms", "created_ms", "published_ms", "publish_at_ms"),
        _flag("untold"),
        _body(),
    )
    op.create_index("ix_videos_untold", "videos", ["untold"])
    op.create_index("ix_videos_maker", "videos", ["maker", "published_ms"])
    op.create_index("ix_videos_state", "videos", ["state", "published_ms"])
    op.create_table(
        "video_steps",
        *_keys("video"),
        _number_key("n"),
        *_wholes("time_ms"),
        *_ids("who"),
        *_texts("actor", "before", "after", "cause", "reason"),
    )
    op.create_table("video_topics", *_keys("topic", "video"))
    op.create_index("ix_video_topics_video", "video_topics", ["video"])


def _make_counts() -> None:
    op.create_table("video_reads", *_keys("name"), *_wholes("position"))
    op.create_table("ties", *_keys("person", "kind", "target"), _flag("holds"), *_wholes("at_ms"))
    op.create_index("ix_ties_target", "ties", ["target", "kind", "holds", "at_ms"])
    op.create_table("tallies", *_keys("subject", "what"), *_wholes("n"))
    op.create_table(
        "video_days",
        *_keys("video"),
        _number_key("day"),
        *_keys("source"),
        *_wholes("exposures", "views", "watch_ms"),
    )


def _make_comments() -> None:
    op.create_table(
        "comments",
        *_keys("id"),
        *_ids("video", "parent", "author"),
        *_texts("state"),
        _flag("pinned"),
        *_wholes("likes", "replies", "created_ms"),
        *_texts("text", "mentions"),
        sa.Column("once", _ID, nullable=False, unique=True),
    )
    op.create_index("ix_comments_author", "comments", ["author"])
    op.create_index("ix_comments_video", "comments", ["video", "parent", "state", "id"])
    op.create_table("comment_likes", *_keys("comment", "person"), *_wholes("at_ms"))
    op.create_index("ix_comment_likes_person", "comment_likes", ["person"])


def _make_notices() -> None:
    op.create_table(
        "notices",
        *_keys("id"),
        *_ids("person"),
        *_texts("kind"),
        *_ids("subject", "video", "comment", "actor"),
        *_wholes("others", "turn", "created_ms"),
        _flag("is_read"),
        *_texts("body"),
    )
    op.create_index("ix_notices_person", "notices", ["person", "turn"])
    op.create_table("notice_actors", *_keys("notice", "actor"))
    op.create_index("ix_notice_actors_actor", "notice_actors", ["actor"])
    op.create_table("live_notes", _number_key("turn"), *_ids("person"), *_texts("kind", "body"), *_wholes("at_ms"))
    op.create_index("ix_live_notes_person", "live_notes", ["person"])
    op.create_index("ix_live_notes_at_ms", "live_notes", ["at_ms"])
    op.create_table(
        "push_subscriptions",
        *_keys("id"),
        *_ids("person"),
        *_texts("endpoint", "p256dh", "auth"),
        *_wholes("created_ms"),
    )
    op.create_index("ix_push_subscriptions_person", "push_subscriptions", ["person"])


def _make_messages() -> None:
    op.create_table(
        "messages",
        *_keys("id"),
        *_texts("pair"),
        *_ids("sender", "receiver"),
        *_texts("text"),
        *_wholes("created_ms"),
    )
    op.create_index("ix_messages_pair", "messages", ["pair", "id"])
    op.create_index("ix_messages_sender", "messages", ["sender"])
    op.create_index("ix_messages_receiver", "messages", ["receiver"])
    op.create_table("message_threads", *_keys("person", "other"), *_ids("last"), *_wholes("last_ms", "unread"))
    op.create_index("ix_message_threads_person", "message_threads", ["person", "last"])


def _make_collections() -> None:
    op.create_table(
        "collections",
        *_keys("id"),
        *_ids("owner"),
        *_texts("kind", "title", "text"),
        _flag("is_public"),
        *_wholes("created_ms"),
    )
    op.create_index("ix_collections_owner", "collections", ["owner"])
    op.create_table("collected_videos", *_keys("collection", "video"), *_wholes("rank"))
    op.create_index("ix_collected_videos_video", "collected_videos", ["video"])
    op.create_table("topics", *_keys("id"), *_wholes("changed_ms"), _body())
    op.create_table("topic_followers", *_keys("topic", "person"), *_wholes("at_ms"))
    op.create_index("ix_topic_followers_person", "topic_followers", ["person"])
