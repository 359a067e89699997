"""Routes for makers: drafts, publishing, what became of each video, collections."""

from collections.abc import Sequence
from typing import Any, Literal

import msgspec
from litestar.handlers import HTTPRouteHandler

from walras.base.errors import Invalid
from walras.lines.video.collecting import Listing
from walras.lines.video.doors.asking import Asked, route
from walras.lines.video.entities import State, Video
from walras.lines.video.publishing import QUIET
from walras.lines.video.reach import seconds_of
from walras.lines.video.trade import Trade
from walras.lines.video.wishes import Wish
from walras.lines.video.words import sentence
from walras.web import Visitor

_STATES: tuple[State, ...] = (
    "draft", "processing", "review", "scheduled", "published", "limited", "removed", "failed",
)  # fmt: skip


class Begin(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An upload that shall become a video."""

    asset: str


def making_routes(trade: Trade) -> list[HTTPRouteHandler]:
    """The routes over this trade."""
    does = trade.publishing
    return [
        _one(trade, "POST", "", lambda a: does.begin(a.person, a.body.asset), "Make a draft of an upload.", Begin),
        _one(trade, "PATCH", "/{id:str}", lambda a: does.edit(a.person, a.id, a.body), "Change a video.", Wish),
        _one(trade, "POST", "/{id:str}/publish", lambda a: does.publish(a.person, a.id), "Publish a video."),
        _one(trade, "POST", "/{id:str}/retry", lambda a: does.retry(a.person, a.id), "Make a failed video again."),
        _one(trade, "POST", "/{id:str}/back", lambda a: does.take_back(a.person, a.id), "Make a video a draft again."),
        route(
            "DELETE",
            "/app/videos/{id:str}",
            lambda asked: does.remove(asked.person, asked.id),
            who="account",
            summary="Take a video away.",
        ),
        route(
            "GET",
            "/app/mine",
            lambda asked: _mine(trade, asked),
            who="account",
            summary="One's own videos, with what became of each.",
            query=("state", "cursor", "n"),
        ),
        route(
            "GET",
            "/app/mine/{id:str}",
            lambda asked: _measured(trade, asked),
            who="account",
            summary="One's own video with its history and what is counted of it.",
        ),
        *_collections(trade),
    ]


def mine_of(trade: Trade, visitor: Visitor, videos: Sequence[Video]) -> list[dict[str, Any]]:
    """Videos as their maker sees them: the card, and how far each is, why, and what she can do."""
    cards = {card.id: card for card in trade.cards.of_own(visitor.person, videos)}
    promised = trade.promised(videos)
    return [
        {
            **_with_progress(msgspec.to_builtins(cards[video.id]), video, visitor.language),
            "reach": _reach(trade, video, visitor.language),
            **promised.get(video.id, {}),
        }
        for video in videos
    ]


def _reach(trade: Trade, video: Video, language: str) -> dict[str, Any] | None:
    """How far a video that waits will probably reach; of one that is out, what was counted is known instead."""
    if video.state not in ("draft", "scheduled"):
        return None
    found: dict[str, Any] = msgspec.to_builtins(
        trade.forecast.of(video.maker, video.topics, seconds_of(video), language)
    )
    return found


def _with_progress(card: dict[str, Any], video: Video, language: str) -> dict[str, Any]:
    return {
        **card,
        "state": video.state,
        "asset": video.asset,
        "asset_state": video.media.state,
        "playable": video.media.playable,
        "progress": video.media.progress,
        "cause": sentence(video.cause, language) if video.state not in QUIET else "",
        "fix": sentence(video.fix, language) if video.state not in QUIET else "",
        "cause_key": video.cause,
        "fix_key": video.fix,
        "reason": video.reason,
        "audience": video.audience,
        "cut": video.cut,
        "cover_s": video.cover_s,
        "sound": video.music,
        "place_name": video.place or None,
        "publish_at_ms": video.publish_at_ms,
        "wanted": video.wanted,
        "contract": None,
    }


def _one(
    trade: Trade, method: Literal["POST", "PATCH"], path: str, do: Any, summary: str, reads: Any = None
) -> HTTPRouteHandler:
    def answer(asked: Asked) -> dict[str, Any]:
        return mine_of(trade, asked.visitor, [do(asked)])[0]

    return route(method, f"/app/videos{path}", answer, who="account", summary=summary, reads=reads)


def _mine(trade: Trade, asked: Asked) -> dict[str, Any]:
    state = asked.query.text("state")
    if state and state not in _STATES:
        raise Invalid("is no state", field="state", value=state, hint=f"Known: {', '.join(_STATES)}.")
    trade.counts.catch_up()
    found, cursor = trade.videos.mine(asked.person, state, asked.cursor, asked.count())
    return {"videos": mine_of(trade, asked.visitor, found), "cursor": cursor}


def _measured(trade: Trade, asked: Asked) -> dict[str, Any]:
    trade.counts.catch_up()
    video = trade.videos.own(asked.person, asked.id)
    mine = mine_of(trade, asked.visitor, [video])[0]
    return {**mine, "steps": trade.videos.steps(video.id), "measured": trade.relations.measured(video.id)}


# ---------------------------------------------------------------- collections


def _collections(trade: Trade) -> list[HTTPRouteHandler]:
    all_of = trade.collections
    path = "/app/collections"
    return [
        route(
            "GET",
            path,
            lambda asked: {"collections": all_of.of(asked.person)},
            who="account",
            summary="One's own collections.",
        ),
        route(
            "POST",
            path,
            lambda asked: all_of.create(asked.person, asked.body),
            who="account",
            summary="Begin a collection.",
            reads=Listing,
        ),
        route(
            "GET",
            f"{path}/{{id:str}}",
            lambda asked: _collected(trade, asked),
            who="guest",
            summary="A collection and its videos, in their order.",
            query=("cursor", "n"),
        ),
        route(
            "PUT",
            f"{path}/{{id:str}}",
            lambda asked: all_of.change(asked.person, asked.id, asked.body),
            who="account",
            summary="Change a collection, or the order of its videos.",
            reads=Listing,
        ),
        route(
            "DELETE",
            f"{path}/{{id:str}}",
            lambda asked: all_of.remove(asked.person, asked.id),
            who="account",
            summary="Take a collection away.",
        ),
        route(
            "PUT",
            f"{path}/{{id:str}}/videos/{{video:str}}",
            lambda asked: _put(trade, asked),
            who="account",
            summary="Put a video into a collection.",
        ),
        route(
            "DELETE",
            f"{path}/{{id:str}}/videos/{{video:str}}",
            lambda asked: all_of.take(asked.person, asked.id, asked.path["video"]),
            who="account",
            summary="Take a video out of a collection.",
        ),
    ]


def _put(trade: Trade, asked: Asked) -> None:
    trade.cards.visible(asked.person, asked.path["video"])
    trade.collections.put(asked.person, asked.id, asked.path["video"])


def _collected(trade: Trade, asked: Asked) -> dict[str, Any]:
    found = trade.collections.get(asked.person, asked.id)
    ids, n = trade.collections.videos_in(found.id), asked.count()
    start = int(asked.cursor) if asked.cursor.isdigit() and len(asked.cursor) < 6 else 0
    owner = trade.cards.makers(asked.person, [found.owner])[found.owner]
    return {
        **msgspec.to_builtins(found),
        "owner": owner,
        "mine": owner.mine,
        "cards": trade.cards.of_ids(asked.person, ids[start : start + n]),
        "cursor": str(start + n) if len(ids) > start + n else "",
    }
