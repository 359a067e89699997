"""Accounts, sign-ins, passkeys, codes, tries, the outbox, the record of who did what, and the platform's own secrets.

Revision: 0002, behind 0001.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ID = sa.String(256).with_variant(sa.String(256, collation="C"), "postgresql")
_TABLES = ("accounts", "sign_ins", "passkeys", "codes", "tries", "outbox", "audit", "seals")

# What was done stays written: the database itself refuses to change or delete a row of the record.
_ONLY_ADDED = {
    "sqlite": (
        "CREATE TRIGGER audit_unchanged BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'rows are only added'); END",
        "CREATE TRIGGER audit_undeleted BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'rows are only added'); END",
    ),
    "postgresql": (
        "CREATE FUNCTION audit_only_added() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'rows are only added' USING ERRCODE = 'integrity_constraint_violation'; END $$",
        "CREATE TRIGGER audit_unchanged BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_only_added()",
    ),
}


def upgrade() -> None:
    """Make the tables."""
    _make_accounts()
    _make_ways_in()
    _make_letters()
    _make_audit()


def downgrade() -> None:
    """Drop them all."""
    for name in _TABLES:
        op.drop_table(name)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_only_added()")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _id(name: str, *, primary: bool = False) -> sa.Column[str]:
    return sa.Column(name, _ID, primary_key=primary, nullable=False)


def _unique(name: str, length: int, *, empty: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=empty, unique=True)


def _whole(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def _body(name: str) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary, nullable=False)


def _make_accounts() -> None:
    op.create_table(
        "accounts",
        _id("person", primary=True),
        _text("handle"),
        _unique("handle_key", 64),
        _text("name"),
        _text("bio"),
        _text("avatar"),
        _unique("email", 254, empty=True),
        _unique("phone", 20, empty=True),
        _text("password_hash"),
        _text("roles"),
        _whole("birth_year"),
        _text("state"),
        _whole("created_ms"),
        _whole("leaves_ms"),
        _body("settings"),
    )
    op.create_index("ix_accounts_leaves_ms", "accounts", ["leaves_ms"])


def _make_ways_in() -> None:
    op.create_table(
        "sign_ins",
        _id("id", primary=True),
        _unique("hash", 64),
        _id("person"),
        _text("way"),
        _text("agent"),
        _text("address"),
        _whole("created_ms"),
        _whole("seen_ms"),
        _whole("ended_ms"),
    )
    op.create_index("ix_sign_ins_person", "sign_ins", ["person"])
    op.create_table(
        "passkeys",
        _id("id", primary=True),
        _id("person"),
        _text("name"),
        _body("public_key"),
        _whole("uses"),
        _text("transports"),
        _whole("created_ms"),
        _whole("used_ms"),
    )
    op.create_index("ix_passkeys_person", "passkeys", ["person"])
    op.create_table(
        "codes",
        _id("id", primary=True),
        _text("purpose"),
        _text("hash"),
        _body("body"),
        _whole("ends_ms"),
        _whole("tries_left"),
    )
    op.create_index("ix_codes_ends_ms", "codes", ["ends_ms"])
    op.create_table("tries", _unique_key("key"), _whole("count"), _whole("until_ms"))
    op.create_index("ix_tries_until_ms", "tries", ["until_ms"])


def _unique_key(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(64), primary_key=True, nullable=False)


def _make_letters() -> None:
    op.create_table(
        "outbox",
        _id("id", primary=True),
        _text("way"),
        _text("to_whom"),
        _text("subject"),
        _text("body"),
        _whole("sent_ms"),
    )


def _make_audit() -> None:
    op.create_table(
        "audit",
        _id("id", primary=True),
        _whole("time_ms"),
        _id("who"),
        _text("what"),
        _id("whom"),
        _text("before"),
        _text("after"),
        _text("request_id"),
    )
    op.create_index("ix_audit_who", "audit", ["who"])
    op.create_index("ix_audit_whom", "audit", ["whom"])
    op.create_table("seals", _unique_key("name"), _body("secret"))
    for statement in _ONLY_ADDED[op.get_bind().dialect.name]:
        op.execute(statement)
