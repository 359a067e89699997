"""The process that makes media is there while there is something to make, once, and not otherwise."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.studio.conftest import ANN, Clips
from walras.base.clock import SystemClock
from walras.base.settings import Settings
from walras.loops import MakingLoop
from walras.studio import Studio, open_studio
from walras.world import open_world

QUIET = {f"WALRAS_UNDERSTAND_{part}": "off" for part in ("READING", "HEARING", "LANGUAGE", "SAFETY", "LOOKS")}


@pytest.fixture
def studio(home: Path) -> Iterator[Studio]:
    settings = Settings(disk_free_mb_min=0)
    world = open_world(home, settings)
    yield open_studio(home, world.database, SystemClock(), settings)
    world.close()


@pytest.fixture
def loop(home: Path, studio: Studio) -> Iterator[MakingLoop]:
    loop = MakingLoop(home, studio, {**os.environ, **QUIET, "WALRAS_DISK_FREE_MB_MIN": "0"})
    yield loop
    loop.stop()


def until(true: Callable[[], object]) -> None:
    while not true():
        time.sleep(0.05)


def test_a_video_is_made_by_a_process_of_its_own(
    studio: Studio, loop: MakingLoop, tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert not loop.tick(0.0)
    body = Clips(tmp_path_factory.mktemp("clips")).plain().read_bytes()
    asset = studio.begin_upload(ANN, len(body))
    studio.receive(asset.id, 0, [body])
    assert loop.tick(10.0)
    assert not loop.tick(20.0), "one at a time"
    until(lambda: studio.asset(asset.id).state in ("ready", "failed"))
    assert studio.asset(asset.id).state == "ready"
    loop.stop()
    assert not loop.tick(30.0), "nothing more is to be made"
