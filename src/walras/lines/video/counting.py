"""Relations and counts, read from the log: what each event changes, as pure functions, and the rows it becomes.

Rules. A tie (like, save, follow, block …) is what its person said last by the event's own time; of two at one instant
the one that takes back stands. So late, doubled and disordered events give the same ties as those in order.
A block takes back the follows between the two. A view is one stretch of watching of 3 s or more, or to the end.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from walras.base.clock import DAY_MS
from walras.base.ids import id_fault
from walras.schema import EventColumns

VIEW_S = 3.0
# A stretch that reaches this share of the duration is one to the end.
END_SHARE = 0.95
BINS = 10
# What a person says of a video, and of somebody; each with its count's name.
OF_VIDEO = {"like": "likes", "save": "saves", "dislike": "dislikes", "report": "reports"}
OF_OWNER = {"follow": "followers", "block": "blocks"}
# Said again and again, and counted each time.
EACH_TIME = {"share": "shares", "comment": "comments_said"}
RETRACT = "retract"
DIRECT = "direct"  # the source of an exposure that no page led to
_TAKES_BACK = {"unfollow": "follow", "unblock": "block"}
_KNOWN = frozenset({*OF_VIDEO, *OF_OWNER, *EACH_TIME, *_TAKES_BACK, RETRACT, "exposure", "watch"})


class TieKey(NamedTuple):
    """Whose word it is, of what kind, and about whom or what."""

    person: str
    kind: str
    target: str


class Word(NamedTuple):
    """What was said last: when, and whether it holds. The later stands, and of two at once the one that takes back."""

    at_ms: int
    taken_back: bool


@dataclass(frozen=True, slots=True)
class Known:
    """What counting must know beside the events."""

    makers: Mapping[str, str]  # maker by video; events about other items change no count of a video
    duration_s: Mapping[str, float]  # by video
    owners: Mapping[str, str]  # owner by item, where an event about an owner names the item alone
    sources: Callable[[str, str], str]  # (page, item) → the source that named it; empty: not known
    taken_back: Callable[[str, str, int], frozenset[str]]  # (person, item, time) → kinds that a `retract` takes back


class DayKey(NamedTuple):
    """A video on a UTC day by a source."""

    video: str
    day: int
    source: str


@dataclass(slots=True)
class Found:
    """What a stretch of the log changes."""

    words: dict[TieKey, Word] = field(default_factory=dict)
    tallies: Counter[tuple[str, str]] = field(default_factory=Counter)  # (video or person, what) → how many more
    days: dict[DayKey, list[int]] = field(default_factory=dict)  # exposures, views, milliseconds watched

    def say(self, key: TieKey, word: Word) -> None:
        """Let the later word stand."""
        there = self.words.get(key)
        if there is None or word > there:
            self.words[key] = word

    def on_day(self, key: DayKey, exposures: int, views: int, watch_ms: int) -> None:
        """Add to a day."""
        row = self.days.setdefault(key, [0, 0, 0])
        row[0] += exposures
        row[1] += views
        row[2] += watch_ms


def found_in(events: EventColumns, known: Known) -> Found:
    """Everything that some events change; the same for any order and any split of them."""
    found = Found()
    columns = zip(
        events.time_ms.tolist(),
        events.person,
        events.item,
        events.owner,
        events.outcome,
        events.value.tolist(),
        events.page,
        strict=True,
    )
    for time_ms, person, item, owner, outcome, value, page in columns:
        if outcome not in _KNOWN or id_fault(person):
            continue
        if item in known.makers:
            _about_video(found, known, time_ms, person, item, outcome, value, page)
        about_owner = _TAKES_BACK.get(outcome, outcome)
        if about_owner in OF_OWNER:
            whom = owner or known.makers.get(item) or known.owners.get(item, "")
            _about_owner(found, time_ms, person, whom, about_owner, outcome in _TAKES_BACK)
    return found


def touched_items(events: EventColumns) -> set[str]:
    """Items that some events of these outcomes name."""
    return {item for item, outcome in zip(events.item, events.outcome, strict=True) if outcome in _KNOWN and item}


def retractions(events: EventColumns) -> Iterator[tuple[str, str, int]]:
    """(person, item, time) of each event that takes back what was said of an item."""
    for person, item, outcome, time_ms in zip(
        events.person, events.item, events.outcome, events.time_ms.tolist(), strict=True
    ):
        if outcome == RETRACT:
            yield person, item, time_ms


def _about_video(
    found: Found, known: Known, time_ms: int, person: str, item: str, outcome: str, value: float, page: str
) -> None:
    if outcome in OF_VIDEO:
        found.say(TieKey(person, outcome, item), Word(time_ms, False))
    elif outcome == RETRACT:
        for kind in known.taken_back(person, item, time_ms):
            found.say(TieKey(person, kind, item), Word(time_ms, True))
    elif outcome in EACH_TIME:
        found.tallies[item, EACH_TIME[outcome]] += 1
    elif outcome in ("exposure", "watch"):
        _shown(found, known, time_ms, item, outcome, value, page)


def _shown(found: Found, known: Known, time_ms: int, item: str, outcome: str, value: float, page: str) -> None:
    source = (known.sources(page, item) if page else "") or DIRECT
    key = DayKey(item, time_ms // DAY_MS, source)
    if outcome == "exposure":
        found.tallies[item, "exposures"] += 1
        found.on_day(key, 1, 0, 0)
        return
    # Milliseconds, so that sums do not depend on the order of what is added.
    watch_ms = round(value * 1000)
    is_view = _is_view(value, known.duration_s.get(item, 0.0))
    found.tallies[item, "watch_ms"] += watch_ms
    found.tallies[item, "stretches"] += 1
    found.tallies[item, "views"] += is_view
    found.on_day(key, 0, int(is_view), watch_ms)
    duration_s = known.duration_s.get(item, 0.0)
    if duration_s > 0:
        found.tallies[item, f"bin{min(BINS - 1, int(BINS * value / duration_s))}"] += 1


def _is_view(value_s: float, duration_s: float) -> bool:
    return value_s >= VIEW_S or (duration_s > 0 and value_s >= END_SHARE * duration_s)


def _about_owner(found: Found, time_ms: int, person: str, whom: str, kind: str, taken_back: bool) -> None:
    if person == whom or id_fault(whom):
        return
    found.say(TieKey(person, kind, whom), Word(time_ms, taken_back))
    if kind == "block" and not taken_back:
        found.say(TieKey(person, "follow", whom), Word(time_ms, True))
        found.say(TieKey(whom, "follow", person), Word(time_ms, True))


def turned(
    words: Mapping[TieKey, Word], there: Mapping[TieKey, Word]
) -> tuple[dict[TieKey, Word], Counter[tuple[str, str]], list[TieKey]]:
    """What these words change of the ties that are there.

    Args:
        words: newly said.
        there: what was said before, of the same keys.

    Returns:
        Ties to write, counts to add by (subject, what), and ties that hold now and did not before.
    """
    written: dict[TieKey, Word] = {}
    counts: Counter[tuple[str, str]] = Counter()
    begun: list[TieKey] = []
    for key, word in words.items():
        old = there.get(key)
        if old is not None and old >= word:
            continue
        written[key] = word
        held, holds = old is not None and not old.taken_back, not word.taken_back
        if held == holds:
            continue
        for name in counted_by(key):
            counts[name] += 1 if holds else -1
        if holds:
            begun.append(key)
    return written, counts, begun


def likes_of_makers(counts: Mapping[tuple[str, str], int], makers: Mapping[str, str]) -> Counter[tuple[str, str]]:
    """Likes of a maker's videos, as more likes of the maker."""
    added: Counter[tuple[str, str]] = Counter()
    for (subject, what), n in counts.items():
        if what == "likes" and subject in makers:
            added[makers[subject], "likes_got"] += n
    return added


def counted_by(key: TieKey) -> Iterable[tuple[str, str]]:
    """Counts that a tie adds one to while it holds, each as (subject, what)."""
    if key.kind == "follow":
        return ((key.target, "followers"), (key.person, "following"))
    return ((key.target, {**OF_VIDEO, **OF_OWNER}[key.kind]),)
