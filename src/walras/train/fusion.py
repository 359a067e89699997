"""Joins the sequence model's score to the ranker: one trunk for finding and for ordering.

The served sequence model has learnt from the very choices that the ranker's rows hold, so its score there would promise
more than it keeps. The weight of the score is therefore learnt on rows that come later than anything the judged model,
trained without everybody's last two choices, has learnt of the same person. Those rows hold more takings than others by
their choice; slopes and weights are not moved by that, and the offset is set so that the mean stays what it was.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from walras.ranking import Fusion, Reading, fused, scaled_leaning
from walras.retrieval import Bundle, read_bundle
from walras.schema import Bools, Floats, Floats32, Longs
from walras.train.dataset import CHOICES_MIN, Log, choice_starts

CUTS_NAME = "learnt_until.json"
# Takings of an outcome below which its weight is that of all choices together.
TAKINGS_MIN = 50
# Weight of staying at slope 1 and weight 0, in rows.
HELD = 10.0
WEIGHT_MAX, SLOPE_MIN, SLOPE_MAX = 6.0, 0.3, 1.5
ROUNDS = 25


@dataclass(frozen=True, slots=True)
class Foresight:
    """The judged sequence model, and until when it has learnt of each person."""

    bundle: Bundle
    version: str  # of the served model that it stands for
    learnt_until_ms: Mapping[str, int]  # people it has learnt wholly are missing


def learnt_until(log: Log) -> dict[str, int]:
    """The instant of the last token that the judged model learns from, by person; see `leave_one_out`."""
    histories = log.histories
    starts = choice_starts(histories)
    bounds = np.searchsorted(starts, histories.indptr)
    judged = np.flatnonzero(np.diff(bounds) >= CHOICES_MIN)
    last: Longs = histories.time_ms[starts[bounds[judged + 1] - 2] - 1]
    return {log.people[person]: int(time_ms) for person, time_ms in zip(judged.tolist(), last.tolist(), strict=True)}


def keep_learnt_until(folder: Path, log: Log) -> None:
    """Write it beside a judged model's bundle."""
    (folder / CUTS_NAME).write_bytes(msgspec.json.encode(learnt_until(log)))


def read_foresight(folder: Path, version: str) -> Foresight:
    """Read what `keep_learnt_until` and `write_bundle` wrote.

    Raises:
        Corrupt: the bundle cannot be read.
    """
    cuts = msgspec.json.decode((folder / CUTS_NAME).read_bytes(), type=dict[str, int])
    return Foresight(read_bundle(folder), version, cuts)


def fuse(
    raw: Floats, leaning: Floats32, came: Floats32, reading: Reading, choice: Bools, version: str
) -> Fusion | None:
    """Weigh the score against what the network says.

    Args:
        raw: [R, H] the network, calibrated, on the adding scale.
        leaning: [R] the judged model's score.
        came: [R, H] what came of it.
        reading: the outcomes.
        choice: [H] which outcomes are choices; those with few takings borrow their weight.
        version: of the sequence model.

    Returns:
        None where the rows do not vary or hold too few choices to tell.
    """
    taken = (came > 0).sum(axis=0)
    score = scaled_leaning(leaning)
    pooled: Bools = np.asarray((came[:, choice] > 0).any(axis=1))
    if pooled.sum() < TAKINGS_MIN or score.std() < 1e-3:
        return None
    most: Floats = np.asarray(raw[:, choice].max(axis=1), np.float64)
    borrowed = _of_shares(most, score, pooled.astype(np.float64))[1]
    slope, weight = np.ones(len(reading.names)), np.zeros(len(reading.names))
    for h in range(len(reading.names)):
        if taken[h] < TAKINGS_MIN:
            weight[h] = borrowed if choice[h] else 0.0
        elif reading.measured[h]:
            slope[h], weight[h] = _of_amounts(raw[:, h], score, came[:, h].astype(np.float64))
        else:
            slope[h], weight[h] = _of_shares(raw[:, h], score, (came[:, h] > 0).astype(np.float64))
    moved = fused(
        raw, leaning, Fusion(sequence=version, slope=tuple(slope), weight=tuple(weight), offset=(0.0,) * len(slope))
    )
    offset = [_offset(raw[:, h], moved[:, h], bool(reading.measured[h])) for h in range(len(slope))]
    return Fusion(sequence=version, slope=tuple(slope.tolist()), weight=tuple(weight.tolist()), offset=tuple(offset))


def _of_shares(raw: Floats, score: Floats, taken: Floats) -> tuple[float, float]:
    """Slope and weight by logistic regression with Newton's steps; the offset that comes with them is left."""
    at, home = np.array([1.0, 0.0, 0.0]), np.array([1.0, 0.0, 0.0])
    x = np.stack([raw, score, np.ones_like(raw)], axis=1)
    held = np.array([HELD, HELD, 1e-3])
    for _ in range(ROUNDS):
        share = 1.0 / (1.0 + np.exp(-np.clip(x @ at, -30.0, 30.0)))
        slope = x.T @ (share - taken) + held * (at - home)
        curve = (x * (share * (1.0 - share))[:, None]).T @ x + np.diag(held)
        at = at - np.linalg.solve(curve, slope)
    return _bounded(at)


def _of_amounts(raw: Floats, score: Floats, amount: Floats) -> tuple[float, float]:
    """The same for what is measured, by least squares on log(1 + x)."""
    x = np.stack([raw, score, np.ones_like(raw)], axis=1)
    held, home = np.diag([HELD, HELD, 1e-3]), np.array([1.0, 0.0, 0.0])
    return _bounded(np.linalg.solve(x.T @ x + held, x.T @ np.log1p(amount) + held @ home))


def _bounded(at: Floats) -> tuple[float, float]:
    return float(np.clip(at[0], SLOPE_MIN, SLOPE_MAX)), float(np.clip(at[1], -WEIGHT_MAX, WEIGHT_MAX))


def _offset(before: Floats, moved: Floats, measured: bool) -> float:
    """The offset with which the mean stays what it was before the score was added."""
    low, high, wanted = -12.0, 12.0, _mean(before, measured)
    for _ in range(50):
        middle = (low + high) / 2.0
        low, high = (middle, high) if _mean(moved + middle, measured) < wanted else (low, middle)
    return (low + high) / 2.0


def _mean(at: Floats, measured: bool) -> float:
    bounded = np.clip(at, 0.0, 20.0) if measured else np.clip(at, -30.0, 30.0)
    return float(np.expm1(bounded).mean() if measured else (1.0 / (1.0 + np.exp(-bounded))).mean())
