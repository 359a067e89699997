"""Page records on their way to the log: off the answer's path, and never lost once the page was answered.

A page is answered after one `write` of its framed record into this process's own spool file. What a process has
written lies in the operating system and survives `kill -9`; only a loss of power could take it, and a page on which
somebody acted is made durable before that event is acknowledged. The log's writer moves waiting pages into the log
with its next group and then empties the file. Files of dead processes are moved in at the next start.

A frame is: length (4 bytes, little-endian), CRC-32 (4 bytes), msgpack of a PageRecord. A torn tail is dropped: the
page was never answered. A page moved twice is written once, since the log knows its id.
"""

import fcntl
import os
import struct
import threading
import zlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import msgspec

from walras.base import limits
from walras.base.errors import Exhausted, Unavailable
from walras.events import trouble
from walras.events.rows import Keyed, page_body, page_of, page_row
from walras.schema import PageRecord

_HEAD = struct.Struct("<II")
# Beyond this a new file is begun, so that an emptied one can be deleted even when pages never stop coming.
_FILE_BYTES_MAX = 4_000_000


class PageSpool:
    """The spool of one process. Safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        """Begin a file of one's own in `folder`, which must exist."""
        self._folder = folder
        self._lock = threading.Lock()
        self._waiting: dict[str, tuple[Keyed, _SpoolFile]] = {}  # oldest first
        self._files: list[_SpoolFile] = [_SpoolFile(folder)]

    def keep(self, page: PageRecord, received_ms: int) -> None:
        """Take a page; when this returns, the death of the process no longer loses it.

        Raises:
            Exhausted: the disk is full, or the log has not taken pages for long.
            Unavailable: the disk does not answer.
        """
        body = page_body(page)
        row = page_row(page.id, page.person, page.time_ms, received_ms, body)
        with self._lock:
            if len(self._waiting) >= limits.PAGE_QUEUE_MAX:
                raise Exhausted("too many pages wait for the log", field="pages", value=len(self._waiting))
            if not self._files:
                raise Unavailable("the log is closed", field="log")
            if self._files[-1].size > _FILE_BYTES_MAX:
                self._files.append(_SpoolFile(self._folder))
            self._files[-1].write(body)
            self._waiting[page.id] = (row, self._files[-1])

    def waiting(self, limit: int) -> list[Keyed]:
        """The rows of the oldest pages that are not in the log yet, at most `limit`."""
        if not self._waiting:
            return []
        with self._lock:
            return [row for row, _ in islice(self._waiting.values(), limit)]

    def moved(self, count: int) -> None:
        """The `count` oldest pages are in the log: forget them, and their file when it holds nothing else."""
        with self._lock:
            for page_id in list(islice(self._waiting, count)):
                del self._waiting[page_id]
            oldest = next(iter(self._waiting.values()))[1] if self._waiting else None
            while self._files and self._files[0] is not oldest:
                if len(self._files) == 1:
                    self._files[0].empty()
                    break
                self._files.pop(0).remove()

    def find(self, page_id: str) -> PageRecord | None:
        """A page that is not in the log yet."""
        kept = self._waiting.get(page_id)
        return None if kept is None else page_of(kept[0][1][-1])

    def close(self) -> None:
        """Let go of the files; an empty one is removed, others are moved in by the next start."""
        with self._lock:
            for file in self._files:
                if self._waiting:
                    file.release()
                else:
                    file.remove()
            self._files = []


class _SpoolFile:
    """One file, held by a lock that dies with the process, so that a left-over can be told from a live one."""

    def __init__(self, folder: Path) -> None:
        while True:
            self.path = folder / f"{os.getpid()}-{os.urandom(6).hex()}.pages"
            self._fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_EXCL, 0o600)
            fcntl.flock(self._fd, fcntl.LOCK_EX)
            # Somebody starting up may have removed it as a left-over before the lock was ours.
            if self.path.exists():
                break
            os.close(self._fd)
        self.size = 0

    def write(self, body: bytes) -> None:
        frame = _HEAD.pack(len(body), zlib.crc32(body)) + body
        try:
            written = os.write(self._fd, frame)
        except OSError as error:
            raise trouble.of_disk(error, self.path) from error
        if written < len(frame):
            os.ftruncate(self._fd, self.size)
            raise Exhausted("the page's record cannot be written whole", field="pages", value=str(self.path))
        self.size += written

    def empty(self) -> None:
        if self.size:
            os.ftruncate(self._fd, 0)
            self.size = 0

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)
        os.close(self._fd)

    def release(self) -> None:
        os.close(self._fd)


class OtherSpools:
    """The spools of other processes: looked into, and made durable before an event about one of their pages is."""

    def __init__(self, folder: Path) -> None:
        """Watch the spool files in `folder`."""
        self._folder = folder
        self._flushed: dict[str, tuple[int, int]] = {}  # name → size and time of the last write when it was flushed

    def make_durable(self) -> None:
        """Flush what other processes have written since the last call. Empty and unchanged files cost one stat.

        Raises:
            Unavailable: a flush failed.
        """
        mine = f"{os.getpid()}-"
        states: dict[str, tuple[int, int]] = {}
        for entry in os.scandir(self._folder):
            if entry.name.startswith(mine):
                continue
            try:
                found = entry.stat()
                state = (found.st_size, found.st_mtime_ns)
                if found.st_size and self._flushed.get(entry.name) != state:
                    _flush(entry.path)
                states[entry.name] = state
            except FileNotFoundError:  # Its owner has moved it into the log, which is better still.
                continue
            except OSError as error:
                raise trouble.of_disk(error, Path(entry.path)) from error
        self._flushed = states

    def find(self, page_id: str) -> PageRecord | None:
        """A page in any spool file, whosever it is."""
        for path in sorted(self._folder.glob("*.pages")):
            for page in read_frames(path):
                if page.id == page_id:
                    return page
        return None


def _flush(path: str) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fdatasync(fd)
    finally:
        os.close(fd)


def read_frames(path: Path) -> Iterator[PageRecord]:
    """The pages of a spool file, up to the first frame that is not whole."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return
    at = 0
    while at + _HEAD.size <= len(content):
        length, checksum = _HEAD.unpack_from(content, at)
        body = content[at + _HEAD.size : at + _HEAD.size + length]
        if len(body) < length or zlib.crc32(body) != checksum:
            return
        try:
            yield page_of(body)
        except msgspec.DecodeError:
            return
        at += _HEAD.size + length


def left_overs(folder: Path) -> Iterator[tuple[Path, list[PageRecord]]]:
    """Spool files whose processes are dead, with their pages. Each is removed once the caller asks for the next."""
    for path in sorted(folder.glob("*.pages")):
        try:
            fd = os.open(path, os.O_RDWR)
        except FileNotFoundError:
            continue
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield path, list(read_frames(path))
            path.unlink(missing_ok=True)
        except BlockingIOError:
            continue
        finally:
            os.close(fd)
