"""What the sample's videos are about, read from subjects.toml."""

import tomllib
from pathlib import Path
from typing import NamedTuple


class Subject(NamedTuple):
    """One topic with its words; `{}` in a title stands for one of its things."""

    topic: str
    chinese: str  # the topic's own Chinese name
    seconds: float  # usual length of its videos
    things: tuple[tuple[str, str], ...]  # in Chinese and English
    titles_zh: tuple[str, ...]
    titles_en: tuple[str, ...]
    owners: tuple[str, ...]


def load_subjects() -> tuple[Subject, ...]:
    """Every subject, in the order of the file."""
    found = tomllib.loads(Path(__file__).with_name("subjects.toml").read_text("utf-8"))["subject"]
    return tuple(
        Subject(
            topic=each["topic"],
            chinese=each["chinese"],
            seconds=float(each["seconds"]),
            things=tuple((zh, en) for zh, _, en in (thing.partition(" | ") for thing in each["things"])),
            titles_zh=tuple(each["titles_zh"]),
            titles_en=tuple(each["titles_en"]),
            owners=tuple(each["owners"]),
        )
        for each in found
    )
