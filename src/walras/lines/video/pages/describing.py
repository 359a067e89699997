"""The editor of topics and events: title, text, dates, programme, and the videos that stand first."""

from typing import Any

import msgspec
from litestar.handlers import HTTPRouteHandler

from walras.base.errors import Invalid
from walras.lines.video.topics import ProgrammeEntry, Topic
from walras.lines.video.trade import Trade
from walras.web import path_id
from walras.web.consoles import Ask, Console, deed, note, screen
from walras.web.consoles.saying import instant_of

# Empty rows behind the programme, to write further entries into.
SPARE_ROWS = 3


def topic_routes(trade: Trade, console: Console) -> list[HTTPRouteHandler]:
    """The list of topics, the editor of one, and its deeds."""
    zone = trade.house.settings.time_zone

    def topics(request: Ask) -> Any:
        described = {topic.id for topic in trade.topics.described()}
        listed = trade.topics.listed()
        more = [topic for topic in trade.topics.described() if topic.id not in {each.id for each in listed}]
        return console.show(request, "topics.html", desk="topics", topics=listed, more=more, described=described)

    def edit(request: Ask) -> Any:
        topic = trade.topics.get(path_id(request.path_params, "id"))
        described = {each.id for each in trade.topics.described()}
        videos = trade.videos.get_many(topic.pinned)
        return console.show(
            request,
            "topic.html",
            desk="topics",
            topic=topic,
            is_new=topic.id not in described,
            rows=[*topic.programme, *[None] * SPARE_ROWS],
            videos=videos,
            zone=zone,
        )

    def begin(request: Ask) -> Any:
        return console.show(
            request,
            "topic.html",
            desk="topics",
            topic=None,
            is_new=True,
            rows=[None] * SPARE_ROWS,
            videos={},
            zone=zone,
        )

    def put(request: Ask, fields: dict[str, str]) -> str:
        topic = topic_of(fields, zone)
        unknown = [id for id in topic.pinned if id not in trade.videos.get_many(topic.pinned)]
        if unknown:
            raise Invalid("is no video", field="pinned", value=unknown[0], hint="Give ids or addresses of videos.")
        before = trade.topics.get(topic.id)
        trade.topics.put(topic)
        note(request, "topic.put", topic.id, before=before.title, after=topic.title)
        return f"/console/topics/{topic.id}"

    def remove(request: Ask, fields: dict[str, str]) -> str:
        id = path_id(request.path_params, "id")
        before = trade.topics.get(id)
        trade.topics.remove(id)
        note(request, "topic.remove", id, before=before.title)
        return "/console/topics"

    def at(path: str, show: Any, summary: str) -> HTTPRouteHandler:
        return screen(path, show, console=console, who="operator", scope="people:read", summary=summary)

    return [
        at("/console/topics", topics, "Topics and events, as a screen."),
        at("/console/new-topic", begin, "A new topic or event."),
        at("/console/topics/{id:str}", edit, "One topic, as a screen."),
        deed("/console/topics", put, who="operator", scope="admin", summary="Describe a topic."),
        deed("/console/topics/{id:str}/remove", remove, who="operator", scope="admin", summary="Forget its page."),
    ]


def topic_of(fields: dict[str, str], zone: str) -> Topic:
    """The topic that a form describes.

    Raises:
        Invalid: a field cannot be read.
    """
    said = {
        "id": fields.get("id", "").lower(),
        "title": fields.get("title", ""),
        "text": fields.get("text", ""),
        "kind": fields.get("kind", "topic"),
        "starts_ms": instant_of(fields.get("starts", ""), zone, "starts"),
        "ends_ms": instant_of(fields.get("ends", ""), zone, "ends"),
        "programme": sorted(_programme(fields, zone), key=lambda entry: entry.at_ms),
        "pinned": [_video_id(line) for line in fields.get("pinned", "").split()],
    }
    try:
        return msgspec.convert(msgspec.to_builtins(said), Topic)
    except msgspec.ValidationError as error:
        raise Invalid(str(error), field="topic", value=said["id"]) from error


def _programme(fields: dict[str, str], zone: str) -> list[ProgrammeEntry]:
    rows = [name.removeprefix("at-") for name in fields if name.startswith("at-")]
    return [
        ProgrammeEntry(
            at_ms=instant_of(fields[f"at-{row}"], zone, f"at-{row}"),
            title=fields.get(f"title-{row}", ""),
            text=fields.get(f"text-{row}", ""),
        )
        for row in rows
        if fields[f"at-{row}"] and fields.get(f"title-{row}")
    ]


def _video_id(said: str) -> str:
    """A video's id, also where its address was given."""
    return said.split("?")[0].rstrip("/").rpartition("/")[2]
