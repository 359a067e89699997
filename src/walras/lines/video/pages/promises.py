"""The promise of first exposures as its maker sees it: how much was promised, how far it is, what it cost."""

from typing import Any

from walras.lines.video.entities import Video
from walras.lines.video.trade import Trade


def promise_of(trade: Trade, video: Video) -> Any:
    """The promise made for a video; None where none was."""
    of = getattr(trade, "promises", None)
    return None if of is None else of.of_video(video.id)
