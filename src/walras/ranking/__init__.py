"""What would happen: every predicted outcome of every candidate, calibrated, in one call.

It is made from what the features room knows now and from a trained bundle, or from counters until there is one.
It never reads a clock, never writes, and never loads torch.
"""

from walras.ranking.inputs import (
    ATTENDED_MAX,
    FEATURE_VERSION,
    Asks,
    CandidateFeatures,
    Inputs,
    PersonFeatures,
    Reading,
    gather,
    names,
    read,
    reading_of,
    scaled_leaning,
)
from walras.ranking.ranker import (
    CALIBRATION_NAME,
    CANDIDATES_NAME,
    PERSON_NAME,
    Calibration,
    Fusion,
    Ranker,
    fused,
)
from walras.ranking.smoothed import Predicts, Smoothed

__all__ = [
    "ATTENDED_MAX",
    "CALIBRATION_NAME",
    "CANDIDATES_NAME",
    "FEATURE_VERSION",
    "PERSON_NAME",
    "Asks",
    "Calibration",
    "CandidateFeatures",
    "Fusion",
    "Inputs",
    "PersonFeatures",
    "Predicts",
    "Ranker",
    "Reading",
    "Smoothed",
    "fused",
    "gather",
    "names",
    "read",
    "reading_of",
    "scaled_leaning",
]
