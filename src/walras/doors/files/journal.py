"""How far a file has been imported, and which of its rows were refused; so that an import that broke off goes on."""

import csv
import os
import re
from collections.abc import Iterable
from pathlib import Path

import msgspec

from walras.doors.files.tables import Fault

# More than this is not a list that anybody reads: it is a wrong mapping. The rest is counted, not written.
REJECTS_MAX = 100_000


class Entry(msgspec.Struct, kw_only=True):
    """The journal of one file."""

    file: str
    fingerprint: str
    reading: str  # digest of format and mapping: read otherwise, a file is another import
    offset: int = 0
    line: int = 1
    rows: int = 0
    events: int = 0
    fresh: int = 0
    items: int = 0
    people: int = 0
    passed_over: int = 0
    rejected: int = 0
    rejects_bytes: int = 0
    position: int = 0  # of the log, after the last stretch; a log that is shorter is another log
    first_ms: int = 0
    last_ms: int = 0
    done: bool = False


class Journal:
    """The journal of one file, in `<home>/imports/`."""

    def __init__(self, home: Path, path: Path, fingerprint: str, reading: str) -> None:
        """Name the files; nothing is read or written yet."""
        self.folder = home / "imports"
        name = re.sub(r"[^\w.\-]+", "_", path.name)
        self.path = self.folder / f"{name}-{fingerprint[:8]}-{reading[:6]}.json"
        self.rejects = self.folder / f"{name}.rejects.csv"
        self.entry = Entry(file=str(path), fingerprint=fingerprint, reading=reading)

    def open(self, log_position: int) -> bool:
        """Take up an earlier import of this file, by this reading, into this log; gives whether there is one."""
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            found = msgspec.json.decode(self.path.read_bytes(), type=Entry)
        except (FileNotFoundError, msgspec.DecodeError):
            found = None
        same = (
            found is not None
            and (found.fingerprint, found.reading) == (self.entry.fingerprint, self.entry.reading)
            and found.position <= log_position
        )
        if found is not None and same:
            self.entry = found
        self._cut_rejects()
        return same

    def begin(self) -> None:
        """Start the file over, whatever an earlier import came to."""
        before = self.entry
        self.entry = Entry(file=before.file, fingerprint=before.fingerprint, reading=before.reading)
        self._cut_rejects()

    def _cut_rejects(self) -> None:
        """Drop rows that were written after the last stretch; they will be written again."""
        if self.entry.done:
            return
        if not self.entry.rejects_bytes:
            self.rejects.unlink(missing_ok=True)
        elif self.rejects.exists():
            os.truncate(self.rejects, self.entry.rejects_bytes)

    def reject(self, faults: Iterable[Fault]) -> None:
        """Write refused rows into the rejects file."""
        wanted = list(faults)
        room = max(0, REJECTS_MAX - self.entry.rejected)
        self.entry.rejected += len(wanted)
        if not wanted or not room:
            return
        fresh = not self.rejects.exists()
        with self.rejects.open("a", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            if fresh:
                writer.writerow(("line", "field", "value", "reason"))
            writer.writerows((f.line, f.field, _shown(f.value), f.reason) for f in wanted[:room])
            file.flush()
            self.entry.rejects_bytes = file.tell()

    def keep(self) -> None:
        """Write the journal; whole or not at all."""
        fresh = self.path.with_suffix(".new")
        fresh.write_bytes(msgspec.json.encode(self.entry))
        fresh.replace(self.path)


def _shown(value: str) -> str:
    """A value as one line of a table."""
    text = value if len(value) <= 200 else value[:199] + "…"
    return text.encode("unicode_escape").decode() if re.search(r"[\x00-\x1f\x7f]", text) else text
