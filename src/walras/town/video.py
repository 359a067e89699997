"""What people do with short videos: swipe, watch, like, comment, share, keep, follow; and makers who make more.

Shapes: B people who look at pages at one moment, K places of each, W videos.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from walras.client import Event, Item
from walras.town.lines import Life, Shown
from walras.town.luck import Bools, Floats, Longs, luck, normal
from walras.town.people import NEVER_MS, friends_of, open_next, person_id
from walras.town.plans import HOUR_MS

# What a person does with a video beside watching it; all but the last are interactions.
ACTS = ("like", "comment", "share", "save", "follow", "dislike")
INTERACTIONS = ACTS[:5]
_OFFSETS = ("likes", "comments", "shares", "saves", "follows", "dislikes")
_UPLOADS_MS = 600_000
# Between two videos a thumb takes this long.
_SWIPE_MS = 700
# Somebody whose page came up short looks again after this while.
_SHORT_PAGE_MS = 30_000
_LOOPS_MAX, _LONG_SHARE, _LONG_S = 1.8, 0.95, 30.0


@dataclass(frozen=True, slots=True)
class Looked:
    """What came of B pages."""

    saw: Bools  # [B, K] whether she got that far
    skipped: Bools  # [B, K]
    watched_s: Floats  # [B, K]
    long: Bools  # [B, K]
    pleased: Floats  # [B, K]
    begins_ms: Longs  # [B, K]
    ends_ms: Longs  # [B, K]
    acts: Bools  # [B, K, acts]


class VideoLine:
    """Short video."""

    name = "video"

    def __init__(self, life: Life) -> None:
        """Nobody has seen anything yet."""
        self._life = life
        self._had: NDArray[np.uint8] = np.zeros((len(life.people), 0), np.uint8)  # [P, W / 8] bits: seen before
        self.record: list[tuple[Longs, Looked]] | None = None  # who saw what, where somebody wants to know

    # ------------------------------------------------------------ makers

    def begin(self) -> tuple[list[Item], list[Event]]:
        """The stock of videos, and friends who follow each other already."""
        life = self._life
        items = life.studio.stock()
        events = []
        before_ms = life.plan.first_day_ms - 3 * HOUR_MS
        for n, (one, other) in enumerate(friends_of(life.plan, life.people).tolist()):
            for who, whom in ((one, other), (other, one)):
                life.follow(who, whom)
                events.append(self._event(who, "follow", before_ms + n, owner=person_id(whom)))
        return items, events

    def new_items(self, from_ms: int, to_ms: int) -> list[Item]:
        """What makers bring, every ten minutes: each lot costs the platform a change of its tables."""
        if to_ms // _UPLOADS_MS == from_ms // _UPLOADS_MS:
            return []
        end_ms = to_ms - to_ms % _UPLOADS_MS
        return self._life.studio.uploads(end_ms - _UPLOADS_MS, end_ms)

    def evening(self) -> None:
        """Makers look at what came of their videos."""
        self._life.studio.evening()

    # ------------------------------------------------------------ viewers

    def look(self, shown: Shown) -> list[Event]:
        """Watch, act, and decide when to look again."""
        looked = self._looked(shown)
        if self.record is not None:
            self.record.append((shown.row, looked))
        self._count(shown, looked)
        events = self._said(shown, looked)
        self._go_on(shown, looked)
        return events

    def _looked(self, shown: Shown) -> Looked:
        people, ways, seed = self._life.people, self._life.plan.ways, self._life.plan.seed
        works, row = self._life.studio.works, shown.row
        usual = self._liking(shown)
        count, places = usual.shape
        turn = people.seen[row][:, None] + np.arange(places)[None, :]
        who = row[:, None]
        drawn = {what: luck(seed, what, who, turn) for what in ("skip", "glance")}
        length = normal(seed, "watch", who, turn)
        acting = luck(seed, "act", who[..., None], turn[..., None], np.arange(len(ACTS))[None, None])
        offsets = np.array([getattr(ways, name) for name in _OFFSETS])
        left, bored, now_ms = people.left_s[row].copy(), people.bored[row].copy(), shown.at_ms.copy()
        saw, skipped, long = (np.zeros((count, places), np.bool_) for _ in range(3))
        watched_s, pleased = np.zeros((count, places)), np.zeros((count, places))
        begins_ms, ends_ms = np.zeros((count, places), np.int64), np.zeros((count, places), np.int64)
        acts = np.zeros((count, places, len(ACTS)), np.bool_)
        each = np.arange(count)
        for k in range(places):
            work = shown.work[:, k]
            saw[:, k] = goes = (left > 0) & (work >= 0)
            topic, duration_s = works.topic[work], works.duration_s[work]
            x = usual[:, k] - ways.boredom * people.variety[row] * bored[each, topic]
            skips = drawn["skip"][:, k] < expit(ways.skip - ways.skip_pull * x)
            share = np.minimum(np.exp(-0.35 + 0.35 * x + 0.5 * length[:, k]), _LOOPS_MAX)
            seconds = np.where(skips, 0.8 + 2.2 * drawn["glance"][:, k], np.maximum(duration_s * share, 3.0))
            seconds = np.minimum(seconds, 600.0).round(1)
            pull = ways.acting + people.acting[row] + ways.acting_pull * x
            wants = expit(offsets + pull[:, None] * np.where(np.array(ACTS) == "dislike", -1.0, 1.0))
            acts[:, k] = (acting[:, k] < wants) & (goes & ~skips)[:, None]
            begins_ms[:, k] = now_ms
            now_ms = now_ms + np.where(goes, (seconds * 1000).astype(np.int64) + _SWIPE_MS, 0)
            ends_ms[:, k] = now_ms
            left = left - np.where(goes, seconds * np.exp(-ways.patience * (x - ways.enjoyment_usual)), 0.0)
            bored *= np.where(goes, ways.boredom_fades, 1.0)[:, None]
            bored[each, topic] += goes
            skipped[:, k], watched_s[:, k] = skips & goes, np.where(goes, seconds, 0.0)
            long[:, k] = goes & ~skips & ((share >= _LONG_SHARE) | (seconds >= _LONG_S))
            pleased[:, k] = np.where(goes, x, 0.0)
        people.left_s[row], people.bored[row] = left, bored
        return Looked(saw, skipped, watched_s, long, pleased, begins_ms, ends_ms, acts)

    def _liking(self, shown: Shown) -> Floats:
        """[B, K] how much each would please her, before boredom."""
        people, ways, works = self._life.people, self._life.plan.ways, self._life.studio.works
        topics = self._life.studio.topics
        taste, traits = people.taste[shown.row], works.traits[shown.work]
        by_topic = np.take_along_axis(taste[:, :topics], works.topic[shown.work], 1)
        by_style = np.einsum("bd,bkd->bk", taste[:, topics:], traits[:, :, topics:])
        annoyed = shown.sells * people.advertising[shown.row][:, None] * ways.advertising
        again = self._again(shown) * people.repeats[shown.row][:, None] * ways.repeats
        liking: Floats = (
            3.0 * ways.taste_weight * by_topic
            + ways.style_weight * by_style
            + ways.quality_weight * works.quality[shown.work]
            - annoyed
            - again
        )
        return liking

    def _again(self, shown: Shown) -> Bools:
        """[B, K] whether she has seen it before."""
        wide = (len(self._life.studio.works) + 7) // 8
        if self._had.shape[1] < wide:
            grown = np.zeros((len(self._had), max(wide, self._had.shape[1] * 5 // 4 + 8)), np.uint8)
            grown[:, : self._had.shape[1]] = self._had
            self._had = grown
        byte, bit = shown.work // 8, shown.work % 8
        again: Bools = (self._had[shown.row[:, None], byte] >> bit.astype(np.uint8)) & 1 == 1
        return again

    def _count(self, shown: Shown, looked: Looked) -> None:
        people, studio = self._life.people, self._life.studio
        row, saw = shown.row, looked.saw
        people.seen[row] += saw.sum(1)
        people.shown[row] += saw.sum(1)
        people.seconds[row] += looked.watched_s.sum(1)
        people.pleased[row] += looked.pleased.sum(1)
        b, k = np.nonzero(saw)
        work = shown.work[b, k]
        np.bitwise_or.at(self._had, (row[b], work // 8), np.left_shift(1, work % 8).astype(np.uint8))
        acted = looked.acts[b, k, : len(INTERACTIONS)].sum(1)
        maker = studio.works.maker[work]
        np.add.at(studio.makers.echo, maker[maker >= 0], acted[maker >= 0])

    def _said(self, shown: Shown, looked: Looked) -> list[Event]:
        """Everything as events, in order of place."""
        works, makers = self._life.studio.works, self._life.studio.makers
        people, events = self._life.people, []
        for b, k in zip(*(each.tolist() for each in np.nonzero(looked.saw)), strict=True):
            row, work = int(shown.row[b]), int(shown.work[b, k])
            at_ms, end_ms = int(looked.begins_ms[b, k]), int(looked.ends_ms[b, k]) - _SWIPE_MS
            about = {"item": works.ids[work], "page": shown.page[b], "place": k, "surface": self._surface()}
            events.append(self._event(row, "exposure", at_ms, **about))
            events.append(self._event(row, "watch", end_ms, value=float(looked.watched_s[b, k]), **about))
            if looked.skipped[b, k]:
                events.append(self._event(row, "skip", end_ms + 1, **about))
            elif looked.long[b, k]:
                events.append(self._event(row, "long_view", end_ms + 1, **about))
            for act in np.flatnonzero(looked.acts[b, k]).tolist():
                maker = int(works.maker[work])
                if ACTS[act] == "follow":
                    if maker < 0 or not self._life.follow(row, int(makers.person[maker])):
                        continue
                    events += self._followed_back(row, int(makers.person[maker]), end_ms)
                events.append(self._event(row, ACTS[act], end_ms + 2 + act, **about))
                people.acted[row] += ACTS[act] in INTERACTIONS
        return events

    def _followed_back(self, row: int, maker: int, at_ms: int) -> list[Event]:
        """Some makers look at who followed them, and follow back within some hours."""
        ways, seed = self._life.plan.ways, self._life.plan.seed
        if float(luck(seed, "back", maker, row)) >= ways.follow_back or not self._life.follow(maker, row):
            return []
        later_ms = at_ms + int(float(luck(seed, "back when", maker, row)) * 6 * HOUR_MS)
        self._life.people.acted[maker] += 1
        return [self._event(maker, "follow", later_ms, owner=person_id(row))]

    def _event(self, row: int, outcome: str, time_ms: int, **about: Any) -> Event:
        people = self._life.people
        number = int(people.said[row])
        people.said[row] += 1
        id = f"e{self._life.plan.seed}-{row}-{number}"
        return Event(person=person_id(row), outcome=outcome, id=id, time_ms=time_ms, **about)

    def _surface(self) -> str:
        return self._life.plan.page.surface

    def _go_on(self, shown: Shown, looked: Looked) -> None:
        """Who still has time asks again; the others wait for their next session."""
        people, ways = self._life.people, self._life.plan.ways
        end_ms = np.maximum(looked.ends_ms.max(1, initial=0), shown.at_ms)
        none, short = (shown.work >= 0).sum(1) == 0, (shown.work < 0).any(1)
        goes = (people.left_s[shown.row] > 0) & ~none
        people.next_ms[shown.row] = np.where(goes, end_ms + np.where(short, _SHORT_PAGE_MS, 0), NEVER_MS)
        done = ~goes
        open_next(people, shown.row[done], end_ms[done], ways)

    # ------------------------------------------------------------ keeping

    def keep(self) -> Mapping[str, Any]:
        """Who has seen what."""
        return {"had": self._had}

    def take_up(self, kept: Mapping[str, Any]) -> None:
        """Go on from there."""
        self._had = kept["had"]
