"""Judges next-item quality by the protocol below, the model and the baselines in one run."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from walras.base.errors import Unavailable
from walras.train.baselines import BASELINES, QUICK
from walras.train.dataset import Log, leave_one_out
from walras.train.ranks import Scorer, judge

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
    progress: Callable[[str, float], None] = lambda _name, _done: None,
) -> dict[str, Any]:
    """Judge models and baselines on everybody's last choice.

    Args:
        log: what happened.
        models: scorers by name, trained on the training side of the same log.
        baselines: names of `BASELINES`, fitted here; one that is not possible here is named in `left_out`.
        seeds: with which the models were trained; written into the report.
        progress: is told what is being judged and the share done.

    Returns:
        `results` by name with recall@10 and ndcg@10, masked and `_unmasked`; `protocol`, `seeds`, `people`, `items`.
    """
    split, item_count = leave_one_out(log.histories), len(log.items)
    results: dict[str, dict[str, float]] = {}
    left_out: dict[str, str] = {}
    every = [*models, *baselines]
    for n, name in enumerate(every):
        progress(name, n / len(every))
        try:
            scorer = models[name] if name in models else BASELINES[name](split.train, item_count, seeds[0])
        except Unavailable as reason:
            left_out[name] = str(reason)
            continue
        results[name] = judge(scorer, split.test, item_count)
    progress("done", 1.0)
    return {
        "results": results, "protocol": PROTOCOL, "seeds": list(seeds), "people": len(split.test.item),
        "items": item_count - 1, "left_out": left_out,
    }  # fmt: skip
