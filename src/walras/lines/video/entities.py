"""A video and its life: which states there are, who may move it from one to the next, and what is kept of each move.

draft ──> processing ──> review ──> published <──> limited ──> removed
  ↑           │             └──> scheduled ──┘          (whatever is there can be removed by its maker)
  └─ failed <─┘
"""

from typing import Annotated, Literal, NewType

import msgspec
from msgspec import Meta

from walras.base import limits
from walras.base.errors import Conflict, Forbidden
from walras.base.ids import PersonId
from walras.studio import Asset, AssetId, Fault, Making

VideoId = NewType("VideoId", str)
State = Literal["draft", "processing", "review", "scheduled", "published", "limited", "removed", "failed"]
Actor = Literal["maker", "studio", "reviewer", "clock"]
Audience = Literal["everyone", "followers", "mutuals", "me"]
Topic = Annotated[str, Meta(min_length=1, max_length=limits.TOPIC_CHARS_MAX)]

# Who may move a video from one state to another. What is not here does not happen.
MOVES: dict[tuple[State, State], frozenset[Actor]] = {
    ("draft", "processing"): frozenset({"maker"}),
    ("draft", "failed"): frozenset({"studio"}),
    ("processing", "review"): frozenset({"studio"}),
    ("processing", "failed"): frozenset({"studio"}),
    ("processing", "draft"): frozenset({"maker"}),
    ("failed", "processing"): frozenset({"maker", "studio"}),
    ("failed", "draft"): frozenset({"maker", "studio"}),
    ("review", "published"): frozenset({"studio", "reviewer"}),
    ("review", "scheduled"): frozenset({"studio", "reviewer"}),
    ("review", "limited"): frozenset({"reviewer"}),
    ("review", "removed"): frozenset({"reviewer", "maker"}),
    ("scheduled", "published"): frozenset({"clock", "maker"}),
    ("scheduled", "draft"): frozenset({"maker"}),
    ("scheduled", "removed"): frozenset({"reviewer", "maker"}),
    ("published", "review"): frozenset({"reviewer"}),
    ("published", "limited"): frozenset({"reviewer"}),
    ("published", "removed"): frozenset({"reviewer", "maker"}),
    ("limited", "published"): frozenset({"reviewer"}),
    ("limited", "removed"): frozenset({"reviewer", "maker"}),
    ("removed", "published"): frozenset({"reviewer"}),
    ("draft", "removed"): frozenset({"maker"}),
    ("processing", "removed"): frozenset({"maker"}),
    ("failed", "removed"): frozenset({"maker"}),
}
# States in which somebody besides the maker may see it.
SHOWN: frozenset[State] = frozenset({"published", "limited"})


class Media(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the studio made, as a card needs it; kept here so that a card asks one table."""

    width: int = 0
    height: int = 0
    duration_s: float = 0.0
    hls: str = ""
    mp4: str = ""
    poster: str = ""
    preview: str = ""
    captions: str = ""
    state: str = "uploading"
    progress: float = 0.0
    playable: bool = False
    version: int = 1


class Video(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A video from its first draft on. Its id is the id of its item, its maker's the id of the item's owner."""

    id: VideoId
    maker: PersonId
    asset: AssetId
    state: State = "draft"
    wanted: bool = False  # whether its maker has asked for it to be published
    title: str = ""
    caption: str = ""
    topics: tuple[Topic, ...] = ()
    cut: tuple[float, float] = (0.0, 0.0)  # seconds; an end of 0 is the end
    cover_s: float = -1.0
    place: str = ""
    market: str = ""
    music: str = ""
    audience: Audience = "everyone"
    publish_at_ms: int = 0
    language: str = ""  # said by the maker, or found in it
    age_min: int = 0
    created_ms: int = 0
    published_ms: int = 0
    changed_ms: int = 0
    cause: str = ""  # why it is where it is: a key of a text, or empty
    fix: str = ""  # what its maker can do about it: a key of a text
    reason: str = ""  # a reviewer's own words
    media: Media = Media()


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One move of a video, as its maker may read it."""

    time_ms: int
    actor: Actor
    before: str
    after: str
    cause: str = ""
    reason: str = ""


def moved(
    video: Video, to: State, actor: Actor, now_ms: int, *, cause: str = "", fix: str = "", reason: str = ""
) -> Video:
    """The video in another state.

    Args:
        video: as it stands.
        to: where it goes.
        actor: who moves it.
        now_ms: the instant of the move.
        cause: key of the text that says why.
        fix: key of the text that says what to do.
        reason: a reviewer's own words.

    Raises:
        Conflict: no such move exists.
        Forbidden: it exists, and this actor may not make it.
    """
    allowed = MOVES.get((video.state, to))
    if allowed is None:
        raise Conflict(f"a video that is {video.state} cannot become {to}", field="state", value=video.state)
    if actor not in allowed:
        raise Forbidden(f"a {actor} may not make a {video.state} video {to}", field="state", value=video.state)
    first = to == "published" and not video.published_ms
    return msgspec.structs.replace(
        video,
        state=to,
        cause=cause,
        fix=fix,
        reason=reason,
        changed_ms=now_ms,
        published_ms=now_ms if first else video.published_ms,
    )


def passed(video: Video, actor: Actor, now_ms: int, *, cause: str = "", reason: str = "") -> Video:
    """The video after a good review: published, or waiting for its hour."""
    to: State = "scheduled" if video.publish_at_ms > now_ms and video.state == "review" else "published"
    return moved(video, to, actor, now_ms, cause=cause, reason=reason)


def with_asset(video: Video, asset: Asset, now_ms: int) -> Video:
    """The video after its asset has changed: media, progress, and the move that follows from them."""
    video = msgspec.structs.replace(video, media=_media(asset))
    if asset.state == "failed" and video.state in ("draft", "processing"):
        fault = asset.fault or Fault(code="unknown", text="fault.unknown", fix="fault.unknown.fix")
        return moved(video, "failed", "studio", now_ms, cause=fault.text, fix=fault.fix)
    if asset.state != "failed" and video.state == "failed":
        video = moved(video, "processing" if video.wanted else "draft", "studio", now_ms)
    if video.state == "processing" and _is_reviewable(asset):
        return moved(video, "review", "studio", now_ms)
    return video


def _is_reviewable(asset: Asset) -> bool:
    """Whether it can be played and was looked at.

    Where a cut or other sound was ordered, it is waited for: what is there may show more than its maker wants shown.
    """
    is_whole = msgspec.structs.replace(asset.making, cover_s=-1.0) == Making()
    return asset.understood is not None and (asset.state == "ready" or (asset.playable and is_whole))


def _media(asset: Asset) -> Media:
    return Media(
        width=asset.width,
        height=asset.height,
        duration_s=asset.duration_s,
        hls=asset.hls,
        mp4=asset.mp4,
        poster=asset.poster,
        preview=asset.preview,
        captions=asset.captions,
        state=asset.state,
        progress=asset.progress,
        playable=asset.playable,
        version=asset.version,
    )
