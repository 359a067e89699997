"""Who could fill a place: sources that name items, and the exclusions that say which may not.

It gives candidates with scores, chances and reasons, from the features' state and trained vectors.
It never predicts an outcome, never values an item, and never writes.
"""

from walras.retrieval.asking import Asked, Proposal, Source
from walras.retrieval.behaviour import Cooccurrence, Followed
from walras.retrieval.exclusions import Exclusions, Reason, dropped_by_reason, exclude
from walras.retrieval.proposing import Proposed, merge, propose_all
from walras.retrieval.standing import Explore, Fresh, Popular

__all__ = [
    "Asked",
    "Cooccurrence",
    "Exclusions",
    "Explore",
    "Followed",
    "Fresh",
    "Popular",
    "Proposal",
    "Proposed",
    "Reason",
    "Source",
    "dropped_by_reason",
    "exclude",
    "merge",
    "propose_all",
]
