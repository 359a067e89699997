"""The books: what a quarter was, in figures that open to their query and to the rows behind them.

Gives reports, rows, the way from any event up to its figures, and counted seconds, read from log and ledger by DuckDB.
It writes neither, and no figure is kept anywhere: each is asked for anew.
"""

from walras.insight.books.books import Books, Opened, Report, Rows, Shown, Traced
from walras.insight.books.counted import Counted, Month, counted_month
from walras.insight.books.figures import FIGURES, GROUPS, Figure, parts_of
from walras.insight.books.used import used_days

__all__ = [
    "FIGURES",
    "GROUPS",
    "Books",
    "Counted",
    "Figure",
    "Month",
    "Opened",
    "Report",
    "Rows",
    "Shown",
    "Traced",
    "counted_month",
    "parts_of",
    "used_days",
]
