"""The sequence model: reads behaviour as a language model reads a dialogue, and foresees the next choice.

A token is (item, outcome, value, surface, time gap). An item is a learned id, a projected content vector and three
semantic codes, summed and brought to length 1, on the way in and on the way out alike. Blocks are those of HSTU:
pointwise attention with biases for distance and time, gated by the token itself. B people, T tokens, D width, H heads.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from walras.features.tokens import GAP_BUCKETS, VALUE_BUCKETS
from walras.train.semantic import LEVELS

HATS = 9  # soft buckets of elapsed time, each a factor of 16, up to 2^32 s


@dataclass(frozen=True, slots=True)
class SequenceConfig:
    """The shape of the model, with a reason for each default.

    Figures: recall@10 on 8,000 of Beauty's validation items, network alone, one run each (standard error .0035), 10 to
    20 epochs; some runs differed in a second setting, so they are hints.
    """

    item_count: int  # I, padding row 0 included
    content_width: int = 64  # C; contents of zeros add nothing
    code_count: int = 65  # codes of a semantic level, 0 for none
    width: int = 128  # 64 gave .108, 128 gave .115; 256 takes 2.5 times as long
    heads: int = 2
    blocks: int = 1  # two, with twice the negatives, took twice as long: .100 to .102 against .100 at width 64
    tokens_max: int = 64  # a person's newest tokens
    temperature: float = 0.08  # of cosine logits: .07 to .1 do, .05 gave .108
    dropout: float = 0.3  # .5 for both dropouts gave less at width 64
    item_dropout: float = 0.3  # of the vectors read; they are most of the weights
    id_dropout: float = 0.1  # share of items that must do without their learned id, where there is content
    timed: bool = True  # False for a log without times: saves the bias


class Attention(nn.Module):
    """Pointwise attention: each earlier token adds in its own right; no softmax takes from one what another gets."""

    def __init__(self, config: SequenceConfig) -> None:
        """Make the weights."""
        super().__init__()
        self.heads, self.timed = config.heads, config.timed
        self.norm_in = nn.LayerNorm(config.width)
        self.uvqk = nn.Linear(config.width, 4 * config.width)
        self.out = nn.Linear(config.width, config.width)
        self.norm_out = nn.LayerNorm(config.width)
        self.by_distance = nn.Parameter(torch.zeros(config.heads, config.tokens_max))
        self.by_time = nn.Parameter(torch.zeros(HATS, config.heads))
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, mask: Tensor, hats: Tensor | None) -> Tensor:
        """[B, T, D] of x [B, T, D], mask [B, T, T] and time's hats [B, T, T, HATS]."""
        batch, length, width = x.shape
        u, v, q, k = F.silu(self.uvqk(self.norm_in(x))).chunk(4, dim=-1)  # each [B, T, D]
        q, k, v = (z.view(batch, length, self.heads, -1).transpose(1, 2) for z in (q, k, v))  # [B, H, T, D/H]
        place = torch.arange(length, device=x.device)
        distance = (place[:, None] - place[None]).clamp(min=0)  # [T, T]
        weight = (
            q @ k.transpose(-1, -2) / math.sqrt(width // self.heads) + self.by_distance[:, distance]
        )  # [B, H, T, T]
        if hats is not None:
            weight = weight + (hats @ self.by_time).permute(0, 3, 1, 2)
        weight = F.silu(weight) * mask[:, None] / mask.sum(-1, keepdim=True).clamp(min=1)[:, None]
        read = (weight @ v).transpose(1, 2).reshape(batch, length, width)  # [B, T, D]
        return x + self.dropout(self.out(self.norm_out(read) * u))

    def latest(self, x: Tensor, last: Tensor, present: Tensor, hats: Tensor | None) -> Tensor:
        """[B, D] the same after one token each, which is all that serving needs of the last block.

        Args:
            x: [B, T, D].
            last: [B] places of the last tokens.
            present: [B, T] which tokens there are, none behind the last.
            hats: [B, T, HATS] of the time between each token and the last.
        """
        batch, length, width = x.shape
        wide, lean = self.uvqk.weight.split(width), self.uvqk.bias.split(width)  # of u, v, q, k
        normed = self.norm_in(x)
        here = x.gather(1, last[:, None, None].expand(-1, 1, width))[:, 0]  # [B, D]
        own = self.norm_in(here)
        u, q = (F.silu(F.linear(own, wide[n], lean[n])) for n in (0, 2))  # each [B, D]
        v, k = (F.silu(F.linear(normed, wide[n], lean[n])).view(batch, length, self.heads, -1) for n in (1, 3))
        distance = (last[:, None] - torch.arange(length, device=x.device)[None]).clamp(min=0)  # [B, T]
        weight = (q.view(batch, 1, self.heads, -1) * k).sum(-1) / math.sqrt(width // self.heads)  # [B, T, H]
        weight = weight + self.by_distance.T[distance]
        if hats is not None:
            weight = weight + hats @ self.by_time
        weight = F.silu(weight) * present[..., None] / present.sum(-1).clamp(min=1)[:, None, None]
        read = (weight[..., None] * v).sum(1).reshape(batch, width)  # [B, D]
        return here + self.out(self.norm_out(read) * u)


class Block(nn.Module):
    """Attention, then a gated feed-forward part, without which recall was .108 against .114 to .115."""

    def __init__(self, config: SequenceConfig) -> None:
        """Make the weights."""
        super().__init__()
        self.attention = Attention(config)
        self.norm = nn.LayerNorm(config.width)
        self.widen = nn.Linear(config.width, 4 * config.width)
        self.narrow = nn.Linear(2 * config.width, config.width)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, mask: Tensor, hats: Tensor | None) -> Tensor:
        """[B, T, D] of the same."""
        return self._fed(self.attention(x, mask, hats))

    def latest(self, x: Tensor, last: Tensor, present: Tensor, hats: Tensor | None) -> Tensor:
        """[B, D] after the last token alone."""
        return self._fed(self.attention.latest(x, last, present, hats))

    def _fed(self, x: Tensor) -> Tensor:
        gate, value = self.widen(self.norm(x)).chunk(2, dim=-1)  # each [.., 2D]
        return x + self.dropout(self.narrow(F.silu(gate) * value))


class Items(nn.Module):
    """Rows of the catalogue as vectors of length 1."""

    content: Tensor
    codes: Tensor

    def __init__(self, config: SequenceConfig) -> None:
        """Make the weights; content and codes are put in by the training."""
        super().__init__()
        self.id_dropout = config.id_dropout
        # Dense gradients of a large table would cost more than the rest of a step.
        self.id = nn.Embedding(config.item_count, config.width, padding_idx=0, sparse=config.item_count > 50_000)
        self.by_content = nn.Linear(config.content_width, config.width, bias=False)
        self.by_code = nn.ModuleList(
            nn.Embedding(config.code_count, config.width, padding_idx=0) for _ in range(LEVELS)
        )
        self.register_buffer("content", torch.zeros(config.item_count, config.content_width))
        self.register_buffer("codes", torch.zeros(config.item_count, LEVELS, dtype=torch.int32))
        self.has_content = False
        nn.init.normal_(self.id.weight, std=config.width**-0.5)
        for part in self.by_code:
            nn.init.zeros_(part.weight)
        with torch.no_grad():
            self.id.weight[0] = 0

    def described(self, content: Tensor, codes: Tensor) -> Tensor:
        """[N, D] what content [N, C] and codes [N, L] alone say of items."""
        said: Tensor = self.by_content(content)
        for level, part in enumerate(self.by_code):
            said = said + part(codes[:, level])
        return said

    def forward(self, rows: Tensor) -> Tensor:
        """[..., D] of rows [...]; row 0 gives zeros."""
        flat = rows.reshape(-1)
        learned = self.id(flat)  # [N, D]
        if self.training and self.has_content:
            learned = learned * (torch.rand(len(flat), 1) >= self.id_dropout)
        vector = learned + self.described(self.content[flat], self.codes[flat])
        return F.normalize(vector, dim=-1).view(*rows.shape, -1)


class SequenceModel(nn.Module):
    """Tokens in, a person's vector after each token out; its product with an item's vector is the score."""

    def __init__(self, config: SequenceConfig) -> None:
        """Make the weights."""
        super().__init__()
        self.config = config
        self.items = Items(config)
        self.outcome = nn.Embedding(256, config.width, padding_idx=0)
        self.value = nn.Embedding(VALUE_BUCKETS, config.width)
        self.surface = nn.Embedding(256, config.width)
        self.gap = nn.Embedding(GAP_BUCKETS, config.width)
        for part in (self.outcome, self.value, self.surface, self.gap):
            nn.init.zeros_(part.weight)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.blocks))
        self.norm = nn.LayerNorm(config.width)
        self.item_dropout = nn.Dropout(config.item_dropout)

    def forward(self, item: Tensor, outcome: Tensor, value: Tensor, surface: Tensor, gap: Tensor) -> Tensor:
        """[B, T, D] vectors of length 1 after each token.

        Args:
            item: [B, T, D] vectors of the items, zeros for unknown ones.
            outcome: [B, T] codes, 0 for padding, which stands behind the last token.
            value: [B, T] buckets.
            surface: [B, T] codes.
            gap: [B, T] buckets.
        """
        x, present = self._read(item, outcome, value, surface, gap)
        return F.normalize(self.norm(self._through(x, present, gap, self.config.blocks)), dim=-1)

    def latest(self, item: Tensor, outcome: Tensor, value: Tensor, surface: Tensor, gap: Tensor) -> Tensor:
        """[B, D] vectors of length 1 after the last token: `forward` there, without the work for the others."""
        x, present = self._read(item, outcome, value, surface, gap)
        x = self._through(x, present, gap, self.config.blocks - 1)
        last = present.sum(1).clamp(min=1) - 1  # [B]
        hats = hats_until(gap, last) if self.config.timed else None
        return F.normalize(self.norm(self.blocks[-1].latest(x, last, present, hats)), dim=-1)

    def _read(
        self, item: Tensor, outcome: Tensor, value: Tensor, surface: Tensor, gap: Tensor
    ) -> tuple[Tensor, Tensor]:
        """[B, T, D] tokens, and [B, T] which there are."""
        present = outcome > 0
        # Codes are zero-initialised sums: a log of one outcome on one surface learns them as a constant.
        x = self.item_dropout(item) + self.outcome(outcome) + self.value(value) + self.surface(surface) + self.gap(gap)
        return x * present[..., None], present

    def _through(self, x: Tensor, present: Tensor, gap: Tensor, blocks: int) -> Tensor:
        """[B, T, D] of the first blocks."""
        if not blocks:
            return x
        causal = torch.ones(x.shape[1], x.shape[1], device=x.device).tril()
        mask = causal[None] * present[:, None, :]  # [B, T, T]
        hats = time_hats(gap) if self.config.timed else None
        for block in self.blocks[:blocks]:
            x = block(x, mask, hats)
        return x


def time_hats(gap: Tensor) -> Tensor:
    """[B, T, T, HATS] soft buckets of the time between two tokens, from gaps in buckets of doublings.

    Continuous on purpose: a hard bucket would let two runtimes round to different sides.
    """
    since = _since(gap)
    return _hats((since[:, :, None] - since[:, None, :]).clamp(min=0))


def hats_until(gap: Tensor, last: Tensor) -> Tensor:
    """[B, T, HATS] the same between each token and the one at `last` [B]."""
    since = _since(gap)
    return _hats((since.gather(1, last[:, None]) - since).clamp(min=0))


def _since(gap: Tensor) -> Tensor:
    """[B, T] seconds since the first token."""
    return torch.where(gap > 0, torch.exp2(gap.float() - 1.0), torch.zeros_like(gap, dtype=torch.float32)).cumsum(dim=1)


def _hats(elapsed: Tensor) -> Tensor:
    place = torch.log2(1.0 + elapsed) / 4.0
    return (1.0 - (place[..., None] - torch.arange(HATS, device=elapsed.device)).abs()).clamp(min=0)


def sampled_loss(
    state: Tensor, true: Tensor, drawn: Tensor, rows: Tensor, log_share: Tensor, heat: float, smooth: float = 0.0
) -> Tensor:
    """Cross-entropy of the true item against shared negatives, corrected for how often each is drawn.

    Args:
        state: [N, D] people after a token.
        true: [N, D] vectors of what was chosen next.
        drawn: [S, D] vectors of the shared negatives.
        rows: ([N + S]) rows of true items, then of drawn ones.
        log_share: [S] log of how many times each negative is expected among the S drawn.
        heat: the temperature.
        smooth: share of the wish that is spread evenly over the negatives.
    """
    count = len(state)
    positive = (state * true).sum(-1, keepdim=True) / heat  # [N, 1]
    negative = state @ drawn.T / heat - log_share  # [N, S]
    same = rows[:count, None] == rows[None, count:]
    whole = torch.cat([positive, negative.masked_fill(same, -1e9)], dim=1).logsumexp(dim=1)  # [N]
    others = negative.masked_fill(same, 0.0).sum(1) / (~same).sum(1).clamp(min=1)  # [N] their mean
    return (whole - (1.0 - smooth) * positive[:, 0] - smooth * others).mean()
