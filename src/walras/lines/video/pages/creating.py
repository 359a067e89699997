"""The creator centre: a maker's own figures, videos and comments. What is somebody else's is not found."""

from collections.abc import Sequence
from typing import Any

from litestar.handlers import HTTPRouteHandler

from walras.base.clock import DAY_MS
from walras.base.ids import new_id
from walras.lines.video.comments import Saying as Said
from walras.lines.video.pages.figures import days_of, sources_of, unanswered, weeks_of
from walras.lines.video.pages.promises import promise_of
from walras.lines.video.trade import Trade
from walras.web import path_id, visitor_of
from walras.web.consoles import Ask, Console, deed, screen, table
from walras.web.consoles.frame import json_in

VIDEOS_MAX = 500
COMMENTS_MAX = 100
# Which programme pays for what a source brings: places kept for new makers, and those that chance gave.
PROGRAMMES = {"fresh": "first", "explore": "chance"}


def creator_routes(trade: Trade, console: Console) -> list[HTTPRouteHandler]:
    """The screens of the creator centre, and what is done on them."""

    def overview(request: Ask) -> Any:
        return console.show(request, "overview.html", desk="overview", json=json_in, **_overview(trade, _me(request)))

    def videos(request: Ask) -> Any:
        trade.counts.catch_up()
        return console.show(request, "videos.html", desk="videos", rows=_rows(trade, _me(request)))

    def videos_file(request: Ask) -> Any:
        head = ["id", "title", "state", "published_ms", "exposures", "views", "watch_minutes", *_COUNTED]
        rows = [
            [video.id, video.title, video.state, video.published_ms, counts.get("exposures", 0), counts.get("views", 0),
             round(counts.get("watch_ms", 0) / 60_000, 1), *(counts.get(name, 0) for name in _COUNTED)]
            for video, counts in _rows(trade, _me(request))
        ]  # fmt: skip
        return table("videos", head, rows)

    def video(request: Ask) -> Any:
        values = _video(trade, _me(request), path_id(request.path_params, "id"))
        return console.show(request, "video.html", desk="videos", json=json_in, **values)

    def comments(request: Ask) -> Any:
        found = unanswered(trade.house.world.database, _me(request), COMMENTS_MAX)
        videos = trade.videos.get_many(comment.video for comment in found)
        people = trade.house.world.accounts.of_people([comment.author for comment in found])
        return console.show(request, "comments.html", desk="comments", comments=found, videos=videos, people=people)

    def answer(request: Ask, fields: dict[str, str]) -> None:
        id = path_id(request.path_params, "id")
        comment = trade.comments.get(id)
        # Only under one's own video; another's comment is not found here.
        trade.videos.own(_me(request), comment.video)
        own_id = new_id("o", trade.house.clock.now_ms())
        trade.comments.say(
            visitor_of(request).person, comment.video, Said(text=fields.get("text", ""), parent=id, id=own_id)
        )

    def at(path: str, show: Any, summary: str) -> HTTPRouteHandler:
        return screen(path, show, console=console, who="account", summary=summary)

    return [
        at("/creator", overview, "A maker's overview, as a screen."),
        at("/creator/videos", videos, "A maker's videos, as a screen."),
        at("/creator/videos.csv", videos_file, "A maker's videos as CSV."),
        at("/creator/videos/{id:str}", video, "One of a maker's videos, as a screen."),
        at("/creator/comments", comments, "Comments that wait for an answer."),
        deed("/creator/comments/{id:str}/answer", answer, who="account", summary="Answer a comment."),
    ]


_COUNTED = ("likes", "comments", "shares", "saves", "dislikes")


def _me(request: Ask) -> str:
    return str(visitor_of(request).person)


def _today(trade: Trade) -> int:
    return trade.house.clock.now_ms() // DAY_MS


def _overview(trade: Trade, me: str) -> dict[str, Any]:
    trade.counts.catch_up()
    database, today = trade.house.world.database, _today(trade)
    days = days_of(database, me, today, trade.relations.followers_by_day(me, today - 27))
    rows = _rows(trade, me)
    return {
        "days": days,
        "weeks": weeks_of(days),
        "sources": sources_of(database, me, today),
        "programmes": PROGRAMMES,
        "followers": trade.relations.counts([me])[me].get("followers", 0),
        "best": sorted(rows, key=lambda row: -row[1].get("views", 0))[:5],
        "waiting": len(unanswered(database, me, COMMENTS_MAX)),
        "has_videos": bool(rows),
    }


def _rows(trade: Trade, me: str) -> list[tuple[Any, dict[str, int]]]:
    """A maker's videos, the newest first, each with what is counted of it."""
    videos, _ = trade.videos.mine(me, n=VIDEOS_MAX)
    ids = [video.id for video in videos]
    counts, talked = trade.relations.counts(ids), trade.comments.counts(ids)
    return [(video, {**counts[video.id], "comments": talked.get(video.id, 0)}) for video in videos]


def _video(trade: Trade, me: str, id: str) -> dict[str, Any]:
    video = trade.videos.own(me, id)
    trade.counts.catch_up()
    measured = trade.relations.measured(id)
    return {
        "video": video,
        "measured": measured,
        "comments": trade.comments.counts([id]).get(id, 0),
        "followers": _followers_by(trade, me, measured.days),
        "by_day": _by_day(measured.days),
        "completion": still_watching(measured.completion),
        "sources": sources_of(trade.house.world.database, me, _today(trade), id),
        "programmes": PROGRAMMES,
        "promise": promise_of(trade, video),
        "steps": trade.videos.steps(id),
    }


def still_watching(bins: Sequence[int]) -> list[float]:
    """Share of the stretches of watching that went on to each tenth of the duration; empty where there were none.

    Args:
        bins: how many stretches ended in each tenth.

    Returns:
        At 0, 1/10, … 1 of the duration; at its end those that ended in the last tenth count.
    """
    total = sum(bins)
    if not total:
        return []
    reached = [sum(bins[n:]) / total for n in range(len(bins))]
    return [*reached, reached[-1]]


def _by_day(days: Any) -> dict[str, Any]:
    """Views by day and source, as a chart takes them."""
    names = list(dict.fromkeys(each.source for each in days))
    shown = sorted({each.day for each in days})
    views = {(each.day, each.source): each.views for each in days}
    return {"days": shown, "series": [(name, [views.get((day, name), 0) for day in shown]) for name in names]}


def _followers_by(trade: Trade, me: str, days: Any) -> int:
    """Followers who came on the days on which the video was seen: what it may have gained."""
    seen = {each.day for each in days if each.views}
    by_day = trade.relations.followers_by_day(me, min(seen)) if seen else {}
    return sum(n for day, n in by_day.items() if day in seen)
