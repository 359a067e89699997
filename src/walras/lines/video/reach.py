"""How far a video will probably reach in its first 48 hours, before it is posted: an interval and three reasons.

In logarithms: the platform's mean, moved towards the topic's and then the maker's own by as much as their number of
videos deserves (n ÷ (n + k)). The 80 % interval is read off what this estimate got wrong on each earlier video when
that video was left out, so its coverage is what it says as far as the past is like the future.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
import sqlalchemy as sa

from walras.base.clock import DAY_MS
from walras.lines import House
from walras.lines.video.tables import VideoDayRow, VideoRow
from walras.lines.video.videos import Videos
from walras.schema import Floats
from walras.world.promises import SPAN_MS

# Videos that the topic's, and the maker's own mean must have to count half.
TOPIC_HALF, MAKER_HALF = 8.0, 3.0
LOW, HIGH = 0.1, 0.9
# Below this number of earlier videos what was got wrong says too little, and the interval is a factor of three.
LEAST = 12
_WIDE = float(np.log(3.0))
_READ = 2_000
# The cause under which `bring` publishes.
BROUGHT = "cause.sample"


@dataclass(frozen=True, slots=True)
class Past:
    """V earlier videos."""

    maker: Sequence[str]
    topic: Sequence[str]  # first topic of each; empty for none
    exposures: Floats  # [V] in the first 48 hours


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """Exposures in the first 48 hours: in 8 of 10 cases between low and high."""

    low: int
    mid: int
    high: int
    reasons: tuple[str, str, str]


def foreseen(past: Past, maker: str, topic: str, promised: int = 300) -> tuple[int, int, int]:
    """Low, mid and high for a new video of a maker on a topic; where nothing is known, around what is promised."""
    logs = np.log1p(past.exposures)
    makers, topics = np.asarray(past.maker, object), np.asarray(past.topic, object)
    if len(logs) == 0:
        middle = float(np.log1p(promised))
        return _rounded(middle - _WIDE, middle, middle + _WIDE)
    every = np.ones(len(logs), bool)
    middle = _middle(logs, makers == maker, topics == topic, every)
    if len(logs) < LEAST:
        return _rounded(middle - _WIDE, middle, middle + _WIDE)
    wrong = logs - np.asarray([_left_out(logs, makers, topics, n) for n in range(len(logs))])
    # One step outwards in rank, since the new video is one more draw of those there were.
    count = len(wrong)
    low = float(np.sort(wrong)[max(int(np.floor(LOW * (count + 1))) - 1, 0)])
    high = float(np.sort(wrong)[min(int(np.ceil(HIGH * (count + 1))) - 1, count - 1)])
    return _rounded(middle + low, middle + float(np.median(wrong)), middle + high)


def _middle(logs: Floats, own: np.ndarray, alike: np.ndarray, among: np.ndarray) -> float:
    mean = float(logs[among].mean()) if among.any() else 0.0
    for which, half in ((alike & among, TOPIC_HALF), (own & among, MAKER_HALF)):
        n = int(which.sum())
        mean = (n * float(logs[which].mean()) + half * mean) / (n + half) if n else mean
    return mean


def _left_out(logs: Floats, makers: np.ndarray, topics: np.ndarray, n: int) -> float:
    among = np.ones(len(logs), bool)
    among[n] = False
    return _middle(logs, makers == makers[n], topics == topics[n], among)


def _rounded(low: float, middle: float, high: float) -> tuple[int, int, int]:
    found = [max(0, round(float(np.expm1(value)))) for value in (low, middle, high)]
    return found[0], max(found[0], found[1]), max(found[1], found[2])


_WORDS = {
    "en": {
        "own": "Your {n} earlier videos got {mean} exposures in their first two days.",
        "none": "You have no earlier video yet, so what others got counts.",
        "topic": "{n} videos on {topic} got {mean}.",
        "no-topic": "Nothing like it was published yet, so all videos count.",
        "all-none": "No video's first two days were counted here yet; a new one is promised {promised}.",
        "all": "The platform's {n} videos got {mean}; a new one is promised {promised}.",
    },
    "zh": {
        "own": "你之前的 {n} 个视频在头两天平均获得 {mean} 次展示。",
        "none": "你还没有发布过视频，因此参考其他人的结果。",
        "topic": "话题“{topic}”的 {n} 个视频平均获得 {mean} 次。",
        "no-topic": "还没有类似的内容，因此参考全部视频。",
        "all-none": "这里还没有视频满两天的统计；新视频承诺 {promised} 次。",
        "all": "平台的 {n} 个视频平均获得 {mean} 次；新视频承诺 {promised} 次。",
    },
}


class Forecast:
    """Answers from what is counted of earlier videos."""

    def __init__(self, house: House, videos: Videos) -> None:
        """Read these tables."""
        self._house, self._videos = house, videos

    def of(self, maker: str, topics: Sequence[str], duration_s: float, language: str) -> Reach:
        """The forecast of a maker's new video.

        Args:
            maker: whose.
            topics: as she means to say them; the first counts.
            duration_s: seconds; told here for completeness, since earlier reach does not depend on it enough to count.
            language: in which the reasons are said.
        """
        past = self._past()
        topic = topics[0] if topics else ""
        promised = self._house.settings.promised_exposures
        low, mid, high = foreseen(past, maker, topic, promised)
        return Reach(low=low, mid=mid, high=high, reasons=reasons(past, maker, topic, language, promised))

    def _past(self) -> Past:
        """Earlier videos whose first two days are over."""
        until_ms = self._house.clock.now_ms() - SPAN_MS
        query = sa.select(VideoRow.id).where(VideoRow.state.in_(("published", "limited")))
        with self._house.world.database.read() as connection:
            ids = list(connection.scalars(query.order_by(VideoRow.id.desc()).limit(_READ)))
            # What was brought with a past was shown before anything was counted here.
            videos = [
                video
                for video in self._videos.get_many(ids).values()
                if 0 < video.published_ms <= until_ms and video.cause != BROUGHT
            ]
            first: dict[str, int] = {video.id: video.published_ms // DAY_MS for video in videos}
            got = dict.fromkeys(first, 0)
            days = sa.select(VideoDayRow.video, VideoDayRow.day, VideoDayRow.exposures)
            for id, day, exposures in connection.execute(days.where(VideoDayRow.video.in_(list(first)))):
                # Counted by UTC day: the day it was published and the next.
                got[id] += exposures if first[id] <= day <= first[id] + 1 else 0
        return Past(
            [video.maker for video in videos],
            [video.topics[0] if video.topics else "" for video in videos],
            np.asarray([got[video.id] for video in videos], np.float64),
        )


def reasons(past: Past, maker: str, topic: str, language: str, promised: int) -> tuple[str, str, str]:
    """Three reasons, with the numbers that the forecast rests on."""
    words = _WORDS["zh" if language.startswith("zh") else "en"]
    own = [n for n, who in zip(past.exposures.tolist(), past.maker, strict=True) if who == maker]
    alike = [n for n, of in zip(past.exposures.tolist(), past.topic, strict=True) if topic and of == topic]
    return (
        words["own"].format(n=len(own), mean=_mean(own)) if own else words["none"],
        words["topic"].format(n=len(alike), topic=topic, mean=_mean(alike)) if alike else words["no-topic"],
        words["all" if len(past.exposures) else "all-none"].format(
            n=len(past.exposures), mean=_mean(past.exposures.tolist()), promised=promised
        ),
    )


def _mean(values: Sequence[float]) -> int:
    return round(sum(values) / len(values)) if values else 0
