"""A video as an item: what the core is told of it, in words, numbers and who may see it."""

import re
from collections.abc import Iterator
from typing import Literal

from walras.base import limits
from walras.base.ids import ItemId, OwnerId
from walras.lines.video.entities import SHOWN, Video
from walras.schema import Item
from walras.studio import Asset, Understood

ItemState = Literal["live", "limited", "hidden", "removed"]
# Scripts that are one language's, or nearly; Chinese comes behind Japanese, whose texts have both.
_SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7af\u1100-\u11ff]")),
    ("zh", re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
    ("en", re.compile(r"[A-Za-z]")),
)
_ATTRIBUTE_CHARS_MAX = 200


def item_of(video: Video, asset: Asset) -> Item:
    """The item of a video.

    Args:
        video: in any state; one that is not shown gives a hidden or removed item.
        asset: what was made and understood of it.
    """
    understood = asset.understood or Understood()
    return Item(
        id=ItemId(video.id),
        owner=OwnerId(video.maker),
        kind="video",
        title=video.title[: limits.TITLE_CHARS_MAX],
        text="\n".join(part for part in (video.caption, understood.text()) if part)[: limits.TEXT_CHARS_MAX],
        topics=video.topics[: limits.TOPICS_MAX],
        created_ms=video.published_ms or video.created_ms,
        duration_s=asset.duration_s,
        language=language_of(video, understood),
        age_min=video.age_min,
        state=item_state(video),
        attributes=dict(_attributes(video, asset, understood)),
    )


def item_state(video: Video) -> ItemState:
    """Who is shown it by the core: everybody, followers, nobody; the other circles see it where the line shows it."""
    if video.state not in SHOWN:
        return "removed" if video.state == "removed" else "hidden"
    if video.audience in ("mutuals", "me"):
        return "hidden"
    return "limited" if video.audience == "followers" or video.state == "limited" else "live"


def language_of(video: Video, understood: Understood) -> str:
    """What the maker said, else what was heard or read, else what the script of its words tells."""
    return video.language or understood.language or script_language(f"{video.title} {video.caption}")


def script_language(text: str) -> str:
    """The language whose script has the most letters in a text; empty where no letter is known."""
    counts = {language: len(letters.findall(text)) for language, letters in _SCRIPTS}
    if counts["ja"]:
        counts["ja"] += counts["zh"]
    found = max(counts, key=lambda language: counts[language])
    return found if counts[found] else ""


def _attributes(video: Video, asset: Asset, understood: Understood) -> Iterator[tuple[str, str]]:
    measures = understood.measures
    yield from (("width", str(asset.width)), ("height", str(asset.height)))
    for name in ("sharpness", "loudness_lufs", "black_share", "frozen_share", "silent_share", "shots", "aspect"):
        yield name, f"{getattr(measures, name):.4g}"
    for part, model in sorted(asset.models.items()):
        yield f"model.{part}", model[:_ATTRIBUTE_CHARS_MAX]
    for kind, score in sorted(understood.safety.items()):
        yield f"safety.{kind}", f"{score:.3f}"
    for part, reason in sorted(understood.missing.items()):
        yield f"missing.{part}", reason[:_ATTRIBUTE_CHARS_MAX]
    for name in ("place", "market", "music"):
        if value := getattr(video, name):
            yield name, value
