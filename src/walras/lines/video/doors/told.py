"""Routes for what people are told: the inbox, push, and the stream of an open page."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import msgspec
from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from walras.lines.video.cards import Maker
from walras.lines.video.doors.asking import Ask, Asked, route
from walras.lines.video.inbox import Notice
from walras.lines.video.live import Live
from walras.lines.video.push import Subscription
from walras.lines.video.trade import Trade
from walras.lines.video.words import sentence
from walras.web import Visitor, visitor_of
from walras.web.told import told


class ReadUpTo(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The newest notice that was read; empty: all of them."""

    up_to: str = ""


class Unsubscribed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The browser that shall not be woken any more; empty: none of hers."""

    endpoint: str = ""


def told_routes(trade: Trade, live: Live) -> list[HTTPRouteHandler]:
    """The routes over this trade."""
    return [
        route(
            "GET",
            "/app/inbox",
            lambda asked: _inbox(trade, asked),
            who="account",
            summary="What she was told, the newest first.",
            query=("cursor", "n"),
        ),
        route(
            "POST",
            "/app/inbox/read",
            lambda asked: _read(trade, asked),
            who="account",
            summary="Say that notices were read.",
            reads=ReadUpTo,
        ),
        route(
            "GET",
            "/app/push",
            lambda asked: {"key": trade.push.public_key()},
            who="account",
            summary="The key with which a browser subscribes.",
        ),
        route(
            "POST",
            "/app/push",
            lambda asked: trade.push.subscribe(asked.person, asked.body),
            who="account",
            summary="Wake this browser.",
            reads=Subscription,
        ),
        route(
            "DELETE",
            "/app/push",
            lambda asked: trade.push.unsubscribe(asked.person, asked.body.endpoint),
            who="account",
            summary="Wake this browser no more.",
            reads=Unsubscribed,
        ),
        _stream(live),
    ]


def _inbox(trade: Trade, asked: Asked) -> dict[str, Any]:
    trade.counts.catch_up()
    found, cursor = trade.inbox.of(asked.person, asked.cursor, asked.count())
    return {
        "notices": notices_of(trade, asked.visitor, found),
        "cursor": cursor,
        "unread": trade.inbox.unread(asked.person),
        "messages": trade.messages.unread(asked.person),
    }


def _read(trade: Trade, asked: Asked) -> dict[str, int]:
    trade.inbox.read(asked.person, asked.body.up_to)
    return {"unread": trade.inbox.unread(asked.person)}


def notices_of(trade: Trade, visitor: Visitor, notices: Sequence[Notice]) -> list[dict[str, Any]]:
    """Notices as the app shows them."""
    people = trade.cards.makers(visitor.person, [notice.actor for notice in notices if notice.actor])
    videos = trade.videos.get_many(notice.video for notice in notices if notice.video)
    seen = []
    for notice in notices:
        actor, video = people.get(notice.actor), videos.get(notice.video)
        shown = None if video is None else {"title": video.title, "poster": video.media.poster}
        name = actor.name if actor and actor.handle else sentence("notice.somebody", visitor.language)
        values = {"name": name, "title": video.title if video else "", **notice.values}
        seen.append(
            {
                "id": notice.id,
                "kind": notice.kind,
                "actor": named_of(actor),
                "others": notice.others,
                "video": notice.video if video else "",
                "shown": shown,
                "comment": notice.comment,
                "text_key": f"notice.{notice.kind}{'.many' if notice.others else ''}",
                "values": {**values, "others": notice.others},
                "created_ms": notice.created_ms,
                "read": notice.read,
            }
        )
    return seen


def named_of(actor: Maker | None) -> dict[str, str] | None:
    """Who acts in a notice; a guest has no name to be called by."""
    if actor is None or not actor.handle:
        return None
    return {"handle": actor.handle, "name": actor.name, "avatar": actor.avatar}


def _stream(live: Live) -> HTTPRouteHandler:
    @get(
        "/app/live",
        opt=told(summary="What happens now, as server-sent events.", tag="app", scope=None, who="account"),
        include_in_schema=False,
    )
    async def stream(request: Ask) -> Stream:
        after = request.headers.get("last-event-id", "")
        turn = int(after) if after.isascii() and after.isdigit() and len(after) < 16 else None
        person = visitor_of(request).person
        live.refuse_many(person)
        said: AsyncIterator[bytes] = live.listen(person, turn)
        # A proxy that waits for more would hold back what is to be told at once.
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return Stream(said, media_type="text/event-stream", headers=headers)

    return stream
