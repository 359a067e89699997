"""Routes for who talks: comments, messages."""

from collections.abc import Sequence
from typing import Any, Literal

import msgspec
from litestar.handlers import HTTPRouteHandler

from walras.base.errors import Forbidden, Invalid
from walras.lines.video.comments import Comment, Saying
from walras.lines.video.doors.asking import Asked, route
from walras.lines.video.messages import Message
from walras.lines.video.trade import Trade


class Writing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A message to send; `id` is the sender's own, so that sending it again sends it once."""

    text: str
    id: str = ""


def talking_routes(trade: Trade) -> list[HTTPRouteHandler]:
    """The routes over this trade."""
    return [*_comments(trade), *_messages(trade)]


# ---------------------------------------------------------------- comments


def _comments(trade: Trade) -> list[HTTPRouteHandler]:
    return [
        route(
            "GET",
            "/app/videos/{id:str}/comments",
            lambda asked: _under(trade, asked),
            who="guest",
            summary="Comments of a video, or replies to one of them.",
            query=("cursor", "order", "parent", "n"),
        ),
        route(
            "POST",
            "/app/videos/{id:str}/comments",
            lambda asked: _say(trade, asked),
            who="account",
            summary="Say something under a video.",
            reads=Saying,
        ),
        route(
            "DELETE",
            "/app/comments/{id:str}",
            lambda asked: _remove(trade, asked),
            who="account",
            summary="Take a comment away.",
        ),
        _mark(trade, "PUT", "like", "Like a comment."),
        _mark(trade, "DELETE", "like", "Like a comment no more."),
        _mark(trade, "PUT", "pin", "Let a comment stand first."),
        _mark(trade, "DELETE", "pin", "Let a comment stand where it would."),
    ]


def _under(trade: Trade, asked: Asked) -> dict[str, Any]:
    video = trade.cards.visible(asked.person, asked.id)
    order, parent = asked.query.text("order", "top"), asked.query.text("parent")
    if order not in ("top", "new"):
        raise Invalid("is no order", field="order", value=order, hint="Known: top, new.")
    found, cursor = trade.comments.under(
        video.id, asked.person, parent=parent, order=order, cursor=asked.cursor, n=asked.count()
    )
    count = trade.comments.counts([video.id]).get(video.id, 0)
    hidden = trade.cards.hides_for(asked.person)
    kept = [comment for comment in found if comment.author == asked.person or not hidden(comment.text)]
    return {"comments": _seen(trade, asked, kept), "cursor": cursor, "count": count}


def _say(trade: Trade, asked: Asked) -> dict[str, Any]:
    trade.comments.refuse_haste(asked.person)
    said = trade.comments.say(asked.person, asked.id, asked.body)
    return _seen(trade, asked, [said])[0]


def _remove(trade: Trade, asked: Asked) -> None:
    is_reviewer = bool(asked.visitor.roles & {"reviewer", "operator"})
    trade.comments.remove(asked.person, asked.id, is_reviewer=is_reviewer)


def _mark(trade: Trade, method: Literal["PUT", "DELETE"], what: str, summary: str) -> HTTPRouteHandler:
    mark = trade.comments.like if what == "like" else trade.comments.pin

    def marked(asked: Asked) -> dict[str, Any]:
        return _seen(trade, asked, [mark(asked.person, asked.id, wanted=method == "PUT")])[0]

    return route(method, f"/app/comments/{{id:str}}/{what}", marked, who="account", summary=summary)


def _seen(trade: Trade, asked: Asked, comments: Sequence[Comment]) -> list[dict[str, Any]]:
    """Comments as one person sees them."""
    people = trade.cards.makers(asked.person, [comment.author for comment in comments])
    liked = trade.comments.liked(asked.person, [comment.id for comment in comments])
    makers: dict[str, str] = {
        video.id: video.maker for video in trade.videos.get_many(c.video for c in comments).values()
    }
    seen = []
    for comment in comments:
        author, gone = people[comment.author], comment.state == "removed"
        named = {"handle": author.handle, "name": author.name, "avatar": author.avatar}
        nobody = {"handle": "", "name": "", "avatar": ""}
        is_maker = comment.author == makers.get(comment.video)
        seen.append(
            {
                "id": comment.id,
                "parent": comment.parent,
                "author": {**(nobody if gone else named), "is_maker": is_maker and not gone},
                "text": comment.text,
                "mentions": comment.mentions,
                "created_ms": comment.created_ms,
                "likes": comment.likes,
                "liked": comment.id in liked,
                "pinned": comment.pinned,
                "replies": comment.replies,
                "mine": author.mine,
                "removed": gone,
            }
        )
    return seen


# ---------------------------------------------------------------- messages


def _messages(trade: Trade) -> list[HTTPRouteHandler]:
    return [
        route(
            "GET",
            "/app/messages",
            lambda asked: _threads(trade, asked),
            who="account",
            summary="With whom she has written.",
            teen="closed",
            query=("cursor", "n"),
        ),
        route(
            "GET",
            "/app/messages/{id:str}",
            lambda asked: _between(trade, asked),
            who="account",
            summary="What she and another have written.",
            teen="closed",
            query=("cursor", "n"),
        ),
        route(
            "POST",
            "/app/messages/{id:str}",
            lambda asked: _send(trade, asked),
            who="account",
            summary="Write to a mutual follower.",
            teen="closed",
            reads=Writing,
        ),
        route(
            "DELETE",
            "/app/messages/one/{id:str}",
            lambda asked: trade.messages.remove(asked.person, asked.id),
            who="account",
            summary="Take back a message of one's own.",
            teen="closed",
        ),
    ]


def _threads(trade: Trade, asked: Asked) -> dict[str, Any]:
    threads, cursor = trade.messages.threads(asked.person, asked.cursor, asked.count())
    people = trade.cards.makers(asked.person, [thread.other for thread in threads])
    rows = [
        {
            "with": people[thread.other],
            "last": thread.last.text,
            "last_message": _message(asked, thread.last),
            "unread": thread.unread,
        }
        for thread in threads
    ]
    return {"threads": rows, "cursor": cursor, "unread": trade.messages.unread(asked.person)}


def _between(trade: Trade, asked: Asked) -> dict[str, Any]:
    trade.counts.catch_up()
    other = trade.house.world.accounts.of_handle(asked.id)
    found, cursor = trade.messages.between(asked.person, other.person, asked.cursor, asked.count())
    may_write = trade.messages.may_write(asked.person, other.person)
    if not found and not may_write and not asked.cursor:
        raise Forbidden("only mutual followers write to each other", field="handle", value=asked.id)
    return {
        "with": trade.cards.makers(asked.person, [other.person])[other.person],
        "messages": [_message(asked, message) for message in found],
        "cursor": cursor,
        "may_write": may_write,
    }


def _send(trade: Trade, asked: Asked) -> dict[str, Any]:
    trade.counts.catch_up()
    other = trade.house.world.accounts.of_handle(asked.id)
    return _message(asked, trade.messages.send(asked.person, other.person, asked.body.text, asked.body.id))


def _message(asked: Asked, message: Message) -> dict[str, Any]:
    return {
        "id": message.id,
        "mine": message.sender == asked.person,
        "text": message.text,
        "created_ms": message.created_ms,
        "removed": not message.text,
    }
