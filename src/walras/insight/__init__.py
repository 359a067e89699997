"""Reads the log and the ledger, and writes neither: how exposure is shared, and what programmes cost.

Gives reports from what happened, read on from where the last one stopped.
It never writes to the log or the ledger, and never decides who is shown what.
"""

from walras.insight.fairness import Cost, Fairness, FairnessReader, MakerShare, gini

__all__ = ["Cost", "Fairness", "FairnessReader", "MakerShare", "gini"]
