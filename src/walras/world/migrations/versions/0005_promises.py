"""Exposure contracts, receipts, dials and saved feeds.

Revision: 0005, behind 0004.
"""

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""


def downgrade() -> None:
    """Drop them all."""
