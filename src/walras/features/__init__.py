"""What is known now: sequences, counters, pairs, follows and contents, in memory, with snapshots on disk.

It is made from the log alone, by `State.apply`, and the same log always makes the same state.
It never writes to the log, knows nothing of pages, and answers for the unknown as it does for the known.
"""

from walras.features.catalogue import LIMITED, LIVE, STATES, Catalogue, words_of
from walras.features.columns import CHOICE, NEUTRAL, NEWEST_MAX, OWNERS, RowSets, Weighted
from walras.features.compiled import compiled, compiled_in_place
from walras.features.counting import Counters
from walras.features.people import PersonState
from walras.features.state import SURFACES, State
from walras.features.text_training import fit_text
from walras.features.texts import UNTRAINED, WIDTH, TextModel, load_text, save_text, untrained
from walras.features.tokens import Tokens, tokens

__all__ = [
    "CHOICE",
    "LIMITED",
    "LIVE",
    "NEUTRAL",
    "NEWEST_MAX",
    "OWNERS",
    "STATES",
    "SURFACES",
    "UNTRAINED",
    "WIDTH",
    "Catalogue",
    "Counters",
    "PersonState",
    "RowSets",
    "State",
    "TextModel",
    "Tokens",
    "Weighted",
    "compiled",
    "compiled_in_place",
    "fit_text",
    "load_text",
    "save_text",
    "tokens",
    "untrained",
    "words_of",
]
