"""The review queue: what waits for a person's decision, or was reported, with everything that helps to decide."""

from typing import Any

from litestar.handlers import HTTPRouteHandler

from walras.base.errors import NotFound
from walras.lines.video.entities import Video
from walras.lines.video.pages.figures import reported
from walras.lines.video.review import is_harmless
from walras.lines.video.trade import Trade
from walras.studio import Asset
from walras.web import path_id
from walras.web.consoles import Ask, Console, deed, note, screen, visitor_here

QUEUE_MAX = 100
LISTS = ("waiting", "reported")
# In the order of the keys that choose them.
VERDICTS = (("pass", "p"), ("adult", "a"), ("limit", "l"), ("remove", "r"))


def review_routes(trade: Trade, console: Console) -> list[HTTPRouteHandler]:
    """The screen of the queue, and the decision."""

    def show(request: Ask) -> Any:
        trade.counts.catch_up()
        of = request.query_params.get("of", "waiting")
        of = of if of in LISTS else "waiting"
        queue = _queue(trade, of)
        chosen = _chosen(trade, queue, request.query_params.get("video", ""))
        names = trade.house.world.accounts.of_people({video.maker for video in queue} | _maker_of(chosen))
        case = case_values(trade, chosen) if chosen is not None else None
        return console.show(
            request,
            "review.html",
            desk="review",
            of=of,
            lists=LISTS,
            queue=queue,
            names=names,
            case=case,
            verdicts=VERDICTS,
        )

    def decide(request: Ask, fields: dict[str, str]) -> None:
        id = path_id(request.path_params, "id")
        visitor = visitor_here(request)
        before = trade.videos.get(id)
        verdict, reason = fields.get("verdict", ""), fields.get("reason", "")
        after = trade.publishing.decide(id, verdict, reason, visitor.known_as if visitor else "")
        said = f"{after.state}: {reason}" if reason else after.state
        note(request, f"video.{verdict}", id, before=before.state, after=said)

    return [
        screen(
            "/console/review",
            show,
            console=console,
            who="reviewer",
            scope="people:read",
            summary="The review queue, as a screen.",
        ),
        deed(
            "/console/review/{id:str}",
            decide,
            who="reviewer",
            scope="admin",
            summary="Decide about a video.",
        ),
    ]


def case_values(trade: Trade, video: Video) -> dict[str, Any]:
    """Everything that helps to decide about a video."""
    asset: Asset | None
    try:
        asset = trade.house.studio.asset(video.asset)
    except NotFound:
        asset = None
    understood = asset.understood if asset else None
    safety = sorted((understood.safety if understood else {}).items(), key=lambda pair: -pair[1])
    duplicates = [
        (duplicate, trade.videos.of_asset(duplicate.asset))
        for duplicate in (understood.duplicates if understood else ())
    ]
    return {
        "video": video,
        "asset": asset,
        "understood": understood,
        "doubts": trade.publishing.doubts(video) if asset else (),
        "safety": [(kind, score, is_harmless(kind)) for kind, score in safety],
        "duplicates": duplicates,
        "steps": trade.videos.steps(video.id),
        "counts": trade.relations.counts([video.id])[video.id],
    }


def _queue(trade: Trade, of: str) -> list[Video]:
    if of == "waiting":
        return trade.publishing.queue(n=QUEUE_MAX)[0]
    ids = reported(trade.house.world.database, QUEUE_MAX)
    found = trade.videos.get_many(ids)
    return [found[id] for id in ids if id in found]


def _chosen(trade: Trade, queue: list[Video], id: str) -> Video | None:
    """The video that is asked for, whether it waits or not; else the first that does."""
    if id:
        return trade.videos.get(id)
    return queue[0] if queue else None


def _maker_of(video: Video | None) -> set[str]:
    return {video.maker} if video is not None else set()
