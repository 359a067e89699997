"""The text model's training: fitted to the platform's texts and choices, kept where it foresees choices better.

texts of items + who chose what after what → fit → judged on choices held out → a bundle, or a sentence why not
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from walras.base.errors import Invalid
from walras.base.streams import stream
from walras.features import TextModel, fit_text, load_text, save_text, untrained
from walras.schema import Floats32, Ints, Longs
from walras.train.dataset import Histories, Judged, Log, choices, leave_one_out
from walras.train.ranks import recall
from walras.train.teacher import Encoder, alike
from walras.world import Manifest

# Below these a projection would learn chance; the untrained one serves on.
TEXTS_MIN, PAIRS_MIN, JUDGED_MIN = 50, 200, 30
# Two choices of a person at most so many apart are a pair.
APART = 2
PAIRS_MAX, JUDGED_MAX, ITEMS_MAX = 1_000_000, 2_000, 100_000
# A model serves only if it finds so much more of what was chosen next: each change costs a new reading of all texts.
GAIN_LEAST = 0.005
TOP = 10
_BLOCK = 256


@dataclass(frozen=True, slots=True)
class _Known:
    """What there is to learn from; N texts, row 0 is nobody's."""

    texts: list[str]
    pairs: Ints  # [M, 2]
    asked: Ints  # [Q] the last choice learnt from
    true: Ints  # [Q] the choice after it, which no pair holds


def train_text(
    folder: Path,
    texts: Mapping[str, str],
    log: Log,
    serving: TextModel,
    *,
    seed: int,
    created_ms: int,
    teacher: Encoder | None = None,
) -> Manifest:
    """Fit a text model to what was learnt from, and write it where it is better on the validation choices.

    The test choices are not looked at, so that `evaluate` stays honest.

    Args:
        folder: of the bundle; its name is the version.
        texts: what items say, by id.
        log: behaviour.
        serving: what reads texts now; the new one must be better than it and than the untrained one.
        seed: of everything drawn.
        created_ms: written into the manifest.
        teacher: names further pairs; what was learnt with them must still foresee choices better.

    Raises:
        Invalid: there is too little to learn from, or what was learnt is no better; nothing was written.
    """
    known = _known(texts, log, seed)
    taught = [] if teacher is None else [alike(known.texts, teacher, seed)]
    model = fit_text(known.texts, np.concatenate([known.pairs, *taught]), seed)
    found = {name: _found(other, known) for name, other in (("model", model), ("before", serving))}
    found["untrained"] = _found(untrained(), known)
    if found["model"] < max(found["before"], found["untrained"]) + GAIN_LEAST:
        raise Invalid(
            f"the text model finds {found['model']:.4f} of what was chosen next and {serving.version} "
            f"{found['before']:.4f}, so that stays", field="text",
        )  # fmt: skip
    figures = {f"neighbours@{TOP}": found["model"], f"neighbours@{TOP}_untrained": found["untrained"]}
    figures |= {"taught_pairs": sum(map(len, taught))}
    figures |= {f"neighbours@{TOP}_before": found["before"], "texts": len(known.texts), "pairs": len(known.pairs)}
    return save_text(folder, model, seed=seed, created_ms=created_ms, metrics=figures)


def read_text(folder: Path | None) -> TextModel:
    """The model of a bundle; the untrained one where there is no bundle.

    Raises:
        Corrupt: it cannot be read.
    """
    return untrained() if folder is None else load_text(folder)


def _known(texts: Mapping[str, str], log: Log, seed: int) -> _Known:
    rng = stream(seed, "train/texts")
    told = np.array([bool(texts.get(item, "").strip()) for item in log.items], np.bool_)
    split = leave_one_out(log.histories)
    pairs = _sample(_pairs(split.train, told), PAIRS_MAX, rng)
    asked, true = _next(split.valid, told, rng)
    counts = {"texts": int(told.sum()), "pairs": len(pairs), "held-out choices": len(true)}
    if counts["texts"] < TEXTS_MIN or len(pairs) < PAIRS_MIN or len(true) < JUDGED_MIN:
        said = ", ".join(f"{count} {name}" for name, count in counts.items())
        raise Invalid(f"the text model has too little to learn from: {said}", field="text")
    return _Known([texts.get(item, "") for item in log.items], pairs, asked, true)


def _pairs(train: Histories, told: np.ndarray) -> Ints:
    """[M, 2] items one person chose near each other, both with a text."""
    indptr, item = choices(train)
    person = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
    parts = [np.zeros((0, 2), np.int32)]
    for apart in range(1, APART + 1):
        left, right = item[:-apart], item[apart:]
        kept = (person[:-apart] == person[apart:]) & (left != right) & told[left] & told[right]
        parts.append(np.stack([left[kept], right[kept]], 1))
    return np.concatenate(parts)


def _next(valid: Judged, told: np.ndarray, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """The last choice learnt from and the validation choice, of people of whom both have a text."""
    indptr, item = choices(valid.histories)
    some = np.flatnonzero(np.diff(indptr) > 0)
    asked, true = item[indptr[some + 1] - 1], valid.item[some]
    both = _sample(np.stack([asked, true], 1)[told[asked] & told[true] & (asked != true)], JUDGED_MAX, rng)
    return both[:, 0], both[:, 1]


def _sample(rows: Ints, most: int, rng: np.random.Generator) -> Ints:
    return rows if len(rows) <= most else rows[np.sort(rng.permutation(len(rows))[:most])]


def _found(model: TextModel, known: _Known) -> float:
    """Share of held-out choices among the `TOP` texts nearest to the choice before."""
    rows = _candidates(known)
    vectors = np.stack([model.vector(known.texts[row]) for row in rows.tolist()])
    asked, true = np.searchsorted(rows, known.asked), np.searchsorted(rows, known.true)
    parts = [_ranks(vectors, asked[n : n + _BLOCK], true[n : n + _BLOCK]) for n in range(0, len(asked), _BLOCK)]
    return recall(np.concatenate(parts), TOP)


def _candidates(known: _Known) -> Longs:
    """Rows that have a text, at most `ITEMS_MAX`, what is asked and what is true always among them."""
    told = np.flatnonzero([bool(text.strip()) for text in known.texts])[:ITEMS_MAX]
    return np.unique(np.concatenate([told, known.asked, known.true])).astype(np.int64)


def _ranks(vectors: Floats32, asked: Longs, true: Longs) -> Longs:
    """[Q] rank of the true text by likeness to the one asked with, itself left out; among equals it stands last."""
    scores = vectors[asked] @ vectors.T
    people = np.arange(len(asked))
    ahead = scores >= scores[people, true][:, None]
    ahead[people, asked] = False
    return np.asarray(ahead.sum(axis=1), np.int64)
