"""How far a video will probably reach in its first 48 hours, before it is posted: an interval and three reasons.

In logarithms: the platform's mean, moved towards the topic's and then the maker's own by as much as their number of
videos deserves (n ÷ (n + k)). What videos about as long got, weighed by how near they are in log duration (Nadaraya and
Watson's kernel mean, shrunk alike), is taken off before and put on after; where that foresaw earlier videos no better,
length does not count. The 80 % interval is read off what this estimate got wrong on each earlier video when that video
was left out, so its coverage is what it says as far as the past is like the future.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
import sqlalchemy as sa

from walras.base.clock import DAY_MS
from walras.lines import House
from walras.lines.video.entities import Video
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
# Videos about as long that must be there for their mean to count half; how near "about as long" is, as a ratio.
LENGTH_HALF, ALIKE = 8.0, 1.5
# Durations are told apart by this much, in logarithms, so that thousands of videos cost a few dozen weights.
_GRAIN = 0.1
_READ = 2_000
# The cause under which `bring` publishes.
BROUGHT = "cause.sample"


@dataclass(frozen=True, slots=True)
class Past:
    """V earlier videos."""

    maker: Sequence[str]
    topic: Sequence[str]  # first topic of each; empty for none
    exposures: Floats  # [V] in the first 48 hours
    seconds: Floats | None = None  # [V] how long each is; 0, or None for all: not known


@dataclass(frozen=True, slots=True)
class Foreseen:
    """Exposures in the first 48 hours, and whether the length of the video was one of the grounds."""

    low: int
    mid: int
    high: int
    by_length: bool = False


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """Exposures in the first 48 hours: in 8 of 10 cases between low and high."""

    low: int
    mid: int
    high: int
    reasons: tuple[str, str, str]


def foreseen(past: Past, maker: str, topic: str, promised: int = 300, duration_s: float = 0.0) -> Foreseen:
    """What a new video of a maker on a topic will get; where nothing is known, around what is promised.

    Args:
        past: earlier videos.
        maker: whose it is.
        topic: its first; empty for none.
        promised: exposures that every new video is promised.
        duration_s: seconds; 0 where not known, so that length does not count.
    """
    logs = np.log1p(past.exposures)
    if len(logs) == 0:
        return _wide(float(np.log1p(promised)))
    groups = ((_codes(past.topic, topic), TOPIC_HALF), (_codes(past.maker, maker), MAKER_HALF))
    if len(logs) < LEAST:
        return _wide(_middle(logs, groups))
    wrong, middle = logs - _left_out(logs, groups), _middle(logs, groups)
    is_better = False
    if duration_s > 0 and _is_told(past):
        each, new = _of_length(logs, np.asarray(past.seconds), duration_s)
        rest = logs - each
        otherwise = rest - _left_out(rest, groups)
        is_better = float(np.abs(otherwise).mean()) < float(np.abs(wrong).mean())
        wrong, middle = (otherwise, new + _middle(rest, groups)) if is_better else (wrong, middle)
    # One step outwards in rank, since the new video is one more draw of those there were.
    count, ranked = len(wrong), np.sort(wrong)
    low = float(ranked[max(int(np.floor(LOW * (count + 1))) - 1, 0)])
    high = float(ranked[min(int(np.ceil(HIGH * (count + 1))) - 1, count - 1)])
    return Foreseen(*_rounded(middle + low, middle + float(np.median(wrong)), middle + high), by_length=is_better)


def _wide(middle: float) -> Foreseen:
    return Foreseen(*_rounded(middle - _WIDE, middle, middle + _WIDE))


# Group of each of V videos, the new video's group, and what the group's mean must have to count half.
_Groups = tuple[tuple[tuple[np.ndarray, int], float], ...]


def _codes(names: Sequence[str], new: str) -> tuple[np.ndarray, int]:
    known = {name: n for n, name in enumerate(dict.fromkeys([*names, new]))}
    return np.asarray([known[name] for name in names], np.int64), known[new]


def _middle(logs: Floats, groups: _Groups) -> float:
    mean = float(logs.mean())
    for (codes, new), half in groups:
        own = logs[codes == new]
        mean = (float(own.sum()) + half * mean) / (len(own) + half)
    return mean


def _left_out(logs: Floats, groups: _Groups) -> Floats:
    """[V] what would have been foreseen of each from all the others."""
    mean: Floats = (logs.sum() - logs) / (len(logs) - 1)
    for (codes, _), half in groups:
        sums, counts = np.bincount(codes, logs)[codes] - logs, np.bincount(codes)[codes] - 1
        mean = (sums + half * mean) / (counts + half)
    return mean


def _is_told(past: Past) -> bool:
    """Whether the length of enough earlier videos is known."""
    return past.seconds is not None and int((past.seconds > 0).sum()) >= LEAST


def _of_length(logs: Floats, seconds: Floats, duration_s: float) -> tuple[Floats, float]:
    """By how much videos about as long were above the mean: [V] of each by the others, and of the new one.

    Args:
        logs: [V] exposures, in logarithms.
        seconds: [V] 0 where not known; nothing is taken off there.
        duration_s: of the new one, above 0.
    """
    known = seconds > 0
    above = np.where(known, logs - logs[known].mean(), 0.0)
    steps = np.round(np.log(np.where(known, seconds, 1.0)) / _GRAIN)
    grid, at = np.unique(np.append(steps, np.round(np.log(duration_s) / _GRAIN)), return_inverse=True)
    kernel = np.exp(-0.5 * ((grid[:, None] - grid[None, :]) * _GRAIN / np.log(ALIKE)) ** 2)
    sums = kernel @ np.bincount(at[:-1], above, len(grid))
    weights = kernel @ np.bincount(at[:-1], known.astype(float), len(grid))
    each = (sums[at[:-1]] - above) / (weights[at[:-1]] - known + LENGTH_HALF)
    return np.where(known, each, 0.0), float(sums[at[-1]] / (weights[at[-1]] + LENGTH_HALF))


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
        "length": " {n} about as long as yours got {mean}, and that counts.",
        "no-length": " How long a video is has foretold nothing so far, so it does not count.",
        "few-lengths": " Too few are known by their length for it to count.",
    },
    "zh": {
        "own": "你之前的 {n} 个视频在头两天平均获得 {mean} 次展示。",
        "none": "你还没有发布过视频，因此参考其他人的结果。",
        "topic": "话题“{topic}”的 {n} 个视频平均获得 {mean} 次。",
        "no-topic": "还没有类似的内容，因此参考全部视频。",
        "all-none": "这里还没有视频满两天的统计；新视频承诺 {promised} 次。",
        "all": "平台的 {n} 个视频平均获得 {mean} 次；新视频承诺 {promised} 次。",
        "length": "其中与你的时长相近的 {n} 个平均获得 {mean} 次，已计入预测。",
        "no-length": "目前时长对展示次数没有预测作用，因此不计入。",
        "few-lengths": "已知时长的视频太少，因此时长不计入。",
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
            duration_s: seconds; 0 where not known. It counts where it foresaw what earlier videos got.
            language: in which the reasons are said.
        """
        past = self._past()
        topic = topics[0] if topics else ""
        promised = self._house.settings.promised_exposures
        found = foreseen(past, maker, topic, promised, duration_s)
        own, alike, every = reasons(past, maker, topic, language, promised)
        every += _length_said(past, duration_s, language, by_length=found.by_length)
        return Reach(low=found.low, mid=found.mid, high=found.high, reasons=(own, alike, every))

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
            np.asarray([seconds_of(video) for video in videos], np.float64),
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


def _length_said(past: Past, duration_s: float, language: str, *, by_length: bool) -> str:
    """What is said of the video's length behind the third reason; nothing where no length or no video is known."""
    words = _WORDS["zh" if language.startswith("zh") else "en"]
    if duration_s <= 0 or len(past.exposures) == 0:
        return ""
    if not _is_told(past) or past.seconds is None:
        return words["few-lengths"]
    if not by_length:
        return words["no-length"]
    near = (past.seconds * ALIKE >= duration_s) & (past.seconds <= duration_s * ALIKE)
    alike = past.exposures[near].tolist()
    return words["length"].format(n=len(alike), mean=_mean(alike)) if alike else ""


def seconds_of(video: Video) -> float:
    """How long a video is with its cut; 0 where that is not known."""
    start_s, end_s = video.cut
    return max((end_s or video.media.duration_s) - start_s, 0.0)


def _mean(values: Sequence[float]) -> int:
    return round(sum(values) / len(values)) if values else 0
