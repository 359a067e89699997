"""A state on disk: written whole or not at all, refused where anything in it is not what was written."""

import shutil
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from walras.base.errors import Corrupt
from walras.features.arena import Array

# Raised whenever the meaning of any array changes; an older snapshot is then refused and the log is replayed.
FORMAT = 4
_MANIFEST, _NAMES = "manifest.json", "names.msgpack"


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a snapshot is, and of what."""

    format: int
    registry: str  # fingerprint of outcomes and surfaces
    text: str  # version of the text model its vectors come from
    position: int
    events: int
    files: dict[str, int]  # checksum by file


def write(folder: Path, arrays: Mapping[str, Array], names: Any, manifest: Manifest) -> None:
    """Write a snapshot beside its place and move it there.

    Args:
        folder: where it shall lie; an earlier snapshot there is replaced.
        arrays: arrays by name.
        names: anything msgpack can hold.
        manifest: what it is; its checksums are filled in here.
    """
    made = folder.with_name(folder.name + ".new")
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir(parents=True)
    (made / _NAMES).write_bytes(msgspec.msgpack.encode(names))
    for name, array in arrays.items():
        np.save(made / f"{name}.npy", np.ascontiguousarray(array), allow_pickle=False)
    files = {path.name: _checksum(path) for path in sorted(made.iterdir())}
    (made / _MANIFEST).write_bytes(msgspec.json.encode(msgspec.structs.replace(manifest, files=files)))
    _take_place(made, folder)


def read(folder: Path, registry: str, text: str) -> tuple[Manifest, dict[str, Array], Any]:
    """Read a snapshot.

    Args:
        folder: where it lies.
        registry: the fingerprint it must have.
        text: the version of the text model it must have.

    Raises:
        Corrupt: it is missing, of another format, registry or text model, or a file is not what was written.
    """
    manifest = _manifest(folder)
    found = (manifest.format, manifest.registry, manifest.text)
    if found != (FORMAT, registry, text):
        raise Corrupt("is of another format, registry or text model", field=str(folder.name), value=found)
    for name, checksum in manifest.files.items():
        if not (folder / name).is_file() or _checksum(folder / name) != checksum:
            raise Corrupt("is not what was written", field=f"{folder.name}/{name}", hint="The log is replayed.")
    names = msgspec.msgpack.decode((folder / _NAMES).read_bytes(), strict=False)
    arrays = {
        name.removesuffix(".npy"): np.load(folder / name, allow_pickle=False)
        for name in manifest.files
        if name.endswith(".npy")
    }
    return manifest, arrays, names


def _manifest(folder: Path) -> Manifest:
    try:
        return msgspec.json.decode((folder / _MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.MsgspecError) as error:
        raise Corrupt(
            f"has no readable manifest: {error}", field=str(folder.name), hint="The log is replayed."
        ) from error


def _checksum(path: Path) -> int:
    checksum = 0
    with path.open("rb") as file:
        while piece := file.read(1 << 22):
            checksum = zlib.crc32(piece, checksum)
    return checksum


def _take_place(made: Path, folder: Path) -> None:
    old = folder.with_name(folder.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    made.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
