"""Trains the sequence model from histories: seeded, resumed after a kill, stopped early, chosen on validation.

split → behaviour vectors → semantic ids → network (epochs, checkpoints) → graph and its share → Fitted
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from walras.base.clock import elapsed_s
from walras.base.streams import stream
from walras.schema import Floats32, Ints
from walras.train import checkpoint as checkpoints
from walras.train.blending import Blend, Shares, choose_blend, commonness, covariance, goodness, spread_to_one
from walras.train.checkpoint import CODE_VERSION, Checkpoint
from walras.train.dataset import Histories, Judged, Log, Split, leave_one_out, next_items
from walras.train.graph import ItemGraph, behaviour_vectors, build, neighbours_mean
from walras.train.likeness import build_with
from walras.train.ranks import Scorer, judge, some_of
from walras.train.semantic import Codebooks, quantise
from walras.train.sequence import SequenceConfig, SequenceModel, sampled_loss
from walras.train.windows import batches_in, epoch, item_vectors, person_vectors

# Of the budget, once more, for going on over the held-out items.
REFIT_SHARE = 0.25
# People × items that are judged at a time, a few seconds' work; never fewer people than say something.
JUDGED_CELLS, JUDGED_LEAST = 200_000_000, 500
Progress = Callable[[str, float, str], None]  # stage, share done, sentence


@dataclass(frozen=True, slots=True)
class FitConfig:
    """How long and how hard is learnt."""

    seed: int = 0
    budget_s: float = 240.0  # of the epochs, by the clock; 0: no limit, and the same weights on every machine
    epochs_max: int = 12  # Beauty's validation had nearly stopped; a longer plan was not tried at this width
    steps_least: int = 900  # a small log makes more epochs, up to this many steps …
    epochs_ever: int = 60  # … or this many epochs
    batch: int = 256  # windows
    negatives: int = 512  # shared by a batch; 1,024 with two blocks at width 64 gave the same
    learning_rate: float = 2e-3
    decay: float = 0.01  # of matrices, not of tables
    smoothing: float = 0.1  # of the wished item, spread over the negatives
    patience: int = 4  # epochs without a better validation
    judged_max: int = 4_000  # people by whom settings are chosen
    save_every: int = 200  # steps
    width: int = 128
    threads: int = 1


@dataclass(slots=True)
class Fitted:
    """A trained model: the network, the graph, and how they are mixed."""

    model: SequenceModel
    graph: ItemGraph
    shares: Shares
    common: Floats32  # [I] popularity times its share
    codebooks: Codebooks
    spread: Floats32  # [D, D]
    items: Floats32  # [I, D]
    figures: dict[str, float]  # on validation
    config: FitConfig
    epochs: list[dict[str, float]]

    def network(self) -> Scorer:
        """The network alone, scaled, as a function of histories."""
        return lambda histories: spread_to_one(person_vectors(self.model, histories), self.spread) @ self.items.T

    def blend(self) -> Scorer:
        """The whole model as a function of histories."""
        return Blend(self.network(), self.graph, self.shares.graph, self.common).scorer()


def silent(_stage: str, _done: float, _sentence: str) -> None:
    """Tell nobody."""


def fit(
    log: Log,
    folder: Path,
    config: FitConfig | None = None,
    *,
    content: Floats32 | None = None,
    earlier: Checkpoint | None = None,
    progress: Progress = silent,
) -> Fitted:
    """Train on all but each person's last two choices.

    Args:
        log: what happened.
        folder: where checkpoints lie; a training killed there goes on.
        config: how to learn.
        content: [I, C] vectors of the items' contents, zeros where there is none.
        earlier: a finished training whose items stand first in the log, to begin from.
        progress: is told the stage, the share done and a sentence.
    """
    config = config or FitConfig()
    torch.set_num_threads(config.threads)
    split, item_count = leave_one_out(log.histories), len(log.items)
    valid = some_of(split.valid, _judged_most(config, item_count), stream(config.seed, "train/judged"))
    progress("counting pairs", 0.0, f"{len(split.train.item)} tokens of {len(split.train)} people")
    graph = build(split.train, item_count)
    model, codebooks = _new_model(split.train, item_count, config, content)
    if earlier is not None and (known := checkpoints.begin_from(model, earlier, earlier.model.item_count)):
        _place_new_items(model, graph, known)
    epochs = _learn(model, log, split.train, valid, folder, config, progress)
    progress("choosing the mixture", 0.95, "")
    return _finish(model, codebooks, split.train, valid, config, epochs)


def refit(fitted: Fitted, log: Log, *, epochs: int = 2, progress: Progress = silent) -> Fitted:
    """Go on over everything, the held-out items too, for serving only: what comes out can no longer be judged."""
    config = replace(
        fitted.config,
        epochs_max=epochs,
        steps_least=0,
        learning_rate=fitted.config.learning_rate / 4,
        budget_s=fitted.config.budget_s * REFIT_SHARE,
    )
    train, model = log.histories, fitted.model
    state = _start(model, _identity(log, train, config), config, epochs * _batches(train, model, config))
    _run(model, state, train, None, None, config, progress)
    graph = build_with(train, len(log.items), fitted.graph.config, model.items.content.numpy())
    items = item_vectors(model)
    common = fitted.shares.popularity * commonness(train, len(items))
    return replace(fitted, graph=graph, common=common, items=items, spread=covariance(items))


def _judged_most(config: FitConfig, item_count: int) -> int:
    """People by whom settings are chosen: each costs a score of every item, hundreds of times."""
    return min(config.judged_max, max(JUDGED_LEAST, JUDGED_CELLS // item_count))


def _new_model(
    train: Histories, item_count: int, config: FitConfig, content: Floats32 | None
) -> tuple[SequenceModel, Codebooks]:
    """A model that begins from the behaviour's own geometry."""
    torch.manual_seed(config.seed)
    vectors = behaviour_vectors(train, item_count, config.width, stream(config.seed, "train/vectors"))
    described = content is not None and bool(np.any(content))
    told = content if described and content is not None else np.zeros((item_count, 64), np.float32)
    books = quantise(told, stream(config.seed, "train/codes"))
    shape = SequenceConfig(
        item_count=item_count, width=config.width, content_width=told.shape[1],
        code_count=books.centres.shape[1] + 1, timed=bool(np.ptp(train.time_ms) > 0) if len(train.item) else False,
    )  # fmt: skip
    model = SequenceModel(shape)
    model.items.has_content = described
    with torch.no_grad():
        met = torch.from_numpy(np.linalg.norm(vectors, axis=1) > 0)
        model.items.id.weight[met] = torch.from_numpy(vectors)[met]
        model.items.content.copy_(torch.from_numpy(told))
        model.items.codes.copy_(torch.from_numpy(books.codes(told)))
    return model, books


def _place_new_items(model: SequenceModel, graph: ItemGraph, known: int) -> None:
    """New items begin where their neighbours are."""
    table = model.items.id.weight
    rows = np.arange(known, model.config.item_count)
    with torch.no_grad():
        if len(rows):
            table[known:] = torch.from_numpy(neighbours_mean(graph, table.numpy(), rows)).float()


def _identity(log: Log, train: Histories, config: FitConfig) -> dict[str, Any]:
    """What must be the same for a killed training to go on."""
    kept = {name: value for name, value in asdict(config).items() if name not in ("threads", "budget_s")}
    return {**kept, "items": log.item_hash, "tokens": len(train.item), "code": CODE_VERSION}


def _batches(train: Histories, model: SequenceModel, config: FitConfig) -> int:
    return batches_in(train, next_items(train), model.config.tokens_max, config.batch)


def _learn(
    model: SequenceModel,
    log: Log,
    train: Histories,
    valid: Judged,
    folder: Path,
    config: FitConfig,
    progress: Progress,
) -> list[dict[str, float]]:
    """Epochs until validation stops growing; the best epoch's weights stay in the model."""
    identity = _identity(log, train, config)
    state = checkpoints.load(folder)
    if state is None or state.identity != identity or state.model != model.config:
        in_epoch = _batches(train, model, config)
        epochs = max(config.epochs_max, min(config.epochs_ever, -(-config.steps_least // max(1, in_epoch))))
        state = _start(model, identity, config, in_epoch * epochs)
    if not state.done:
        _run(model, state, train, valid, folder, config, progress)
    if state.best:
        model.load_state_dict(state.best)
    return state.history


def _start(model: SequenceModel, identity: dict[str, Any], config: FitConfig, steps: int) -> Checkpoint:
    optimisers = [o.state_dict() for o in _optimisers(model, config)]
    random = torch.Generator().manual_seed(config.seed).get_state()
    return Checkpoint(identity, model.config, _copy(model), {}, optimisers, random, steps)


def _run(
    model: SequenceModel,
    state: Checkpoint,
    train: Histories,
    valid: Judged | None,
    folder: Path | None,
    config: FitConfig,
    progress: Progress,
) -> None:
    """Go on from a checkpoint to the planned last step, the early stop or the budget's end."""
    model.load_state_dict(state.weights)
    optimisers = _optimisers(model, config)
    for optimiser, kept in zip(optimisers, state.optimisers, strict=True):
        optimiser.load_state_dict(kept)
    torch.set_rng_state(state.random)
    target, draw = next_items(train), _Draw(train, model.config.item_count, config)
    begun, before, timed = elapsed_s(), state.step, not config.budget_s
    while state.step < state.steps and state.worse <= config.patience:
        losses = []
        rng = stream(config.seed, f"train/epoch/{state.epoch}")
        for n, (window, true) in enumerate(epoch(train, target, model.config.tokens_max, config.batch, rng)):
            if n < state.batch:
                continue
            losses.append(_step(model, optimisers, window, true, draw, _rate(state, config), config.smoothing))
            state.step, state.batch = state.step + 1, n + 1
            if not timed and elapsed_s() - begun > 0.05 * config.budget_s:
                # The plan is made once, on this machine's speed, and kept in the checkpoint.
                speed, timed = (state.step - before) / (elapsed_s() - begun), True
                state.steps = min(state.steps, state.step + int(0.95 * config.budget_s * speed))
            if folder and state.step % config.save_every == 0:
                _keep(model, optimisers, state, folder)
            if config.budget_s and elapsed_s() - begun > 1.5 * config.budget_s:
                state.steps = state.step  # the machine has slowed down since the plan was made
            if state.step >= state.steps:
                break
        if not losses and state.batch == 0:
            break
        _end_epoch(model, state, valid, float(np.mean(losses)) if losses else 0.0, config)
        if folder:
            _keep(model, optimisers, state, folder)
        progress("sequence model", min(0.95, state.step / state.steps), _sentence(state))
    state.done = True
    if folder:
        _keep(model, optimisers, state, folder)


def _end_epoch(model: SequenceModel, state: Checkpoint, valid: Judged | None, loss: float, config: FitConfig) -> None:
    state.epoch, state.batch = state.epoch + 1, 0
    figures = {"loss": loss}
    if valid is not None and len(valid.item):
        items = item_vectors(model)
        random = torch.get_rng_state()
        figures |= judge(lambda some: person_vectors(model, some) @ items.T, valid, model.config.item_count)
        torch.set_rng_state(random)
        good = goodness(figures)
        state.worse = 0 if good > state.best_goodness else state.worse + 1
    if state.worse == 0:
        state.best = _copy(model)
        state.best_goodness = goodness(figures) if "ndcg@10" in figures else 0.0
    state.history.append(figures)


def _sentence(state: Checkpoint) -> str:
    last = state.history[-1]
    found = f", recall@10 {last['recall@10']:.4f}" if "recall@10" in last else ""
    return f"epoch {state.epoch}, loss {last['loss']:.3f}{found}"


def _copy(model: SequenceModel) -> dict[str, Any]:
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def _keep(model: SequenceModel, optimisers: list[torch.optim.Optimizer], state: Checkpoint, folder: Path) -> None:
    state.weights, state.random = _copy(model), torch.get_rng_state()
    state.optimisers = [o.state_dict() for o in optimisers]
    checkpoints.save(folder, state)


def _optimisers(model: SequenceModel, config: FitConfig) -> list[torch.optim.Optimizer]:
    """Matrices decay, tables and biases do not; a large table of ids is moved row by row."""
    tables = {id(m.weight) for m in model.modules() if isinstance(m, torch.nn.Embedding)}
    table = model.items.id
    weights = [p for p in model.parameters() if not (table.sparse and p is table.weight)]
    decayed = [p for p in weights if p.dim() > 1 and id(p) not in tables]
    others = [p for p in weights if p.dim() <= 1 or id(p) in tables]
    groups = [{"params": decayed, "weight_decay": config.decay}, {"params": others, "weight_decay": 0.0}]
    found: list[torch.optim.Optimizer] = [torch.optim.AdamW(groups, lr=config.learning_rate, betas=(0.9, 0.98))]
    if table.sparse:
        found.append(torch.optim.SparseAdam([table.weight], lr=config.learning_rate, betas=(0.9, 0.98)))
    return found


def _rate(state: Checkpoint, config: FitConfig) -> float:
    """Warm up over a twelfth of the plan, then fall along a cosine to a twentieth."""
    share = min(1.0, state.step / max(1, state.steps))
    warm = min(1.0, 12 * (state.step + 1) / max(1, state.steps))
    return float(config.learning_rate * warm * (0.05 + 0.475 * (1 + np.cos(np.pi * share))))


class _Draw:
    """Negatives in proportion to how often each item is chosen, and the log of how many are expected."""

    def __init__(self, train: Histories, item_count: int, config: FitConfig) -> None:
        chosen: Ints = next_items(train)
        counts = np.bincount(chosen[chosen > 0], minlength=item_count).astype(np.float64)
        share = torch.from_numpy(counts / max(1.0, counts.sum()))
        self.count = config.negatives
        self.cumulative = share.cumsum(0)
        self.log_expected = torch.log(share.clamp(min=1e-12) * self.count).float()
        self.last = max(1, int(np.flatnonzero(counts)[-1])) if counts.any() else 1

    def rows(self) -> torch.Tensor:
        """[S] rows, repeats kept."""
        at = torch.rand(self.count, dtype=torch.float64)
        return torch.searchsorted(self.cumulative, at, right=True).clamp(1, self.last)


def _step(
    model: SequenceModel,
    optimisers: list[torch.optim.Optimizer],
    window: Any,
    true: torch.Tensor,
    draw: _Draw,
    rate: float,
    smooth: float,
) -> float:
    """One step; gives its loss."""
    model.train()
    learnt = true > 0  # [B, T]
    state, chosen, drawn = window.states(model)[learnt], true[learnt], draw.rows()  # [N, D], [N], [S]
    rows = torch.cat([chosen, drawn])
    vectors = model.items(rows)  # [N + S, D]
    count = len(chosen)
    heat = model.config.temperature
    loss = sampled_loss(state, vectors[:count], vectors[count:], rows, draw.log_expected[drawn], heat, smooth)
    for optimiser in optimisers:
        optimiser.zero_grad(set_to_none=True)
        for group in optimiser.param_groups:
            group["lr"] = rate
    loss.backward()
    torch.nn.utils.clip_grad_norm_([p for o in optimisers[:1] for g in o.param_groups for p in g["params"]], 1.0)
    for optimiser in optimisers:
        optimiser.step()
    return float(loss.detach())


def _finish(
    model: SequenceModel,
    codebooks: Codebooks,
    train: Histories,
    valid: Judged,
    config: FitConfig,
    epochs: list[dict[str, float]],
) -> Fitted:
    """Mix network and graph by what validation says."""
    items = item_vectors(model)
    spread = covariance(items)
    people = spread_to_one(person_vectors(model, valid.histories), spread)
    graph, shares = choose_blend(people, items, train, valid, content_of(model))
    common = shares.popularity * commonness(train, len(items))
    fitted = Fitted(model, graph, shares, common, codebooks, spread, items, {}, config, epochs)
    found = judge(fitted.blend(), valid, model.config.item_count)
    fitted.figures = {f"valid_{name}": value for name, value in found.items()}
    return fitted


def content_of(model: SequenceModel) -> Floats32 | None:
    """[I, C] contents the model has learnt; None where no item has any."""
    return model.items.content.numpy() if model.items.has_content else None


def split_of(log: Log) -> Split:
    """The split a training keeps to."""
    return leave_one_out(log.histories)
