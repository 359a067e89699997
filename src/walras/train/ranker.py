"""The ranker's network: target attention over the person's last exposures, then experts each outcome opens by a gate.

Two halves, so that a page pays for the person once: `PersonSide` reads her features and exposures into a few small
tensors, `CandidateSide` takes those and N candidates. Shape letters: R rows of training (or N candidates of one
person), P and C widths of inputs, L exposures, K their width, D hidden, A attention, E experts, W their width,
H outcomes, M thresholds of seconds.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

# Inputs lie within this many standard deviations; beyond, one odd counter would move everything.
CLIP = 5.0
# Places that have an examination of their own; later ones are examined as the last.
PLACES = 50
# log(1 + s) of the longest length that is told apart: eleven minutes.
LENGTH_MAX = 6.5


@dataclass(frozen=True, slots=True)
class Config:
    """Shape and regularisation of the network, each default with its reason."""

    hidden: int = 96  # 48 (with narrower experts) lost .004 of log-loss on likes on KuaiRand's validation day
    attention: int = 24  # without attention likes lose .006 of log-loss there; other sizes were not tried
    experts: int = 4  # shared by all outcomes; 8 were within noise of 4, and each costs time
    width: int = 32  # of an expert; its cost is linear in N
    dropout: float = 0.2  # .35 lost .002 of XAUC on seconds; lower ones were not tried
    knots: int = 4  # bends of each amount (counts, ages, lengths), whose effect is not straight
    thresholds: int = 16  # of seconds watched, at equal shares of exposures
    lengths: int = 14  # soft bins of a video's length, half a doubling wide: where people stop moves with it


class PersonSide(nn.Module):
    """What is the same for every candidate of a page."""

    def __init__(self, config: Config, person_width: int, token_width: int, outcomes: int) -> None:
        """Start untrained."""
        super().__init__()
        self.register_buffer("mean", torch.zeros(person_width))
        self.register_buffer("spread", torch.ones(person_width))
        self.inward = nn.Linear(person_width, config.hidden, bias=False)
        self.inward_mean = nn.Linear(config.attention, config.hidden, bias=False)
        self.straight = nn.Linear(person_width, outcomes, bias=False)
        self.token = nn.Linear(token_width, config.attention)
        self.key = nn.Linear(config.attention, config.attention)
        self.value = nn.Linear(config.attention, config.attention)
        nn.init.zeros_(self.straight.weight)

    def forward(self, person: Tensor, tokens: Tensor, mask: Tensor) -> tuple[Tensor, ...]:
        """Read [R, P], [R, L, K] and the mask [R, L].

        Returns:
            hidden [R, D], straight [R, H], keys and values [R, L, A], and the mask.
        """
        x = torch.clamp((person - self.mean) / self.spread, -CLIP, CLIP)
        t = F.silu(self.token(tokens))  # [R, L, A]
        mean = (t * mask[..., None]).sum(1) / (mask.sum(1, keepdim=True) + 1.0)  # [R, A]
        return self.inward(x) + self.inward_mean(mean), self.straight(x), self.key(t), self.value(t), mask


class CandidateSide(nn.Module):
    """N candidates against one person, or R rows each against its own."""

    def __init__(self, config: Config, width: int, amounts: int, measured: list[bool], thresholds: Tensor) -> None:
        """Start untrained.

        Args:
            config: shape.
            width: C of the inputs.
            amounts: the first inputs, which are bent by knots.
            measured: [H] which outcomes are in seconds or yuan.
            thresholds: [M] of what is measured, rising.
        """
        super().__init__()
        self.config, self.amounts, self.measured = config, amounts, measured
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("spread", torch.ones(width))
        knots = torch.linspace(-1.5, 1.5, config.knots)
        self.register_buffer("bend", torch.eye(amounts).repeat_interleave(config.knots, 1))  # [amounts, .. · knots]
        self.register_buffer("knots", knots.repeat(amounts))
        self.register_buffer("lengths", torch.linspace(0.0, LENGTH_MAX, config.lengths))
        self.register_buffer("thresholds", thresholds)
        self.register_buffer("is_measured", torch.tensor(measured))
        wide, outcomes = config.hidden + config.attention, len(measured)
        self.inward = nn.Linear(width + amounts * config.knots + config.lengths, config.hidden)
        self.straight = nn.Linear(width, outcomes)
        self.query = nn.Linear(config.hidden, config.attention)
        self.experts = nn.Linear(wide, config.experts * config.width)
        self.gates = nn.Linear(wide, outcomes * config.experts)
        self.tower = nn.Parameter(torch.randn(outcomes, config.width) * config.width**-0.5)
        self.seconds = nn.Linear(config.width, len(thresholds))
        self.by_length = nn.Linear(config.lengths, len(thresholds), bias=False)
        self.gain = nn.Linear(config.width, 1)
        self.drop = nn.Dropout(config.dropout)
        nn.init.zeros_(self.straight.weight)

    def forward(
        self, candidates: Tensor, length: Tensor, hidden: Tensor, straight: Tensor, key: Tensor, value: Tensor,
        mask: Tensor,
    ) -> tuple[Tensor, Tensor]:  # fmt: skip
        """Give logits [R, H] and, for what is measured, logits of passing each threshold [R, M].

        Args:
            candidates: [R, C].
            length: [R] log(1 + s) of the duration, 0 where not known.
            hidden: [1 or R, D] of the person, as the others below.
            straight: [1 or R, H].
            key: [1 or R, L, A].
            value: [1 or R, L, A].
            mask: [1 or R, L].
        """
        x = torch.clamp((candidates - self.mean) / self.spread, -CLIP, CLIP)
        bent = F.relu(x[:, : self.amounts] @ self.bend - self.knots)  # [R, amounts · knots]
        long = self.long(length)  # [R, lengths]
        h = self.drop(F.silu(self.inward(torch.cat([x, bent, long], 1)) + hidden))  # [R, D]
        wide = torch.cat([h, self.attend(h, key, value, mask)], 1)  # [R, D + A]
        experts = self.drop(F.silu(self.experts(wide))).chunk(self.config.experts, 1)  # E of [R, W]
        gates = torch.sigmoid(self.gates(wide)).chunk(self.config.experts, 1)  # E of [R, H]
        at = self.measured.index(True)
        told = sum((g * (e @ self.tower.T) for g, e in zip(gates, experts, strict=True)), straight)  # [R, H]
        mixed = sum((g[:, at : at + 1] * e for g, e in zip(gates, experts, strict=True)), torch.zeros(()))  # [R, W]
        logits = told + self.straight(x)
        passing = logits[:, at, None] + self.seconds(mixed) + self.by_length(long) * (1.0 + self.gain(mixed))  # [R, M]
        return logits, passing

    def long(self, length: Tensor) -> Tensor:
        """[R, lengths] which lengths a row's is near, in soft bins; none where it is not known."""
        near = 1.0 - (length[:, None] - self.lengths).abs() * ((len(self.lengths) - 1) / LENGTH_MAX)
        return F.relu(near) * (length[:, None] > 0)

    def attend(self, h: Tensor, key: Tensor, value: Tensor, mask: Tensor) -> Tensor:
        """[R, A] what the exposures most like each candidate brought."""
        q = self.query(h)  # [R, A]
        shared = key.shape[0] == 1 and not self.training
        score = q @ key[0].T if shared else (key * q[:, None]).sum(-1)  # [R, L]
        weight = torch.softmax(score * self.config.attention**-0.5 - 1e4 * (1.0 - mask), 1) * mask  # [R, L]
        return weight @ value[0] if shared else (value * weight[..., None]).sum(1)


class Network(nn.Module):
    """Both sides, and the examination of places, which only training sees."""

    def __init__(
        self, config: Config, widths: tuple[int, int, int], amounts: int, measured: list[bool], thresholds: Tensor
    ) -> None:
        """Start untrained; `widths` are P, C and K."""
        super().__init__()
        person, candidate, token = widths
        self.person = PersonSide(config, person, token, len(measured))
        self.candidates = CandidateSide(config, candidate, amounts, measured, thresholds)
        self.examined = nn.Parameter(torch.zeros(PLACES, len(measured)))

    def forward(
        self, person: Tensor, candidates: Tensor, tokens: Tensor, mask: Tensor, *, length: Tensor, place: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Logits [R, H] and thresholds [R, M] of rows of training, each with its own person, at the place it stood."""
        said, passing = self.candidates(candidates, length, *self.person(person, tokens, mask))
        moved = self.examined[place.clamp(0, PLACES - 1)] * (place > 0)[:, None]  # [R, H]; the first place is the norm
        return said + moved, passing + moved[:, self.candidates.measured.index(True), None]


def amount_of(passing: Tensor, thresholds: Tensor) -> Tensor:
    """[R] expected amount from the chance of passing each threshold: the area under the curve, with its tail."""
    chance = torch.cat([torch.ones_like(passing[:, :1]), torch.sigmoid(passing)], 1)  # [R, 1 + M]
    widths = thresholds - torch.cat([torch.zeros_like(thresholds[:1]), thresholds[:-1]])
    area = ((chance[:, 1:] + chance[:, :-1]) / 2 * widths).sum(1)
    return area + chance[:, -1] * 0.5 * thresholds[-1]  # past the last: half as long again in the mean


class ServedPerson(nn.Module):
    """The person's side as it is exported: one person, no batch."""

    def __init__(self, sides: list[PersonSide]) -> None:
        """Take the members of an ensemble."""
        super().__init__()
        self.sides = nn.ModuleList(sides)

    def forward(self, person: Tensor, tokens: Tensor, mask: Tensor) -> tuple[Tensor, ...]:
        """Read [P], [L, K], [L]; give five tensors for each member."""
        return tuple(part for side in self.sides for part in side(person[None], tokens[None], mask[None]))


class ServedSide(nn.Module):
    """One member's candidates' side with the same answers in fewer steps: experts, gates and towers as four products.

    What is not learnt any more is worked out once: the spread of the inputs as one factor, and the towers of all
    experts as one matrix with each expert's in its own block.
    """

    def __init__(self, side: CandidateSide) -> None:
        """Take a trained side."""
        super().__init__()
        self.side, config = side, side.config
        experts, width, outcomes = config.experts, config.width, len(side.measured)
        at = side.measured.index(True)
        self.register_buffer("factor", 1.0 / side.spread)
        with torch.no_grad():
            self.register_buffer("opened", torch.cat([side.experts.weight, side.gates.weight]).T.contiguous())
            self.register_buffer("opened_at", torch.cat([side.experts.bias, side.gates.bias]))
            self.register_buffer("towers", torch.block_diag(*[side.tower.detach().T] * experts))
        # [E · H, H] adds up over experts; [E, E · W] spreads the measured outcome's gates; [E · W, W] adds up.
        self.register_buffer("summed", torch.eye(outcomes).repeat(experts, 1))
        self.register_buffer("spreading", torch.eye(experts).repeat_interleave(width, 1))
        self.register_buffer("mixing", torch.eye(width).repeat(experts, 1))
        self.at, self.inner, self.outcomes = at, experts * width, outcomes

    def forward(
        self, candidates: Tensor, length: Tensor, hidden: Tensor, straight: Tensor, key: Tensor, value: Tensor,
        mask: Tensor,
    ) -> tuple[Tensor, Tensor]:  # fmt: skip
        """As `CandidateSide.forward`, of one person's N candidates."""
        side = self.side
        x = torch.clamp((candidates - self.side.mean) * self.factor, -CLIP, CLIP)
        bent = F.relu(x[:, : side.amounts] @ side.bend - side.knots)
        long = side.long(length)
        h = F.silu(side.inward(torch.cat([x, bent, long], 1)) + hidden)  # [N, D]
        opened = torch.cat([h, side.attend(h, key, value, mask)], 1) @ self.opened + self.opened_at
        experts, gates = F.silu(opened[:, : self.inner]), torch.sigmoid(opened[:, self.inner :])
        logits = (gates * (experts @ self.towers)) @ self.summed + straight + side.straight(x)  # [N, H]
        mixed = (experts * (gates[:, self.at :: self.outcomes] @ self.spreading)) @ self.mixing  # [N, W]
        moved = side.seconds(mixed) + side.by_length(long) * (1.0 + side.gain(mixed))
        return logits, logits[:, self.at, None] + moved


class ServedCandidates(nn.Module):
    """The candidates' side as it is exported: [N, H] on the adding scale, at the first place."""

    def __init__(self, sides: list[CandidateSide], length_at: int) -> None:
        """Take the members of an ensemble, and the input that is log(1 + s) of the duration."""
        super().__init__()
        self.sides, self.length_at = nn.ModuleList(ServedSide(side) for side in sides), length_at

    def forward(self, candidates: Tensor, *person: Tensor) -> Tensor:
        """The mean of the members' logits; for what is measured, log(1 + expected amount)."""
        said = []
        for n, served in enumerate(self.sides):
            logits, passing = served(candidates, candidates[:, self.length_at], *person[5 * n : 5 * n + 5])
            amount = torch.log1p(amount_of(passing, served.side.thresholds))[:, None]
            said.append(torch.where(served.side.is_measured, amount, logits))
        return torch.stack(said).mean(0) if len(said) > 1 else said[0]
