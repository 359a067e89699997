"""Makers and what they make, as arrays: W videos, M makers, D traits (topics, then styles).

What a video truly is (traits, quality) stays here; the platform is told a title, a topic, a length and whose it is.
"""

import math
from dataclasses import dataclass, field

import numpy as np

from walras.client import Item, Place
from walras.town.luck import Floats, Longs, luck, normal, stream
from walras.town.people import STYLES, People, person_id
from walras.town.plans import DAY_MS, TownPlan, Ways
from walras.town.subjects import Subject, load_subjects


@dataclass(slots=True)
class Makers:
    """Who makes videos, by row."""

    person: Longs  # [M] row in People
    topic: Longs  # [M] what she mostly makes
    style: Floats  # [M, styles]
    rate: Floats  # [M] videos a day while she wants to
    skill: Floats  # [M] quality of what she makes; grows with encouragement
    will: Floats  # [M] 1 at first; without an echo it fades, and below a tenth she stops
    echo: Floats  # [M] interactions with her videos today
    made: Longs  # [M] videos she has made


@dataclass(slots=True)
class Works:
    """Every video, by row; grows as makers make more and as others' items are met."""

    traits: Floats  # [W, D]
    quality: Floats  # [W]
    topic: Longs  # [W]
    maker: Longs  # [W] row in Makers; -1: somebody outside the town
    duration_s: Floats  # [W]
    ids: list[str] = field(default_factory=list)
    row_of: dict[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        """How many."""
        return len(self.quality)


class Studio:
    """Makes videos, and knows those of others as far as a viewer sees them."""

    def __init__(self, plan: TownPlan, people: People) -> None:
        """Find the makers among the people; nothing is made yet."""
        self.subjects: tuple[Subject, ...] = load_subjects()
        self._plan = plan
        self.topics = len(self.subjects)
        self._topic_of = {word: n for n, s in enumerate(self.subjects) for word in (s.topic, s.chinese)}
        self.makers = makers_of(plan, people, self.topics)
        self.works = Works(
            traits=np.zeros((0, self.topics + STYLES)),
            quality=np.zeros(0),
            topic=np.zeros(0, np.int64),
            maker=np.zeros(0, np.int64),
            duration_s=np.zeros(0),
        )

    def stock(self) -> list[Item]:
        """The videos there are when the town begins, made in the month before."""
        growth = (1_000_000 / self._plan.scale) ** 0.5
        count = max(200, round(self._plan.ways.stock * growth))
        rng, makers = stream(self._plan.seed, "stock"), self.makers
        maker = rng.choice(len(makers.rate), count, p=makers.rate / makers.rate.sum())
        age_ms = (rng.uniform(0.0, 30.0, count) * DAY_MS).astype(np.int64)
        return self._make(np.sort(maker).astype(np.int64), self._plan.first_day_ms - age_ms)

    def uploads(self, from_ms: int, to_ms: int) -> list[Item]:
        """What makers make between two instants; the same whenever it is asked."""
        makers, span = self.makers, (to_ms - from_ms) / DAY_MS
        expected = makers.rate * np.where(makers.will >= 0.1, makers.will, 0.0) * span
        drawn = luck(self._plan.seed, "uploads", from_ms // 1000, np.arange(len(expected)))
        count = np.floor(expected + drawn).astype(np.int64)
        maker = np.repeat(np.arange(len(expected)), count)
        return self._make(maker, np.full(len(maker), to_ms)) if len(maker) else []

    def row(self, place: Place) -> int:
        """The row of what stands in a place; what the town did not make is taken as a viewer sees it."""
        row = self.works.row_of.get(place.item)
        return self._adopt(place) if row is None else row

    def evening(self) -> None:
        """Echo makes skill and will grow; silence lets them fade."""
        makers, ways = self.makers, self._plan.ways
        heard = np.log1p(makers.echo / np.maximum(makers.rate, 0.2)) / np.log1p(20.0)
        makers.skill += ways.learning * (heard - 0.25)
        makers.will = np.clip(makers.will + ways.discouragement * np.where(heard > 0.1, 1.0, -1.0), 0.0, 1.5)
        makers.echo[:] = 0.0

    def _make(self, maker: Longs, created_ms: Longs) -> list[Item]:
        makers, works, start = self.makers, self.works, len(self.works)
        number = np.arange(start, start + len(maker))
        seed = self._plan.seed
        strays = luck(seed, "other topic", number) < 0.2
        other = (luck(seed, "which topic", number) * self.topics).astype(np.int64)
        topic = np.where(strays, other, makers.topic[maker])
        style = 0.7 * makers.style[maker] + 0.7 * normal(seed, "style", number[:, None], np.arange(STYLES)[None])
        usual_s = np.array([subject.seconds for subject in self.subjects])[topic]
        duration_s = np.clip(
            self._plan.ways.length * usual_s * np.exp(0.4 * normal(seed, "length", number)), 5.0, 300.0
        ).round(1)
        quality = makers.skill[maker] + 0.6 * normal(seed, "quality", number)
        ids = [f"w{n}" for n in number]
        _grow(works, ids, _traits(topic, style, self.topics), quality, topic, maker, duration_s)
        np.add.at(makers.made, maker, 1)
        picks = luck(seed, "title", number[:, None], np.arange(3)[None])
        return [
            self._told(n, at, pick)
            for n, at, pick in zip(number.tolist(), created_ms.tolist(), picks.tolist(), strict=True)
        ]

    def _told(self, row: int, created_ms: int, pick: list[float]) -> Item:
        """What the platform is told of a video."""
        works = self.works
        subject = self.subjects[works.topic[row]]
        chinese = pick[0] < 0.7
        patterns = subject.titles_zh if chinese else subject.titles_en
        thing = subject.things[int(pick[1] * len(subject.things))]
        title = patterns[int(pick[2] * len(patterns))].format(thing[0 if chinese else 1])
        return Item(
            id=works.ids[row],
            # No `video`, which an app would try to play, and no `film`, which the sample would begin to draw.
            kind="clip",
            owner=person_id(int(self.makers.person[works.maker[row]])),
            title=title,
            topics=(subject.topic, subject.chinese),
            created_ms=created_ms,
            duration_s=float(works.duration_s[row]),
            language="zh" if chinese else "en",
        )

    def _adopt(self, place: Place) -> int:
        """Take somebody else's item in: its topic as it is said, the rest by luck of its id."""
        number = int.from_bytes(place.item.encode()[-7:].rjust(7, b"\0"), "big")
        known = [self._topic_of[word] for word in place.topics if word in self._topic_of]
        topic = np.array([known[0] if known else number % self.topics])
        style = normal(self._plan.seed, "style of others", np.array([[number]]), np.arange(STYLES)[None])
        quality = 0.6 * normal(self._plan.seed, "quality of others", np.array([number]))
        outside = np.array([-1])
        _grow(self.works, [place.item], _traits(topic, style, self.topics), quality, topic, outside, np.array([20.0]))
        return len(self.works) - 1


def makers_of(plan: TownPlan, people: People, topics: int) -> Makers:
    """Makers among the people, each with what she is known for."""
    ways, rng = plan.ways, stream(plan.seed, "makers")
    count = min(len(people), max(ways.makers_min, round(ways.makers * len(people))))
    rate = rng.lognormal(0.0, 1.0, count)
    return Makers(
        person=np.sort(rng.choice(len(people), count, replace=False)).astype(np.int64),
        topic=rng.integers(0, topics, count),
        style=rng.normal(0.0, 1.0, (count, STYLES)),
        rate=rate / rate.sum() * uploads_a_day(plan.scale, ways),
        skill=rng.normal(0.0, 0.6, count),
        will=np.ones(count),
        echo=np.zeros(count),
        made=np.zeros(count, np.int64),
    )


def uploads_a_day(scale: int, ways: Ways) -> float:
    """Uploads of a town. A person watches as much in a small town as in a large one, so they fall by the root only."""
    return max(20.0, ways.uploads_a_day * math.sqrt(1_000_000 / scale))


def _traits(topic: Longs, style: Floats, topics: int) -> Floats:
    return np.concatenate([np.eye(topics)[topic], style], axis=1)


def _grow(
    works: Works, ids: list[str], traits: Floats, quality: Floats, topic: Longs, maker: Longs, duration_s: Floats
) -> None:
    works.row_of.update((id, len(works) + n) for n, id in enumerate(ids))
    works.ids += ids
    works.traits = np.concatenate([works.traits, traits])
    works.quality = np.concatenate([works.quality, quality])
    works.topic = np.concatenate([works.topic, topic])
    works.maker = np.concatenate([works.maker, maker])
    works.duration_s = np.concatenate([works.duration_s, duration_s])
