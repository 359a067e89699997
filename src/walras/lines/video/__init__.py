"""Short video: people watch, make, follow and talk.

Gives videos and their makers, what people say of them, and the app's first screens, from uploads and events.
It never decides who sees what: a video becomes an item, and the core fills the pages.
"""

from walras.lines import Line
from walras.lines.video.opening import open_video

LINE = Line(name="video", open=open_video)

__all__ = ["LINE"]
