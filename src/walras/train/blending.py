"""Network and item graph in one score, each in units of its own spread over the catalogue.

    score(b) = s · e_b / sqrt(sᵀ Σ s)  +  w · graph(b) / std(graph)

with s the person's vector, e_b the item's, Σ the covariance of the items' vectors. Graph settings and w are chosen on
validation, by one value at a time.
"""

from dataclasses import dataclass, replace

import numpy as np

from walras.schema import Floats32, Longs
from walras.train import graph as counting
from walras.train.dataset import Histories, Judged
from walras.train.graph import GraphConfig, ItemGraph, graph_scores
from walras.train.ranks import BLOCK_BYTES, Scorer, ndcg, ranks, recall

# The last ones leave almost the graph alone: a log too small for a network must not lose by having one.
WEIGHTS = (0.0, 0.03, 0.06, 0.1, 0.15, 0.25, 0.5, 1.0, 3.0, 20.0)


def covariance(items: Floats32) -> Floats32:
    """[D, D] covariance of the items' vectors [I, D], row 0 left out."""
    centred = items[1:] - items[1:].mean(axis=0)
    found = centred.T @ centred / max(1, len(centred)) + 1e-6 * np.eye(items.shape[1])
    return np.asarray(found, np.float32)


def spread_to_one(people: Floats32, spread: Floats32) -> Floats32:
    """[B, D] people's vectors, brought to where their scores over the catalogue have deviation 1."""
    variance = np.einsum("bd,de,be->b", people, spread, people)
    return np.asarray(people / np.sqrt(np.maximum(variance, 1e-12))[:, None], np.float32)


@dataclass(frozen=True, slots=True)
class Blend:
    """Scores everything for anybody."""

    network: Scorer
    graph: ItemGraph
    weight: float

    def scorer(self) -> Scorer:
        """The blend as a function of histories."""
        matrix, config = self.graph.matrix(), self.graph.config

        def score(histories: Histories) -> Floats32:
            return self.network(histories) + np.float32(self.weight) * graph_scores(matrix, histories, config)

        return score


def goodness(figures: dict[str, float]) -> float:
    """The one number by which settings are chosen: NDCG, and recall in its measure."""
    return figures["ndcg@10"] + 0.3 * figures["recall@10"]


def choose_blend(people: Floats32, items: Floats32, train: Histories, valid: Judged) -> tuple[ItemGraph, float]:
    """Settings of the graph and its share, one value changed at a time, that foresee validation best together.

    A graph that is best alone repeats what the network knows; chosen beside it, it adds what the network lacks.

    Args:
        people: [N, D] scaled vectors of the validation people.
        items: [I, D].
        train: what is counted.
        valid: what is to be foreseen.
    """
    graph, weight = counting.build(train, len(items)), 0.1
    if not len(valid.item):
        return graph, weight
    judging = _Judging(people, items, valid)
    weight, good = judging.best_weight(graph, weight, WEIGHTS)
    for name, values in _searched(train).items():
        for value in values:
            if value == getattr(graph.config, name):
                continue
            made = _changed(graph, name, value, train, len(items))
            found_weight, found = judging.best_weight(made, weight, (weight,))
            if found > good:
                graph, weight, good = made, found_weight, found
    return graph, judging.best_weight(graph, weight, WEIGHTS)[0]


def _searched(train: Histories) -> dict[str, tuple[float, ...]]:
    """Each count of a long log takes seconds: there, only what matters most is searched."""
    if len(train.item) > 400_000:
        return {name: counting.SEARCH[name] for name in ("to_power", "back")}
    return counting.SEARCH


def _changed(graph: ItemGraph, name: str, value: float, train: Histories, item_count: int) -> ItemGraph:
    config: GraphConfig = replace(graph.config, **{name: value})  # type: ignore[arg-type]
    # Recency is a matter of reading, not of counting.
    return replace(graph, config=config) if name == "recency" else counting.build(train, item_count, config)


@dataclass(frozen=True, slots=True)
class _Judging:
    """Blends of one network, judged on the same people in the same blocks."""

    people: Floats32  # [N, D]
    items: Floats32  # [I, D]
    valid: Judged

    def best_weight(self, graph: ItemGraph, first: float, weights: tuple[float, ...]) -> tuple[float, float]:
        """The best share of the graph, ties to the one before, and how good it is."""
        matrix, size = graph.matrix(), len(self.items)
        block = max(1, BLOCK_BYTES // (4 * size))
        found: dict[float, list[Longs]] = {weight: [] for weight in dict.fromkeys((first, *weights))}
        for start in range(0, len(self.people), block):
            rows = np.arange(start, min(start + block, len(self.people)))
            some, item = self.valid.histories.rows(rows), self.valid.item[rows]
            network, counted = self.people[rows] @ self.items.T, graph_scores(matrix, some, graph.config)
            for weight, parts in found.items():
                parts.append(ranks(network + np.float32(weight) * counted, some, item, masked=True))
        goods = {weight: _goodness_of(np.concatenate(parts)) for weight, parts in found.items()}
        best = max(goods, key=lambda weight: goods[weight])
        return best, goods[best]


def _goodness_of(rank: Longs) -> float:
    return goodness({"ndcg@10": ndcg(rank, 10), "recall@10": recall(rank, 10)})
