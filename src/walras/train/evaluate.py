"""Judges next-item quality by the protocol below, the model and the baselines in one run."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from walras.base.errors import Unavailable
from walras.schema import Longs
from walras.train.baselines import BASELINES, QUICK
from walras.train.dataset import Log, leave_one_out
from walras.train.former import NAME, Former
from walras.train.former import PROTOCOL as FORMER_PROTOCOL
from walras.train.ranks import Scorer, figures_of, ranks_of

PROTOCOL = (
    "Leave one out: each person's last choice is the test, the one before it validation, the rest is learnt from. "
    "The whole catalogue is ranked, no negatives are sampled. Masked: items of the person's history cannot be ranked. "
    "The history given at the test includes the validation item. Among equal scores the true item stands last. "
    "Weights, counts, settings and epochs saw training items alone and were chosen on validation."
)


def evaluate_next_item(
    log: Log,
    models: Mapping[str, Scorer],
    *,
    baselines: Sequence[str] = QUICK,
    seeds: Sequence[int] = (0,),
    former: Former | None = None,
    progress: Callable[[str, float], None] = lambda _name, _done: None,
) -> dict[str, Any]:
    """Judge models and baselines on everybody's last choice.

    Args:
        log: what happened.
        models: scorers by name, trained on the training side of the same log.
        baselines: names of `BASELINES`, fitted here; one that is not possible here is named in `left_out`.
        seeds: with which the models were trained; written into the report.
        former: what the platform's old system showed, where the log says so.
        progress: is told what is being judged and the share done.

    Returns:
        `results` by name with recall@10 and ndcg@10, masked and `_unmasked`; `protocol`, `seeds`, `people`, `items`;
        with a former system, `beside_former` with the same of the people it showed something to.
    """
    split, item_count = leave_one_out(log.histories), len(log.items)
    ranks: dict[str, dict[bool, Longs]] = {}
    left_out: dict[str, str] = {}
    every = [*models, *baselines]
    for n, name in enumerate(every):
        progress(name, n / len(every))
        try:
            scorer = models[name] if name in models else BASELINES[name](split.train, item_count, seeds[0])
        except Unavailable as reason:
            left_out[name] = str(reason)
            continue
        ranks[name] = ranks_of(scorer, split.test, item_count)
    progress("done", 1.0)
    report = {
        "results": {name: figures_of(found) for name, found in ranks.items()}, "protocol": PROTOCOL,
        "seeds": list(seeds), "people": len(split.test.item), "items": item_count - 1, "left_out": left_out,
    }  # fmt: skip
    return report if former is None else {**report, "beside_former": _beside(former, ranks)}


def _beside(former: Former, ranks: Mapping[str, Mapping[bool, Longs]]) -> dict[str, Any]:
    """The former system and all others on the people to whom it showed something."""
    results = {NAME: figures_of(former.ranks)}
    for name, found in ranks.items():
        results[name] = figures_of({masked: rank[former.people] for masked, rank in found.items()})
    return {"results": results, "protocol": FORMER_PROTOCOL, "people": len(former.people)}
