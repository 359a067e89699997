"""Money of events from the ledger, so that an experiment's yuan are those of the books."""

from collections.abc import Collection
from dataclasses import dataclass

import duckdb
import polars as pl

from walras.ledger.exports import AllPostings

# Stands in a metric's weights for what the ledger says; no outcome is named so.
LEDGER = "(ledger)"


@dataclass(frozen=True, slots=True)
class Money:
    """What followed in money from events of the log, by the ledger as it stands."""

    yuan: pl.DataFrame  # `event`, and `yuan`: income less the costs that follow from the same event
    outcomes: tuple[str, ...]  # whose events lead to entries


def money_of(journal: AllPostings, outcomes: Collection[str]) -> Money:
    """Income less costs by event; what was taken back is 0.

    Args:
        journal: every posting.
        outcomes: that lines have rules of posting for.
    """
    columns = "event, account, home"
    listed = ", ".join("'" + str(path).replace("'", "''") + "'" for path in journal.files)
    cold = f"SELECT {columns} FROM read_parquet([{listed}]) UNION ALL " if journal.files else ""
    with duckdb.connect() as database:
        database.register("newest", journal.newest.to_arrow())
        found = database.sql(
            f"SELECT event, (-sum(home) / 100)::DOUBLE AS yuan FROM ({cold}SELECT {columns} FROM newest) "
            "WHERE event <> '' AND (account LIKE 'Income:%' OR account LIKE 'Expenses:%') GROUP BY event"
        ).pl()
    return Money(found, tuple(outcomes))
