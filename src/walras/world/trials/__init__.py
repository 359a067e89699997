"""Experiments: what is tried, on whom, by whom, from when to when; and the parameters that they may set.

It gives definitions as rows with a state machine, assignment by hash, and one call by which a parameter is read.
It analyses nothing: that is the affair of `insight`.
"""

from walras.world.trials.assignment import Live, assign, point_of, window_of
from walras.world.trials.parameters import PARAMETERS, Parameter, Parameters
from walras.world.trials.reading import DRAWN, PLACED, Reader, Seen, Settled
from walras.world.trials.table import Trials
from walras.world.trials.values import Arm, Design, Guard, Layer, State, Step, Trial, TrialStatus, Unit, Value

__all__ = [
    "DRAWN",
    "PARAMETERS",
    "PLACED",
    "Arm",
    "Design",
    "Guard",
    "Layer",
    "Live",
    "Parameter",
    "Parameters",
    "Reader",
    "Seen",
    "Settled",
    "State",
    "Step",
    "Trial",
    "TrialStatus",
    "Trials",
    "Unit",
    "Value",
    "assign",
    "point_of",
    "window_of",
]
