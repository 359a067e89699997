"""A parlour over SQLite, and one over each kind of tables."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lines.video.parlour import Parlour, open_parlour


@pytest.fixture
def parlour(home: Path) -> Iterator[Parlour]:
    with open_parlour(home, f"sqlite:///{home / 'world.sqlite'}") as opened:
        yield opened


@pytest.fixture
def either(database_url: str, home: Path) -> Iterator[Parlour]:
    """The same, once over SQLite and once over PostgreSQL."""
    with open_parlour(home, database_url) as opened:
        yield opened
