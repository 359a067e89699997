"""The ledger: entries, postings, balances, holds, months, rates, pay; guarded by triggers.

Revision: 0006, behind 0005.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_ID = sa.String(256).with_variant(sa.String(256, collation="C"), "postgresql")
_FIXED = ("ledger_entries", "ledger_postings", "ledger_periods", "ledger_rates", "ledger_pay")


def upgrade() -> None:
    """Make the tables and what guards them."""
    _journal()
    _money()
    _pay()
    op.execute(
        sa.text("INSERT INTO ledger_head (name, seq, hash) VALUES ('head', 0, :hash)").bindparams(
            sa.bindparam("hash", bytes(32), sa.LargeBinary)
        )
    )
    for statement in _postgresql() if op.get_bind().dialect.name == "postgresql" else _sqlite():
        op.execute(statement)


def _journal() -> None:
    op.create_table(
        "ledger_entries",
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("key", _ID, nullable=False),
        sa.Column("kind", _ID, nullable=False),
        sa.Column("event", _ID, nullable=False),
        sa.Column("time_ms", sa.BigInteger, nullable=False),
        sa.Column("posted_ms", sa.BigInteger, nullable=False),
        sa.Column("period", sa.String(7), nullable=False),
        sa.Column("reverses", _ID),
        sa.Column("memo", sa.Text, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("key"),
        sa.UniqueConstraint("reverses"),
    )
    op.create_index("ix_ledger_entries_event", "ledger_entries", ["event"])
    op.create_index("ix_ledger_entries_period", "ledger_entries", ["period"])
    names = ("line", "city", "campaign", "programme", "owner", "item")
    op.create_table(
        "ledger_postings",
        sa.Column("entry", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("n", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("account", _ID, nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("home", sa.BigInteger, nullable=False),
        *(sa.Column(name, _ID, nullable=False) for name in names),
        sa.ForeignKeyConstraint(["entry"], ["ledger_entries.seq"], deferrable=True, initially="DEFERRED"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_ledger_postings_owner", "ledger_postings", ["owner", "account", "entry"])
    op.create_table(
        "ledger_head",
        sa.Column("name", _ID, primary_key=True),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
    )


def _money() -> None:
    op.create_table(
        "ledger_balances",
        sa.Column("account", _ID, primary_key=True),
        sa.Column("owner", _ID, primary_key=True),
        sa.Column("currency", sa.String(3), primary_key=True),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("home", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ledger_holds",
        sa.Column("key", _ID, primary_key=True),
        sa.Column("account", _ID, nullable=False),
        sa.Column("owner", _ID, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("captured", sa.BigInteger, nullable=False),
        sa.Column("released", sa.BigInteger, nullable=False),
        sa.Column("expires_ms", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("line", _ID, nullable=False),
        sa.Column("campaign", _ID, nullable=False),
    )
    op.create_index("ix_ledger_holds_state", "ledger_holds", ["state", "expires_ms"])
    op.create_index("ix_ledger_holds_owner", "ledger_holds", ["owner", "state"])
    op.create_table(
        "ledger_periods",
        sa.Column("period", sa.String(7), primary_key=True),
        sa.Column("closed_ms", sa.BigInteger, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.Column("closed_by", _ID, nullable=False),
    )
    op.create_table(
        "ledger_rates",
        sa.Column("currency", sa.String(3), primary_key=True),
        sa.Column("since_ms", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("rate", sa.String(64), nullable=False),
        sa.Column("source", sa.Text, nullable=False),
    )


def _pay() -> None:
    op.create_table(
        "ledger_readers",
        sa.Column("name", _ID, primary_key=True),
        sa.Column("position", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "ledger_refusals",
        sa.Column("key", _ID, primary_key=True),
        sa.Column("event", _ID, nullable=False),
        sa.Column("code", _ID, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "ledger_pay",
        sa.Column("pool", _ID, primary_key=True),
        sa.Column("item", _ID, primary_key=True),
        sa.Column("owner", _ID, nullable=False),
        sa.Column("counted_ms", sa.BigInteger, nullable=False),
        sa.Column("dropped_ms", sa.BigInteger, nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_ledger_pay_owner", "ledger_pay", ["owner", "pool"])
    op.create_table(
        "ledger_payouts",
        sa.Column("key", _ID, primary_key=True),
        sa.Column("account", _ID, nullable=False),
        sa.Column("owner", _ID, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("made_ms", sa.BigInteger, nullable=False),
        sa.Column("changed_ms", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_ledger_payouts_owner", "ledger_payouts", ["owner", "made_ms"])


_UNBALANCED = """
  (SELECT count(*) FROM ledger_postings WHERE entry = NEW.seq) < 2
  OR EXISTS (SELECT 1 FROM ledger_postings WHERE entry = NEW.seq GROUP BY currency HAVING sum(amount) <> 0)
  OR (SELECT sum(home) FROM ledger_postings WHERE entry = NEW.seq) <> 0
"""
_CLOSED = "EXISTS (SELECT 1 FROM ledger_periods WHERE period = NEW.period)"
_SEALED = "EXISTS (SELECT 1 FROM ledger_entries WHERE seq = NEW.entry)"
# Name, table, when it refuses, and the words.
_RULES = (
    ("ledger_entry_balances", "ledger_entries", _UNBALANCED, "ledger: the entry does not balance"),
    ("ledger_entry_in_open_month", "ledger_entries", _CLOSED, "ledger: the month is closed"),
    ("ledger_posting_unsealed", "ledger_postings", _SEALED, "ledger: the entry is sealed"),
)
_NEVER = "ledger: rows are added and never changed"


def _sqlite() -> list[str]:
    made = [
        f"CREATE TRIGGER {name} BEFORE INSERT ON {table} WHEN {when} BEGIN SELECT RAISE(ABORT, '{words}'); END"
        for name, table, when, words in _RULES
    ]
    for table in _FIXED:
        for deed in ("UPDATE", "DELETE"):
            name = f"{table}_no_{deed.lower()}"
            made.append(f"CREATE TRIGGER {name} BEFORE {deed} ON {table} BEGIN SELECT RAISE(ABORT, '{_NEVER}'); END")
    return made


def _postgresql() -> list[str]:
    made = []
    for name, table, when, words in _RULES:
        made += [
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF {when} THEN RAISE EXCEPTION '{words}'; END IF; RETURN NEW; END $$",
            f"CREATE TRIGGER {name} BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()",
        ]
    made.append(
        "CREATE FUNCTION ledger_never() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN RAISE EXCEPTION '{_NEVER}'; END $$"
    )
    for table in _FIXED:
        made += [
            f"CREATE TRIGGER {table}_fixed BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION ledger_never()",
            f"CREATE TRIGGER {table}_kept BEFORE TRUNCATE ON {table} EXECUTE FUNCTION ledger_never()",
        ]
    return made


def downgrade() -> None:
    """Drop them all, and the functions of their triggers."""
    tables = ("payouts", "pay", "refusals", "readers", "rates", "periods", "holds", "balances", "head")
    for table in (*tables, "postings", "entries"):
        op.drop_table(f"ledger_{table}")
    if op.get_bind().dialect.name == "postgresql":
        for name in (*(rule[0] for rule in _RULES), "ledger_never"):
            op.execute(f"DROP FUNCTION {name}()")
