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

# Inputs lie within this many standard deviations; beyond, one odd counter would move everything. Nor are they read
# beyond what was met in training: what a count does that was always 0 there, nothing has taught.
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
        _bounded(self, person_width)
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
        x = torch.clamp((person - self.mean) / self.spread, self.low, self.high)
        t = F.silu(self.token(tokens))  # [R, L, A]
        mean = (t * mask[..., None]).sum(1) / (mask.sum(1, keepdim=True) + 1.0)  # [R, A]
        return self.inward(x) + self.inward_mean(mean), self.straight(x), self.key(t), self.value(t), mask


def _bounded(side: nn.Module, width: int) -> None:
    """Room for the least and the greatest input [width] that is read, in deviations from the mean."""
    side.register_buffer("low", torch.full((width,), -CLIP))
    side.register_buffer("high", torch.full((width,), CLIP))


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
        _bounded(self, width)
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
        x = torch.clamp((candidates - self.mean) / self.spread, self.low, self.high)
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
    return 0.5 * thresholds[0] + torch.sigmoid(passing) @ areas(thresholds)


def areas(thresholds: Tensor) -> Tensor:
    """[M] what each chance of passing adds to the area: half the widths beside it; past the last half as long again.

    The chance of passing nothing is 1, so half of the first threshold is always there.
    """
    widths = torch.diff(thresholds, prepend=torch.zeros_like(thresholds[:1]))
    return (widths + torch.cat([widths[1:], thresholds[-1:]])) / 2


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
    """One member's candidates' side with the same answers in fewer steps, since a page waits for each of them.

    What is not learnt any more is worked out once (the spread of the inputs as one factor, the towers of all experts
    as one matrix, the area under the curve of seconds as weights), and what is the person's is multiplied before the
    candidates come: with q = h Wq + b, scores q K' are h (Wq K') + b K', and what is attended to, A V, meets its part
    Oa of the next weights as A (V Oa). Products take their offsets along, and nothing is joined only to be split.
    """

    def __init__(self, side: CandidateSide) -> None:
        """Take a trained side."""
        super().__init__()
        self.side, config = side, side.config
        experts, width, outcomes, hidden = config.experts, config.width, len(side.measured), config.hidden
        self.at = side.measured.index(True)
        self.register_buffer("factor", 1.0 / side.spread)
        self.inputs = [side.straight.in_features, side.amounts * config.knots, config.lengths]
        with torch.no_grad():
            self.register_buffer("towers", torch.block_diag(*[side.tower.detach().T] * experts))
            # [E · W, M + 1] adds up over experts, then gives the thresholds and the gain of lengths.
            ends = torch.cat([side.seconds.weight, side.gain.weight]).T
            self.register_buffer("ends", ends.repeat(experts, 1))
            self.register_buffer("ends_at", torch.cat([side.seconds.bias, side.gain.bias + 1.0]))
            self.register_buffer("area", areas(side.thresholds)[:, None])
        # [E · H, H] adds up over experts; [E, E · W] spreads the measured outcome's gates.
        self.register_buffer("summed", torch.eye(outcomes).repeat(experts, 1))
        self.register_buffer("spreading", torch.eye(experts).repeat_interleave(width, 1))
        self.register_buffer("amounts", side.is_measured.float())
        self.outcomes, self.hidden = outcomes, hidden

    def forward(
        self, candidates: Tensor, length: Tensor, hidden: Tensor, straight: Tensor, key: Tensor, value: Tensor,
        mask: Tensor,
    ) -> Tensor:  # fmt: skip
        """[N, H] on the adding scale of one person's N candidates; the rest is as in `CandidateSide.forward`."""
        side = self.side
        x = torch.clamp((candidates - side.mean) * self.factor, side.low, side.high)
        long = side.long(length)
        h = F.silu(self._inward(x, long, hidden))  # [N, D]
        weight = self._attention(h, key, mask)  # [N, L]
        experts = F.silu(self._opened(side.experts, h, weight, value, mask))  # [N, E · W]
        gates = torch.sigmoid(self._opened(side.gates, h, weight, value, mask))  # [N, E · H]
        linear = torch.addmm(straight + side.straight.bias, x, side.straight.weight.T)
        logits = torch.addmm(linear, gates * (experts @ self.towers), self.summed)  # [N, H]
        of_measured = experts * (gates[:, self.at :: self.outcomes] @ self.spreading)
        moved = torch.addmm(self.ends_at, of_measured, self.ends)  # [N, M + 1]
        passing = moved[:, :-1] + side.by_length(long) * moved[:, -1:] + logits[:, self.at, None]  # [N, M]
        amount = torch.log1p(torch.addmm(0.5 * side.thresholds[:1], torch.sigmoid(passing), self.area))  # [N, 1]
        return logits * (1.0 - self.amounts) + amount * self.amounts

    def _inward(self, x: Tensor, long: Tensor, hidden: Tensor) -> Tensor:
        """[N, D] the first layer, part by part of its inputs."""
        side = self.side
        of_x, of_bent, of_long = side.inward.weight.T.split(self.inputs)
        bent = F.relu(torch.addmm(-side.knots, x[:, : side.amounts], side.bend))
        return torch.addmm(torch.addmm(torch.addmm(hidden + side.inward.bias, x, of_x), bent, of_bent), long, of_long)

    def _attention(self, h: Tensor, key: Tensor, mask: Tensor) -> Tensor:
        """[N, L] how much each candidate attends to each exposure."""
        query, keys = self.side.query, key[0].T * self.side.config.attention**-0.5
        offset = query.bias @ keys - 1e4 * (1.0 - mask[0])
        return torch.softmax(torch.addmm(offset, h, query.weight.T @ keys), 1)

    def _opened(self, layer: nn.Linear, h: Tensor, weight: Tensor, value: Tensor, mask: Tensor) -> Tensor:
        """A layer over what a candidate is and what it attends to; places without an exposure bring nothing."""
        of_h, of_attended = layer.weight.T.split([self.hidden, layer.in_features - self.hidden])
        brought = (value[0] * mask[0, :, None]) @ of_attended
        return torch.addmm(torch.addmm(layer.bias, h, of_h), weight, brought)


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
            said.append(served(candidates, candidates[:, self.length_at], *person[5 * n : 5 * n + 5]))
        return torch.stack(said).mean(0) if len(said) > 1 else said[0]
