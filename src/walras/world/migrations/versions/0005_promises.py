"""Exposure contracts, receipts, dials and saved feeds.

Revision: 0005, behind 0004.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_ID = sa.String(256).with_variant(sa.String(256, collation="C"), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "promises",
        sa.Column("video", _ID, primary_key=True),
        sa.Column("maker", _ID, nullable=False),
        sa.Column("ends_ms", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_index("ix_promises_maker", "promises", ["maker"])
    op.create_index("ix_promises_state", "promises", ["state", "ends_ms"])
    op.create_table(
        "viewer_dials",
        sa.Column("person", _ID, primary_key=True),
        sa.Column("id", _ID, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("changed_ms", sa.BigInteger, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )


def downgrade() -> None:
    """Drop them all."""
    op.drop_table("viewer_dials")
    op.drop_table("promises")
