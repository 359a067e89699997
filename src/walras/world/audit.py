"""Who did what: every act of an operator or a reviewer, and of people on their own accounts. Rows are only added."""

import msgspec
import sqlalchemy as sa

from walras.base.clock import Clock
from walras.base.database import Database
from walras.base.errors import Invalid
from walras.base.ids import id_fault, new_id
from walras.world.account_tables import AuditRow

# A summary says what changed, not all there was; the log and the tables hold the rest.
SUMMARY_CHARS_MAX = 2_000
PAGE_MAX = 200


class Deed(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that somebody did."""

    id: str
    time_ms: int
    who: str  # person, or name of the key
    what: str  # such as `model.activate`, `video.remove`
    whom: str  # id of what it was done to
    before: str
    after: str
    request_id: str


class Deeds(msgspec.Struct, frozen=True):
    """Some deeds, the newest first; an empty cursor means: that was all."""

    deeds: tuple[Deed, ...]
    cursor: str = ""


class Audit:
    """The table of deeds. The database itself refuses to change or delete a row."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Look at the table."""
        self._database = database
        self._clock = clock

    def note(self, who: str, what: str, whom: str, *, before: str = "", after: str = "", request_id: str = "") -> None:
        """Write down a deed; call it after the deed is done and before it is answered.

        Args:
            who: person or key.
            what: noun and verb, as `video.remove`.
            whom: id of what it was done to.
            before: how it was, in short; never a secret.
            after: how it is, in short.
            request_id: finds the request in the log lines.
        """
        now_ms = self._clock.now_ms()
        row = {
            "id": new_id("d", now_ms),
            "time_ms": now_ms,
            "who": _kept(who, 256),
            "what": _kept(what, 100),
            "whom": _kept(whom, 256),
            "before": _kept(before, SUMMARY_CHARS_MAX),
            "after": _kept(after, SUMMARY_CHARS_MAX),
            "request_id": _kept(request_id, 128),
        }
        with self._database.write() as connection:
            connection.execute(sa.insert(AuditRow).values(row))

    def read(self, *, who: str = "", what: str = "", whom: str = "", cursor: str = "", n: int = PAGE_MAX) -> Deeds:
        """Deeds, the newest first.

        Args:
            who: of this person or key only.
            what: whose name begins so, such as `video.`.
            whom: to this only.
            cursor: empty for the newest, or what the page before said.
            n: 1..PAGE_MAX.

        Raises:
            Invalid: a bound was passed, or the cursor is none.
        """
        if not 1 <= n <= PAGE_MAX:
            raise Invalid(f"must lie in 1..{PAGE_MAX}", field="n", value=n)
        if cursor and id_fault(cursor):
            raise Invalid("is no cursor", field="cursor", value=cursor)
        query = sa.select(*AuditRow.__table__.columns).order_by(AuditRow.id.desc()).limit(n + 1)
        for condition in _conditions(who, what, whom, cursor):
            query = query.where(condition)
        with self._database.read() as connection:
            found = tuple(Deed(**row._mapping) for row in connection.execute(query))
        return Deeds(found[:n], found[n - 1].id if len(found) > n else "")


def _conditions(who: str, what: str, whom: str, cursor: str) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if who:
        found.append(AuditRow.who == _kept(who, 256))
    if what:
        found.append(AuditRow.what.startswith(_kept(what, 100), autoescape=True))
    if whom:
        found.append(AuditRow.whom == _kept(whom, 256))
    if cursor:
        found.append(AuditRow.id < cursor)
    return found


def _kept(text: str, chars_max: int) -> str:
    # PostgreSQL takes no NUL in a text, and no half of a surrogate pair.
    plain = text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")
    return plain if len(plain) <= chars_max else plain[: chars_max - 1] + "…"
