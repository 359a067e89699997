"""Plain SASRec to stand beside: self-attention over item ids alone, one drawn negative for each choice.

Source: Kang and McAuley, Self-Attentive Sequential Recommendation, ICDM 2018, with its published sizes for sparse logs.
"""

import numpy as np
import torch
from torch import Tensor, nn

from walras.base.streams import stream
from walras.schema import Floats32, Ints
from walras.train.dataset import Histories, Judged
from walras.train.ranks import Scorer, judge

LENGTH, WIDTH, BLOCKS, DROPOUT = 50, 64, 2, 0.5
BATCH, RATE, EPOCHS_MAX, PATIENCE, JUDGED_EVERY = 128, 1e-3, 100, 4, 3


class SasRec(nn.Module):
    """States after each choice; an item's score is the product with its embedding."""

    def __init__(self, item_count: int) -> None:
        """Draw the weights."""
        super().__init__()
        self.items = nn.Embedding(item_count, WIDTH, padding_idx=0)
        self.places = nn.Embedding(LENGTH, WIDTH)
        block = nn.TransformerEncoderLayer(WIDTH, 1, WIDTH, DROPOUT, batch_first=True, norm_first=True)
        self.blocks = nn.TransformerEncoder(block, BLOCKS, nn.LayerNorm(WIDTH), enable_nested_tensor=False)
        self.dropped = nn.Dropout(DROPOUT)
        for table in (self.items, self.places):
            nn.init.normal_(table.weight, std=0.02)

    def forward(self, rows: Tensor) -> Tensor:
        """[B, T, D] states of rows [B, T], padding behind."""
        length = rows.shape[1]
        x = self.dropped(self.items(rows) * WIDTH**0.5 + self.places.weight[:length])
        states: Tensor = self.blocks(x, mask=nn.Transformer.generate_square_subsequent_mask(length), is_causal=True)
        return states


def sasrec(train: Histories, valid: Judged, item_count: int, seed: int = 0) -> Scorer:
    """Train until validation is no longer better, and score with the best weights."""
    torch.manual_seed(seed)
    rng = stream(seed, "bench/sasrec")
    model, lists = SasRec(item_count), _lists(train)
    learner = torch.optim.Adam(model.parameters(), RATE, betas=(0.9, 0.98))
    best, best_state, waited = -1.0, model.state_dict(), 0
    for epoch in range(1, EPOCHS_MAX + 1):
        _epoch(model, learner, [one for one in lists if len(one) > 1], item_count, rng)
        if epoch % JUDGED_EVERY:
            continue
        found = judge(_scorer(model), valid, item_count)["ndcg@10"]
        waited = 0 if found > best else waited + 1
        if found > best:
            best, best_state = found, {name: value.clone() for name, value in model.state_dict().items()}
        if waited == PATIENCE:
            break
    model.load_state_dict(best_state)
    return _scorer(model)


def _epoch(
    model: SasRec, learner: torch.optim.Optimizer, lists: list[Ints], item_count: int, rng: np.random.Generator
) -> None:
    model.train()
    # People of like length stand together, so that little is computed for padding.
    order = np.argsort([len(one) + rng.random() for one in lists])
    batches = np.array_split(order, max(1, len(order) // BATCH))
    for n in rng.permutation(len(batches)):
        rows = _padded([lists[person] for person in batches[n]])
        before, true = rows[:, :-1], rows[:, 1:]
        drawn = torch.from_numpy(rng.integers(1, item_count, true.shape))
        states, there = model(before), true > 0
        wanted = (states * model.items(true)).sum(-1)[there]
        other = (states * model.items(drawn)).sum(-1)[there]
        loss = nn.functional.softplus(-wanted).mean() + nn.functional.softplus(other).mean()
        learner.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        learner.step()


def _scorer(model: SasRec) -> Scorer:
    def score(histories: Histories) -> Floats32:
        model.eval()
        lists = _lists(histories)
        made = np.zeros((len(lists), model.items.num_embeddings), np.float32)
        with torch.no_grad():
            some = [n for n, one in enumerate(lists) if len(one)]
            rows = _padded([lists[n][-LENGTH:] for n in some])
            last = model(rows)[torch.arange(len(some)), (rows > 0).sum(1) - 1]
            made[some] = (last @ model.items.weight.T).numpy()
        return made

    return score


def _lists(histories: Histories) -> list[Ints]:
    return [one[-LENGTH - 1 :] for one in np.split(histories.item, histories.indptr[1:-1])]


def _padded(lists: list[Ints]) -> Tensor:
    made = np.zeros((len(lists), max(map(len, lists))), np.int64)
    for n, one in enumerate(lists):
        made[n, : len(one)] = one
    return torch.from_numpy(made)
