"""What the line knows of one person: all of it for her export, and none of it after she left."""

from typing import Any

import msgspec

from walras.base.errors import NotFound
from walras.base.ids import ItemId
from walras.lines.video.trade import Trade
from walras.schema import ItemGone
from walras.studio import AssetId


def export_of(trade: Trade, person: str) -> dict[str, Any]:
    """Everything the line keeps of a person, as JSON: videos, ties, comments, messages, collections, notices."""
    videos = [
        {**msgspec.to_builtins(video), "steps": trade.videos.steps(video.id)} for video in trade.videos.all_of(person)
    ]
    notices, _ = trade.inbox.of(person, n=1_000)
    found = {
        "videos": videos,
        "says_of": trade.relations.export(person),
        "comments": trade.comments.export(person),
        "messages": trade.messages.export(person),
        "collections": [
            {**msgspec.to_builtins(one), "videos": trade.collections.videos_in(one.id)}
            for one in trade.collections.of(person)
        ],
        "notices": notices,
        "dials": trade.house.world.dials.of(person),
        "feeds": trade.house.world.dials.feeds(person),
    }
    return dict(msgspec.to_builtins(found))


def forget(trade: Trade, person: str) -> None:
    """Keep nothing of a person: her videos and their media go, what others said to each other stays.

    Safe to repeat after a death. Her events leave the log by the log's own forgetting; counts follow when they are
    rebuilt.
    """
    now_ms = trade.house.clock.now_ms()
    gone = trade.videos.all_of(person)
    if gone:
        trade.house.log.append([ItemGone(ItemId(video.id), now_ms) for video in gone])
        trade.house.world.catch_up(trade.house.log.read)
    for video in gone:
        _remove_media(trade, video.asset)
    trade.videos.forget(person)
    for part in (trade.relations, trade.comments, trade.messages, trade.collections, trade.inbox, trade.topics):
        part.forget(person)
    trade.push.unsubscribe(person, "")
    trade.house.world.dials.forget(person)
    trade.house.world.promises.forget(person)


def _remove_media(trade: Trade, asset: str) -> None:
    try:
        trade.house.studio.remove(AssetId(asset))
    except NotFound:
        return
