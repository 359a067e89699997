"""Network and item graph in one score, each in units of its own spread over the catalogue.

    score(b) = s · e_b / sqrt(sᵀ Σ s)  +  w · graph(b) / std(graph)  +  p · log(1 + n_b) / std(log(1 + n))

with s the person's vector, e_b the item's, Σ the covariance of the items' vectors, n_b how often b was chosen. Graph
settings, w and p are chosen on validation, by one value at a time. On most logs p is 0; on one of few people for many
items, popularity is nearly all that can be known.
"""

from dataclasses import dataclass, replace

import numpy as np

from walras.schema import Floats, Floats32, Longs
from walras.train import graph as counting
from walras.train.dataset import Histories, Judged, choices
from walras.train.graph import GraphConfig, ItemGraph, Sparse, graph_scores
from walras.train.likeness import alike
from walras.train.ranks import BLOCK_BYTES, Scorer, ranks

# The last ones leave almost the graph alone: a log too small for a network must not lose by having one.
WEIGHTS: tuple[float, ...] = (0.0, 0.03, 0.06, 0.1, 0.15, 0.25, 0.5, 1.0, 3.0, 20.0)
POPULARITIES = (0.0, 0.03, 0.1, 0.3, 1.0, 3.0, 30.0)
# Tokens and items above which only the settings that matter most are searched.
LONG, WIDE = 400_000, 50_000
# Standard errors by which a setting must be better, and what a place behind the tenth counts.
SURE, FAR = 1.0, 0.1


def covariance(items: Floats32) -> Floats32:
    """[D, D] covariance of the items' vectors [I, D], row 0 left out."""
    centred = items[1:] - items[1:].mean(axis=0)
    found = centred.T @ centred / max(1, len(centred)) + 1e-6 * np.eye(items.shape[1])
    return np.asarray(found, np.float32)


def spread_to_one(people: Floats32, spread: Floats32) -> Floats32:
    """[B, D] people's vectors, brought to where their scores over the catalogue have deviation 1."""
    variance = np.einsum("bd,de,be->b", people, spread, people)
    return np.asarray(people / np.sqrt(np.maximum(variance, 1e-12))[:, None], np.float32)


def commonness(train: Histories, item_count: int) -> Floats32:
    """[I] logarithms of how often items were chosen, with deviation 1 over the catalogue."""
    found = np.log1p(np.bincount(choices(train)[1], minlength=item_count)).astype(np.float32)
    return np.asarray(found / max(float(found[1:].std()) if item_count > 1 else 0.0, 1e-6), np.float32)


@dataclass(frozen=True, slots=True)
class Shares:
    """What counts beside the network, whose share is 1."""

    graph: float = 0.1
    popularity: float = 0.0


@dataclass(frozen=True, slots=True)
class Blend:
    """Scores everything for anybody."""

    network: Scorer
    graph: ItemGraph
    weight: float
    common: Floats32  # [I] what popularity adds

    def scorer(self) -> Scorer:
        """The blend as a function of histories."""
        matrix, config = self.graph.matrix(), self.graph.config

        def score(histories: Histories) -> Floats32:
            counted = np.float32(self.weight) * graph_scores(matrix, histories, config)
            return self.network(histories) + counted + self.common

        return score


def goodness(figures: dict[str, float]) -> float:
    """The one number by which settings are chosen: NDCG, and recall in its measure."""
    return figures["ndcg@10"] + 0.3 * figures["recall@10"]


def choose_blend(
    people: Floats32, items: Floats32, train: Histories, valid: Judged, content: Floats32 | None = None
) -> tuple[ItemGraph, Shares]:
    """Settings of the graph and its share, one value changed at a time, that foresee validation best together.

    A graph that is best alone repeats what the network knows; chosen beside it, it adds what the network lacks. A
    change must be better by more than chance makes it look on so few people.

    Args:
        people: [N, D] scaled vectors of the validation people.
        items: [I, D].
        train: what is counted.
        valid: what is to be foreseen.
        content: [I, C] vectors of the items' contents, where there are any.
    """
    if not len(valid.item):
        return counting.build(train, len(items)), Shares()
    judging = _Judging(people, items, valid, commonness(train, len(items)))
    counted = _Counted(train, len(items), content)
    # Chosen by fewer people the start costs less and ends worse: Beauty .1254 recall against .1272.
    graph, best = _best_start(judging, counted, counting.STARTS[:2] if _large(train, len(items)) else counting.STARTS)
    for name, values in _searched(train, len(items), described=content is not None).items():
        for value in values:
            if value == getattr(graph.config, name):
                continue
            made = counted.changed(graph, name, value)
            found = judging.judged(made, _beside(best.shares))
            if _surely(found, best):
                graph, best = made, found
    return graph, judging.best_shares(graph, best).shares


def _large(train: Histories, item_count: int) -> bool:
    return len(train.item) > LONG or item_count > WIDE


def _searched(train: Histories, item_count: int, *, described: bool) -> dict[str, tuple[float, ...]]:
    """Each count of a long log takes seconds: there, only what matters most is searched."""
    spans = dict(counting.SEARCH)
    if _large(train, item_count):
        spans = {"again": (0.0, 1.0), "linear": (0.0, 1.0), "content": (0.0, 1.0), "recency": spans["recency"]}
        spans |= {"to_power": (0.0, 0.2, 0.5)}
    if not _taken_again(train):
        del spans["again"]
    if not described:
        del spans["content"]
    return spans


def _taken_again(train: Histories) -> bool:
    """Whether anybody chose an item a second time; where nobody did, nothing can be learnt of it."""
    indptr, item = choices(train)
    pairs = np.repeat(np.arange(len(train)), np.diff(indptr)) * (int(item.max(initial=0)) + 1) + item
    return len(np.unique(pairs)) < len(pairs)


def _beside(shares: Shares) -> tuple[Shares, ...]:
    """These, and those with the graph's share next to it on both sides."""
    at = int(np.argmin(np.abs(np.array(WEIGHTS) - shares.graph)))
    return tuple(replace(shares, graph=weight) for weight in WEIGHTS[max(0, at - 1) : at + 2])


class _Counted:
    """Graphs of one log; its regression and its likeness by content are computed once, when first asked for."""

    def __init__(self, train: Histories, item_count: int, content: Floats32 | None) -> None:
        self.train, self.item_count, self.content = train, item_count, content
        self._linear: Sparse | None = None
        self._alike: Sparse | None = None

    def build(self, config: GraphConfig) -> ItemGraph:
        """The graph of these settings."""
        if config.linear and self._linear is None:
            self._linear = counting.regressed(self.train, self.item_count)
        if config.content and self._alike is None and self.content is not None:
            self._alike = alike(self.train, self.content)
        return counting.build(self.train, self.item_count, config, linear=self._linear, alike=self._alike)

    def changed(self, graph: ItemGraph, name: str, value: float) -> ItemGraph:
        """The graph with one setting changed."""
        config: GraphConfig = replace(graph.config, **{name: value})  # type: ignore[arg-type]
        # Recency is a matter of reading, not of counting.
        return replace(graph, config=config) if name == "recency" else self.build(config)


@dataclass(frozen=True, slots=True)
class _Found:
    """The best shares of a graph."""

    shares: Shares
    gain: Floats  # [N] what each person adds to the measure

    @property
    def good(self) -> float:
        return float(self.gain.mean())


def _surely(found: _Found, best: _Found) -> bool:
    """Whether better by more than chance: differences person by person against their standard error."""
    more = found.gain - best.gain
    return bool(more.mean() > SURE * more.std() / np.sqrt(len(more)))


def _best_start(judging: "_Judging", counted: _Counted, starts: tuple[GraphConfig, ...]) -> tuple[ItemGraph, _Found]:
    graphs = [counted.build(config) for config in starts]
    found = [judging.best_shares(graph, None) for graph in graphs]
    best = max(range(len(found)), key=lambda n: found[n].good)
    return graphs[best], found[best]


@dataclass(frozen=True, slots=True)
class _Judging:
    """Blends of one network, judged on the same people in the same blocks."""

    people: Floats32  # [N, D]
    items: Floats32  # [I, D]
    valid: Judged
    common: Floats32  # [I]

    def best_shares(self, graph: ItemGraph, known: _Found | None) -> _Found:
        """Shares of the graph, then of popularity, then of the graph again, each with the other's best."""
        found = known or self.judged(graph, (Shares(0.0),))
        for name, values in (("graph", WEIGHTS), ("popularity", POPULARITIES)) * 2:
            made = self.judged(graph, tuple(replace(found.shares, **{name: value}) for value in values))
            found = made if _surely(made, found) else found
        return found

    def judged(self, graph: ItemGraph, tried: tuple[Shares, ...]) -> _Found:
        """The best of some shares."""
        matrix, size = graph.matrix(), len(self.items)
        block = max(1, BLOCK_BYTES // (4 * size))
        parts: dict[Shares, list[Longs]] = {shares: [] for shares in tried}
        for start in range(0, len(self.people), block):
            rows = np.arange(start, min(start + block, len(self.people)))
            some, item = self.valid.histories.rows(rows), self.valid.item[rows]
            network, counted = self.people[rows] @ self.items.T, graph_scores(matrix, some, graph.config)
            for shares, found in parts.items():
                score = network + np.float32(shares.graph) * counted
                if shares.popularity:
                    score += np.float32(shares.popularity) * self.common
                found.append(ranks(score, some, item, masked=True))
        every = [_Found(shares, _gain(np.concatenate(found))) for shares, found in parts.items()]
        return max(every, key=lambda one: one.good)


def _gain(rank: Longs) -> Floats:
    """[N] each person's share of the measure; places behind the tenth say a little, so that few people say enough."""
    inner = (rank <= 10) * (1.0 / np.log2(rank + 1.0) + 0.3)
    return np.asarray(inner + FAR / np.log2(rank + 1.0), np.float64)
