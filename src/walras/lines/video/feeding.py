"""The tabs of the feed: for you, by the core; following, friends and nearby, by the core or as honest lists.

Friends and nearby are no pages of the core: they are what mutual followers, and people of one place, published lately,
the newest first and nobody twice in a row. Their cards say so, and have no value and no page.
"""

from typing import Literal

import msgspec

from walras.base.errors import Invalid, nearest
from walras.base.ids import ItemId
from walras.lines.video.cards import Card, Why
from walras.lines.video.entities import Video
from walras.lines.video.trade import Trade
from walras.schema import Page, PageRequest
from walras.web import Visitor

Tab = Literal["for_you", "following", "friends", "nearby"]
TABS: tuple[Tab, ...] = ("for_you", "following", "friends", "nearby")
_SURFACES = {"for_you": "video", "following": "following"}
# So many newest videos are read for a list: people block and see some already.
_READ = 100
_WHY = {
    "en": {"friends": "You and its maker follow each other. Newest first.", "nearby": "From near you. Newest first."},
    "zh": {"friends": "你与作者互相关注。按发布时间排列。", "nearby": "来自你附近。按发布时间排列。"},
}


def tab_named(name: str) -> Tab:
    """The tab of this name.

    Raises:
        Invalid: there is none.
    """
    if name not in TABS:
        raise Invalid("is no tab", field="tab", value=name, hint=nearest(name, TABS))
    return name


def is_of_core(tab: Tab) -> bool:
    """Whether the core fills a tab's pages."""
    return tab in _SURFACES


def page_request(visitor: Visitor, tab: Tab, n: int, feed: str = "", exclude: tuple[str, ...] = ()) -> PageRequest:
    """What the core is asked for a tab.

    Args:
        visitor: whose page it is.
        tab: one that the core fills.
        n: how many places.
        feed: id of a saved feed, which the core finds in the request's context.
        exclude: videos she has on the screen already.
    """
    context = {"language": visitor.language, "kind": "video"}
    if feed:
        context["feed"] = feed
    if visitor.teen:
        context["age_max"] = "0"
    return PageRequest(
        person=visitor.person,
        surface=_SURFACES[tab],
        count=n,
        context=context,
        exclude=tuple(ItemId(id) for id in exclude),
    )


def cards_of_page(trade: Trade, visitor: Visitor, page: Page) -> list[Card]:
    """The cards of a page of the core."""
    return trade.cards.of_page(visitor.person, page, age=0 if visitor.teen else 150)


def cards_of_list(trade: Trade, visitor: Visitor, tab: Tab, n: int, seen: tuple[str, ...], market: str) -> list[Card]:
    """The cards of a list of the line's own, those not seen yet first.

    Args:
        trade: asked for videos.
        visitor: who looks.
        tab: friends or nearby.
        n: at most so many.
        seen: videos she has on the screen already.
        market: where she is, as videos say it in `place` or `market`.
    """
    found = _friends(trade, visitor) if tab == "friends" else _near(trade, market)
    fresh = [video for video in found if video.id not in set(seen) and video.maker != visitor.person]
    chosen = [video for video in _spread(fresh) if not (visitor.teen and video.age_min > 0)]
    cards = trade.cards.of(visitor.person, chosen[: n * 2])[:n]
    language = "zh" if visitor.language.startswith("zh") else "en"
    return [_placed(card, place, _WHY[language][tab]) for place, card in enumerate(cards)]


def _friends(trade: Trade, visitor: Visitor) -> list[Video]:
    mutuals = trade.relations.mutuals_of(visitor.person)
    return trade.videos.shown_of(mutuals, ("everyone", "followers", "mutuals"), n=_READ) if mutuals else []


def _near(trade: Trade, where: str) -> list[Video]:
    """What was published for everybody there; nothing where nobody knows where she is."""
    return trade.videos.shown_near(where, _READ) if where else []


def _spread(videos: list[Video]) -> list[Video]:
    """The same, nobody twice in a row as far as that can be."""
    waiting, spread = list(videos), list[Video]()
    while waiting:
        last = spread[-1].maker if spread else ""
        found = next((video for video in waiting if video.maker != last), waiting[0])
        waiting.remove(found)
        spread.append(found)
    return spread


def _placed(card: Card, place: int, sentence: str) -> Card:
    why = Why(sentence=sentence, source="newest", value_yuan=0.0, propensity=1.0, outcomes={})
    return msgspec.structs.replace(card, place=place, why=why)
