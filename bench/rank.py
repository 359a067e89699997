"""[rank.kuairand.*] and [cold.kuairand]: the ranker against popularity, logistic regression and LightGBM.

KuaiRand by time: the last day is the test, the day before validation. All four read the same numbers of
`ranking.inputs`, made by replaying the log, so that each row sees strictly earlier events only; the network reads the
exposures one by one besides, which a flat model cannot. Everything is fitted on the earlier days and chosen on
validation; every model is calibrated on validation in the same way; the test day is looked at once.
"""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench import kuairand
from walras.events import Registry
from walras.ranking import names, reading_of
from walras.schema import Floats, Longs
from walras.train import fit_ranker, rank_metrics
from walras.train.exposures import Rows, rows_of

COMMAND = "python -m bench rank"
COUNTED = ("like", "long_view", "follow", "comment", "share")
# Days are those of the data's own clock.
VALIDATION_DAY, TEST_DAY = "20220420", "20220421"
SEEDS = int(os.environ.get("WALRAS_RANK_SEEDS", "3"))
METRICS = {"auc": 1, "gauc": 1, "logloss": -1, "ece": -1}


@dataclass(frozen=True, slots=True)
class Split:
    """Rows of one stretch of days, as a flat table beside the rows themselves."""

    rows: Rows
    table: NDArray[np.float32]  # [R, P + C]


@dataclass(frozen=True, slots=True)
class Days:
    """The three stretches, and where things stand."""

    train: Split
    valid: Split
    test: Split
    validation_from_ms: int
    columns: tuple[str, ...]


def run() -> list[dict[str, Any]]:
    """Rows of the benchmark."""
    registry = Registry()
    days = _days(registry)
    said = {"popularity": _popular(days), "logistic": _logistic(days), "lightgbm": _boosted(days)}
    said["walras"] = _network(days, registry)
    return [*_counted(days, said), *_seconds(days, said), *_cold(days, said)]


def _days(registry: Registry) -> Days:
    log, day_of = kuairand.log()
    rows = rows_of(log, registry)
    day = np.array([day_of[int(t)] for t in rows.time_ms])
    columns = sum(names(reading_of(registry), rows.candidates.shape[1] - _narrow(registry)), ())
    parts = (day < VALIDATION_DAY, day == VALIDATION_DAY, day == TEST_DAY)
    splits = [_split(rows.at(np.flatnonzero(part))) for part in parts]
    return Days(*splits, validation_from_ms=int(splits[1].rows.time_ms[0]), columns=columns)


def _narrow(registry: Registry) -> int:
    return len(names(reading_of(registry), 0)[1])


def _split(rows: Rows) -> Split:
    return Split(rows, np.concatenate([rows.person, rows.candidates], axis=1))


def _at(registry_name: str) -> int:
    return reading_of(Registry()).names.index(registry_name)


def _taken(split: Split, name: str) -> Floats:
    return (split.rows.outcomes[:, _at(name)] > 0).astype(np.float64)


def _amount(split: Split) -> Floats:
    return split.rows.outcomes[:, _at("watch")].astype(np.float64)


# ---------------------------------------------------------------- who is compared

# By outcome: [R] logits on the test day. "watch" is the best order of seconds a model can give, "mean" the seconds
# expected; models that are fitted for the one are not the best at the other.
Said = dict[str, Floats]


def _popular(days: Days) -> Said:
    """The item's own smoothed rate; seconds by its mean."""
    item = {name: days.columns.index(f"item.{name}") for name in (*COUNTED, "watch")}
    raw = {n: (days.valid.table[:, c], days.test.table[:, c]) for n, c in item.items()}
    raw["mean"] = raw["watch"]
    return _calibrated(days, raw)


def _logistic(days: Days) -> Said:
    from sklearn.linear_model import LogisticRegression, Ridge

    spread = np.maximum(days.train.table.std(axis=0), 1e-6)
    mean = days.train.table.mean(axis=0)
    train, valid, test = (np.clip((s.table - mean) / spread, -5, 5) for s in (days.train, days.valid, days.test))
    raw = {}
    for name in COUNTED:
        fits = [LogisticRegression(C=c, max_iter=300).fit(train, _taken(days.train, name)) for c in (0.001, 0.01, 0.1)]
        best = min(
            fits, key=lambda fit: rank_metrics.log_loss(_taken(days.valid, name), fit.predict_proba(valid)[:, 1])
        )
        raw[name] = (best.decision_function(valid), best.decision_function(test))
    ridge = Ridge(100.0).fit(train, np.log1p(_amount(days.train)))
    raw["watch"] = (ridge.predict(valid), ridge.predict(test))
    mean = Ridge(100.0).fit(train, _amount(days.train))
    raw["mean"] = tuple(np.log1p(np.maximum(mean.predict(part), 0.0)) for part in (valid, test))
    return _calibrated(days, raw)


def _boosted(days: Days) -> Said:
    """LightGBM, leaves and rounds chosen on validation; seconds by the better of two targets there."""
    raw = {}
    for name in COUNTED:
        fits = [_boost(days, _taken, name, "binary", leaves) for leaves in (7, 15, 31)]
        best = min(fits, key=lambda fit: fit[0])[1]
        raw[name] = tuple(best.predict(s.table, raw_score=True) for s in (days.valid, days.test))
    fits = [_boost(days, lambda s, _: np.log1p(_amount(s)), "watch", goal, 15) for goal in ("l2", "l1")]
    best = max(fits, key=lambda fit: rank_metrics.xauc(_amount(days.valid), fit[1].predict(days.valid.table)))[1]
    raw["watch"] = tuple(best.predict(s.table) for s in (days.valid, days.test))
    mean = _boost(days, lambda s, _: _amount(s), "watch", "l2", 15)[1]
    raw["mean"] = tuple(np.log1p(np.maximum(mean.predict(s.table), 0.0)) for s in (days.valid, days.test))
    return _calibrated(days, raw)


def _boost(days: Days, goal: Any, name: str, objective: str, leaves: int) -> tuple[float, Any]:
    import lightgbm

    settings = {
        "objective": objective, "learning_rate": 0.03, "num_leaves": leaves, "min_child_samples": 40, "subsample": 0.8,
        "subsample_freq": 1, "colsample_bytree": 0.5, "reg_lambda": 5.0, "num_threads": 1, "verbose": -1, "seed": 7,
    }  # fmt: skip
    train = lightgbm.Dataset(days.train.table, goal(days.train, name))
    valid = lightgbm.Dataset(days.valid.table, goal(days.valid, name))
    model = lightgbm.train(settings, train, 1500, [valid], callbacks=[lightgbm.early_stopping(60, verbose=False)])
    return next(iter(model.best_score["valid_0"].values())), model


def _network(days: Days, registry: Registry) -> Said:
    """The ranker: members with different seeds, their logits averaged."""
    both = Rows(**{f: np.concatenate([getattr(days.train.rows, f), getattr(days.valid.rows, f)])
                   for f in Rows.__dataclass_fields__ if f != "sampled"})  # fmt: skip
    plan = fit_ranker.Plan(members=SEEDS, budget_s=1e9)
    fitted = fit_ranker.fit_rows(both, registry, plan, validation_from_ms=days.validation_from_ms)
    said = [
        np.mean([fit_ranker.raw_of(m, s.rows, fitted.length_at) for m in fitted.members], axis=0)
        for s in (days.valid, days.test)
    ]
    raw = {n: (said[0][:, _at(n)], said[1][:, _at(n)]) for n in (*COUNTED, "watch")}
    raw["mean"] = raw["watch"]
    raw["watch"] = tuple(
        np.mean([fit_ranker.order_of_seconds(m, s.rows, fitted.length_at) for m in fitted.members], axis=0)
        for s in (days.valid, days.test)
    )
    return _calibrated(days, raw)


def _calibrated(days: Days, raw: dict[str, tuple[Floats, Floats]]) -> Said:
    """Logits of the test day, calibrated on validation as the product does."""
    registry, made = Registry(), {}
    width = len(reading_of(registry).names)
    for name, (valid, test) in raw.items():
        if name not in COUNTED:
            made[name] = np.asarray(test, np.float64)  # only its order is read
            continue
        columns = np.zeros((len(valid), width))
        columns[:, _at(name)] = valid
        fitted = fit_ranker.calibrate(columns, days.valid.rows.outcomes, registry, (0, 0))
        made[name] = np.asarray(test, np.float64) * fitted.slope[_at(name)] + fitted.offset[_at(name)]
    return made


# ---------------------------------------------------------------- figures


def _counted(days: Days, said: dict[str, Said]) -> Iterator[dict[str, Any]]:
    for name in COUNTED:
        taken, who = _taken(days.test, name), days.test.rows.who.astype(np.int64)
        figures = {model: _figures(taken, 1.0 / (1.0 + np.exp(-s[name])), who) for model, s in said.items()}
        for metric, sign in METRICS.items():
            yield _row(f"rank.kuairand.{metric}.{name}", {m: f[metric] for m, f in figures.items()}, sign, metric)


def _figures(taken: Floats, share: Floats, who: Longs) -> dict[str, float]:
    return {
        "auc": rank_metrics.auc(taken, share),
        "gauc": rank_metrics.gauc(taken, share, who),
        "logloss": rank_metrics.log_loss(taken, share),
        "ece": rank_metrics.ece(taken, share),
    }


def _seconds(days: Days, said: dict[str, Said]) -> Iterator[dict[str, Any]]:
    amount = _amount(days.test)
    for name, what in (("xauc", "watch"), ("xauc.expected_seconds", "mean")):
        yield _row(f"rank.kuairand.{name}", {m: rank_metrics.xauc(amount, s[what]) for m, s in said.items()}, 1, "xauc")


def _cold(days: Days, said: dict[str, Said]) -> Iterator[dict[str, Any]]:
    """Order of long views where little is known: items with under five exposures, people with under ten."""
    exposures = np.expm1(days.test.table[:, days.columns.index("item.exposures")])
    met = np.expm1(days.test.table[:, days.columns.index("exposures")])
    for what, rows in (("new_items", exposures < 5), ("new_people", met < 10.5)):
        taken = _taken(days.test, "long_view")[rows]
        if 20 <= taken.sum() <= len(taken) - 20:
            figures = {m: rank_metrics.auc(taken, s["long_view"][rows]) for m, s in said.items()}
            yield _row(f"cold.kuairand.long_view.{what}", figures, 1, "auc")


def _row(name: str, figures: dict[str, float], sign: int, unit: str) -> dict[str, Any]:
    """One row: the ranker beside the best of the others."""
    others = {model: value for model, value in figures.items() if model != "walras"}
    best = max(others, key=lambda model: sign * others[model])
    return {
        "id": name, "value": figures["walras"], "unit": unit, "baseline": others[best],
        "ratio": figures["walras"] / others[best] if others[best] else None,
        "target": f"{'>' if sign > 0 else '<'} {others[best]:.6f}", "command": COMMAND,
        "note": f"best other: {best}; " + ", ".join(f"{m} {v:.4f}" for m, v in others.items()),
    }  # fmt: skip


if __name__ == "__main__":
    from bench.report import write

    made = run()
    for one in made:
        sys.stdout.write(f"{one['id']:36s} {one['value']:.4f}  {one['note']}\n")
    if "--write" in sys.argv:
        write(made)
