"""Routes for who watches: the feed, one video, people and their videos, what is said of a topic."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from litestar import get
from litestar.handlers import HTTPRouteHandler
from msgspec.structs import replace

from walras.base import limits
from walras.base.errors import Forbidden, Unavailable
from walras.base.ids import id_fault
from walras.lines import Brought
from walras.lines.video.cards import Card
from walras.lines.video.doors.asking import Answer, Ask, Asked, answered, route
from walras.lines.video.doors.promising import dials_for
from walras.lines.video.feeding import Tab, cards_of_list, cards_of_page, is_of_core, page_request, tab_named
from walras.lines.video.trade import Trade
from walras.schema import Page
from walras.web import Query, Visitor, visitor_of
from walras.web.told import told
from walras.world import Account

_PAGE, _PAGE_MAX = 6, 30
_SEEN_MAX = 100
# So many the app's first page has; its script asks for the same.
FIRST_CARDS = 8
TAB_PATHS: dict[Tab, str] = {"for_you": "/", "following": "/following", "friends": "/friends", "nearby": "/nearby"}


def watching_routes(trade: Trade) -> list[HTTPRouteHandler]:
    """The routes over this trade."""
    return [
        _feed(trade),
        route(
            "GET",
            "/app/videos/{id:str}",
            lambda asked: _video(trade, asked),
            who="guest",
            summary="One video.",
            teen="timed",
        ),
        route(
            "GET",
            "/app/videos/{id:str}/next",
            lambda asked: _next(trade, asked),
            who="guest",
            summary="The next episode of a video's series.",
        ),
        *_people(trade),
        *_topics(trade),
        route(
            "GET",
            "/app/kept",
            lambda asked: _of_kind(trade, asked, "save"),
            who="guest",
            summary="Videos that she keeps.",
            query=("cursor", "n"),
        ),
        route(
            "GET",
            "/app/liked",
            lambda asked: _of_kind(trade, asked, "like"),
            who="guest",
            summary="Videos that she likes.",
            query=("cursor", "n"),
        ),
    ]


# ---------------------------------------------------------------- the feed


def _feed(trade: Trade) -> HTTPRouteHandler:
    @get(
        "/app/feed",
        opt=told(summary="A page of a tab of the feed.", tag="app", scope=None, who="guest", teen="timed"),
        include_in_schema=False,
    )
    async def feed(request: Ask) -> Answer:
        query = Query(request.scope["query_string"], ("tab", "n", "feed", "place"), many=("seen",))
        tab = tab_named(query.text("tab", "for_you"))
        n = query.number("n", _PAGE, most=_PAGE_MAX)
        seen = tuple(id for id in query.all("seen") if id_fault(id) is None)[:_SEEN_MAX]
        wanted = _Wanted(tab, n, seen, query.text("feed"), query.text("place"))
        return answered(await _tab(trade, visitor_of(request), wanted))

    return feed


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A page of a tab that is asked for."""

    tab: Tab
    n: int
    seen: tuple[str, ...] = ()
    feed: str = ""
    place: str = ""


async def _tab(trade: Trade, visitor: Visitor, wanted: _Wanted) -> dict[str, Any]:
    await asyncio.to_thread(trade.counts.catch_up)
    tab, n, seen = wanted.tab, wanted.n, wanted.seen
    if not is_of_core(tab):
        cards = await asyncio.to_thread(_listed, trade, visitor, tab, n, seen, wanted.place)
        return {"page": "", "tab": tab, "cards": cards, "missing": ()}
    if trade.house.pages is None:
        raise Unavailable("this process makes no pages", field="pages")
    # On this thread, as everything that changes the state.
    dials = await asyncio.to_thread(dials_for, trade, visitor.person, wanted.feed)
    page = trade.house.pages.make_page(replace(page_request(visitor, tab, n, wanted.feed, seen), dials=dials))
    cards = await asyncio.to_thread(cards_of_page, trade, visitor, page)
    return _fed(page, tab, cards)


def brings(trade: Trade) -> dict[str, Callable[[Any], Awaitable[Brought | None]]]:
    """By a screen's path, the first page of its tab."""

    def of(tab: Tab) -> Callable[[Any], Awaitable[Brought | None]]:
        async def bring(request: Any) -> Brought | None:
            visitor = visitor_of(request)
            # Limits of teen mode are held at the door of the feed itself; a saved feed is named by the script.
            if visitor.teen or request.query_params.get("feed"):
                return None
            said = await _tab(trade, visitor, _Wanted(tab, FIRST_CARDS))
            picture = said["cards"][0].poster if said["cards"] else ""
            return Brought(f"/app/feed?tab={tab}&n={FIRST_CARDS}", msgspec.json.encode(said), picture)

        return bring

    return {path: of(tab) for tab, path in TAB_PATHS.items()}


def _fed(page: Page, tab: str, cards: Sequence[Card]) -> dict[str, Any]:
    return {"page": page.id, "tab": tab, "surface": page.surface, "cards": cards, "missing": page.missing}


def _listed(trade: Trade, visitor: Visitor, tab: Any, n: int, seen: tuple[str, ...], near: str) -> list[Card]:
    place = near or _market(trade, visitor)
    return cards_of_list(trade, visitor, tab, n, seen, place)


def _market(trade: Trade, visitor: Visitor) -> str:
    person = trade.house.world.people.get_many([visitor.person]).get(visitor.person)
    return person.market if person else ""


def _video(trade: Trade, asked: Asked) -> Card:
    trade.counts.catch_up()
    return trade.cards.one(asked.person, asked.id)


def _next(trade: Trade, asked: Asked) -> dict[str, Any]:
    trade.cards.visible(asked.person, asked.id)
    series, video = trade.collections.next_episode(asked.id)
    cards = trade.cards.of_ids(asked.person, [video]) if video else []
    return {"series": series, "card": cards[0] if cards else None}


def _of_kind(trade: Trade, asked: Asked, kind: str) -> dict[str, Any]:
    trade.counts.catch_up()
    ids, cursor = trade.relations.videos_of_kind(asked.person, kind, asked.cursor, asked.count())
    return {"cards": trade.cards.of_ids(asked.person, ids), "cursor": cursor}


# ---------------------------------------------------------------- people


def _people(trade: Trade) -> list[HTTPRouteHandler]:
    return [
        route(
            "GET",
            "/app/people/{id:str}",
            lambda asked: _person(trade, asked),
            who="guest",
            summary="A person's profile.",
        ),
        route(
            "GET",
            "/app/people/{id:str}/videos",
            lambda asked: _videos(trade, asked),
            who="guest",
            summary="A person's videos, the newest first.",
            query=("cursor", "n"),
        ),
        route(
            "GET",
            "/app/people/{id:str}/liked",
            lambda asked: _liked(trade, asked),
            who="guest",
            summary="Videos that a person likes, for whom she lets see them.",
            query=("cursor", "n"),
        ),
        _tied_route(trade, "followers"),
        _tied_route(trade, "following"),
        route(
            "GET",
            "/app/people/{id:str}/collections",
            lambda asked: _collections(trade, asked),
            who="guest",
            summary="What a person has collected for everybody.",
        ),
    ]


def _tied_route(trade: Trade, direction: str) -> HTTPRouteHandler:
    return route(
        "GET",
        f"/app/people/{{id:str}}/{direction}",
        lambda asked: _tied(trade, asked, direction),
        who="guest",
        summary=f"A person's {direction}.",
        query=("cursor", "n"),
    )


def _account(trade: Trade, asked: Asked) -> Account:
    """Whose handle it is; somebody who blocks the asker, or left, is not found."""
    account = trade.house.world.accounts.of_handle(asked.id)
    if "block" in trade.relations.said(account.person, [asked.person]).get(asked.person, ()):
        return trade.house.world.accounts.get("")
    return account


def _person(trade: Trade, asked: Asked) -> dict[str, Any]:
    trade.counts.catch_up()
    account = _account(trade, asked)
    maker = trade.cards.makers(asked.person, [account.person])[account.person]
    counts = trade.relations.counts([account.person])[account.person]
    said = trade.relations.said(asked.person, [account.person]).get(account.person, frozenset())
    back = trade.relations.said(account.person, [asked.person]).get(asked.person, frozenset())
    return {
        "id": account.person,
        "handle": account.handle,
        "name": account.name,
        "avatar": account.avatar,
        "bio": account.bio,
        "followers": counts.get("followers", 0),
        "following": counts.get("following", 0),
        "likes": counts.get("likes_got", 0),
        "videos": trade.videos.count(account.person, "published", "limited"),
        "followed": maker.followed,
        "follows_me": "follow" in back,
        "mutual": maker.mutual,
        "blocked": "block" in said,
        "verified": maker.verified,
        "mine": maker.mine,
        "shows_likes": _shows(trade, account, asked, account.settings.privacy.likes),
        "shows_follows": _shows(trade, account, asked, account.settings.privacy.follows),
        "may_message": not maker.mine and trade.messages.may_write(asked.person, account.person),
        "takes_messages": not maker.mine and trade.messages.are_open(asked.person, account.person),
    }


def _videos(trade: Trade, asked: Asked) -> dict[str, Any]:
    account = _account(trade, asked)
    n = asked.count()
    ms, _, id = asked.cursor.partition(".")
    before_ms = int(ms) if ms.isdigit() and len(ms) < 16 else 0
    audiences = ("everyone", "followers", "mutuals", "me")
    found = trade.videos.shown_of([account.person], audiences, before_ms=before_ms, before_id=id, n=n + 1)
    cursor = f"{found[n - 1].published_ms}.{found[n - 1].id}" if len(found) > n else ""
    return {"cards": trade.cards.of(asked.person, found[:n]), "cursor": cursor}


def _tied(trade: Trade, asked: Asked, direction: str) -> dict[str, Any]:
    trade.counts.catch_up()
    account = _account(trade, asked)
    _refuse_hidden(trade, account, asked, account.settings.privacy.follows)
    people, cursor = trade.relations.people(account.person, direction, asked.cursor, asked.count())
    makers = trade.cards.makers(asked.person, people)
    return {"people": [makers[person] for person in people if makers[person].handle], "cursor": cursor}


def _liked(trade: Trade, asked: Asked) -> dict[str, Any]:
    trade.counts.catch_up()
    account = _account(trade, asked)
    _refuse_hidden(trade, account, asked, account.settings.privacy.likes)
    ids, cursor = trade.relations.videos_of_kind(account.person, "like", asked.cursor, asked.count())
    return {"cards": trade.cards.of_ids(asked.person, ids), "cursor": cursor}


def _refuse_hidden(trade: Trade, account: Account, asked: Asked, circle: str) -> None:
    if not _shows(trade, account, asked, circle):
        raise Forbidden("is not shown to you", field="handle", value=account.handle)


def _shows(trade: Trade, account: Account, asked: Asked, circle: str) -> bool:
    """Whether somebody's circle holds the asker."""
    if circle == "everyone" or account.person == asked.person:
        return True
    follows = "follow" in trade.relations.said(asked.person, [account.person]).get(account.person, ())
    mutual = trade.relations.is_mutual(asked.person, account.person)
    return {"followers": follows, "mutual": mutual, "nobody": False}[circle]


def _collections(trade: Trade, asked: Asked) -> dict[str, Any]:
    account = _account(trade, asked)
    own = account.person == asked.person
    return {"collections": trade.collections.of(account.person, public_only=not own)}


# ---------------------------------------------------------------- topics


def _topics(trade: Trade) -> list[HTTPRouteHandler]:
    return [
        route(
            "GET",
            "/app/topics",
            lambda asked: {"topics": trade.topics.listed(asked.count(limits.LIST_MAX)), "cursor": ""},
            who="guest",
            summary="Events and the topics with the most videos.",
            query=("n", "cursor"),
        ),
        route(
            "GET",
            "/app/topics/{id:str}",
            lambda asked: _topic(trade, asked),
            who="guest",
            summary="A topic's page.",
            query=("cursor", "n"),
        ),
        route(
            "PUT",
            "/app/topics/{id:str}/follow",
            lambda asked: trade.topics.follow(asked.id.lower(), asked.person, wanted=True),
            who="account",
            summary="Follow a topic.",
        ),
        route(
            "DELETE",
            "/app/topics/{id:str}/follow",
            lambda asked: trade.topics.follow(asked.id.lower(), asked.person, wanted=False),
            who="account",
            summary="Follow a topic no more.",
        ),
    ]


def _topic(trade: Trade, asked: Asked) -> dict[str, Any]:
    topic = trade.topics.get(asked.id.lower())
    followers, followed = trade.topics.followers(topic.id, asked.person)
    n = asked.count()
    ms, _, id = asked.cursor.partition(".")
    before_ms = int(ms) if ms.isdigit() and len(ms) < 16 else 0
    found = trade.videos.shown_under(topic.id, before_ms, id, n + 1)
    cursor = f"{found[n - 1].published_ms}.{found[n - 1].id}" if len(found) > n else ""
    pinned = trade.cards.of_ids(asked.person, topic.pinned) if not asked.cursor else []
    first = {card.id for card in pinned}
    rest = trade.cards.of(asked.person, [video for video in found[:n] if video.id not in first])
    return {
        "id": topic.id,
        "title": topic.title or topic.id,
        "text": topic.text,
        "kind": topic.kind,
        "event": topic.kind == "event",
        "starts_ms": topic.starts_ms,
        "ends_ms": topic.ends_ms,
        "programme": [{"time_ms": entry.at_ms, "title": entry.title, "text": entry.text} for entry in topic.programme],
        "videos": [*pinned, *rest],
        "cursor": cursor,
        "followers": followers,
        "followed": followed,
    }
