"""Where the clock's ticks enter: starting a training or a making, keeping up with the log, swapping models, compaction.

Each loop reads, calls a plain function, and writes; schedules stand here so that no other room needs one.
It never answers a request.
"""

from walras.loops.booking import Booking, Finals, HoldsLoop, UsageLoop
from walras.loops.leaving import EVERY_S as LEAVING_EVERY_S
from walras.loops.leaving import Leaving
from walras.loops.making import MakingLoop
from walras.loops.standing import LedgerWatch
from walras.loops.ticking import Ticking
from walras.loops.training import TrainingLoop, read_status, write_status
from walras.loops.trials import EVERY_S as TRIALS_EVERY_S
from walras.loops.trials import TrialsLoop
from walras.loops.upkeep import Upkeep

__all__ = [
    "LEAVING_EVERY_S",
    "TRIALS_EVERY_S",
    "Booking",
    "Finals",
    "HoldsLoop",
    "Leaving",
    "LedgerWatch",
    "MakingLoop",
    "Ticking",
    "TrainingLoop",
    "TrialsLoop",
    "Upkeep",
    "UsageLoop",
    "read_status",
    "write_status",
]
