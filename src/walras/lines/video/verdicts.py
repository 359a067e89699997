"""What a reviewer may decide of a video, and where each decision leads."""

import msgspec

from walras.base.errors import Invalid
from walras.lines.video.entities import State, Video, moved, passed

# Where each verdict that stops a video leads; the others let it pass.
_LEADS: dict[str, State] = {"limit": "limited", "remove": "removed", "hold": "review"}
VERDICTS = ("pass", "adult", *_LEADS)


def decided(video: Video, verdict: str, reason: str, now_ms: int) -> Video:
    """The video after a verdict.

    Raises:
        Conflict: it is not where it can be decided so.
    """
    if verdict == "adult":
        video = msgspec.structs.replace(video, age_min=18)
    if verdict in ("pass", "adult"):
        if video.state == "published":
            return msgspec.structs.replace(video, reason=reason, changed_ms=now_ms)
        return passed(video, "reviewer", now_ms, cause="review.by-person", reason=reason)
    return moved(
        video, _LEADS[verdict], "reviewer", now_ms, cause=f"review.{verdict}", fix="review.appeal", reason=reason
    )


def check_verdict(verdict: str, reason: str) -> None:
    """Refuse what is no decision.

    Raises:
        Invalid: no such verdict, or a bad one without a reason.
    """
    if verdict not in VERDICTS:
        raise Invalid("is no verdict", field="verdict", value=verdict, hint=f"Known: {', '.join(VERDICTS)}.")
    if verdict != "pass" and not reason.strip():
        raise Invalid("is missing", field="reason", hint="The maker reads it, and may mend it.")
