"""The promise of first exposures as its maker sees it: how much was promised, how far it is, what it cost."""

from typing import Any

from walras.lines.video.entities import Video
from walras.lines.video.trade import Trade


def promise_of(trade: Trade, video: Video) -> dict[str, Any] | None:
    """The promise made for a video with its receipt in groups; None where none was made."""
    return trade.promises.of_video(video.id)
