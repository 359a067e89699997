"""What SQLite and the disk say when they cannot, as the errors of this program."""

import errno
import os
import sqlite3
from pathlib import Path

from walras.base.errors import Corrupt, Exhausted, Unable, Unavailable

_FULL_ERRNO = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_MEND_SPACE = "Free some space on the disk that holds the log; nothing that was acknowledged is lost."


def of_sqlite(error: sqlite3.Error, path: Path) -> Unable:
    """The error of this program that a failure of SQLite stands for.

    A failed flush is among the I/O errors: whoever waited for it is told so and never gets an acknowledgement.
    """
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    where = str(path)
    if code == sqlite3.SQLITE_FULL:
        return Exhausted("the log cannot grow", field="log", value=where, hint=_MEND_SPACE)
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        hint = "Put back a copy of the folder, or move the file away and import again; the segments beside it are kept."
        return Corrupt(f"the log's database is damaged ({error})", field="log", value=where, hint=hint)
    if code == sqlite3.SQLITE_BUSY:
        return Unavailable("another process holds the log", field="log", value=where, hint="Try again.")
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        hint = "Let this user write the log's folder, and mount its disk for writing."
        return Unavailable(f"the log cannot be written ({error})", field="log", value=where, hint=hint)
    if code == sqlite3.SQLITE_IOERR:
        hint = "Look at the disk and at the system's log."
        return Unavailable(f"the log's disk does not answer ({error})", field="log", value=where, hint=hint)
    return Unavailable(f"the log's database refuses ({error})", field="log", value=where, hint="Report this as a bug.")


def of_disk(error: OSError, path: Path) -> Unable:
    """The error of this program that a failure of the file system stands for."""
    if error.errno in _FULL_ERRNO:
        return Exhausted("the log cannot grow", field="log", value=str(path), hint=_MEND_SPACE)
    return Unavailable(f"the log's disk does not answer ({error})", field="log", value=str(path))


def refuse_when_low(folder: Path, free_mb_min: int) -> None:
    """Stop before the disk is full, while there is still room to compact, to read and to repair.

    Raises:
        Exhausted: less is free than the setting `disk_free_mb_min` asks.
    """
    if free_mb_min <= 0:
        return
    found = os.statvfs(folder)
    free_mb = found.f_bavail * found.f_frsize // 1_000_000
    if free_mb < free_mb_min:
        message = f"only {free_mb} MB are free, {free_mb_min} MB are kept back"
        raise Exhausted(message, field="disk_free_mb_min", value=str(folder), hint=_MEND_SPACE)
