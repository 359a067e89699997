"""The first tables: items, people, owners, keys, models, prices, trials, and how far the log was read.

Revision: 0001, the first.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_ID = sa.String(256).with_variant(sa.String(256, collation="C"), "postgresql")
_TABLES = ("items", "people", "owners", "api_keys", "models", "prices", "trials", "projection")


def upgrade() -> None:
    """Make the tables."""
    _make_catalogue()
    _make_keys_and_models()
    _make_prices_and_trials()


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


def _make_catalogue() -> None:
    op.create_table(
        "items",
        _id("id", primary=True),
        _id("owner"),
        _text("kind"),
        _text("state"),
        _whole("created_ms"),
        _whole("changed_ms"),
        _body("body"),
    )
    op.create_index("ix_items_owner", "items", ["owner"])
    op.create_table("people", _id("id", primary=True), _whole("changed_ms"), _body("body"))
    op.create_table("owners", _id("id", primary=True), _whole("first_ms"), _whole("newest_ms"))
    op.create_table("projection", _id("name", primary=True), _whole("position"))


def _make_keys_and_models() -> None:
    op.create_table(
        "api_keys",
        _id("id", primary=True),
        _text("name"),
        sa.Column("hash", sa.String(64), nullable=False, unique=True),
        _text("scopes"),
        sa.Column("requests_per_s", sa.Double, nullable=False),
        _whole("created_ms"),
        _whole("revoked_ms"),
    )
    op.create_table(
        "models",
        _id("version", primary=True),
        _text("kind"),
        _text("state"),
        _text("reason"),
        _whole("turn"),
        _whole("created_ms"),
        _body("manifest"),
    )
    active = sa.text("state = 'active'")
    op.create_index("one_active_model", "models", ["kind"], unique=True, sqlite_where=active, postgresql_where=active)


def _make_prices_and_trials() -> None:
    op.create_table(
        "prices",
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        _id("outcome", primary=True),
        sa.Column("yuan", sa.Double, nullable=False),
        _whole("since_ms"),
        _text("reason"),
    )
    op.create_table(
        "trials", _id("name", primary=True), _text("state"), _whole("started_ms"), _whole("ended_ms"), _body("body")
    )
