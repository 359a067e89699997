"""What a card needs beside its video, read in one transaction by statements that are made once.

Ten cards are asked for with every swipe of everybody: building these statements anew cost more than running them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import msgspec

from walras.lines.video.topics import Topic
from walras.world import Database

Kinds = frozenset[str]
# In this order on a card.
COUNTED = ("views", "likes", "shares", "saves")
_topic = msgspec.json.Decoder(Topic).decode


@dataclass(frozen=True, slots=True)
class Look:
    """What was found."""

    said: Mapping[str, Kinds]  # what she says, by video or person
    back: Mapping[str, Kinds]  # what people say of her, by person
    counts: Mapping[tuple[str, str], int]  # by video and what is counted
    comments: Mapping[str, int]  # shown ones, by video
    titles: Mapping[str, str]  # of topics that were described


def look(database: Database, person: str, videos: Sequence[str], people: Sequence[str], topics: Sequence[str]) -> Look:
    """Read it.

    Args:
        database: where the tables are.
        person: for whom the cards are.
        videos: ids of the cards' videos.
        people: their makers.
        topics: that they stand under.
    """
    said: dict[str, set[str]] = {}
    back: dict[str, set[str]] = {}
    dialect = database.dialect
    with database.read() as connection:
        run = connection.exec_driver_sql
        own = (person, *videos, *people, person, *people)
        for kind, target, who in run(_ties(dialect, len(videos) + len(people), len(people)), own):
            if who:
                back.setdefault(who, set()).add(kind)
            else:
                said.setdefault(target, set()).add(kind)
        counts = {(subject, what): n for subject, what, n in run(_tallies(dialect, len(videos)), tuple(videos))}
        comments: dict[str, int] = dict(run(_comments(dialect, len(videos)), tuple(videos)).all())
        titles = {}
        if topics:
            for id, body in run(_topics(dialect, len(topics)), tuple(topics)):
                titles[id] = _topic(bytes(body)).title or id
    return Look(
        {target: frozenset(kinds) for target, kinds in said.items()},
        {who: frozenset(kinds) for who, kinds in back.items()},
        counts,
        comments,
        titles,
    )


@cache
def _ties(dialect: str, targets: int, people: int) -> str:
    return (
        f"SELECT kind, target, '' FROM ties WHERE person = {_mark(dialect)} AND target IN ({_marks(dialect, targets)})"
        f" AND holds UNION ALL SELECT kind, '', person FROM ties WHERE target = {_mark(dialect)}"
        f" AND person IN ({_marks(dialect, people)}) AND holds"
    )


@cache
def _tallies(dialect: str, videos: int) -> str:
    counted = ", ".join(f"'{what}'" for what in COUNTED)
    marks = _marks(dialect, videos)
    return f"SELECT subject, what, n FROM tallies WHERE subject IN ({marks}) AND what IN ({counted})"


@cache
def _comments(dialect: str, videos: int) -> str:
    marks = _marks(dialect, videos)
    return f"SELECT video, count(*) FROM comments WHERE video IN ({marks}) AND state = 'shown' GROUP BY video"


@cache
def _topics(dialect: str, topics: int) -> str:
    return f"SELECT id, body FROM topics WHERE id IN ({_marks(dialect, topics)})"


def _mark(dialect: str) -> str:
    return "?" if dialect == "sqlite" else "%s"


def _marks(dialect: str, count: int) -> str:
    return ", ".join([_mark(dialect)] * count)
