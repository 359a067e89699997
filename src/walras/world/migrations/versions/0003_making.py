"""Uploads, the media made of them, the jobs that make it, and the fingerprints by which re-uploads are found.

Revision: 0003, behind 0002.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ID = sa.String(256).with_variant(sa.String(256, collation="C"), "postgresql")
_TABLES = ("assets", "asset_turns", "uploads", "jobs", "fingerprints")


def upgrade() -> None:
    """Make the tables."""
    _make_assets()
    _make_uploads()
    _make_jobs()
    op.create_table("fingerprints", _id("asset", primary=True), _whole("created_ms"), _body("hashes"))


def downgrade() -> None:
    """Drop them all."""
    for name in _TABLES:
        op.drop_table(name)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _id(name: str, *, primary: bool = False) -> sa.Column[str]:
    return sa.Column(name, _ID, primary_key=primary, nullable=False)


def _whole(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def _body(name: str) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary, nullable=False)


def _make_assets() -> None:
    op.create_table(
        "assets",
        _id("id", primary=True),
        _id("owner"),
        _text("state"),
        _whole("turn"),
        _whole("created_ms"),
        _body("body"),
    )
    op.create_index("ix_assets_owner", "assets", ["owner"])
    op.create_index("ix_assets_turn", "assets", ["turn"])
    op.create_table("asset_turns", _id("name", primary=True), _whole("turn"))


def _make_uploads() -> None:
    op.create_table(
        "uploads", _id("asset", primary=True), _id("owner"), _whole("length"), _whole("received"), _whole("ends_ms")
    )
    op.create_index("ix_uploads_owner", "uploads", ["owner"])
    op.create_index("ix_uploads_ends_ms", "uploads", ["ends_ms"])


def _make_jobs() -> None:
    op.create_table(
        "jobs",
        _id("asset", primary=True),
        _id("kind", primary=True),
        _text("state"),
        _whole("rank"),
        _whole("version"),
        _whole("tries"),
        _whole("due_ms"),
        _whole("lease_ms"),
        _text("worker"),
    )
    op.create_index("ix_jobs_state", "jobs", ["state", "rank", "due_ms"])
