"""What somebody has settled about her account; every default is the one that gives least away to strangers."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

BLOCKED_WORDS_MAX = 200
WORD_CHARS_MAX = 40
MINUTES_MAX = 24 * 60
# Somebody younger starts in teen mode; by the year alone, so on the first of January she leaves it a little early.
GROWN_UP_AGE = 18
# Below this an account is not made at all.
AGE_MIN = 13

Circle = Literal["everyone", "followers", "mutual", "nobody"]
ClockTime = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", description="Hour and minute, as 22:00.")]
Word = Annotated[str, Meta(min_length=1, max_length=WORD_CHARS_MAX)]


class Privacy(msgspec.Struct, frozen=True, kw_only=True):
    """Who may do what with her, and see what of her."""

    message: Literal["mutual", "nobody"] = "mutual"
    comment: Circle = "everyone"
    likes: Circle = "nobody"  # who sees what she liked
    follows: Circle = "everyone"  # who sees whom she follows and who follows her


class Notifications(msgspec.Struct, frozen=True, kw_only=True):
    """Of what she is told, and whether also by push."""

    like: bool = True
    comment: bool = True
    mention: bool = True
    follow: bool = True
    message: bool = True
    publish: bool = True  # somebody she follows published
    making: bool = True  # her own video is ready, failed, or was reviewed
    contract: bool = True  # her exposure contract moved on
    push: bool = False


class Teen(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of teen mode. They hold where `on` is true."""

    on: bool = False
    minutes_per_day: Annotated[int, Meta(ge=1, le=MINUTES_MAX)] = 40
    quiet_from: ClockTime = "22:00"
    quiet_to: ClockTime = "06:00"
    pin_hash: str = ""  # set by a parent; without it limits cannot be loosened


class AccountSettings(msgspec.Struct, frozen=True, kw_only=True):
    """All settings of one account."""

    privacy: Privacy = Privacy()
    notifications: Notifications = Notifications()
    teen: Teen = Teen()
    blocked_words: Annotated[tuple[Word, ...], Meta(max_length=BLOCKED_WORDS_MAX)] = ()
    language: Literal["", "en", "zh-CN"] = ""  # empty: what the browser wishes
    theme: Literal["", "light", "dark"] = ""  # empty: what the device wishes
    reduced_data: bool = False
    time_zone: str = ""  # IANA; in it days begin and quiet hours lie; empty: the platform's


def read_settings(body: bytes) -> AccountSettings:
    """Settings as they were kept."""
    return msgspec.json.decode(body, type=AccountSettings) if body else AccountSettings()
