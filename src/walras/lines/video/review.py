"""What keeps a video from passing its review by itself, from measures alone; people decide what is left."""

from typing import Literal

import msgspec

from walras.lines.video.entities import Video
from walras.lines.video.videos import Videos
from walras.studio import Asset, Understood

DoubtCode = Literal["safety", "unseen", "duplicate", "standing"]
# A class of harm that is as likely as this goes before a person; harmless ones are never a doubt.
SAFETY_MAX = 0.5
# So much of somebody else's video in this one makes it a re-upload.
DUPLICATE_SHARE_MAX = 0.6
HARMLESS = frozenset({"safe", "neutral", "drawing", "drawings", "normal", "none"})


class Doubt(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One reason why a person must look."""

    code: DoubtCode
    what: str = ""  # the class, the other video's asset, or what is missing
    score: float = 0.0


def doubts_of(video: Video, asset: Asset, videos: Videos, is_in_good_standing: bool) -> tuple[Doubt, ...]:
    """Why a video must be looked at, the gravest first; none where it passes.

    Args:
        video: in review.
        asset: what was understood of it.
        videos: tells whose an earlier asset is; a maker may show her own again.
        is_in_good_standing: whether its maker's work may pass unseen at all.
    """
    found = [*_safety(asset), *_duplicates(video, asset, videos)]
    if not is_in_good_standing:
        found.append(Doubt(code="standing"))
    return tuple(found)


def _safety(asset: Asset) -> list[Doubt]:
    understood = asset.understood or Understood(missing={"safety": "nothing was understood"})
    if not understood.safety:
        return [Doubt(code="unseen", what=understood.missing.get("safety", "no safety classes"))]
    grave = [(score, kind) for kind, score in understood.safety.items() if kind not in HARMLESS and score > SAFETY_MAX]
    return [Doubt(code="safety", what=kind, score=score) for score, kind in sorted(grave, reverse=True)]


def _duplicates(video: Video, asset: Asset, videos: Videos) -> list[Doubt]:
    duplicates = asset.understood.duplicates if asset.understood else ()
    others = []
    for duplicate in duplicates:
        earlier = videos.of_asset(duplicate.asset)
        if duplicate.share >= DUPLICATE_SHARE_MAX and earlier is not None and earlier.maker != video.maker:
            others.append(Doubt(code="duplicate", what=earlier.id, score=duplicate.share))
    return others
