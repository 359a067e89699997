"""Comments: what people say under a video, with replies of one level, likes, a pin, and names that are told."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import msgspec
import sqlalchemy as sa

from walras.base import limits
from walras.base.errors import Conflict, Forbidden, Gone, Invalid, NotFound, TooOften
from walras.base.ids import EventId, ItemId, PageId, PersonId, content_id, id_fault, new_id
from walras.lines import House
from walras.lines.video.comment_orders import ORDERS, behind, cursor_of
from walras.lines.video.entities import SHOWN, Video
from walras.lines.video.inbox import Inbox, Told
from walras.lines.video.relations import Relations
from walras.lines.video.tables import CommentLikeRow, CommentRow
from walras.lines.video.videos import Videos
from walras.lines.video.words import has_word, mentions_in, usable_text
from walras.schema import Event
from walras.world import Account, upsert

_MINUTE_MS = 60_000


class Saying(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody wants to say. `id` is her own, so that sending it again says it once."""

    text: str
    parent: str = ""
    id: str = ""
    page: str = ""
    place: int = -1
    surface: str = ""


class Comment(msgspec.Struct, frozen=True, kw_only=True):
    """A comment as it is kept."""

    id: str
    video: str
    parent: str
    author: str
    text: str
    mentions: tuple[str, ...]
    created_ms: int
    likes: int
    replies: int
    pinned: bool
    state: str  # shown, hidden (its author alone sees it), removed


class Comments:
    """Everything that is said under videos."""

    def __init__(self, house: House, videos: Videos, relations: Relations, inbox: Inbox) -> None:
        """Keep them in this house's tables."""
        self._house = house
        self._database = house.world.database
        self._videos = videos
        self._relations = relations
        self._inbox = inbox

    # ------------------------------------------------------------ saying

    def say(self, author: PersonId, video_id: str, saying: Saying) -> Comment:
        """Say something under a video; the event of it is in the log when this returns.

        Raises:
            Gone: the video was removed.
            NotFound: there is no such video or comment, or it is not hers to see.
            Forbidden: its maker lets a smaller circle comment.
            Invalid: the text is empty or too long.
        """
        video = self._open_video(author, video_id)
        once = content_id(author, _own_id(saying)) if saying.id else new_id("o", self._house.clock.now_ms())
        said = self._of_once(once) or self._write(author, video, saying, once)
        self._house.log.append([_event(said, saying)])
        return said

    def _write(self, author: PersonId, video: Video, saying: Saying, once: str) -> Comment:
        text = usable_text(saying.text, "text", limits.COMMENT_CHARS_MAX)
        parent = self._parent(video, saying.parent) if saying.parent else None
        named = self._house.world.accounts.of_handles(mentions_in(text))
        now_ms = self._house.clock.now_ms()
        said = Comment(
            id=new_id("c", now_ms),
            video=video.id,
            parent=parent.id if parent else "",
            author=author,
            text=text,
            mentions=tuple(sorted(account.handle for account in named.values())),
            created_ms=now_ms,
            likes=0,
            replies=0,
            pinned=False,
            state="hidden" if self._is_unwanted(video, author, text) else "shown",
        )
        with self._database.write() as connection:
            if connection.scalar(sa.select(CommentRow.id).where(CommentRow.once == once)) is None:
                connection.execute(sa.insert(CommentRow).values(_row(said, once)))
                _count_replies(connection, said.parent)
                if said.state == "shown":
                    self._inbox.tell_in(connection, _told(said, video, parent, named.values()))
        return self._of_once(once) or said

    def _open_video(self, author: str, id: str) -> Video:
        video = self._videos.get(id)
        if video.state == "removed" and video.published_ms:
            raise Gone("the video was removed", field="video", value=id, hint="Its comments are closed.")
        if video.state not in SHOWN or self._relations.is_blocked(author, video.maker):
            raise NotFound("no such video", field="video", value=id)
        self._refuse_outsiders(author, video)
        return video

    def _refuse_outsiders(self, author: str, video: Video) -> None:
        if author == video.maker:
            return
        account = self._house.world.accounts.find(video.maker)
        circle = account.settings.privacy.comment if account else "everyone"
        follows = "follow" in self._relations.said(author, [video.maker]).get(video.maker, ())
        mutual = follows and self._relations.is_mutual(author, video.maker)
        sees = {"everyone": True, "followers": follows, "mutuals": mutual}.get(video.audience, False)
        may = {"everyone": True, "followers": follows, "mutual": mutual, "nobody": False}[circle]
        if not sees:
            raise NotFound("no such video", field="video", value=video.id)
        if not may:
            raise Forbidden("its maker lets a smaller circle comment", field="video", value=circle)

    def refuse_haste(self, author: str) -> None:
        """Refuse somebody who says more than anybody types; for doors, since code may bring what was said elsewhere.

        Raises:
            TooOften: she said too much in the last minute.
        """
        since_ms = self._house.clock.now_ms() - _MINUTE_MS
        lately = sa.and_(CommentRow.author == author, CommentRow.created_ms > since_ms)
        with self._database.read() as connection:
            said = connection.scalar(sa.select(sa.func.count()).select_from(CommentRow).where(lately)) or 0
        if said >= limits.COMMENTS_PER_MIN:
            raise TooOften("you comment too often", field="rate", value=said, hint="Wait a minute.")

    def _parent(self, video: Video, id: str) -> Comment:
        """The comment that a reply to this one hangs under: replies have one level."""
        parent = self.get(id)
        if parent.video != video.id:
            raise NotFound("no such comment", field="parent", value=id)
        if parent.state == "removed":
            raise Gone("the comment was removed", field="parent", value=id)
        return self.get(parent.parent) if parent.parent else parent

    def _is_unwanted(self, video: Video, author: str, text: str) -> bool:
        if author == video.maker:
            return False
        account = self._house.world.accounts.find(video.maker)
        return account is not None and has_word(text, account.settings.blocked_words)

    # ------------------------------------------------------------ reading

    def get(self, id: str) -> Comment:
        """The comment of this id.

        Raises:
            NotFound: there is none.
        """
        found = None
        if id_fault(id) is None:
            with self._database.read() as connection:
                found = connection.execute(sa.select(CommentRow).where(CommentRow.id == id)).first()
        if found is None:
            raise NotFound("no such comment", field="comment", value=id)
        return _comment(found)

    def under(
        self,
        video: str,
        person: str,
        *,
        parent: str = "",
        order: str = "top",
        cursor: str = "",
        n: int = limits.LIST_MAX,
    ) -> tuple[list[Comment], str]:
        """Comments of a video, or replies to one of them, as a person sees them, and where to go on.

        Args:
            video: its id.
            person: sees her own hidden ones, and none of those she blocks or who block her.
            parent: a comment, whose replies are wanted, the oldest first.
            order: `top` (pinned, then the most liked) or `new`.
            cursor: where to go on; empty for the start.
            n: at most so many.
        """
        query = sa.select(CommentRow).where(CommentRow.video == video, CommentRow.parent == parent, _seen_by(person))
        away = self._relations.kept_from(person)
        query = query.where(CommentRow.author.notin_(sorted(away))) if away else query
        keys = ORDERS["replies" if parent else order]
        query = query.where(behind(keys, cursor)) if cursor else query
        query = query.order_by(*(column.desc() if falls else column.asc() for _, column, falls in keys))
        with self._database.read() as connection:
            rows = connection.execute(query.limit(n + 1)).all()
        go_on = cursor_of(keys, rows[n - 1]) if len(rows) > n else ""
        return [_comment(row) for row in rows[:n]], go_on

    def liked(self, person: str, comments: Iterable[str]) -> frozenset[str]:
        """Which of these comments a person likes."""
        query = sa.select(CommentLikeRow.comment).where(CommentLikeRow.person == person)
        with self._database.read() as connection:
            return frozenset(connection.scalars(query.where(CommentLikeRow.comment.in_(list(comments)))))

    def counts(self, videos: Sequence[str]) -> dict[str, int]:
        """How many shown comments and replies these videos have; those without any are left out."""
        query = (
            sa.select(CommentRow.video, sa.func.count())
            .where(CommentRow.video.in_(videos), CommentRow.state == "shown")
            .group_by(CommentRow.video)
        )
        with self._database.read() as connection:
            return dict(connection.execute(query).all())

    # ------------------------------------------------------------ changing

    def remove(self, person: str, id: str, *, is_reviewer: bool = False) -> None:
        """Take a comment away: its author, the video's maker and reviewers may; replies to it stay.

        Raises:
            NotFound: there is none, or it is not hers to remove.
        """
        comment = self.get(id)
        may = is_reviewer or person in (comment.author, self._videos.get(comment.video).maker)
        if not may:
            raise NotFound("no such comment", field="comment", value=id)
        with self._database.write() as connection:
            gone = {"state": "removed", "text": "", "mentions": "", "pinned": False}
            connection.execute(sa.update(CommentRow).where(CommentRow.id == id).values(**gone))
            _count_replies(connection, comment.parent)

    def like(self, person: str, id: str, *, wanted: bool) -> Comment:
        """Like a comment, or no more; saying it twice changes nothing.

        Raises:
            NotFound: there is none that she sees.
        """
        comment = self.get(id)
        if comment.state == "removed" or (comment.state == "hidden" and comment.author != person):
            raise NotFound("no such comment", field="comment", value=id)
        own = sa.and_(CommentLikeRow.comment == id, CommentLikeRow.person == person)
        with self._database.write() as connection:
            there = connection.scalar(sa.select(CommentLikeRow.person).where(own)) is not None
            if wanted and not there:
                row = {"comment": id, "person": person, "at_ms": self._house.clock.now_ms()}
                upsert(connection, CommentLikeRow, [row])
                told = Told(
                    person=comment.author,
                    kind="comment_like",
                    subject=id,
                    actor=person,
                    video=comment.video,
                    comment=id,
                )
                self._inbox.tell_in(connection, [told])
            if there and not wanted:
                connection.execute(sa.delete(CommentLikeRow).where(own))
            likes = sa.select(sa.func.count()).select_from(CommentLikeRow).where(CommentLikeRow.comment == id)
            change = sa.update(CommentRow).where(CommentRow.id == id)
            connection.execute(change.values(likes=likes.scalar_subquery()))
        return self.get(id)

    def pin(self, maker: str, id: str, *, wanted: bool) -> Comment:
        """Let a comment stand first under a maker's own video; the one before gives way.

        Raises:
            NotFound: there is none, or the video is not hers.
            Conflict: it is a reply or was removed.
        """
        comment = self.get(id)
        self._videos.own(maker, comment.video)
        if comment.parent or comment.state != "shown":
            raise Conflict("cannot be pinned", field="comment", value=id)
        with self._database.write() as connection:
            others = sa.and_(CommentRow.video == comment.video, CommentRow.pinned == sa.true())
            connection.execute(sa.update(CommentRow).where(others).values(pinned=False))
            connection.execute(sa.update(CommentRow).where(CommentRow.id == id).values(pinned=wanted))
        return self.get(id)

    # ------------------------------------------------------------ leaving

    def export(self, person: str) -> list[dict[str, object]]:
        """Everything a person has said."""
        query = sa.select(CommentRow).where(CommentRow.author == person, CommentRow.state != "removed")
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(CommentRow.id)).all()
        return [
            {"video": row.video, "text": row.text, "time_ms": row.created_ms, "reply": bool(row.parent)} for row in rows
        ]

    def forget(self, person: str) -> None:
        """Keep nothing a person said; replies of others stay."""
        with self._database.write() as connection:
            blank = {"state": "removed", "text": "", "mentions": "", "author": "-", "pinned": False}
            parents = list(
                connection.scalars(sa.select(CommentRow.parent).where(CommentRow.author == person).distinct())
            )
            connection.execute(sa.update(CommentRow).where(CommentRow.author == person).values(**blank))
            for parent in parents:
                _count_replies(connection, parent)
            liked = list(connection.scalars(sa.select(CommentLikeRow.comment).where(CommentLikeRow.person == person)))
            connection.execute(sa.delete(CommentLikeRow).where(CommentLikeRow.person == person))
            for id in liked:
                likes = sa.select(sa.func.count()).select_from(CommentLikeRow).where(CommentLikeRow.comment == id)
                connection.execute(
                    sa.update(CommentRow).where(CommentRow.id == id).values(likes=likes.scalar_subquery())
                )

    def _of_once(self, once: str) -> Comment | None:
        with self._database.read() as connection:
            row = connection.execute(sa.select(CommentRow).where(CommentRow.once == once)).first()
        return None if row is None else _comment(row)


def _told(said: Comment, video: Video, parent: Comment | None, named: Iterable[Account]) -> list[Told]:
    told_of = partial(Told, video=video.id, comment=said.id, actor=said.author)
    told = [told_of(person=account.person, kind="mention", subject=said.id) for account in named]
    already = {one.person for one in told}
    if parent is not None and parent.author not in already:
        told.append(told_of(person=parent.author, kind="reply", subject=parent.id))
        already.add(parent.author)
    if video.maker not in already:
        told.append(told_of(person=video.maker, kind="comment", subject=video.id))
    return told


def _own_id(saying: Saying) -> str:
    fault = id_fault(saying.id)
    if fault is not None:
        raise Invalid(fault, field="id", value=saying.id)
    return saying.id


def _event(said: Comment, saying: Saying) -> Event:
    known = saying.page and id_fault(saying.page) is None
    return Event(
        id=EventId(f"comment {said.id}"),
        person=PersonId(said.author),
        outcome="comment",
        item=ItemId(said.video),
        time_ms=said.created_ms,
        page=PageId(saying.page if known else ""),
        place=saying.place if known and 0 <= saying.place <= limits.PLACE_MAX else -1,
        surface=saying.surface if known and saying.surface.isprintable() and len(saying.surface) <= 64 else "",
    )


def _seen_by(person: str) -> sa.ColumnElement[bool]:
    own = sa.and_(CommentRow.state == "hidden", CommentRow.author == person)
    holds_replies = sa.and_(CommentRow.state == "removed", CommentRow.replies > 0)
    return sa.or_(CommentRow.state == "shown", own, holds_replies)


def _count_replies(connection: sa.Connection, parent: str) -> None:
    if parent:
        reply = CommentRow.__table__.alias("reply")
        shown = sa.select(sa.func.count()).select_from(reply).where(reply.c.parent == parent, reply.c.state == "shown")
        change = sa.update(CommentRow).where(CommentRow.id == parent)
        connection.execute(change.values(replies=shown.scalar_subquery()))


def _row(said: Comment, once: str) -> dict[str, object]:
    return {**msgspec.structs.asdict(said), "mentions": " ".join(said.mentions), "once": once}


def _comment(row: sa.Row[Any]) -> Comment:
    found = {name: getattr(row, name) for name in Comment.__struct_fields__}
    return Comment(**{**found, "mentions": tuple(row.mentions.split())})
