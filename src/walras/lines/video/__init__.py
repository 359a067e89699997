"""Short video: people watch, make, follow and talk.

Gives videos and their makers, what people say of them, and the app's first screens, from uploads and events.
It never decides who sees what: a video becomes an item, and the core fills the pages.
"""

from pathlib import Path

from walras.lines import Line, Screen
from walras.lines.video import postings
from walras.lines.video.opening import open_video
from walras.lines.video.pages import DESKS

_FEED = "video/feed.js"
LINE = Line(
    name="video",
    open=open_video,
    screens=(
        Screen("/", _FEED, "tab.feed", "house"),
        Screen("/following", _FEED),
        Screen("/friends", _FEED),
        Screen("/nearby", _FEED),
        Screen("/topics", "video/topics.js", "tab.topics", "hash"),
        Screen("/t/:topic", "video/topics.js"),
        Screen("/make", "video/make.js", "tab.make", "plus"),
        Screen("/inbox", "video/inbox.js", "tab.inbox", "inbox"),
        Screen("/messages", "video/messages.js"),
        Screen("/messages/:handle", "video/messages.js"),
        Screen("/settings", "app/screens/settings.js", "tab.me", "user-round"),
        Screen("/v/:video", "video/one.js"),
        Screen("/u/:handle", "video/person.js"),
        Screen("/mine", "video/mine.js"),
        Screen("/collections", "video/collections.js"),
        Screen("/collections/:collection", "video/collections.js"),
        Screen("/feeds", "video/feeds.js"),
    ),
    desks=DESKS,
    postings={"gift": postings.gift, "order": postings.order},
    finals=postings.order_final,
    usage=postings.usage,
    static_folder=Path(__file__).parent / "pages" / "static",
    styles=("video/feed.css",),
    words=(
        *("reel", "comments", "why", "report", "keys", "state", "tile", "person", "make", "record", "mine"),
        *("contract", "inbox", "notice", "messages", "topics", "collections", "dials", "feeds"),
    ),
)

__all__ = ["LINE"]
