"""Every reason why there is no media of an upload, with the keys of the texts that say it and how to mend it."""

from dataclasses import dataclass

from walras.base.errors import Invalid
from walras.studio.asset import Fault


@dataclass(frozen=True, slots=True)
class Cause:
    """One reason. The catalogue has `fault.<code>` and `fault.<code>.fix` in every language."""

    code: str
    ours: bool  # whether trying again can help


NOT_VIDEO = Cause("not-video", False)
EMPTY = Cause("empty", False)
CUT_OFF = Cause("cut-off", False)
TOO_LONG = Cause("too-long", False)
TOO_SHORT = Cause("too-short", False)
TOO_LARGE = Cause("too-large", False)
TOO_WORK = Cause("too-much-work", False)
BAD_CUT = Cause("bad-cut", False)
NO_MUSIC = Cause("no-music", False)
EXPIRED = Cause("expired", False)
DISK_FULL = Cause("disk-full", True)
OUR_FAULT = Cause("our-fault", True)
CAUSES = (
    NOT_VIDEO,
    EMPTY,
    CUT_OFF,
    TOO_LONG,
    TOO_SHORT,
    TOO_LARGE,
    TOO_WORK,
    BAD_CUT,
    NO_MUSIC,
    EXPIRED,
    DISK_FULL,
    OUR_FAULT,
)


def fault_of(cause: Cause, detail: str = "") -> Fault:
    """The fault as an asset carries it."""
    text = f"fault.{cause.code}"
    return Fault(code=cause.code, text=text, fix=f"{text}.fix", detail=detail[:400], ours=cause.ours)


class Unmakeable(Invalid):
    """No media can be made of what was uploaded."""

    code = "unmakeable"

    def __init__(self, cause: Cause, detail: str = "") -> None:
        """Say which of the known reasons it was."""
        super().__init__(f"cannot be made into a video: {cause.code}", field="file", value=detail or None)
        self.cause = cause
        self.detail = detail

    def fault(self) -> Fault:
        """As an asset carries it."""
        return fault_of(self.cause, self.detail)
