"""The studio of a home folder: its files and its tables."""

from dataclasses import dataclass
from pathlib import Path

from walras.base.clock import Clock
from walras.base.settings import Settings
from walras.world import Database

MEDIA_FOLDER = "media"


@dataclass(frozen=True, slots=True)
class Studio:
    """Where media lies and who knows of it."""

    folder: Path
    database: Database
    clock: Clock
    settings: Settings


def open_studio(home: Path, database: Database, clock: Clock, settings: Settings) -> Studio:
    """The studio of a home folder; nothing is read yet."""
    return Studio(home / MEDIA_FOLDER, database, clock, settings)
