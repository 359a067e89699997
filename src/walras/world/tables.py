"""The tables. They never leave this room: other rooms get values of the vocabulary.

A change here needs a migration beside it (`migrations/versions`) and HEAD set to its number.
"""

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from walras.base.tables import ID, INSTANT, Table

# The newest migration; a database that has it needs no look at Alembic at start.
HEAD = "0007"


class ItemRow(Table):
    """An item. `body` is the whole value; the other columns are for finding it."""

    __tablename__ = "items"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    owner: Mapped[str] = mapped_column(ID, index=True)
    kind: Mapped[str] = mapped_column(sa.Text)
    state: Mapped[str] = mapped_column(sa.Text)
    created_ms: Mapped[int] = mapped_column(INSTANT)
    changed_ms: Mapped[int] = mapped_column(INSTANT)
    body: Mapped[bytes] = mapped_column(sa.LargeBinary)


class PersonRow(Table):
    """A person. `body` is the whole value."""

    __tablename__ = "people"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    changed_ms: Mapped[int] = mapped_column(INSTANT)
    body: Mapped[bytes] = mapped_column(sa.LargeBinary)


class OwnerRow(Table):
    """Somebody who brought items."""

    __tablename__ = "owners"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    first_ms: Mapped[int] = mapped_column(INSTANT)
    newest_ms: Mapped[int] = mapped_column(INSTANT)


class KeyRow(Table):
    """An API key; the secret itself is nowhere."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    name: Mapped[str] = mapped_column(sa.Text)
    hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    scopes: Mapped[str] = mapped_column(sa.Text)
    requests_per_s: Mapped[float] = mapped_column(sa.Double)
    created_ms: Mapped[int] = mapped_column(INSTANT)
    revoked_ms: Mapped[int] = mapped_column(INSTANT, default=0)


class ModelRow(Table):
    """A trained model. `turn` numbers the activations, so that a roll-back knows who served before."""

    __tablename__ = "models"

    version: Mapped[str] = mapped_column(ID, primary_key=True)
    kind: Mapped[str] = mapped_column(sa.Text)
    state: Mapped[str] = mapped_column(sa.Text)
    reason: Mapped[str] = mapped_column(sa.Text)
    turn: Mapped[int] = mapped_column(sa.BigInteger)
    created_ms: Mapped[int] = mapped_column(INSTANT)
    manifest: Mapped[bytes] = mapped_column(sa.LargeBinary)

    # The database itself refuses two active models of one kind, whatever two processes do at once.
    __table_args__ = (
        sa.Index(
            "one_active_model",
            "kind",
            unique=True,
            sqlite_where=sa.text("state = 'active'"),
            postgresql_where=sa.text("state = 'active'"),
        ),
    )


class PriceRow(Table):
    """What one unit of an outcome is worth, in one version of the whole table."""

    __tablename__ = "prices"

    version: Mapped[int] = mapped_column(sa.Integer, primary_key=True)
    outcome: Mapped[str] = mapped_column(ID, primary_key=True)
    yuan: Mapped[float] = mapped_column(sa.Double)
    since_ms: Mapped[int] = mapped_column(INSTANT)
    reason: Mapped[str] = mapped_column(sa.Text)
    # The 95 % interval where experiments measured it; NULL where somebody set it.
    low_yuan: Mapped[float | None] = mapped_column(sa.Double)
    high_yuan: Mapped[float | None] = mapped_column(sa.Double)


class LayerRow(Table):
    """A namespace of experiments. `body` is the whole value."""

    __tablename__ = "trial_layers"

    name: Mapped[str] = mapped_column(ID, primary_key=True)
    body: Mapped[bytes] = mapped_column(sa.LargeBinary)


class TrialRow(Table):
    """An experiment and where it stands. `body` is its definition."""

    __tablename__ = "trials"

    name: Mapped[str] = mapped_column(ID, primary_key=True)
    state: Mapped[str] = mapped_column(sa.Text)
    started_ms: Mapped[int] = mapped_column(INSTANT, default=0)
    ended_ms: Mapped[int] = mapped_column(INSTANT, default=0)
    layer: Mapped[str] = mapped_column(ID, default="", server_default="")
    step: Mapped[int] = mapped_column(sa.Integer, default=0, server_default="0")
    stepped_ms: Mapped[int] = mapped_column(INSTANT, default=0, server_default="0")
    reason: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    winner: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    body: Mapped[bytes] = mapped_column(sa.LargeBinary)


class ProjectionRow(Table):
    """How far the log has been read into these tables; one row."""

    __tablename__ = "projection"

    name: Mapped[str] = mapped_column(ID, primary_key=True)
    position: Mapped[int] = mapped_column(sa.BigInteger)


class PromiseRow(Table):
    """Exposures that a video was promised. `body` is the whole value."""

    __tablename__ = "promises"

    video: Mapped[str] = mapped_column(ID, primary_key=True)
    maker: Mapped[str] = mapped_column(ID, index=True)
    ends_ms: Mapped[int] = mapped_column(INSTANT)
    state: Mapped[str] = mapped_column(sa.Text)
    body: Mapped[bytes] = mapped_column(sa.LargeBinary)

    __table_args__ = (sa.Index("ix_promises_state", "state", "ends_ms"),)


class DialsRow(Table):
    """A viewer's dials: those in use (`id` is empty) and each feed that she saved."""

    __tablename__ = "viewer_dials"

    person: Mapped[str] = mapped_column(ID, primary_key=True)
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    name: Mapped[str] = mapped_column(sa.Text)
    changed_ms: Mapped[int] = mapped_column(INSTANT)
    body: Mapped[bytes] = mapped_column(sa.LargeBinary)
