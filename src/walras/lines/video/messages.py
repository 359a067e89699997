"""Messages between two people who follow each other."""

from typing import Any

import msgspec
import sqlalchemy as sa

from walras.base import limits
from walras.base.errors import Forbidden, NotFound, TooOften
from walras.base.ids import content_id, id_fault, new_id
from walras.lines import House
from walras.lines.video.relations import Relations
from walras.lines.video.tables import LiveRow, MessageRow, ThreadRow
from walras.lines.video.turns import say_live
from walras.lines.video.words import usable_text
from walras.world import upsert

_MINUTE_MS = 60_000


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One message, as its two people see it."""

    id: str
    sender: str
    text: str
    created_ms: int


class Thread(msgspec.Struct, frozen=True, kw_only=True):
    """One person's messages with another: the newest, and how many she has not read."""

    other: str
    last: Message
    unread: int


class Messages:
    """Everybody's messages."""

    def __init__(self, house: House, relations: Relations) -> None:
        """Keep them in this house's tables."""
        self._house = house
        self._database = house.world.database
        self._relations = relations

    def may_write(self, sender: str, receiver: str) -> bool:
        """Whether the two follow each other, neither blocks the other, and both let messages in."""
        return self.are_open(sender, receiver) and self._relations.is_mutual(sender, receiver)

    def are_open(self, one: str, other: str) -> bool:
        """Whether both let messages of mutual followers in."""
        accounts = self._house.world.accounts.of_people([one, other])
        return len(accounts) == 2 and all(a.settings.privacy.message == "mutual" for a in accounts.values())

    def send(self, sender: str, receiver: str, text: str, once: str = "") -> Message:
        """Send a message; sending it again under the same id of the sender's sends it once.

        Raises:
            Forbidden: the two are no mutual followers, or one of them takes no messages.
            Invalid: the text is empty or too long.
            TooOften: she sends too many in a minute.
        """
        if sender == receiver or not self.may_write(sender, receiver):
            raise Forbidden(
                "only mutual followers write to each other", field="handle", hint="Follow each other first."
            )
        now_ms = self._house.clock.now_ms()
        self._refuse_haste(sender, now_ms)
        usable = once and id_fault(once) is None
        sent = Message(
            id=f"m{content_id(sender, receiver, once)}" if usable else new_id("m", now_ms),
            sender=sender,
            text=usable_text(text, "text", limits.MESSAGE_CHARS_MAX),
            created_ms=now_ms,
        )
        with self._database.write() as connection:
            there = connection.execute(sa.select(MessageRow).where(MessageRow.id == sent.id)).first()
            if there is not None:
                return _message(there)
            row = {**msgspec.structs.asdict(sent), "pair": _pair(sender, receiver), "receiver": receiver}
            connection.execute(sa.insert(MessageRow).values(**row))
            _on_thread(connection, sender, receiver, sent, unread=0)
            _on_thread(connection, receiver, sender, sent, unread=1)
            say_live(connection, [(receiver, "message", self._heard(sender, sent))], now_ms)
        return sent

    def _heard(self, sender: str, sent: Message) -> dict[str, object]:
        """What the receiver's open pages are told."""
        account = self._house.world.accounts.find(sender)
        shown = {"id": sent.id, "mine": False, "text": sent.text, "created_ms": sent.created_ms, "removed": False}
        return {"with": account.handle if account else "", "message": shown}

    def threads(self, person: str, cursor: str = "", n: int = limits.LIST_MAX) -> tuple[list[Thread], str]:
        """With whom a person has written, the newest first, and where to go on."""
        query = (
            sa.select(ThreadRow.other, ThreadRow.unread, ThreadRow.last_ms, *MessageRow.__table__.columns)
            .join(MessageRow, MessageRow.id == ThreadRow.last)
            .where(ThreadRow.person == person)
        )
        ms, _, other = cursor.partition(".")
        if ms.isdigit() and len(ms) < 16 and id_fault(other) is None:
            same = sa.and_(ThreadRow.last_ms == int(ms), ThreadRow.other < other)
            query = query.where(sa.or_(ThreadRow.last_ms < int(ms), same))
        with self._database.read() as connection:
            rows = connection.execute(
                query.order_by(ThreadRow.last_ms.desc(), ThreadRow.other.desc()).limit(n + 1)
            ).all()
        threads = [Thread(other=row.other, last=_message(row), unread=row.unread) for row in rows[:n]]
        return threads, f"{rows[n - 1].last_ms}.{rows[n - 1].other}" if len(rows) > n else ""

    def between(self, person: str, other: str, cursor: str = "", n: int = limits.LIST_MAX) -> tuple[list[Message], str]:
        """Messages of two people, the newest first, and where to go on; reading them makes them read."""
        query = sa.select(MessageRow).where(MessageRow.pair == _pair(person, other))
        ms, _, id = cursor.partition(".")
        if ms.isdigit() and len(ms) < 16 and id_fault(id) is None:
            same = sa.and_(MessageRow.created_ms == int(ms), MessageRow.id < id)
            query = query.where(sa.or_(MessageRow.created_ms < int(ms), same))
        newest = (MessageRow.created_ms.desc(), MessageRow.id.desc())
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(*newest).limit(n + 1)).all()
        if not cursor:
            self._read(person, other)
        go_on = f"{rows[n - 1].created_ms}.{rows[n - 1].id}" if len(rows) > n else ""
        return [_message(row) for row in rows[:n]], go_on

    def unread(self, person: str) -> int:
        """How many messages a person has not read."""
        with self._database.read() as connection:
            return connection.scalar(sa.select(sa.func.sum(ThreadRow.unread)).where(ThreadRow.person == person)) or 0

    def remove(self, person: str, id: str) -> None:
        """Take back a message of one's own, for both.

        Raises:
            NotFound: there is none, or somebody else sent it.
        """
        own = sa.and_(MessageRow.id == id, MessageRow.sender == person)
        change = sa.update(MessageRow).where(own).values(text="")
        if id_fault(id):
            raise NotFound("no such message", field="id", value=id)
        with self._database.write() as connection:
            if not connection.execute(change).rowcount:
                raise NotFound("no such message", field="id", value=id)

    def export(self, person: str) -> list[dict[str, object]]:
        """What a person has written and was written."""
        own = sa.or_(MessageRow.sender == person, MessageRow.receiver == person)
        with self._database.read() as connection:
            rows = connection.execute(sa.select(MessageRow).where(own).order_by(MessageRow.created_ms)).all()
        return [
            {"sent": row.sender == person, "text": row.text, "time_ms": row.created_ms, "pair": row.pair}
            for row in rows
        ]

    def forget(self, person: str) -> None:
        """Keep no message that a person sent or got."""
        with self._database.write() as connection:
            either = sa.or_(MessageRow.sender == person, MessageRow.receiver == person)
            connection.execute(sa.delete(MessageRow).where(either))
            heard = sa.and_(LiveRow.person == person, LiveRow.kind == "message")
            connection.execute(sa.delete(LiveRow).where(heard))
            both = sa.or_(ThreadRow.person == person, ThreadRow.other == person)
            connection.execute(sa.delete(ThreadRow).where(both))

    def _read(self, person: str, other: str) -> None:
        mine = sa.and_(ThreadRow.person == person, ThreadRow.other == other, ThreadRow.unread > 0)
        with self._database.write() as connection:
            connection.execute(sa.update(ThreadRow).where(mine).values(unread=0))

    def _refuse_haste(self, sender: str, now_ms: int) -> None:
        lately = sa.and_(MessageRow.sender == sender, MessageRow.created_ms > now_ms - _MINUTE_MS)
        with self._database.read() as connection:
            sent = connection.scalar(sa.select(sa.func.count()).select_from(MessageRow).where(lately)) or 0
        if sent >= limits.MESSAGES_PER_MIN:
            raise TooOften("you write too often", field="rate", value=sent, hint="Wait a minute.")


def _pair(one: str, other: str) -> str:
    # A control character stands between, which no id holds.
    return "\x1f".join(sorted((one, other)))


def _on_thread(connection: sa.Connection, person: str, other: str, sent: Message, *, unread: int) -> None:
    own = sa.and_(ThreadRow.person == person, ThreadRow.other == other)
    before = connection.scalar(sa.select(ThreadRow.unread).where(own).with_for_update()) or 0
    row = {
        "person": person,
        "other": other,
        "last": sent.id,
        "last_ms": sent.created_ms,
        "unread": before + 1 if unread else 0,
    }
    upsert(connection, ThreadRow, [row])


def _message(row: sa.Row[Any]) -> Message:
    return Message(id=row.id, sender=row.sender, text=row.text, created_ms=row.created_ms)
