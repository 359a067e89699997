"""Metrics: what is compared between arms, as sums of outcomes over days."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from walras.insight.experiments.money import LEDGER

Good = Literal["more", "less"]


class Metric(msgspec.Struct, frozen=True, kw_only=True):
    """A ratio of two sums over units: of weighted outcomes over days, or of days that were followed by a return."""

    name: str
    unit: str
    good: Good = "more"
    outcomes: dict[str, float] = {}  # weight by outcome; empty for the two below
    days: Literal["enrolled", "returned", "active"] = "enrolled"


def _counted(name: str, outcome: str, good: Good = "more") -> Metric:
    return Metric(name=name, unit="a day", good=good, outcomes={outcome: 1.0})


# A person is enrolled from her first exposure on, so a day without her counts as one without minutes.
WATCH = Metric(name="watch_minutes", unit="min a day", outcomes={"watch": 1 / 60})
RETURNED = Metric(name="returned", unit="of active days", days="returned")
PAID = Metric(name="paid_yuan", unit="yuan a day", outcomes={"order": 1.0, "gift": 1.0})
IN_LEDGER = Metric(name="ledger_yuan", unit="yuan a day", outcomes={LEDGER: 1.0})
METRICS: tuple[Metric, ...] = (
    WATCH,
    RETURNED,
    IN_LEDGER,
    Metric(name="active_days", unit="of days", days="active"),
    _counted("likes", "like"),
    _counted("follows", "follow"),
    _counted("comments", "comment"),
    _counted("shares", "share"),
    _counted("dislikes", "dislike", "less"),
    _counted("reports", "report", "less"),
    PAID,
)
BY_NAME: Mapping[str, Metric] = {metric.name: metric for metric in METRICS}


def worth_metric(yuan: Mapping[str, float]) -> Metric:
    """What people's outcomes are worth by the table of worth, as one metric, so that its error is that of the sum."""
    return Metric(name="worth_yuan", unit="yuan a day", outcomes=dict(yuan))
