"""What happened: the durable, idempotent, replayable log, the only way in.

It gives admission of events, appending that is durable when answered, and reading in order from any position, made
from one SQLite file and Parquet files of closed days.
It never interprets what happened: counters, sequences and tables of items are kept by those who read it.
"""

from walras.events.intake import Rejected, admit
from walras.events.log import Log, SqliteLog
from walras.events.outcomes import CORE, Registry

__all__ = ["CORE", "Log", "Registry", "Rejected", "SqliteLog", "admit"]
