"""Text as vectors: hashed character n-grams, projected. Works untrained, in Chinese and English alike.

Words need no cutting: one to three characters of a script without spaces carry what three to five letters carry in one
with them. A projection trained on the platform's own texts and behaviour takes the place of the random one.
"""

import unicodedata
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from walras.base.errors import Corrupt
from walras.base.streams import stream
from walras.features.compiled import compiled
from walras.schema import Floats32
from walras.world.bundles import Manifest, hashes, read_manifest, write_manifest

BUCKETS = 1 << 16
WIDTH = 64
# Titles and topics come first; what stands after this many characters adds little to a vector.
READ_CHARS_MAX = 400
# How texts become n-grams; a projection trained on another reading is refused.
VERSION = "grams-1"
UNTRAINED_SEED = 20231
# What serves until a projection was trained; a model that names no text model was trained on it.
UNTRAINED = f"text-random-{UNTRAINED_SEED}"
_FILE = "text.npz"


@compiled
def _is_dense(character: int) -> bool:
    """Whether the script has no spaces: CJK, kana, Hangul, Thai."""
    return (
        0x2E80 <= character <= 0x9FFF
        or 0xAC00 <= character <= 0xD7AF
        or 0xF900 <= character <= 0xFAFF
        or 0x0E00 <= character <= 0x0E7F
        or 0x20000 <= character <= 0x3FFFF
    )


@compiled
def grams(characters: np.ndarray) -> np.ndarray:
    """Buckets of a text's n-grams: 1–3 characters of dense scripts, 3–5 of others, spaces included.

    Args:
        characters: [L] code points.

    Returns:
        [G] buckets, one for each n-gram, repeats kept.
    """
    found = np.empty(len(characters) * 3, np.int32)
    count = 0
    for start in range(len(characters)):
        dense = _is_dense(characters[start])
        least, most = (1, 3) if dense else (3, 5)
        mixed = np.uint64(14695981039346656037)
        for n in range(most):
            if start + n >= len(characters) or _is_dense(characters[start + n]) != dense:
                break
            mixed = (mixed ^ np.uint64(characters[start + n])) * np.uint64(1099511628211)
            if n + 1 >= least:
                found[count] = np.int32((mixed ^ (mixed >> np.uint64(29))) % np.uint64(65536))
                count += 1
    return found[:count]


@compiled
def _project(found: np.ndarray, projection: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Sum the rows of n-grams, each gram once, by its weight; scale to length 1."""
    made = np.zeros(projection.shape[1], np.float32)
    ordered = np.sort(found)
    for n in range(len(ordered)):
        if n and ordered[n] == ordered[n - 1]:
            continue
        for d in range(len(made)):
            made[d] += weight[ordered[n]] * projection[ordered[n], d]
    length = np.sqrt((made * made).sum())
    return made / length if length > 0 else made


def characters_of(text: str) -> np.ndarray:
    """[L] code points of a text: normalised, lower case, every run of spaces one, one at either end."""
    plain = " ".join(unicodedata.normalize("NFKC", text[: 2 * READ_CHARS_MAX]).lower().split())[:READ_CHARS_MAX]
    return np.frombuffer(f" {plain} ".encode("utf-32-le", "replace"), np.uint32) if plain else np.zeros(0, np.uint32)


@dataclass(frozen=True, slots=True)
class TextModel:
    """A projection of n-grams, by version."""

    version: str
    projection: Floats32  # [BUCKETS, WIDTH]
    weight: Floats32  # [BUCKETS] how much an n-gram says

    def vector(self, text: str) -> Floats32:
        """[WIDTH] vector of a text, of length 1; of length 0 where there is no text."""
        return _project(grams(characters_of(text)), self.projection, self.weight)


def untrained(seed: int = UNTRAINED_SEED) -> TextModel:
    """The projection that needs no training: random, so that n-grams two texts share make them near."""
    drawn = stream(seed, "features/texts").standard_normal((BUCKETS, WIDTH), np.float32)
    return TextModel(f"text-random-{seed}", drawn / np.float32(WIDTH**0.5), np.ones(BUCKETS, np.float32))


def save_text(
    folder: Path, model: TextModel, *, seed: int, created_ms: int, metrics: dict[str, float] | None = None
) -> Manifest:
    """Write a model as a bundle, in half precision; the manifest last."""
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / _FILE, projection=model.projection.astype(np.float16), weight=model.weight)
    manifest = Manifest(
        version=folder.name, kind="text", feature_version=VERSION, files=hashes(folder), seed=seed,
        created_ms=created_ms, metrics=metrics or {},
    )  # fmt: skip
    write_manifest(folder, manifest)
    return manifest


def load_text(folder: Path) -> TextModel:
    """Read a model's bundle.

    Raises:
        Corrupt: it is of another reading, or not what its manifest says.
    """
    manifest = read_manifest(folder)
    if manifest.feature_version != VERSION or manifest.files != hashes(folder):
        raise Corrupt("is of another reading or not what its manifest says", field=folder.name)
    with np.load(folder / _FILE) as arrays:
        projection, weight = arrays["projection"].astype(np.float32), arrays["weight"].astype(np.float32)
    if projection.shape != (BUCKETS, WIDTH) or weight.shape != (BUCKETS,):
        raise Corrupt("has another shape", field=folder.name, value=(projection.shape, weight.shape))
    return TextModel(manifest.version, projection, weight)
