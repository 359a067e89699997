"""The video trade over one house: every part of it, made once a process."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from walras.lines import House
from walras.lines.video.cards import Cards
from walras.lines.video.claims import Claims
from walras.lines.video.collecting import Collections
from walras.lines.video.comments import Comments
from walras.lines.video.entities import Video
from walras.lines.video.inbox import Inbox
from walras.lines.video.messages import Messages
from walras.lines.video.projecting import Counts
from walras.lines.video.publishing import Publishing
from walras.lines.video.push import Push
from walras.lines.video.reach import Forecast
from walras.lines.video.relations import Relations
from walras.lines.video.topics import Topics
from walras.lines.video.videos import Videos


def nothing_promised(videos: Sequence[Video]) -> Mapping[str, Mapping[str, Any]]:
    """No promise for any video."""
    return {}


@dataclass(frozen=True, slots=True)
class Trade:
    """What the line's routes, ticks and consoles ask."""

    house: House
    videos: Videos
    publishing: Publishing
    relations: Relations
    counts: Counts
    inbox: Inbox
    comments: Comments
    topics: Topics
    cards: Cards
    messages: Messages
    collections: Collections
    push: Push
    claims: Claims
    forecast: Forecast
    # What a maker was promised, by video: `reach` and `contract` as her list shows them. Nothing where nobody promises.
    promised: Callable[[Sequence[Video]], Mapping[str, Mapping[str, Any]]] = nothing_promised

    @property
    def promises(self) -> Claims:
        """What videos were promised."""
        return self.claims


def open_trade(house: House) -> Trade:
    """The trade over this house; nothing is read yet."""
    database = house.world.database
    inbox = Inbox(house)
    relations = Relations(database)
    publishing = Publishing(house, inbox)
    videos = publishing.videos
    comments = Comments(house, videos, relations, inbox)
    topics = Topics(database, house.clock)
    claims = Claims(house, videos, relations, inbox)
    return Trade(
        house=house,
        videos=videos,
        publishing=publishing,
        relations=relations,
        counts=Counts(house, inbox.of_ties),
        inbox=inbox,
        comments=comments,
        topics=topics,
        cards=Cards(house, videos, relations, topics.namesakes),
        messages=Messages(house, relations),
        collections=Collections(house, videos),
        push=Push(house),
        claims=claims,
        promised=claims.promised_to,
        forecast=Forecast(house, videos),
    )
