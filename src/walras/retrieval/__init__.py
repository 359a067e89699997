"""Who could fill a place: sources that name items, and the exclusions that say which may not.

It gives candidates with scores, chances and reasons, from the features' state and trained vectors.
It never predicts an outcome, never values an item, and never writes.
"""

from walras.retrieval.asking import Asked, Proposal, Source
from walras.retrieval.behaviour import Cooccurrence, Followed
from walras.retrieval.bundle import Bundle, read_bundle
from walras.retrieval.contents import Similar, TextSimilar, similar
from walras.retrieval.exclusions import Exclusions, Reason, allowed, dropped_by_reason, exclude, rules_of
from walras.retrieval.proposing import Proposed, merge, propose_all, warm_up
from walras.retrieval.sequence import SequenceSource, Trunk
from walras.retrieval.standing import Explore, Fresh, Popular
from walras.retrieval.vectors import VectorIndex

__all__ = [
    "Asked",
    "Bundle",
    "Cooccurrence",
    "Exclusions",
    "Explore",
    "Followed",
    "Fresh",
    "Popular",
    "Proposal",
    "Proposed",
    "Reason",
    "SequenceSource",
    "Similar",
    "Source",
    "TextSimilar",
    "Trunk",
    "VectorIndex",
    "allowed",
    "dropped_by_reason",
    "exclude",
    "merge",
    "propose_all",
    "read_bundle",
    "rules_of",
    "similar",
    "warm_up",
]
