"""Ranks, recall and NDCG over the whole catalogue, without sampling and with ties against the model."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np

from walras.schema import Floats, Floats32, Ints, Longs
from walras.train.dataset import Histories, Judged

Scorer: TypeAlias = Callable[[Histories], Floats32]  # [B, I] scores of all items, row 0 ignored

# Scores of one block of people stay under this, so that judging never needs more memory.
BLOCK_BYTES = 48 << 20


def ranks(scores: Floats32, histories: Histories, item: Ints, *, masked: bool) -> Longs:
    """[B] rank of the true item from 1. Among equal scores it stands last; what is not a number stands before it.

    Args:
        scores: [B, I].
        histories: whose scores they are.
        item: [B] the true items.
        masked: leave out the items of the person's own history, the true one excepted.
    """
    people = np.arange(len(scores))
    true = scores[people, item][:, None]
    ahead = ~(scores < true)
    ahead[:, 0] = False
    if masked:
        ahead[histories.person, histories.item] = False
    ahead[people, item] = True
    return np.asarray(ahead.sum(axis=1), np.int64)


def judge(scorer: Scorer, judged: Judged, item_count: int, *, top: int = 10) -> dict[str, float]:
    """Recall and NDCG at `top`, masked and unmasked."""
    return figures_of(ranks_of(scorer, judged, item_count), top)


def ranks_of(scorer: Scorer, judged: Judged, item_count: int) -> dict[bool, Longs]:
    """Ranks [N] of the true items, masked (True) and unmasked (False)."""
    found: dict[bool, list[Longs]] = {True: [], False: []}
    block = max(1, BLOCK_BYTES // (4 * item_count))
    for start in range(0, len(judged.item), block):
        people = np.arange(start, min(start + block, len(judged.item)))
        some, item = judged.histories.rows(people), judged.item[people]
        scores = scorer(some)
        for masked, parts in found.items():
            parts.append(ranks(scores, some, item, masked=masked))
    return {masked: np.concatenate(parts) if parts else np.zeros(0, np.int64) for masked, parts in found.items()}


def figures_of(found: Mapping[bool, Longs], top: int = 10) -> dict[str, float]:
    """Recall and NDCG at `top` from masked and unmasked ranks."""
    figures: dict[str, float] = {}
    for masked, rank in found.items():
        ending = "" if masked else "_unmasked"
        figures[f"recall@{top}{ending}"] = recall(rank, top)
        figures[f"ndcg@{top}{ending}"] = ndcg(rank, top)
    return figures


def recall(rank: Longs, top: int) -> float:
    """Share of true items among the first `top`."""
    return float((rank <= top).mean()) if len(rank) else 0.0


def ndcg(rank: Longs, top: int) -> float:
    """Mean of 1 / log2(rank + 1) within the first `top`."""
    gain: Floats = np.where(rank <= top, 1.0 / np.log2(rank + 1.0), 0.0)
    return float(gain.mean()) if len(rank) else 0.0


def some_of(judged: Judged, count: int, rng: np.random.Generator) -> Judged:
    """At most `count` of the judged people, drawn at random."""
    if len(judged.item) <= count:
        return judged
    people = np.sort(rng.permutation(len(judged.item))[:count]).astype(np.int64)
    return Judged(judged.histories.rows(people), judged.item[people])
