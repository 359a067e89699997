"""What keeps a video from passing its review by itself, from measures alone; people decide what is left."""

import re
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
_HARMLESS = re.compile(
    r"safe|neutral|normal|none|drawings?|.*_covered|(face|feet|belly|armpits)_?.*|male_breast_exposed", re.IGNORECASE
)


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


def is_harmless(kind: str) -> bool:
    """Whether a safety class is none of harm: a face, a covered body, a drawing."""
    return _HARMLESS.fullmatch(kind) is not None


def _safety(asset: Asset) -> list[Doubt]:
    understood = asset.understood or Understood()
    # A model that finds nothing names no class, so whether one looked is read from who looked.
    if "safety" not in asset.models or "safety" in understood.missing or "everything" in understood.missing:
        missing = understood.missing.get("safety") or understood.missing.get("everything") or "no model looked"
        return [Doubt(code="unseen", what=missing)]
    grave = [(score, kind) for kind, score in understood.safety.items() if not is_harmless(kind) and score > SAFETY_MAX]
    return [Doubt(code="safety", what=kind, score=score) for score, kind in sorted(grave, reverse=True)]


def _duplicates(video: Video, asset: Asset, videos: Videos) -> list[Doubt]:
    duplicates = asset.understood.duplicates if asset.understood else ()
    others = []
    for duplicate in duplicates:
        earlier = videos.of_asset(duplicate.asset)
        if duplicate.share >= DUPLICATE_SHARE_MAX and earlier is not None and earlier.maker != video.maker:
            others.append(Doubt(code="duplicate", what=earlier.id, score=duplicate.share))
    return others
