"""What experiments show: effects with intervals that hold, designs against interference, and what outcomes are worth.

It gives pure functions over arrays, and a reader that makes such arrays from the log's Parquet files by DuckDB.
It never decides anything and never writes: a loop rolls back, and the table of worth is changed by somebody.
"""

from walras.insight.experiments.designs import budget_split, switchback, two_sided
from walras.insight.experiments.estimates import Estimate, cuped, difference, of_normal, ratio_difference, totals
from walras.insight.experiments.many import by_group, discoveries, holm, together, unlike
from walras.insight.experiments.metrics import METRICS, Metric, worth_metric
from walras.insight.experiments.money import Money, money_of
from walras.insight.experiments.planning import least_effect, needed
from walras.insight.experiments.policies import Overlap, Worthwhile, evaluate, overlap
from walras.insight.experiments.reading import Units, read_units, units_of
from walras.insight.experiments.regressions import Fitted, least_squares
from walras.insight.experiments.reporting import (
    Line,
    Report,
    Verdict,
    compared,
    needed_metrics,
    read_report,
    report_of,
    verdict,
)
from walras.insight.experiments.sequences import sample_ratio, sequence
from walras.insight.experiments.worths import Weighed, weigh, worth_now

__all__ = [
    "METRICS",
    "Estimate",
    "Fitted",
    "Line",
    "Metric",
    "Money",
    "Overlap",
    "Report",
    "Units",
    "Verdict",
    "Weighed",
    "Worthwhile",
    "budget_split",
    "by_group",
    "compared",
    "cuped",
    "difference",
    "discoveries",
    "evaluate",
    "holm",
    "least_effect",
    "least_squares",
    "money_of",
    "needed",
    "needed_metrics",
    "of_normal",
    "overlap",
    "ratio_difference",
    "read_report",
    "read_units",
    "report_of",
    "sample_ratio",
    "sequence",
    "switchback",
    "together",
    "totals",
    "two_sided",
    "units_of",
    "unlike",
    "verdict",
    "weigh",
    "worth_metric",
    "worth_now",
]
