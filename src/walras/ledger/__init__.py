"""What is owed: double entry in whole minor units, append-only, idempotent by key, chained by hash.

Gives balances, holds and a journal in which every entry balances in every currency, from plain values, in SQLite or
PostgreSQL, with triggers of the database behind the checks in code.
It never edits what was written, never reads the log, and knows no trade.
"""

from walras.ledger.chart import CHART, Account, account_named
from walras.ledger.currencies import HOME, digits_of
from walras.ledger.entries import period_of, reversal, signed
from walras.ledger.ledger import Ledger
from walras.ledger.money import fen_of_yuan, home_of, minor_of, rate_of, share_out
from walras.ledger.months import before, month_after, months_of, quarter_of
from walras.ledger.reading import Chain, Conservation, Written
from walras.ledger.turn import Hold, Posted

__all__ = [
    "CHART",
    "HOME",
    "Account",
    "Chain",
    "Conservation",
    "Hold",
    "Ledger",
    "Posted",
    "Written",
    "account_named",
    "before",
    "digits_of",
    "fen_of_yuan",
    "home_of",
    "minor_of",
    "month_after",
    "months_of",
    "period_of",
    "quarter_of",
    "rate_of",
    "reversal",
    "share_out",
    "signed",
]
