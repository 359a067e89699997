"""A studio in an empty home, a worker without models, and small clips that ffmpeg makes once for all tests."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from walras.base.clock import SystemClock
from walras.base.ids import PersonId
from walras.base.settings import Settings
from walras.studio import Asset, Studio, open_studio
from walras.studio.models import Models
from walras.studio.understanding import Understanding
from walras.studio.working import Worker
from walras.world import open_world

ANN = PersonId("ann")


@pytest.fixture
def studio(home: Path) -> Iterator[Studio]:
    settings = Settings(disk_free_mb_min=0)
    world = open_world(home, settings)
    yield open_studio(home, world.database, SystemClock(), settings)
    world.close()


@pytest.fixture
def worker(studio: Studio) -> Worker:
    return Worker(studio, Understanding(studio.settings, Models()))


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> "Clips":
    return Clips(tmp_path_factory.mktemp("clips"))


class Clips:
    """Clips by name; each is made when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def plain(self) -> Path:
        """Two seconds of 96 × 128 at 15 frames a second, with sound, a cut after one."""
        return self.made("plain.mp4", "96x128", seconds=2)

    def made(
        self, name: str, size: str, *options: str, seconds: float = 1, sound: bool = True, picture: str = "testsrc2"
    ) -> Path:
        path = self._folder / name
        if not path.exists():
            source = f"{picture}{'=' if '=' not in picture else ':'}size={size}:rate=15:duration={seconds}"
            inputs = ["-f", "lavfi", "-i", source]
            if sound:
                inputs += ["-f", "lavfi", "-i", f"sine=frequency=440:duration={seconds}"]
            encoded = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-shortest"]
            ffmpeg(*inputs, *(encoded if "-c:v" not in options else []), *options, str(path))
        return path

    def path(self, name: str) -> Path:
        return self._folder / name


def ffmpeg(*arguments: str) -> None:
    command = ["ffmpeg", "-y", "-nostdin", "-hide_banner", "-loglevel", "error", *arguments]
    subprocess.run(command, check=True, capture_output=True, timeout=60)


@pytest.fixture
def upload(studio: Studio) -> Callable[[Path], Asset]:
    def send(path: Path) -> Asset:
        body = path.read_bytes()
        asset = studio.begin_upload(ANN, len(body), path.name)
        return studio.receive(asset.id, 0, [body])

    return send


def work_off(worker: Worker) -> None:
    """Do every job that is due."""
    while worker.step():
        pass
