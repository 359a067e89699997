"""What a maker wants of her video: what may be said of each part, and the video after it."""

import re
from typing import cast

import msgspec

from walras.base import limits
from walras.base.clock import DAY_MS
from walras.base.errors import Conflict, Invalid
from walras.lines.video.entities import Audience, Topic, Video

# Marks that turn the direction of whatever stands behind them; browsers find the direction of a text without them.
_TURNING = re.compile("[\x00\u202a-\u202e\u2066-\u2069]")
# A cover lies in the longest video that is taken; where it lies behind the end of this one its last picture is taken.
_COVER_S_MAX = 3_600.0
# What is part of the media themselves: where one of these changes they are made anew.
REMADE = ("cut", "cover_s", "music")


class Wish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a maker wants of her video; what is left out stays as it is."""

    title: str | None = None
    caption: str | None = None
    topics: tuple[Topic, ...] | None = None
    cut: tuple[float, float | None] | None = None  # an end of null is the end
    cover_s: float | None = None
    place: str | None = None
    market: str | None = None
    music: str | None = None
    audience: Audience | None = None
    publish_at_ms: int | None = None
    language: str | None = None


def edited(video: Video, given: dict[str, object], now_ms: int) -> Video:
    """The video after a wish.

    Raises:
        Conflict: it was removed, or cannot be cut any more.
    """
    if video.state == "removed":
        raise Conflict("is removed", field="state", value=video.state)
    if given.get("cover_s") == 0 and video.cover_s < 0:
        # A slider that nobody moved stands at 0; making everything again for it would double the wait.
        given = {**given, "cover_s": video.cover_s}
    recut = any(name in given and given[name] != getattr(video, name) for name in REMADE)
    if recut and video.state not in ("draft", "failed", "processing"):
        hint = "Title, caption, topics, place and audience can still be changed."
        raise Conflict("is made already and cannot be cut again", field="cut", value=video.state, hint=hint)
    return msgspec.convert({**msgspec.structs.asdict(video), **given, "changed_ms": now_ms}, Video)


def said(wish: Wish, now_ms: int) -> dict[str, object]:
    """What a wish says, put into order.

    Raises:
        Invalid: a value is wrong.
    """
    given = {name: value for name, value in msgspec.structs.asdict(wish).items() if value is not None}
    _check(given, now_ms)
    return given


def _check(given: dict[str, object], now_ms: int) -> None:
    """Refuse what a maker may not say.

    Raises:
        Invalid: a text is too long or has unseen characters, a cut is turned round, a schedule is too far off.
    """
    for name, most in _LONGEST.items():
        text = given.get(name)
        if isinstance(text, str) and len(text) > most:
            raise Invalid(f"has {len(text)} characters, at most {most} are taken", field=name, value=text)
        if isinstance(text, str):
            given[name] = _TURNING.sub("", text)
    cover_s = given.get("cover_s")
    if isinstance(cover_s, float | int) and not -1.0 <= cover_s <= _COVER_S_MAX:
        raise Invalid("lies outside every video", field="cover_s", value=cover_s, hint="Seconds from its beginning.")
    topics = given.get("topics")
    if isinstance(topics, tuple | list):
        given["topics"] = usable_topics([str(topic) for topic in topics])
    if isinstance(given.get("cut"), tuple):
        start_s, end_s = cast("tuple[float, float | None]", given["cut"])
        given["cut"] = (start_s, end_s or 0.0)
    cut = given.get("cut")
    if isinstance(cut, tuple | list) and not (cut[0] >= 0 and (cut[1] == 0 or cut[1] > cut[0])):
        raise Invalid("must begin before it ends", field="cut", value=cut)
    at_ms = given.get("publish_at_ms")
    if isinstance(at_ms, int) and not 0 <= at_ms <= now_ms + _AHEAD_MS_MAX:
        raise Invalid("lies too far ahead", field="publish_at_ms", value=at_ms, hint="At most a year.")


def usable_topics(topics: list[str]) -> tuple[str, ...]:
    """Topics as they are kept: without #, in small letters, none twice.

    Raises:
        Invalid: too many, or one is empty, too long or has a control character.
    """
    plain = tuple(dict.fromkeys(topic.strip().removeprefix("#").strip().lower() for topic in topics))
    if len(plain) > limits.TOPICS_MAX:
        raise Invalid(f"has {len(plain)} topics, at most {limits.TOPICS_MAX} are taken", field="topics")
    for topic in plain:
        if not 0 < len(topic) <= limits.TOPIC_CHARS_MAX or not topic.isprintable():
            raise Invalid("cannot be a topic", field="topics", value=topic)
    return plain


_AHEAD_MS_MAX = 366 * DAY_MS
_LONGEST = {
    "title": 200,
    "caption": limits.CAPTION_CHARS_MAX,
    "place": 100,
    "market": 64,
    "music": limits.ID_CHARS_MAX,
    "language": 16,
}
