"""The embedded sample: a month of a small town's short videos, so that a fresh installation has somebody to serve.

Everything is drawn: people with tastes that drift, owners, videos with titles in Chinese and English, sessions in
which videos were shown in places, watched as far as they pleased, liked, followed, skipped. It holds nothing of any
real person. It is written as lines of JSON and read through the same door as everybody's own files.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from walras.town.subjects import Subject, load_subjects

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Row: TypeAlias = dict[str, Any]

# Every video has a film drawn on the first start (clips.py), so there are no more than can be drawn in a minute.
_PEOPLE, _ITEMS, _OWNERS_NEW = 400, 128, 6
# Nobody has seen more than half of them, so that everybody has something left to see.
_EXPOSURES_EACH_MAX = _ITEMS // 2
# Films are this much shorter than what the subject's videos usually are, and lie between these seconds.
_SHORTER, _SECONDS_MIN, _SECONDS_MAX = 5.0, 5.0, 14.0
_EXPOSURES = 13_500
_DAYS = 30
_DAY_MS = 86_400_000
# Taste beyond topics: how loud, how fast, how earnest, how homely. Without it topics alone would explain everything.
_STYLES = 4
_FIRST_NAMES = (
    *("小林", "阿梅", "大鹏", "小雨", "阿杰", "晓彤", "老周", "子涵", "美玲", "阿强"),
    *("雅婷", "建国", "小鹿", "佳怡", "志强", "秀英", "文博", "小满", "春燕", "海涛"),
)
_MARKETS = (("CN-BJ", 0.3), ("CN-GD", 0.25), ("CN-GZ", 0.2), ("CN-SC", 0.15), ("", 0.1))


@dataclass(frozen=True, slots=True)
class Town:
    """Who and what there is, as arrays: P people, I items, O owners, S subjects."""

    subjects: tuple[Subject, ...]
    owners: list[tuple[str, int]]  # [O] name and subject
    taste_before: Floats  # [P, S] at the month's beginning
    taste_after: Floats  # [P, S] at its end
    style: Floats  # [P, styles]
    activity: Floats  # [P] share of all exposures
    subject: Ints  # [I]
    owner: Ints  # [I]
    item_style: Floats  # [I, styles]
    quality: Floats  # [I] about 0 on average
    duration_s: Floats  # [I]
    created_ms: Ints  # [I]


def sample_rows(now_ms: int, rng: np.random.Generator) -> Iterator[Row]:
    """Items, then people, then behaviour in order of time, as rows that say their `type`.

    Args:
        now_ms: the month ends here.
        rng: every draw; the same instant and generator give the same rows.
    """
    town = _town(now_ms, load_subjects(), rng)
    yield from _item_rows(town, rng)
    yield from _person_rows(town, rng)
    yield from _behaviour(town, now_ms, rng)


def write_sample(path: Path, now_ms: int, rng: np.random.Generator) -> int:
    """Write the sample as lines of JSON; gives how many lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for row in sample_rows(now_ms, rng):
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
            count += 1
    return count


# ---------------------------------------------------------------- who and what there is


def _owners(subjects: tuple[Subject, ...], rng: np.random.Generator) -> list[tuple[str, int]]:
    """Owners as name and subject; the last ones are new in town."""
    known = [(name, at) for at, subject in enumerate(subjects) for name in subject.owners]
    fresh = rng.choice(len(subjects), _OWNERS_NEW, replace=False)
    return known + [(f"新人{subjects[at].chinese}小站", int(at)) for at in fresh]


def _town(now_ms: int, subjects: tuple[Subject, ...], rng: np.random.Generator) -> Town:
    owners = _owners(subjects, rng)
    before = rng.dirichlet(np.full(len(subjects), 0.18), _PEOPLE)
    other = rng.dirichlet(np.full(len(subjects), 0.18), _PEOPLE)
    drift = rng.beta(1.2, 3.0, (_PEOPLE, 1))
    weight = rng.lognormal(0.0, 0.7, len(owners))
    weight[-_OWNERS_NEW:] = np.median(weight) * 0.25
    owner = np.sort(rng.choice(len(owners), _ITEMS, p=weight / weight.sum()))
    owner[: len(owners)] = np.arange(len(owners))  # everybody has made at least one video
    subject = np.array([owners[each][1] for each in owner], np.int64)
    owner_style = rng.normal(0.0, 1.0, (len(owners), _STYLES))
    usual_s = np.array([each.seconds for each in subjects])[subject]
    return Town(
        subjects=subjects,
        owners=owners,
        taste_before=before,
        taste_after=(1 - drift) * before + drift * other,
        style=rng.normal(0.0, 1.0, (_PEOPLE, _STYLES)),
        activity=_share(rng.lognormal(0.0, 0.9, _PEOPLE)),
        subject=subject,
        owner=owner,
        item_style=0.7 * owner_style[owner] + 0.7 * rng.normal(0.0, 1.0, (_ITEMS, _STYLES)),
        quality=rng.normal(0.0, 0.8, _ITEMS),
        duration_s=np.clip(usual_s / _SHORTER * rng.lognormal(0.0, 0.3, _ITEMS), _SECONDS_MIN, _SECONDS_MAX).round(1),
        created_ms=_created_ms(now_ms, owner >= len(owners) - _OWNERS_NEW, rng),
    )


def _share(weights: Floats) -> Floats:
    shares: Floats = weights / weights.sum()
    return shares


def _created_ms(now_ms: int, new_owner: NDArray[np.bool_], rng: np.random.Generator) -> Ints:
    """[I] when each item was made: half before the month, the rest during it, some in the last three days."""
    age_days = rng.uniform(0.0, 2.0 * _DAYS, _ITEMS)
    late = new_owner | (rng.random(_ITEMS) < 0.04)
    age_days[late] = rng.uniform(0.02, 3.0, int(late.sum()))
    return now_ms - (age_days * _DAY_MS).astype(np.int64)


# ---------------------------------------------------------------- rows of items and people


def _item_rows(town: Town, rng: np.random.Generator) -> Iterator[Row]:
    titles = _titles(town, rng)
    for at in range(_ITEMS):
        title, language = titles[at]
        subject = town.subjects[town.subject[at]]
        yield {
            "type": "item",
            "id": _item_id(at),
            # A video once its film is drawn; until then nothing that could be played.
            "kind": "film",
            "owner": _owner_id(town.owner[at]),
            "title": title,
            "topics": [subject.topic, subject.chinese],
            "created_ms": int(town.created_ms[at]),
            "duration_s": float(town.duration_s[at]),
            "language": language,
            "attributes": {"owner_name": town.owners[town.owner[at]][0]},
        }


def _titles(town: Town, rng: np.random.Generator) -> list[tuple[str, str]]:
    """[I] a title and its language; a title that was used before counts its parts."""
    used: dict[str, int] = {}
    titles = []
    for at in town.subject:
        each = town.subjects[at]
        chinese = rng.random() < 0.7
        thing = each.things[rng.integers(len(each.things))]
        patterns = each.titles_zh if chinese else each.titles_en
        title = patterns[rng.integers(len(patterns))].format(thing[0 if chinese else 1])
        title = title[0].upper() + title[1:]
        used[title] = used.get(title, 0) + 1
        part = used[title]
        if part > 1:
            title += f"（第{part}集）" if chinese else f" (part {part})"
        titles.append((title, "zh" if chinese else "en"))
    return titles


def _person_rows(town: Town, rng: np.random.Generator) -> Iterator[Row]:
    markets = rng.choice(len(_MARKETS), _PEOPLE, p=[share for _, share in _MARKETS])
    ages = rng.integers(18, 66, _PEOPLE)
    names = rng.integers(len(_FIRST_NAMES), size=_PEOPLE)
    for at in range(_PEOPLE):
        row: Row = {"type": "person", "id": _person_id(at), "language": "zh", "age": int(ages[at])}
        if market := _MARKETS[markets[at]][0]:
            row["market"] = market
        if rng.random() < 0.5:  # half said what they like when they came
            row["interests"] = [town.subjects[s].topic for s in np.argsort(-town.taste_before[at])[:2]]
        yield row | {"attributes": {"name": _FIRST_NAMES[names[at]]}}


def _item_id(at: int) -> str:
    return f"v{at:04d}"


def _person_id(at: int) -> str:
    return f"p{at:04d}"


def _owner_id(at: int) -> str:
    return f"o{at:03d}"


# ---------------------------------------------------------------- behaviour


def _behaviour(town: Town, now_ms: int, rng: np.random.Generator) -> Iterator[Row]:
    """All events in order of time."""
    rows: list[Row] = []
    for person in range(_PEOPLE):
        rows += _life(town, person, now_ms, rng)
    rows.sort(key=lambda row: row["time_ms"])
    yield from rows


def _life(town: Town, person: int, now_ms: int, rng: np.random.Generator) -> list[Row]:
    """A person's month: sessions, in each of them some videos one after the other."""
    exposures = min(max(3, round(float(town.activity[person]) * _EXPOSURES)), _EXPOSURES_EACH_MAX)
    seen, followed = np.zeros(_ITEMS, np.bool_), np.zeros(len(town.owners), np.bool_)
    rows: list[Row] = []
    for start_ms, count in _sessions(exposures, now_ms, rng):
        at_ms, surface = start_ms, "square" if rng.random() < 0.15 else "feed"
        liking = _liking(town, person, 1.0 - (now_ms - at_ms) / (_DAYS * _DAY_MS))
        for place in range(count):
            item = _shown(town, liking, seen, followed, at_ms, rng)
            seen[item] = True
            said, spent_s = _reaction(town, person, item, float(liking[item]), place, surface, at_ms, followed, rng)
            rows += said
            at_ms += int((spent_s + rng.uniform(0.4, 2.0)) * 1000)
    return [row for row in rows if row["time_ms"] <= now_ms]


def _sessions(exposures: int, now_ms: int, rng: np.random.Generator) -> list[tuple[int, int]]:
    """When a person opened the app, and how many videos each time; mornings, noons and above all evenings."""
    sizes: list[int] = []
    while sum(sizes) < exposures:
        sizes.append(int(min(1 + rng.geometric(0.16), exposures - sum(sizes))))
    hours = (
        rng.choice(np.array([8.0, 12.5, 18.5, 21.5]), len(sizes), p=[0.15, 0.2, 0.25, 0.4]) - 8.0
    )  # of China, in UTC
    days_ago = rng.integers(0, _DAYS, len(sizes))
    midnight_ms = now_ms - now_ms % _DAY_MS
    starts = (
        midnight_ms - days_ago * _DAY_MS + ((hours + rng.normal(0.0, 1.0, len(sizes))) * 3_600_000).astype(np.int64)
    )
    late = starts > now_ms - 600_000  # a session of today that has not come yet was yesterday's
    starts[late] = now_ms - rng.integers(600_000, _DAY_MS, int(late.sum()))
    return sorted(zip(starts.tolist(), sizes, strict=True))


def _liking(town: Town, person: int, through: float) -> Floats:
    """[I] how much a person likes each item at a moment, about -3 to 4; `through` is the share of the month gone by."""
    taste = (1.0 - through) * town.taste_before[person] + through * town.taste_after[person]
    by_topic = np.sqrt(taste[town.subject]) * 4.0 - 1.2
    by_style = town.item_style @ town.style[person] * 0.45
    liking: Floats = by_topic + by_style + town.quality
    return liking


def _shown(
    town: Town,
    liking: Floats,
    seen: NDArray[np.bool_],
    followed: NDArray[np.bool_],
    at_ms: int,
    rng: np.random.Generator,
) -> int:
    """What the town's former system chose: it knew tastes a little, liked what is good, and sometimes guessed."""
    score = 0.8 * liking + 0.4 * town.quality + rng.gumbel(0.0, 1.6, _ITEMS)
    score += 1.5 * followed[town.owner]
    score += 1.0 * (at_ms - town.created_ms < 2 * _DAY_MS)
    score[seen | (town.created_ms > at_ms)] = -np.inf
    return int(score.argmax())


def _reaction(
    town: Town,
    person: int,
    item: int,
    liking: float,
    place: int,
    surface: str,
    at_ms: int,
    followed: NDArray[np.bool_],
    rng: np.random.Generator,
) -> tuple[list[Row], float]:
    """What a person did with a video, and for how many seconds."""
    base = {"type": "event", "person": _person_id(person), "item": _item_id(item), "surface": surface, "place": place}
    rows = [base | {"outcome": "exposure", "time_ms": at_ms}]
    pleased = 1.0 / (1.0 + np.exp(-(liking - 0.6 + rng.normal(0.0, 0.6))))
    if surface == "square":  # a wall of covers: only what is opened is watched, and what stands lower is seen less
        if rng.random() > pleased * 0.9 / (1.0 + 0.12 * place):
            return rows, 1.0
        rows.append(base | {"outcome": "click", "time_ms": at_ms + 600})
        at_ms += 700
    duration = float(town.duration_s[item])
    watched = _watched_s(duration, pleased, rng)
    end_ms = at_ms + int(watched * 1000)
    rows.append(base | {"outcome": "watch", "value": round(watched, 2), "time_ms": end_ms})
    if watched >= min(duration * 0.95, 18.0):
        rows.append(base | {"outcome": "long_view", "time_ms": end_ms})
    for number, outcome in enumerate(_said(pleased, watched, bool(followed[town.owner[item]]), rng), 1):
        rows.append(base | {"outcome": outcome, "time_ms": end_ms + 100 * number})
        if outcome == "follow":
            rows[-1]["owner"] = _owner_id(town.owner[item])
            followed[town.owner[item]] = True
    return rows, watched


def _watched_s(duration: float, pleased: float, rng: np.random.Generator) -> float:
    """Seconds watched: a good video is watched to the end, and sometimes again; a long one is harder to finish."""
    patience = pleased * (1.0 - 0.25 * np.log10(duration / 10.0 + 1.0))
    if rng.random() < 0.25 * pleased:
        return float(duration * rng.uniform(1.0, 1.6))
    return float(max(0.4, duration * rng.beta(0.6 + 4.0 * patience, 0.6 + 4.0 * (1.0 - patience))))


def _said(pleased: float, watched: float, follows: bool, rng: np.random.Generator) -> list[str]:
    """What else was done, each with its own chance."""
    if watched < 2.5:
        return ["skip"] if rng.random() < 0.8 else []
    chances = {
        "like": 0.30 * pleased**2,
        "comment": 0.05 * pleased**2,
        "share": 0.04 * pleased**2,
        "save": 0.06 * pleased**2,
        "follow": 0.0 if follows else 0.09 * pleased**3,
        "dislike": 0.05 * (1.0 - pleased) ** 3,
    }
    return [outcome for outcome, chance in chances.items() if rng.random() < chance]
