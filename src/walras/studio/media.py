"""Finds the file of an address, and says which part of it is asked for. Nothing outside an asset's folder is found."""

import re
from dataclasses import dataclass
from pathlib import Path

from walras.base.errors import NotFound, Refused

# The source has no ending, so no address reaches it; a path has a slash, so no name is one.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
_ASSET = re.compile(r"a[0-9a-f]{27}")
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_TYPES = {
    ".m3u8": "application/vnd.apple.mpegurl",
    ".m4s": "video/iso.segment",
    ".mp4": "video/mp4",
    ".m4a": "audio/mp4",
    ".jpg": "image/jpeg",
    ".webp": "image/webp",
    ".vtt": "text/vtt",
}


@dataclass(frozen=True, slots=True)
class MediaFile:
    """A file as it is answered."""

    path: Path
    media_type: str
    size: int
    mark: str  # changes whenever the file does
    stays: bool  # whether what this name means never changes


class OutOfRange(Refused):
    """The part that is asked for lies behind the end of the file."""

    code = "out-of-range"
    status = 416

    def __init__(self, size: int) -> None:
        """Say how long the file is."""
        super().__init__("lies behind the end of the file", field="range", value=size)
        self.size = size


def find_file(folder: Path, asset: str, name: str) -> MediaFile:
    """The file of this asset and name.

    Args:
        folder: where media lies.
        asset: its id, as it came from outside.
        name: of the file, as it came from outside.

    Raises:
        NotFound: there is none, or the name is none of ours.
    """
    kind = _TYPES.get(Path(name).suffix)
    if kind is None or not _ASSET.fullmatch(asset) or not _NAME.fullmatch(name):
        raise NotFound("no media has this address", field="file", value=name)
    path = folder / asset / name
    try:
        said = path.stat()
    except OSError:
        raise NotFound("no media has this address", field="file", value=name) from None
    mark = f"{said.st_size:x}-{said.st_mtime_ns:x}"
    return MediaFile(path, kind, said.st_size, mark, stays=path.suffix != ".m3u8")


def part_of(size: int, asked: str) -> tuple[int, int] | None:
    """First byte and length of the part that a Range header asks for; None for the whole file.

    Several parts, and what is no range of bytes, are answered with the whole, as the standard allows.

    Raises:
        OutOfRange: it begins behind the end.
    """
    found = _RANGE.fullmatch(asked.replace(" ", ""))
    if found is None or found.group(1) == found.group(2) == "":
        return None
    first, last = found.groups()
    if first == "":
        length = min(int(last), size)
        if length == 0:
            raise OutOfRange(size)
        return size - length, length
    start, end = int(first), min(int(last) if last else size - 1, size - 1)
    if start >= size:
        raise OutOfRange(size)
    return (start, end - start + 1) if end >= start else None
