"""A model's folder: its manifest, and whether the files are what the manifest says."""

import hashlib
import re
from pathlib import Path
from typing import Literal

import msgspec

from walras.base.errors import Corrupt, Invalid

MANIFEST_NAME = "manifest.json"
# A version is the name of a folder, and must stay in the folder of models.
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_HINT = "Train again; the model before it serves on."


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a training says of the model it made; written as `manifest.json` beside the model's files."""

    version: str
    kind: Literal["sequence", "ranker", "text"]
    feature_version: str
    files: dict[str, str]  # name → sha256, in hex
    created_ms: int = 0
    metrics: dict[str, float] = {}
    seed: int = 0
    code_version: str = ""


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Put the manifest beside its files, as the last file and in one step: a folder without it is no bundle."""
    scratch = folder / (MANIFEST_NAME + ".new")
    scratch.write_bytes(msgspec.json.format(msgspec.json.encode(manifest)))
    scratch.replace(folder / MANIFEST_NAME)


def hashes(folder: Path) -> dict[str, str]:
    """Name and sha256 of every file of a folder, the manifest excepted; for making a manifest."""
    paths = sorted(path for path in folder.iterdir() if path.is_file() and path.name != MANIFEST_NAME)
    return {path.name: _hash(path) for path in paths}


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a folder.

    Raises:
        Corrupt: it is not there or cannot be read.
    """
    path = folder / MANIFEST_NAME
    try:
        return msgspec.json.decode(path.read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _corrupt(f"its manifest cannot be read ({error})", folder) from error


def check_bundle(folder: Path, manifest: Manifest, feature_version: str) -> None:
    """Hold a folder against the manifest that was registered.

    Args:
        folder: where the files lie.
        manifest: as registered.
        feature_version: what this program computes; a model trained on other features would answer nonsense.

    Raises:
        Corrupt: it names the first thing that differs.
    """
    if manifest.feature_version != feature_version:
        found = f"it was trained on features {manifest.feature_version!r}, this program has {feature_version!r}"
        raise _corrupt(found, folder)
    if read_manifest(folder) != manifest:
        raise _corrupt("its manifest is not the one that was registered", folder)
    for name, wanted in manifest.files.items():
        path = folder / name
        if not path.is_file():
            raise _corrupt(f"its file {name} is missing", folder)
        if _hash(path) != wanted:
            raise _corrupt(f"its file {name} is not what was written (sha256 differs)", folder)


def check_names(manifest: Manifest) -> None:
    """Refuse names that could lead out of the folder.

    Raises:
        Invalid: a version or a file name is more than a plain name, or there is no file.
    """
    if not _VERSION.fullmatch(manifest.version):
        raise Invalid("must be a plain name of letters, digits, . _ -", field="version", value=manifest.version)
    if not manifest.files:
        raise Invalid("a model has at least one file", field="files")
    for name in manifest.files:
        if not _VERSION.fullmatch(name):
            raise Invalid("must be a plain file name", field="files", value=name)


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _corrupt(what: str, folder: Path) -> Corrupt:
    return Corrupt(f"the model cannot be used: {what}", field="model", value=folder.name, hint=_HINT)
