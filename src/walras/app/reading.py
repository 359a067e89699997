"""How far the reading of a long log is, in a file of the home folder, where another process's terminal finds it."""

import contextlib
import os
from pathlib import Path

import msgspec

from walras.base.clock import elapsed_s

FILE_NAME = "reading.json"
_EVERY_S = 0.5


class Reading(msgspec.Struct, frozen=True):
    """Rows of the log that are read, and all of them; nothing is being read where there are none."""

    done: int = 0
    total: int = 0
    failed: str = ""  # why it was given up


class Said:
    """Says now and then how far one reading is."""

    def __init__(self, home: Path) -> None:
        """Nothing is said yet."""
        self._path, self._due_s = home / FILE_NAME, 0.0

    def moved(self, done: int, total: int) -> None:
        """Take how far it is. A full disk hides the bar and stops nothing."""
        if elapsed_s() < self._due_s:
            return
        self._due_s = elapsed_s() + _EVERY_S
        self._say(Reading(done, total))

    def failed(self, why: str) -> None:
        """It is given up; the program that serves ends with a status that says so."""
        self._say(Reading(failed=why))

    def ended(self) -> None:
        """It is read, or left off."""
        self._path.unlink(missing_ok=True)

    def _say(self, what: Reading) -> None:
        scratch = self._path.with_suffix(f".{os.getpid()}")
        with contextlib.suppress(OSError):
            scratch.write_bytes(msgspec.json.encode(what))
            scratch.replace(self._path)


def reading(home: Path) -> Reading:
    """What was said last; nothing where nothing is being read."""
    try:
        return msgspec.json.decode((home / FILE_NAME).read_bytes(), type=Reading)
    except (OSError, msgspec.DecodeError):
        return Reading()
