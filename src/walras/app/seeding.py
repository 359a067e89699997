"""The embedded default behaviour, brought in through the same door as anybody's file."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from walras.base.clock import Clock
from walras.doors.files import import_files
from walras.events import Log, Registry

# Writes files to import into a folder: given the folder, the seed and the present instant.
WriteSample = Callable[[Path, int, int], list[Path]]


def fill_with_sample(home: Path, seed: int, opened: tuple[Log, Registry, Clock], write_sample: WriteSample) -> None:
    """Write the sample into files and import them.

    Args:
        home: where the importer keeps its journal.
        seed: of everything that is drawn.
        opened: the log, its outcomes and the clock.
        write_sample: writes the files.
    """
    log, registry, clock = opened
    with tempfile.TemporaryDirectory(prefix="walras-sample-") as folder:
        files = write_sample(Path(folder), seed, clock.now_ms())
        import_files(files, log, format="walras", registry=registry, clock=clock, home=home)
