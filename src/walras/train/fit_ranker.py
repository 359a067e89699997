"""The program that makes a ranker: from the log to a bundle that serving can hold against its manifest.

Position bias: the place of a row adds to the logits in training only (an examination term by outcome), and serving
foresees for the first place. Selection bias: where the log tells the chance of having been shown, rows weigh by its
inverse, cut and brought to mean one. A log that holds only what was taken is learnt against drawn items, and says so.
"""

import copy
import math
import os
import shutil
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

import walras
from walras.base.clock import HOUR_MS, elapsed_s
from walras.base.errors import Invalid
from walras.events import Registry
from walras.features import UNTRAINED, TextModel
from walras.ranking import (
    ATTENDED_MAX,
    CALIBRATION_NAME,
    CANDIDATES_NAME,
    FEATURE_VERSION,
    PERSON_NAME,
    Calibration,
    Reading,
    fused,
    names,
    reading_of,
)
from walras.schema import Batch, Bools, Floats, Floats32
from walras.train import rank_metrics
from walras.train.exposures import SAMPLED_NEGATIVES, Rows, rows_of
from walras.train.fusion import TAKINGS_MIN, Foresight, fuse
from walras.train.ranker import (
    CLIP,
    CandidateSide,
    Config,
    Network,
    PersonSide,
    ServedCandidates,
    ServedPerson,
    amount_of,
)
from walras.world import Manifest, hashes, write_manifest

Progress = Callable[[float, str], None]
# Inverse propensities are cut here: beyond, a few rows would carry the whole gradient.
WEIGHT_MAX = 10.0
# Takings on validation below which an outcome's calibration stays as the network says.
CALIBRATE_MIN = 30
# The rate of the examination of places, in rates of the network: it has no gradient but where that place was shown.
EXAMINED_TIMES = 20.0
# Steps an epoch has at least, by smaller batches where a log is small, and the smallest batch.
STEPS_MIN, BATCH_MIN = 60, 32


@dataclass(frozen=True, slots=True)
class Plan:
    """How to train, each default with its reason."""

    network: Config = field(default_factory=Config)
    members: int = 1  # networks whose logits are averaged; each costs its own time at serving
    epochs: int = 10  # later ones only overfit on the logs tried; early stop ends most sooner
    patience: int = 3  # epochs without a better validation before stopping
    batch: int = 256  # 512 was worse by .004 on likes at the same number of epochs
    rate: float = 2e-3  # 1e-3 had not arrived after 9 epochs
    weight_decay: float = 0.1  # .02 and .2 are within noise
    average: float = 0.995  # weights are averaged over about 200 steps, which smooths validation from epoch to epoch
    seconds_weight: float = 3.0  # of the mean over thresholds; they carry most of what is known about long views
    validation_share: float = 0.15  # the newest rows, when no instant is given
    budget_s: float = 120.0
    seed: int = 0
    threads: int = 1


@dataclass(frozen=True, slots=True)
class Fitted:
    """What a training made."""

    members: tuple[Network, ...]
    calibration: Calibration
    metrics: dict[str, float]
    length_at: int


def fit(
    log: Sequence[Batch], registry: Registry, folder: Path, plan: Plan | None = None, *, now_ms: int = 0,
    progress: Progress | None = None, foresight: Foresight | None = None, text: TextModel | None = None,
) -> Manifest:  # fmt: skip
    """Train on a log and write a bundle.

    Args:
        log: all of it, in any order of time.
        registry: all outcomes.
        folder: of the bundle, made in one step when everything is in it; its name is the version.
        plan: how to train.
        now_ms: the instant written into the manifest.
        progress: told the share done and a sentence.
        foresight: the judged sequence model, where there is one, so that the ranker reads its score.
        text: reads texts; without one, the untrained projection does.

    Raises:
        Invalid: there is nothing to learn; it says what is missing.
    """
    plan, tell = plan or Plan(), progress or _silent
    tell(0.0, "reading the log")
    rows = rows_of(log, registry, seed=plan.seed, foresight=foresight, text=text)
    fitted = fit_rows(rows, registry, plan, progress=tell)
    if foresight is not None:
        fitted = with_leaning(fitted, rows, registry, foresight.version)
    manifest = save(fitted, folder, plan.seed, now_ms=now_ms, text=text.version if text else UNTRAINED)
    tell(1.0, "done")
    return manifest


def fit_rows(
    rows: Rows, registry: Registry, plan: Plan, *, validation_from_ms: int = 0, progress: Progress | None = None
) -> Fitted:
    """Train on rows; validate on those from an instant on, or on the newest share."""
    torch.set_num_threads(plan.threads)
    reading = reading_of(registry)
    if not reading.measured.any():
        raise Invalid(
            "has no predicted outcome in seconds or yuan", field="registry", hint="Declare one, such as watch."
        )
    split = int(np.searchsorted(rows.time_ms, validation_from_ms)) if validation_from_ms else _newest(rows, plan)
    train, valid = rows.at(slice(0, split)), rows.at(slice(split, len(rows)))
    _, columns = names(reading, 0)
    length_at, amounts = columns.index("duration"), columns.index(f"item.{reading.names[0]}")
    started_s, members, said = elapsed_s(), [], []
    for n in range(plan.members):
        torch.manual_seed(plan.seed * 1_000 + n)
        network = _made(train, plan.network, reading.measured.tolist(), amounts)
        left = plan.budget_s * (n + 1) / plan.members - (elapsed_s() - started_s)
        members.append(_train(network, train, valid, plan, length_at, left, n, progress or _silent))
        said.append(raw_of(members[-1], valid, length_at))
    raw = np.mean(said, axis=0)
    metrics = _measure(raw, valid, registry) | {"rows": float(len(rows)), "sampled": float(rows.sampled)}
    if rows.sampled:
        metrics["negatives_per_row"] = float(SAMPLED_NEGATIVES)
    calibration = calibrate(raw, valid.outcomes, registry, (rows.person.shape[1], rows.candidates.shape[1]))
    return Fitted(tuple(members), calibration, metrics, length_at)


def with_leaning(fitted: Fitted, rows: Rows, registry: Registry, version: str) -> Fitted:
    """The same, reading the sequence model's score too, and how much better that is on rows neither has learnt from."""
    reading = reading_of(registry)
    valid = rows.at(slice(_newest(rows, Plan()), len(rows)))
    unseen = valid.at(np.flatnonzero(np.isfinite(valid.leaning)))
    if not len(unseen):
        return fitted
    raw = np.mean([raw_of(member, unseen, fitted.length_at) for member in fitted.members], axis=0)
    said = raw * np.asarray(fitted.calibration.slope) + np.asarray(fitted.calibration.offset)
    choice = np.array([o.choice for o in registry.predicted])
    fusion = fuse(said, unseen.leaning, unseen.outcomes, reading, choice, version)
    if fusion is None:
        return fitted
    gained = _gained(said, unseen, reading, choice, version)
    slope, offset = np.asarray(fitted.calibration.slope), np.asarray(fitted.calibration.offset)
    whole = msgspec.structs.replace(
        fusion,
        slope=tuple((np.asarray(fusion.slope) * slope).tolist()),
        offset=tuple((np.asarray(fusion.slope) * offset + np.asarray(fusion.offset)).tolist()),
    )
    calibration = msgspec.structs.replace(fitted.calibration, fusion=whole)
    return replace(fitted, calibration=calibration, metrics=fitted.metrics | gained)


def _gained(said: Floats, unseen: Rows, reading: Reading, choice: Bools, version: str) -> dict[str, float]:
    """AUC with and without the score on one half of the rows, weighed on the other."""
    half = np.arange(len(unseen)) % 2 == 0
    fusion = fuse(said[half], unseen.leaning[half], unseen.outcomes[half], reading, choice, version)
    if fusion is None:
        return {}
    with_score = fused(said[~half], unseen.leaning[~half], fusion)
    metrics = {"leaning.rows": float(len(unseen))}
    for h, name in enumerate(reading.names):
        came = unseen.outcomes[~half, h]
        if not reading.measured[h] and TAKINGS_MIN <= (came > 0).sum() < len(came):
            metrics[f"{name}.auc_with_leaning"] = rank_metrics.auc(came, with_score[:, h])
            metrics[f"{name}.auc_without_leaning"] = rank_metrics.auc(came, said[~half, h])
            metrics[f"{name}.auc_of_leaning"] = rank_metrics.auc(came, unseen.leaning[~half].astype(np.float64))
    return metrics


def _silent(share: float, sentence: str) -> None:
    """Tell nobody."""


def _newest(rows: Rows, plan: Plan) -> int:
    """First row of validation, at an instant's beginning."""
    at = rows.time_ms[int(len(rows) * (1.0 - plan.validation_share))]
    return int(np.searchsorted(rows.time_ms, at))


# ---------------------------------------------------------------- training


def _made(train: Rows, config: Config, measured: list[bool], amounts: int) -> Network:
    """A network that knows the spread of its inputs and starts at the base rates."""
    thresholds = _thresholds(train.outcomes[:, measured.index(True)], config.thresholds)
    widths = (train.person.shape[1], train.candidates.shape[1], train.tokens.shape[2])
    network = Network(config, widths, amounts, measured, thresholds)
    for side, inputs in ((network.person, train.person), (network.candidates, train.candidates)):
        spread = inputs.std(axis=0)
        side.mean.copy_(torch.from_numpy(inputs.mean(axis=0)))
        side.spread.copy_(torch.from_numpy(np.where(spread > 1e-6, spread, 1.0).astype(np.float32)))
        for bound, met in ((side.low, inputs.min(axis=0)), (side.high, inputs.max(axis=0))):
            bound.copy_(((torch.from_numpy(met) - side.mean) / side.spread).clamp(-CLIP, CLIP))
    with torch.no_grad():
        rate = torch.from_numpy(np.clip((train.outcomes > 0).mean(axis=0), 1e-5, 1 - 1e-3).astype(np.float32))
        network.candidates.straight.bias.copy_(torch.where(torch.tensor(measured), torch.zeros(()), rate.logit()))
        amount = torch.from_numpy(train.outcomes[:, measured.index(True)])
        passed = (amount[:, None] > thresholds).float().mean(0)
        network.candidates.seconds.bias.copy_(passed.clamp(1e-4, 1 - 1e-4).logit())
    return network


def _thresholds(amount: Floats32, count: int) -> Tensor:
    """[M] rising amounts between the 3rd and the 98.5th percentile of what was watched at all."""
    seen = amount[amount > 0]
    edges = np.quantile(seen, np.linspace(0.03, 0.985, count)) if len(seen) else np.geomspace(1.0, 300.0, count)
    rising = np.maximum.accumulate(edges + np.arange(count) * 1e-3)
    return torch.tensor(rising, dtype=torch.float32)


def _train(
    network: Network, train: Rows, valid: Rows, plan: Plan, length_at: int, budget_s: float, member: int,
    tell: Progress,
) -> Network:  # fmt: skip
    """Train one member; give the averaged weights of its best epoch."""
    averaged, started_s = copy.deepcopy(network), elapsed_s()
    optimiser = torch.optim.AdamW(_groups(network, plan), lr=plan.rate)
    draws = np.random.Generator(np.random.PCG64(plan.seed * 1_000 + member))
    weights = _weights(train)
    best, best_loss, worse, step = copy.deepcopy(averaged.state_dict()), math.inf, 0, 0
    batch = int(np.clip(len(train) // STEPS_MIN, min(BATCH_MIN, plan.batch), plan.batch))
    steps = plan.epochs * max(1, len(train) // batch)
    for epoch in range(plan.epochs):
        network.train()
        for index in np.array_split(draws.permutation(len(train)), max(1, len(train) // batch)):
            for group in optimiser.param_groups:
                group["lr"] = (
                    group["times"]
                    * plan.rate
                    * min(1.0, (step + 1) / 60)
                    * (0.515 + 0.485 * math.cos(math.pi * step / steps))
                )
            loss = _loss(network, train.at(index), plan, length_at, weights[index])
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 5.0)
            optimiser.step()
            step += 1
            _average(averaged, network, min(plan.average, (step + 1) / (step + 10)))
        loss_now = validation_loss(averaged, valid, plan, length_at)
        spent_s = elapsed_s() - started_s
        done = (member + (epoch + 1) / plan.epochs) / plan.members
        tell(min(0.99, done), f"ranker: epoch {epoch + 1} of {plan.epochs}, validation {loss_now:.4f}")
        if loss_now < best_loss:
            best, best_loss, worse = copy.deepcopy(averaged.state_dict()), loss_now, 0
        else:
            worse += 1
        if worse >= plan.patience or spent_s * (epoch + 2) / (epoch + 1) > budget_s:
            break
    averaged.load_state_dict(best)
    averaged.eval()
    return averaged


def _groups(network: Network, plan: Plan) -> list[dict[str, Any]]:
    """Weights decay, offsets do not; the examination of places, one number a place, learns faster than the rest."""
    wide = [p for n, p in network.named_parameters() if p.ndim > 1 and n != "examined"]
    flat = [p for p in network.parameters() if p.ndim <= 1]
    return [
        {"params": wide, "weight_decay": plan.weight_decay, "times": 1.0},
        {"params": flat, "weight_decay": 0.0, "times": 1.0},
        {"params": [network.examined], "weight_decay": plan.weight_decay, "times": EXAMINED_TIMES},
    ]


def _weights(train: Rows) -> Tensor:
    """[R] inverse propensities, cut, with mean one."""
    inverse = np.clip(1.0 / np.maximum(train.propensity, 1e-6), 1.0, WEIGHT_MAX)
    return torch.from_numpy((inverse / inverse.mean()).astype(np.float32))


def _said(network: Network, rows: Rows, length_at: int) -> tuple[Tensor, Tensor]:
    candidates = torch.from_numpy(rows.candidates)
    said, passing = network(
        torch.from_numpy(rows.person), candidates, torch.from_numpy(rows.tokens).float(), torch.from_numpy(rows.mask),
        length=candidates[:, length_at], place=torch.from_numpy(rows.place).long(),
    )  # fmt: skip
    return said, passing


def _loss(network: Network, rows: Rows, plan: Plan, length_at: int, weights: Tensor) -> Tensor:
    """Cross-entropy of what is counted, and of passing each threshold of what is measured."""
    said, passing = _said(network, rows, length_at)
    sides, came = network.candidates, torch.from_numpy(rows.outcomes)
    counted = ~sides.is_measured
    of_counted = F.binary_cross_entropy_with_logits(said, (came > 0).float(), reduction="none")[:, counted].sum(1)
    passed = (came[:, sides.measured.index(True), None] > sides.thresholds).float()
    of_measured = F.binary_cross_entropy_with_logits(passing, passed, reduction="none").mean(1)
    return ((of_counted + plan.seconds_weight * of_measured) * weights).mean()


def _average(averaged: Network, network: Network, keep: float) -> None:
    with torch.no_grad():
        for mean, now in zip(averaged.parameters(), network.parameters(), strict=True):
            mean.lerp_(now, 1.0 - keep)


def validation_loss(network: Network, valid: Rows, plan: Plan, length_at: int) -> float:
    """The loss on rows not learnt from."""
    network.eval()
    with torch.no_grad():
        parts = [
            float(_loss(network, part, plan, length_at, torch.ones(len(part)))) * len(part) for part in _parts(valid)
        ]
    return sum(parts) / max(len(valid), 1)


def raw_of(network: Network, rows: Rows, length_at: int) -> Floats:
    """[R, H] what the network says on the adding scale, at each row's place."""
    network.eval()
    made = []
    with torch.no_grad():
        for part in _parts(rows):
            said, passing = _said(network, part, length_at)
            amount = torch.log1p(amount_of(passing, network.candidates.thresholds))[:, None]
            made.append(torch.where(network.candidates.is_measured, amount, said).double().numpy())
    return np.concatenate(made)


def order_of_seconds(network: Network, rows: Rows, length_at: int) -> Floats:
    """[R] mean chance of passing each threshold: the typical watch, where the mean of seconds follows the tail."""
    with torch.no_grad():
        made = [torch.sigmoid(_said(network, part, length_at)[1]).mean(1).double().numpy() for part in _parts(rows)]
    return np.concatenate(made)


def _parts(rows: Rows, size: int = 4_096) -> list[Rows]:
    return [rows.at(slice(start, start + size)) for start in range(0, len(rows), size)]


# ---------------------------------------------------------------- calibration


def calibrate(raw: Floats, came: Floats32, registry: Registry, widths: tuple[int, int]) -> Calibration:
    """Slope and offset by outcome, held near 1 and 0 so that few takings move them little."""
    reading = reading_of(registry)
    slope, offset = np.ones(len(reading.names)), np.zeros(len(reading.names))
    for h in range(len(reading.names)):
        if (came[:, h] > 0).sum() < CALIBRATE_MIN:
            continue
        if reading.measured[h]:
            offset[h] = _offset_of_amount(raw[:, h], came[:, h].astype(np.float64))
        else:
            slope[h], offset[h] = _slope_and_offset(raw[:, h], (came[:, h] > 0).astype(np.float64))
    return Calibration(
        outcomes=reading.names, slope=tuple(slope.tolist()), offset=tuple(offset.tolist()), person_width=widths[0],
        candidate_width=widths[1],
    )  # fmt: skip


def _slope_and_offset(raw: Floats, taken: Floats, held: float = 10.0, rounds: int = 25) -> tuple[float, float]:
    """Logistic regression on one input by Newton's steps, with `held` as the weight of staying at 1 and 0."""
    at = np.array([1.0, 0.0])
    x = np.stack([raw, np.ones_like(raw)], axis=1)
    for _ in range(rounds):
        share = 1.0 / (1.0 + np.exp(-np.clip(x @ at, -30, 30)))
        slope = x.T @ (share - taken) + held * (at - [1.0, 0.0])
        curve = (x * (share * (1 - share))[:, None]).T @ x + held * np.eye(2)
        at = at - np.linalg.solve(curve, slope)
    return float(np.clip(at[0], 0.3, 3.0)), float(np.clip(at[1], -3.0, 3.0))


def _offset_of_amount(raw: Floats, amount: Floats) -> float:
    """The offset with which the mean of what is said equals the mean of what came."""
    low, high = -1.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if np.expm1(raw + middle).mean() < amount.mean() else (low, middle)
    return (low + high) / 2


def _measure(raw: Floats, valid: Rows, registry: Registry) -> dict[str, float]:
    """Figures of the later half of validation, calibrated on its earlier half; calibration also among winners."""
    half, reading = len(valid) // 2, reading_of(registry)
    if half < 2:
        return {}
    fitted = calibrate(raw[:half], valid.outcomes[:half], registry, (0, 0))
    z = raw[half:] * np.asarray(fitted.slope) + np.asarray(fitted.offset)
    said = np.where(reading.measured, np.expm1(np.clip(z, 0.0, 20.0)), 1.0 / (1.0 + np.exp(-np.clip(z, -30, 30))))
    later = valid.at(slice(half, len(valid)))
    worth = np.array([o.worth_yuan for o in registry.predicted])
    page = later.who.astype(np.int64) * (1 << 32) + later.time_ms // HOUR_MS
    won = rank_metrics.winners(said @ worth, page)
    metrics: dict[str, float] = {}
    for h, name in enumerate(reading.names):
        came = later.outcomes[:, h]
        if reading.measured[h]:
            metrics[f"{name}.xauc"] = rank_metrics.xauc(came.astype(np.float64), said[:, h])
        elif 0 < (came > 0).sum() < len(came):
            metrics[f"{name}.auc"] = rank_metrics.auc(came, said[:, h])
            metrics[f"{name}.logloss"] = rank_metrics.log_loss(came, said[:, h])
            metrics[f"{name}.ece"] = rank_metrics.ece(came, said[:, h])
            metrics[f"{name}.ece_winners"] = rank_metrics.ece(came[won], said[won, h])
    return metrics


# ---------------------------------------------------------------- writing


def save(fitted: Fitted, folder: Path, seed: int, *, now_ms: int = 0, text: str = UNTRAINED) -> Manifest:
    """Write a bundle beside its place, then move it there in one step; `text` names the text model it has learnt."""
    scratch = folder.with_name(f".{folder.name}.{os.getpid()}.new")
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    export(fitted, scratch)
    told = msgspec.structs.replace(fitted.calibration, text=text)
    (scratch / CALIBRATION_NAME).write_bytes(msgspec.json.format(msgspec.json.encode(told)))
    manifest = Manifest(
        version=folder.name, kind="ranker", feature_version=FEATURE_VERSION, files=hashes(scratch), created_ms=now_ms,
        metrics={name: round(value, 6) for name, value in fitted.metrics.items() if math.isfinite(value)}, seed=seed,
        code_version=getattr(walras, "__version__", "0"),
    )  # fmt: skip
    write_manifest(scratch, manifest)
    scratch.replace(folder)
    return manifest


def export(fitted: Fitted, folder: Path) -> None:
    """Write both graphs."""
    people: list[PersonSide] = [m.person for m in fitted.members]
    sides: list[CandidateSide] = [m.candidates for m in fitted.members]
    person, candidates = ServedPerson(people).eval(), ServedCandidates(sides, fitted.length_at).eval()
    length, width = people[0].token.in_features, sides[0].straight.in_features
    given = (torch.zeros(people[0].inward.in_features), torch.zeros(ATTENDED_MAX, length), torch.ones(ATTENDED_MAX))
    with torch.no_grad():
        made = person(*given)
    kept = [f"{part}{n}" for n in range(len(people)) for part in ("hidden", "straight", "key", "value", "mask")]
    _export(person, given, folder / PERSON_NAME, ["person", "tokens", "mask"], [f"side.{name}" for name in kept])
    _export(candidates, (torch.zeros(7, width), *made), folder / CANDIDATES_NAME,
            ["candidates", *(f"side.{name}" for name in kept)], ["said"], many=True)  # fmt: skip


def _export(
    module: nn.Module, given: tuple[Tensor, ...], path: Path, taken: list[str], made: list[str], *, many: bool = False
) -> None:
    """Write one graph by the tracing exporter, which makes one plain file in about a second.

    Its warnings are of its age and of sizes taken as fixed, which all but N are; the tests hold both sides equal.
    """
    axes = {"candidates": {0: "n"}, "said": {0: "n"}} if many else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module, given, str(path), input_names=taken, output_names=made, dynamic_axes=axes, opset_version=17,
            dynamo=False,
        )  # fmt: skip
