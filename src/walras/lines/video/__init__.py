"""Short video: people watch, make, follow and talk.

Gives videos and their makers, what people say of them, and the app's first screens, from uploads and events.
It never decides who sees what: a video becomes an item, and the core fills the pages.
"""

from pathlib import Path

from walras.lines import Line, Screen
from walras.lines.video.opening import open_video

_FEED = "video/feed.js"
LINE = Line(
    name="video",
    open=open_video,
    screens=(
        Screen("/", _FEED, "tab.feed", "house"),
        Screen("/following", _FEED),
        Screen("/friends", _FEED),
        Screen("/nearby", _FEED),
    ),
    static_folder=Path(__file__).parent / "pages" / "static",
    styles=("video/feed.css",),
)

__all__ = ["LINE"]
