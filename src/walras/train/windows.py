"""Histories as padded tensors: for learning in windows, for reading a person's newest tokens."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from walras.features import tokens
from walras.schema import Floats32, Ints, Longs
from walras.train.dataset import Histories
from walras.train.sequence import SequenceModel


@dataclass(frozen=True, slots=True)
class Window:
    """B windows of at most T tokens, padding behind."""

    item: Tensor  # [B, T] rows
    outcome: Tensor  # [B, T]
    value: Tensor  # [B, T]
    surface: Tensor  # [B, T]
    gap: Tensor  # [B, T]

    def states(self, model: SequenceModel) -> Tensor:
        """[B, T, D] people after each token."""
        vectors = model.items(self.item)
        found: Tensor = model(vectors, self.outcome, self.value, self.surface, self.gap)
        return found


def padded(histories: Histories) -> Window:
    """Read histories as tokens and stand them below each other."""
    first = histories.indptr[:-1][np.diff(histories.indptr) > 0].astype(np.int32)
    read = tokens(histories.item, histories.outcome, histories.value, histories.surface, histories.time_ms, first=first)
    columns = (read.item, read.outcome, read.value, read.surface, read.gap)
    return Window(*(torch.from_numpy(_stand(column, histories.indptr)) for column in columns))


def _stand(flat: np.ndarray, indptr: Longs) -> Longs:
    """[B, T] of a flat column, at least one token wide."""
    lengths = np.diff(indptr)
    place = np.arange(len(flat)) - np.repeat(indptr[:-1], lengths)
    out = np.zeros((len(lengths), max(1, int(lengths.max(initial=1)))), np.int64)
    out[np.repeat(np.arange(len(lengths)), lengths), place] = flat
    return out


def newest(histories: Histories, count: int) -> Histories:
    """Each person's newest tokens."""
    stop = histories.indptr[1:]
    return histories.take(np.maximum(histories.indptr[:-1], stop - count), stop)


def person_vectors(model: SequenceModel, histories: Histories, batch: int = 512) -> Floats32:
    """[B, D] people after their newest token; zeros for a person of no token."""
    model.eval()
    lengths = np.minimum(np.diff(histories.indptr), model.config.tokens_max)
    out = np.zeros((len(histories), model.config.width), np.float32)
    order = np.argsort(lengths, kind="stable")
    for start in range(0, len(order), batch):
        people = order[start : start + batch].astype(np.int64)
        with torch.no_grad():
            states = padded(newest(histories.rows(people), model.config.tokens_max)).states(model)  # [B, T, D]
        last = torch.from_numpy(np.maximum(lengths[people] - 1, 0))
        out[people] = states[torch.arange(len(people)), last].numpy() * (lengths[people] > 0)[:, None]
    return out


def item_vectors(model: SequenceModel, batch: int = 65_536) -> Floats32:
    """[I, D] all items."""
    model.eval()
    rows = torch.arange(model.config.item_count)
    with torch.no_grad():
        return np.concatenate([model.items(part).numpy() for part in rows.split(batch)])


def epoch(
    histories: Histories, target: Ints, tokens_max: int, batch: int, rng: np.random.Generator
) -> Iterator[tuple[Window, Tensor]]:
    """Windows of an epoch in random order, those of like length together; with the items chosen next [B, T].

    Args:
        histories: what is learnt from.
        target: [T] as `next_items` gives it.
        tokens_max: of a window; longer histories are cut at random places.
        batch: windows at a time.
        rng: of this epoch alone, so that an epoch can be begun again at any batch.
    """
    start, stop = _cuts(histories, tokens_max, rng)
    learnt = np.concatenate([[0], np.cumsum(target > 0)])
    useful = learnt[stop] > learnt[start]
    start, stop = start[useful], stop[useful]
    order = np.argsort(stop - start + rng.random(len(start)) * 2, kind="stable")
    parts = [order[n : n + batch] for n in range(0, len(order), batch)]
    for n in rng.permutation(len(parts)):
        one = histories.take(start[parts[n]], stop[parts[n]])
        at = np.concatenate([np.arange(a, b) for a, b in zip(start[parts[n]], stop[parts[n]], strict=True)])
        yield padded(one), torch.from_numpy(_stand(target[at], one.indptr))


def batches_in(histories: Histories, target: Ints, tokens_max: int, batch: int) -> int:
    """How many batches an epoch has, about: cuts at random places differ by a few."""
    lengths = np.diff(histories.indptr)
    return max(1, int(np.ceil(np.ceil(lengths / tokens_max).sum() / batch))) if (target > 0).any() else 0


def _cuts(histories: Histories, tokens_max: int, rng: np.random.Generator) -> tuple[Longs, Longs]:
    """Where windows begin and end: whole histories, long ones in stretches that end at a random offset."""
    first, last = histories.indptr[:-1], histories.indptr[1:]
    lengths = last - first
    offset = np.where(lengths > tokens_max, rng.integers(0, tokens_max, len(lengths)), 0)
    # A long history gives its newest window too, whatever the offset.
    pieces = 1 + np.ceil(np.maximum(lengths - offset, 0) / tokens_max).astype(np.int64) * (lengths > tokens_max)
    person = np.repeat(np.arange(len(lengths)), pieces)
    nth = np.arange(len(person)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    stop = np.where(nth == 0, last[person], last[person] - offset[person] - (nth - 1) * tokens_max)
    return np.maximum(first[person], stop - tokens_max), stop
