"""What people are told: one notice for all who did the same to the same while it is unread."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from walras.base import limits
from walras.base.ids import new_id
from walras.lines import House
from walras.lines.video.adding import add_missing
from walras.lines.video.counting import TieKey
from walras.lines.video.tables import NoticeActorRow, NoticeRow, TieRow
from walras.lines.video.turns import say_live
from walras.world import AccountSettings, Notifications, upsert

Kind = Literal[
    "like",
    "comment",
    "reply",
    "mention",
    "follow",
    "published",
    "failed",
    "review",
    "new_video",
    "contract",
    "comment_like",
]
# The setting that lets a kind through.
_SETTING: dict[str, str] = {
    "like": "like",
    "comment_like": "like",
    "comment": "comment",
    "reply": "comment",
    "mention": "mention",
    "follow": "follow",
    "published": "making",
    "failed": "making",
    "review": "making",
    "new_video": "publish",
    "contract": "contract",
}
# Kinds in which nobody acts, so that each stands alone.
_ALONE = frozenset({"published", "failed", "review", "contract", "mention"})


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """Something to tell one person."""

    person: str
    kind: Kind
    subject: str = ""  # what it is about; more of the same about it joins the notice
    actor: str = ""
    video: str = ""
    comment: str = ""
    values: dict[str, str] = {}  # further values of its text


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """A notice as it is kept."""

    id: str
    kind: str
    actor: str
    others: int
    video: str
    comment: str
    values: dict[str, str]
    created_ms: int
    turn: int
    read: bool


class Inbox:
    """Everybody's notices."""

    def __init__(self, house: House) -> None:
        """Keep them in this house's tables."""
        self._house = house
        self._database = house.world.database

    def tell(self, told: Iterable[Told]) -> None:
        """Tell people, in a transaction of its own."""
        said = list(told)
        if said:
            with self._database.write() as connection:
                self.tell_in(connection, said)

    def tell_in(self, connection: sa.Connection, told: Sequence[Told]) -> None:
        """The same inside a transaction that writes; who does not want it is not told, and nobody of herself."""
        groups: dict[tuple[str, str, str], list[Told]] = {}
        for one in self._wanted(connection, told):
            subject = new_id("k", 0) if one.kind in _ALONE and not one.subject else one.subject
            groups.setdefault((one.person, one.kind, subject), []).append(one)
        now_ms = self._house.clock.now_ms()
        bodies = [self._group(connection, key, group, now_ms) for key, group in sorted(groups.items())]
        turns = say_live(connection, [(body["person"], "notice", body) for body in bodies], now_ms)
        for body, turn in zip(bodies, turns, strict=True):
            connection.execute(sa.update(NoticeRow).where(NoticeRow.id == body["id"]).values(turn=turn))

    def of_ties(
        self, connection: sa.Connection, begun: Sequence[tuple[TieKey, int]], makers: Mapping[str, str]
    ) -> None:
        """Tell makers who likes their videos and who follows them now."""
        told = []
        for key, _ in begun:
            if key.kind == "like" and key.target in makers:
                person = makers[key.target]
                told.append(Told(person=person, kind="like", subject=key.target, actor=key.person, video=key.target))
            elif key.kind == "follow":
                told.append(Told(person=key.target, kind="follow", subject="followers", actor=key.person))
        self.tell_in(connection, told)

    def of(self, person: str, cursor: str = "", n: int = limits.LIST_MAX) -> tuple[list[Notice], str]:
        """A person's notices, the newest first, and where to go on."""
        query = sa.select(NoticeRow).where(NoticeRow.person == person)
        if cursor.isdigit() and len(cursor) < 19:
            query = query.where(NoticeRow.turn < int(cursor))
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(NoticeRow.turn.desc()).limit(n + 1)).all()
        return [_notice(row) for row in rows[:n]], str(rows[n - 1].turn) if len(rows) > n else ""

    def unread(self, person: str) -> int:
        """How many notices a person has not read."""
        mine = sa.and_(NoticeRow.person == person, NoticeRow.is_read == sa.false())
        with self._database.read() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(NoticeRow).where(mine)) or 0

    def read(self, person: str, up_to: str) -> None:
        """A person has read her notices up to this one; empty: all of them."""
        mine = sa.and_(NoticeRow.person == person, NoticeRow.is_read == sa.false())
        if up_to:
            turn = sa.select(NoticeRow.turn).where(NoticeRow.id == up_to, NoticeRow.person == person)
            mine = sa.and_(mine, NoticeRow.turn <= turn.scalar_subquery())
        with self._database.write() as connection:
            connection.execute(sa.update(NoticeRow).where(mine).values(is_read=True))

    def forget(self, person: str) -> None:
        """Keep no notice for a person, and her name in nobody's."""
        with self._database.write() as connection:
            own = sa.select(NoticeRow.id).where(NoticeRow.person == person)
            connection.execute(sa.delete(NoticeActorRow).where(NoticeActorRow.notice.in_(own)))
            connection.execute(sa.delete(NoticeActorRow).where(NoticeActorRow.actor == person))
            gone = sa.or_(NoticeRow.person == person, NoticeRow.actor == person)
            connection.execute(sa.delete(NoticeRow).where(gone))

    def _wanted(self, connection: sa.Connection, told: Sequence[Told]) -> list[Told]:
        others = [one for one in told if one.person != one.actor]
        accounts = self._house.world.accounts.of_people(one.person for one in others)
        settings = {person: account.settings for person, account in accounts.items()}
        blocked = _blocks(connection, others)
        return [
            one for one in others if _lets(settings.get(one.person), one) and (one.person, one.actor) not in blocked
        ]

    def _group(
        self, connection: sa.Connection, key: tuple[str, str, str], group: Sequence[Told], now_ms: int
    ) -> dict[str, str]:
        """Write one group into its open notice, or into a new one; what open pages are told of it."""
        person, kind, subject = key
        newest = group[-1]
        same = sa.and_(NoticeRow.person == person, NoticeRow.kind == kind, NoticeRow.subject == subject)
        open_one = sa.select(NoticeRow.id).where(same, NoticeRow.is_read == sa.false())
        id = connection.scalar(open_one.limit(1)) or new_id("t", now_ms)
        actors = [{"notice": id, "actor": one.actor} for one in {one.actor: one for one in group if one.actor}.values()]
        add_missing(connection, NoticeActorRow, actors)
        count = sa.select(sa.func.count()).select_from(NoticeActorRow).where(NoticeActorRow.notice == id)
        row = {
            "id": id,
            "person": person,
            "kind": kind,
            "subject": subject,
            "video": newest.video,
            "comment": newest.comment,
            "actor": newest.actor,
            "others": max(0, (connection.scalar(count) or 0) - 1),
            "turn": 0,
            "created_ms": now_ms,
            "is_read": False,
            "body": msgspec.json.encode(newest.values).decode(),
        }
        upsert(connection, NoticeRow, [row])
        return {"id": id, "person": person, "kind": kind}


def lets(settings: Notifications, kind: str) -> bool:
    """Whether a person's settings let a kind of notice through."""
    return bool(getattr(settings, _SETTING[kind]))


def _lets(settings: AccountSettings | None, one: Told) -> bool:
    # Who has no account has no inbox.
    return settings is not None and lets(settings.notifications, one.kind)


def _blocks(connection: sa.Connection, told: Sequence[Told]) -> set[tuple[str, str]]:
    """(person, whom she blocks) among those who would be told and those who did something."""
    people, actors = {one.person for one in told}, {one.actor for one in told if one.actor}
    if not actors:
        return set()
    query = sa.select(TieRow.person, TieRow.target).where(TieRow.kind == "block", TieRow.holds == sa.true())
    query = query.where(TieRow.person.in_(sorted(people)), TieRow.target.in_(sorted(actors)))
    return {(person, whom) for person, whom in connection.execute(query)}


def _notice(row: sa.Row[Any]) -> Notice:
    return Notice(
        id=row.id,
        kind=row.kind,
        actor=row.actor,
        others=row.others,
        video=row.video,
        comment=row.comment,
        values=msgspec.json.decode(row.body, type=dict[str, str]),
        created_ms=row.created_ms,
        turn=row.turn,
        read=row.is_read,
    )
