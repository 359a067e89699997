"""The embedded default behaviour, brought in through the same door as anybody's file."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from walras.base.clock import Clock
from walras.base.streams import stream
from walras.doors.files import import_files
from walras.events import Registry, SqliteLog

# Writes one file to import, given its path, the present instant and the draws; gives the number of rows.
WriteSample = Callable[[Path, int, np.random.Generator], int]


def fill_with_sample(
    home: Path, seed: int, opened: tuple[SqliteLog, Registry, Clock], write_sample: WriteSample
) -> None:
    """Write the sample into a file and import it.

    Args:
        home: where the importer keeps its journal.
        seed: of everything that is drawn.
        opened: the log, its outcomes and the clock.
        write_sample: writes the file.
    """
    log, registry, clock = opened
    with tempfile.TemporaryDirectory(prefix="walras-sample-") as folder:
        path = Path(folder) / "sample.jsonl"
        write_sample(path, clock.now_ms(), stream(seed, "sample"))
        import_files([path], log, format="walras", registry=registry, clock=clock, home=home)
