"""Files that come in pieces: begin, receive, give up. The protocol around it (tus) is the line's.

A piece is on the disk before its offset is told; the row says how much is sure, and what a crash left behind that is
cut off before the next piece.
"""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec
import sqlalchemy as sa

from walras.base import limits
from walras.base.clock import HOUR_MS
from walras.base.errors import Conflict, Exhausted, Invalid, TooMuch, TooOften
from walras.base.ids import PersonId, new_id
from walras.studio import jobs, prints, shelf
from walras.studio.asset import Asset, AssetId
from walras.studio.faults import EXPIRED, fault_of
from walras.studio.tables import AssetRow, UploadRow
from walras.world import Database

SOURCE = "source"


def begin(database: Database, folder: Path, person: PersonId, length: int, name: str, now_ms: int) -> Asset:
    """Make an asset that waits for its bytes.

    Args:
        database: the tables.
        folder: where media lies.
        person: whose it is.
        length: bytes that will come.
        name: as the sender calls the file; only shown.
        now_ms: the present instant.

    Raises:
        Invalid: the length is 0 or negative.
        TooMuch: the file is too large.
        TooOften: she has too many files coming, or began too many.
    """
    _check_length(length)
    asset = Asset(
        id=AssetId(new_id("a", now_ms)),
        owner=person,
        name=_plain(name),
        bytes=length,
        created_ms=now_ms,
    )
    with database.write() as connection:
        _check_share(connection, person, now_ms)
        row = UploadRow.__table__.insert()  # type: ignore[attr-defined]
        ends_ms = now_ms + limits.UPLOAD_KEPT_MS
        connection.execute(row.values(asset=asset.id, owner=person, length=length, received=0, ends_ms=ends_ms))
        (folder / asset.id).mkdir(parents=True, exist_ok=True)
        (folder / asset.id / SOURCE).touch()
        return shelf.put(connection, asset)


def receive(database: Database, folder: Path, id: AssetId, offset: int, pieces: Iterable[bytes], now_ms: int) -> Asset:
    """Take the next bytes; where they were the last, the file waits to be made.

    Raises:
        NotFound: there is no such upload.
        Conflict: the offset is not where the file stands, or another request is writing to it.
        TooMuch: more bytes than were announced.
        Exhausted: the disk is full; what was sure before stays so.
    """
    with _written(folder / id / SOURCE, id) as file:
        with database.read() as connection:
            asset = shelf.asset_of(connection, id)
        if asset.state != "uploading":
            raise Conflict("has come whole already", field="upload", value=id, hint="Nothing more is to be sent.")
        if offset != asset.received:
            raise WrongOffset(asset.received, offset)
        received = _append(file, offset, asset.bytes, pieces)
        return _acknowledge(database, id, received, now_ms)


class WrongOffset(Conflict):
    """A piece of a file was sent for another place than where the file stands."""

    code = "wrong-offset"

    def __init__(self, right: int, found: int) -> None:
        """Say where it stands."""
        super().__init__(
            f"the upload stands at {right} bytes", field="offset", value=found, hint=f"Send from byte {right} on."
        )
        self.right = right


def remove(database: Database, folder: Path, id: AssetId) -> None:
    """Forget an asset with all its files.

    Raises:
        NotFound: there is none.
    """
    with database.write() as connection:
        shelf.asset_of(connection, id, hold=True)
        jobs.drop_jobs(connection, id)
        prints.forget(connection, id)
        connection.execute(sa.delete(UploadRow).where(UploadRow.asset == id))
        connection.execute(sa.delete(AssetRow).where(AssetRow.id == id))
    shutil.rmtree(folder / id, ignore_errors=True)


def expire(database: Database, folder: Path, now_ms: int) -> int:
    """Give up files that stopped coming; their assets stay and say so.

    Returns:
        How many there were.
    """
    with database.write() as connection:
        gone = connection.execute(sa.delete(UploadRow).where(UploadRow.ends_ms < now_ms).returning(UploadRow.asset))
        ids = [AssetId(id) for id in gone.scalars()]
        for id in ids:
            asset = shelf.asset_of(connection, id, hold=True)
            failed = msgspec.structs.replace(asset, state="failed", fault=fault_of(EXPIRED), received=0)
            shelf.put(connection, failed)
    for id in ids:
        (folder / id / SOURCE).unlink(missing_ok=True)
    return len(ids)


def ends_ms(database: Database, id: AssetId) -> int:
    """When an upload is given up; 0 where it has come whole."""
    with database.read() as connection:
        found = connection.execute(sa.select(UploadRow.ends_ms).where(UploadRow.asset == id)).scalar()
        return found or 0


def _check_length(length: int) -> None:
    if length <= 0:
        raise Invalid("the file is empty", field="length", value=length, hint="Choose a file with a video in it.")
    if length > limits.UPLOAD_BYTES_MAX:
        most = limits.UPLOAD_BYTES_MAX // 1_000_000
        raise TooMuch(f"the file is larger than {most} MB", field="length", value=length, hint="Send a shorter video.")


def _check_share(connection: sa.Connection, person: PersonId, now_ms: int) -> None:
    begun = sa.select(sa.func.count()).select_from(AssetRow).where(AssetRow.owner == person)
    since = connection.execute(begun.where(AssetRow.created_ms > now_ms - HOUR_MS)).scalar_one()
    coming = sa.select(sa.func.count()).select_from(UploadRow).where(UploadRow.owner == person)
    if connection.execute(coming).scalar_one() >= limits.UPLOADS_OPEN_MAX:
        hint = "Finish one or give one up."
        raise TooOften(f"{limits.UPLOADS_OPEN_MAX} uploads are open already", field="uploads", hint=hint)
    if since >= limits.UPLOADS_PER_HOUR_MAX:
        raise TooOften(
            f"{limits.UPLOADS_PER_HOUR_MAX} uploads an hour are taken", field="uploads", hint="Wait a while."
        )


def _plain(name: str) -> str:
    """A name that can be shown: no folders, no control characters."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in last if letter.isprintable())[: limits.UPLOAD_NAME_CHARS_MAX]


@contextlib.contextmanager
def _written(path: Path, id: AssetId) -> Iterator[BinaryIO]:
    """The file, held by this request alone among all processes."""
    try:
        file = path.open("r+b")
    except FileNotFoundError:
        raise Conflict("is no longer open", field="upload", value=id, hint="Begin a new upload.") from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            hint = "Ask for the offset, then go on from there."
            raise Conflict("another request is writing to it", field="upload", value=id, hint=hint) from None
        yield file


def _append(file: BinaryIO, offset: int, length: int, pieces: Iterable[bytes]) -> int:
    """Write behind what is sure, and return only when it is on the disk."""
    received = offset
    try:
        file.truncate(offset)
        file.seek(offset)
        for piece in pieces:
            received += len(piece)
            if received > length:
                raise TooMuch("more bytes than were announced", field="body", value=received, hint=f"Send {length}.")
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    except OSError as error:
        raise Exhausted(f"the disk took no more ({error.strerror})", field="media", hint="Try again later.") from error
    return received


def _acknowledge(database: Database, id: AssetId, received: int, now_ms: int) -> Asset:
    with database.write() as connection:
        asset = shelf.asset_of(connection, id, hold=True)
        done = received == asset.bytes
        where = UploadRow.asset == id
        if done:
            connection.execute(sa.delete(UploadRow).where(where))
            jobs.add_jobs(connection, id, ["first"], asset.version, now_ms)
        else:
            later = {"received": received, "ends_ms": now_ms + limits.UPLOAD_KEPT_MS}
            connection.execute(sa.update(UploadRow).where(where).values(**later))
        state = "queued" if done else "uploading"
        progress = 0.0 if done else received / asset.bytes
        return shelf.put(connection, msgspec.structs.replace(asset, received=received, state=state, progress=progress))
