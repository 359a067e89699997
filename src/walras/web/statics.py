"""Files of the screens, under an address that holds a hash of their content.

A file's address changes with its content, so a browser may keep it for ever and never shows an old one.
"""

import hashlib
import mimetypes
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from walras.base.errors import NotFound

FOLDER = Path(__file__).parent / "static"
ROOT = "/static/"
_HASH_CHARS = 12
_TYPES = {".woff2": "font/woff2", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


class Vendored(msgspec.Struct, frozen=True, kw_only=True):
    """One file that was brought from elsewhere."""

    file: str
    name: str
    version: str
    licence: str
    licence_file: str
    origin: str
    sha256: str


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file as it is answered."""

    body: bytes
    media_type: str
    mark: str  # of its content


class Statics:
    """Every file below some folders, read once, and what is joined of them."""

    def __init__(self, *folders: Path) -> None:
        """Read the files; in a later folder a file of the same name wins."""
        self._files: dict[str, StaticFile] = {}
        for folder in folders:
            for path in sorted(p for p in folder.rglob("*") if p.is_file()):
                self._files[path.relative_to(folder).as_posix()] = _read(path)

    def address(self, name: str) -> str:
        """Where a browser finds a file.

        Raises:
            NotFound: there is none of this name.
        """
        return f"{ROOT}{self._named(name).mark}/{name}"

    def join(self, name: str, parts: Sequence[str]) -> str:
        """One file of several, one after the other, so that a browser asks once; gives its name.

        Raises:
            NotFound: one of them is not there.
        """
        body = b"\n".join(self._named(part).body for part in parts)
        self._files[name] = _kept(name, body)
        return name

    def names(self) -> list[str]:
        """Every file, in the order of their names."""
        return sorted(self._files)

    def at(self, path: str) -> tuple[StaticFile, bool]:
        """The file of an address behind `/static/`, and whether the address holds its present hash.

        Raises:
            NotFound: there is none.
        """
        mark, _, name = path.partition("/")
        file = self._files.get(name)
        if file is not None and file.mark == mark:
            return file, True
        return self._named(path), False

    def _named(self, name: str) -> StaticFile:
        file = self._files.get(name)
        if file is None:
            raise NotFound("no file has this name", field="path", value=name)
        return file


def vendored() -> list[Vendored]:
    """The manifest of files that were brought from elsewhere, with their licences and hashes."""
    return msgspec.json.decode((FOLDER / "manifest.json").read_bytes(), type=list[Vendored])


def _read(path: Path) -> StaticFile:
    return _kept(path.name, path.read_bytes())


def _kept(name: str, body: bytes) -> StaticFile:
    kind = _TYPES.get(Path(name).suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    return StaticFile(body, kind, hashlib.sha256(body).hexdigest()[:_HASH_CHARS])
