"""Layers of experiments, staged roll-outs, and intervals of what outcomes are worth.

Revision: 0007, behind 0006.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_ID = sa.String(256).with_variant(sa.String(256, collation="C"), "postgresql")


def upgrade() -> None:
    """Make the table and the columns."""
    op.create_table(
        "trial_layers",
        sa.Column("name", _ID, primary_key=True),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    with op.batch_alter_table("trials") as table:
        table.add_column(sa.Column("layer", _ID, nullable=False, server_default=""))
        table.add_column(sa.Column("step", sa.Integer, nullable=False, server_default="0"))
        table.add_column(sa.Column("stepped_ms", sa.BigInteger, nullable=False, server_default="0"))
        table.add_column(sa.Column("reason", sa.Text, nullable=False, server_default=""))
        table.add_column(sa.Column("winner", sa.Text, nullable=False, server_default=""))
    with op.batch_alter_table("prices") as table:
        table.add_column(sa.Column("low_yuan", sa.Double, nullable=True))
        table.add_column(sa.Column("high_yuan", sa.Double, nullable=True))


def downgrade() -> None:
    """Drop them all."""
    with op.batch_alter_table("prices") as table:
        table.drop_column("high_yuan")
        table.drop_column("low_yuan")
    with op.batch_alter_table("trials") as table:
        for name in ("winner", "reason", "stepped_ms", "step", "layer"):
            table.drop_column(name)
    op.drop_table("trial_layers")
