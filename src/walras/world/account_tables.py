"""Tables of accounts and of the ways into them. Secrets stand here as hashes only, the platform's own excepted."""

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from walras.base.tables import ID, INSTANT, Table

# A SHA-256 in hex digits.
HASH_CHARS = 64


class AccountRow(Table):
    """Somebody who signed up. The row stays when she left, with everything of hers blanked, so no id comes twice."""

    __tablename__ = "accounts"

    person: Mapped[str] = mapped_column(ID, primary_key=True)
    handle: Mapped[str] = mapped_column(sa.Text)
    handle_key: Mapped[str] = mapped_column(sa.String(64), unique=True)  # the handle in small letters
    name: Mapped[str] = mapped_column(sa.Text)
    bio: Mapped[str] = mapped_column(sa.Text)
    avatar: Mapped[str] = mapped_column(sa.Text)
    email: Mapped[str | None] = mapped_column(sa.String(254), unique=True)
    phone: Mapped[str | None] = mapped_column(sa.String(20), unique=True)
    password_hash: Mapped[str] = mapped_column(sa.Text)
    roles: Mapped[str] = mapped_column(sa.Text)
    birth_year: Mapped[int] = mapped_column(sa.BigInteger)
    state: Mapped[str] = mapped_column(sa.Text)
    created_ms: Mapped[int] = mapped_column(INSTANT)
    leaves_ms: Mapped[int] = mapped_column(INSTANT, index=True)
    settings: Mapped[bytes] = mapped_column(sa.LargeBinary)


class SignInRow(Table):
    """A browser that is signed in, or was."""

    __tablename__ = "sign_ins"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    hash: Mapped[str] = mapped_column(sa.String(HASH_CHARS), unique=True)
    person: Mapped[str] = mapped_column(ID, index=True)
    way: Mapped[str] = mapped_column(sa.Text)
    agent: Mapped[str] = mapped_column(sa.Text)
    address: Mapped[str] = mapped_column(sa.Text)
    created_ms: Mapped[int] = mapped_column(INSTANT)
    seen_ms: Mapped[int] = mapped_column(INSTANT)
    ended_ms: Mapped[int] = mapped_column(INSTANT)


class PasskeyRow(Table):
    """A public key of an authenticator; the private one never leaves the device."""

    __tablename__ = "passkeys"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    person: Mapped[str] = mapped_column(ID, index=True)
    name: Mapped[str] = mapped_column(sa.Text)
    public_key: Mapped[bytes] = mapped_column(sa.LargeBinary)
    uses: Mapped[int] = mapped_column(sa.BigInteger)
    transports: Mapped[str] = mapped_column(sa.Text)
    created_ms: Mapped[int] = mapped_column(INSTANT)
    used_ms: Mapped[int] = mapped_column(INSTANT)


class CodeRow(Table):
    """Something asked for once: a code that was sent, or a challenge to a passkey. `body` is what it opens."""

    __tablename__ = "codes"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    purpose: Mapped[str] = mapped_column(sa.Text)
    hash: Mapped[str] = mapped_column(sa.Text)
    body: Mapped[bytes] = mapped_column(sa.LargeBinary)
    ends_ms: Mapped[int] = mapped_column(INSTANT, index=True)
    tries_left: Mapped[int] = mapped_column(sa.BigInteger)


class TriesRow(Table):
    """How often something was tried lately; the key is a hash, so that no address stands here."""

    __tablename__ = "tries"

    key: Mapped[str] = mapped_column(sa.String(HASH_CHARS), primary_key=True)
    count: Mapped[int] = mapped_column(sa.BigInteger)
    until_ms: Mapped[int] = mapped_column(INSTANT, index=True)


class LetterRow(Table):
    """An e-mail or a text of the sandbox, to be read on this machine."""

    __tablename__ = "outbox"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    way: Mapped[str] = mapped_column(sa.Text)
    to_whom: Mapped[str] = mapped_column(sa.Text)
    subject: Mapped[str] = mapped_column(sa.Text)
    body: Mapped[str] = mapped_column(sa.Text)
    sent_ms: Mapped[int] = mapped_column(INSTANT)


class AuditRow(Table):
    """Who did what to whom; rows are only ever added."""

    __tablename__ = "audit"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    time_ms: Mapped[int] = mapped_column(INSTANT)
    who: Mapped[str] = mapped_column(ID, index=True)
    what: Mapped[str] = mapped_column(sa.Text)
    whom: Mapped[str] = mapped_column(ID, index=True)
    before: Mapped[str] = mapped_column(sa.Text)
    after: Mapped[str] = mapped_column(sa.Text)
    request_id: Mapped[str] = mapped_column(sa.Text)


class SealRow(Table):
    """A secret of the platform itself, shared by all its processes."""

    __tablename__ = "seals"

    name: Mapped[str] = mapped_column(sa.String(HASH_CHARS), primary_key=True)
    secret: Mapped[bytes] = mapped_column(sa.LargeBinary)
