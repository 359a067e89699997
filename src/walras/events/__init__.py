"""What happened: the durable, idempotent, replayable log, the only way in.

It gives admission of events, appending that is durable when answered, and reading in order from any position, made
from one SQLite file for what is new and Parquet files for closed days.
It never interprets what happened: counters, sequences and tables of items are kept by those who read it.
"""

from walras.events.imports import Imported, Ready
from walras.events.intake import Rejected, admit, context_fault
from walras.events.log import Log, SqliteLog
from walras.events.memory import MemoryLog
from walras.events.outcomes import CORE, Registry
from walras.events.scan import frame, scan
from walras.events.text_columns import TextColumn
from walras.events.whole import AllRows, all_rows, happenings

__all__ = [
    "CORE",
    "AllRows",
    "Imported",
    "Log",
    "MemoryLog",
    "Ready",
    "Registry",
    "Rejected",
    "SqliteLog",
    "TextColumn",
    "admit",
    "all_rows",
    "context_fault",
    "frame",
    "happenings",
    "scan",
]
