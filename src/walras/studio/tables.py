"""The studio's tables; they never leave this room."""

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from walras.world import ID, INSTANT, Table


class AssetRow(Table):
    """Something somebody brought and what was made of it. `body` is the whole value."""

    __tablename__ = "assets"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    owner: Mapped[str] = mapped_column(ID, index=True)
    state: Mapped[str] = mapped_column(sa.Text)
    turn: Mapped[int] = mapped_column(sa.BigInteger, index=True)
    created_ms: Mapped[int] = mapped_column(INSTANT)
    body: Mapped[bytes] = mapped_column(sa.LargeBinary)


class TurnRow(Table):
    """The number of the newest change of any asset; one row, locked by whoever changes one."""

    __tablename__ = "asset_turns"

    name: Mapped[str] = mapped_column(ID, primary_key=True)
    turn: Mapped[int] = mapped_column(sa.BigInteger)


class UploadRow(Table):
    """A file that is still coming."""

    __tablename__ = "uploads"

    asset: Mapped[str] = mapped_column(ID, primary_key=True)
    owner: Mapped[str] = mapped_column(ID, index=True)
    length: Mapped[int] = mapped_column(sa.BigInteger)
    received: Mapped[int] = mapped_column(sa.BigInteger)
    ends_ms: Mapped[int] = mapped_column(INSTANT, index=True)


class JobRow(Table):
    """Work on an asset. Whoever does it holds a lease; after it anybody may begin again."""

    __tablename__ = "jobs"

    asset: Mapped[str] = mapped_column(ID, primary_key=True)
    kind: Mapped[str] = mapped_column(ID, primary_key=True)
    state: Mapped[str] = mapped_column(sa.Text)
    rank: Mapped[int] = mapped_column(sa.BigInteger)
    version: Mapped[int] = mapped_column(sa.BigInteger)
    tries: Mapped[int] = mapped_column(sa.BigInteger)
    due_ms: Mapped[int] = mapped_column(INSTANT)
    lease_ms: Mapped[int] = mapped_column(INSTANT)
    worker: Mapped[str] = mapped_column(sa.Text)

    __table_args__ = (sa.Index("ix_jobs_state", "state", "rank", "due_ms"),)


class PrintRow(Table):
    """By what an asset is known again: 64-bit hashes of its key frames."""

    __tablename__ = "fingerprints"

    asset: Mapped[str] = mapped_column(ID, primary_key=True)
    created_ms: Mapped[int] = mapped_column(INSTANT)
    hashes: Mapped[bytes] = mapped_column(sa.LargeBinary)
