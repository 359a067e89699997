"""A file as blocks of bytes that end where a row ends: plain or gzip, in any usual encoding, resumable by offset."""

import codecs
import gzip
import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from walras.base.errors import Invalid

# About 200,000 rows of forty bytes: enough to be fast on, little enough to hold several times over.
BLOCK_BYTES = 8_000_000
# A row (with its quoted newlines) longer than this is a forgotten quotation mark.
ROW_BYTES_MAX = 4_000_000
HEAD_BYTES = 262_144
# Pure control bytes that no text file has.
_BINARY = bytes(set(range(32)) - {9, 10, 12, 13, 27, 28, 29, 30, 31})
_CHINESE_WORD = re.compile(r"[\u4e00-\u9fff]{2,}")
# An accented letter of Latin-1 beside a plain one.
_LATIN_LETTER = re.compile(rb"(?:[A-Za-z][\xc0-\xfe]|[\xc0-\xfe][A-Za-z])")
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True, slots=True)
class Block:
    """Some whole rows of a file, as UTF-8."""

    text: bytes
    line: int  # number of its first line, from 1
    after: int  # offset in the decoded text behind it
    done_bytes: int  # how much of the file on disk has been read


def must_be_readable(path: Path) -> None:
    """Refuse a file that is missing, a folder, empty, or not ours to read.

    Raises:
        Invalid: with what was found and what to do.
    """
    try:
        if path.is_dir():
            raise Invalid("is a folder", field=str(path), hint="Name the files in it, such as FOLDER/*.csv.")
        with path.open("rb") as file:
            if not file.read(1):
                raise Invalid("is empty", field=str(path), hint="Give a file with at least one row.")
    except FileNotFoundError as error:
        hint = "Look at the spelling and at the folder you are in."
        raise Invalid("is not there", field=str(path), hint=hint) from error
    except PermissionError as error:
        hint = f"Let yourself read it: chmod u+r {path.name}"
        raise Invalid("may not be read", field=str(path), hint=hint) from error
    except OSError as error:
        raise Invalid(f"cannot be read: {error.strerror}", field=str(path), hint="Copy it to a local disk.") from error


def fingerprint(path: Path) -> str:
    """What tells one file from another without reading it all: size, head, middle and tail."""
    size = path.stat().st_size
    digest = hashlib.blake2b(str(size).encode(), digest_size=8)
    with path.open("rb") as file:
        for at in (0, size // 2, max(0, size - 65_536)):
            file.seek(at)
            digest.update(file.read(65_536))
    return digest.hexdigest()


def is_gzip(path: Path) -> bool:
    """Whether the file is gzip, whatever its name says."""
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"


def head_of(path: Path) -> bytes:
    """The first quarter megabyte, unpacked, as it stands in the file.

    Raises:
        Invalid: the gzip is broken.
    """
    with path.open("rb") as raw:
        try:
            return _unpacked(path, raw).read(HEAD_BYTES)
        except (OSError, EOFError) as error:
            raise Invalid(f"is broken gzip: {error}", field=str(path), hint="Fetch or pack it again.") from error


def encoding_of(head: bytes) -> str:
    """UTF-8 unless a byte order mark, or bytes that only the Chinese standard or Latin-1 explain, say otherwise."""
    for bom, name in _BOMS:
        if head.startswith(bom):
            return name
    whole = head[: head.rfind(b"\n") + 1] or head
    text = whole.decode("utf-8", "replace")
    odd = text.count("\ufffd")
    # Some letters in good UTF-8 beside a few broken bytes: damaged UTF-8, whose damaged rows are refused.
    if not odd or sum(letter > "\x7f" for letter in text) > 2 * odd:
        return "utf-8"
    if _looks_chinese(whole.decode("gb18030", "replace")):
        return "gb18030"
    return "latin-1" if len(_LATIN_LETTER.findall(whole)) * 2 > odd else "utf-8"


def _looks_chinese(text: str) -> bool:
    """Whether letters beyond ASCII are mostly words of Chinese; Latin-1 read so gives lone ones among others."""
    beyond = sum(letter > "\x7f" for letter in text)
    return beyond > 0 and sum(map(len, _CHINESE_WORD.findall(text))) * 10 > beyond * 6


def must_be_text(head: bytes, path: Path) -> None:
    """Refuse a picture, an archive or another binary file.

    Raises:
        Invalid: with the formats that are read.
    """
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return
    sample = head[:65_536]
    if len(sample) - len(sample.translate(None, _BINARY)) > len(sample) // 100:
        hint = "CSV, TSV and JSON lines (each also .gz) and Parquet are read."
        raise Invalid("is a binary file", field=str(path), value=sample[:12], hint=hint)


def blocks(path: Path, encoding: str, *, quotes: bool, start: int = 0, line: int = 1) -> Iterator[Block]:
    """Read a file in blocks of whole rows.

    Args:
        path: the file, plain or gzip.
        encoding: as `encoding_of` names it.
        quotes: whether a newline between quotation marks belongs to its row.
        start: offset in the decoded text to begin at, as an earlier block's `after`.
        line: number of the line at `start`.

    Raises:
        Invalid: the gzip ends early.
    """
    with path.open("rb") as raw:
        stream = _Decoded(_unpacked(path, raw), encoding)
        try:
            stream.skip(start)
            rest, at = b"", start
            while True:
                fresh = stream.read(BLOCK_BYTES)
                text = rest + fresh
                cut = len(text) if not fresh else _cut(text, quotes)
                rest = text[cut:]
                if cut:
                    at += cut
                    yield Block(text[:cut], line, at, raw.tell())
                    line += text.count(b"\n", 0, cut)
                if not fresh:
                    return
        except (OSError, EOFError) as error:
            hint = "What came before it has been imported; fetch the file again and import again."
            raise Invalid(f"is broken gzip near line {line}: {error}", field=str(path), hint=hint) from error


def _unpacked(path: Path, raw: IO[bytes]) -> IO[bytes]:
    return gzip.GzipFile(fileobj=raw) if is_gzip(path) else raw  # type: ignore[return-value]


def _cut(text: bytes, quotes: bool) -> int:
    """Where the last whole row ends; 0 where none does yet."""
    cut = text.rfind(b"\n") + 1
    if quotes and text.count(b'"', 0, cut) % 2:
        before = text.rfind(b"\n", 0, text.rfind(b'"', 0, cut)) + 1
        # A row that never ends is cut at a line, and reported as broken by whoever reads it.
        return before if len(text) - before < ROW_BYTES_MAX else cut
    return cut if cut or len(text) < ROW_BYTES_MAX else len(text)


class _Decoded:
    """A stream of bytes in any encoding, read as UTF-8 with newlines as line feeds."""

    def __init__(self, raw: IO[bytes], encoding: str) -> None:
        """Read from `raw`; plain UTF-8 passes through untouched."""
        self._raw = raw
        self._packed = isinstance(raw, io.BufferedIOBase) and not isinstance(raw, io.BufferedReader)
        plain = encoding in {"utf-8", "utf-8-sig"}
        self._decoder = None if plain else codecs.getincrementaldecoder(encoding)("replace")
        self._mark = encoding == "utf-8-sig"
        self._ready = b""  # decoded already, not yet given out

    def read(self, size: int) -> bytes:
        """About `size` bytes, empty at the end."""
        if self._ready:
            fresh, self._ready = self._ready[:size], self._ready[size:]
            return fresh
        fresh = self._raw.read(size)
        if self._mark and fresh:
            fresh, self._mark = fresh.removeprefix(codecs.BOM_UTF8), False
        text = fresh if self._decoder is None else self._decoder.decode(fresh, not fresh).encode("utf-8")
        if b"\r" in text and b"\n" not in text:
            text = text.replace(b"\r", b"\n")
        return text or (self.read(size) if fresh else b"")

    def skip(self, size: int) -> None:
        """Read and drop `size` bytes of decoded text."""
        if self._decoder is None and not self._packed:
            self._raw.seek(size + (len(codecs.BOM_UTF8) if self._mark else 0))
            self._mark = self._mark and not size
            return
        while size > 0:
            fresh = self.read(65_536)
            if not fresh:
                return
            self._ready, size = fresh[size:], size - len(fresh)
