"""What a ranker is asked and what it gives."""

from typing import Protocol

from walras.features import PersonState, State
from walras.schema import Floats, Ints


class Predicts(Protocol):
    """Foresees every outcome of every candidate in one call."""

    outcomes: tuple[str, ...]  # names of the H columns, those of `registry.predicted` in its order

    def predict(self, person: PersonState, state: State, rows: Ints, *, now_ms: int, surface: str) -> Floats:
        """Foresee what one exposure of each item to this person would bring.

        Args:
            person: all that is known of her.
            state: what is known of items, owners and topics.
            rows: [N] items.
            now_ms: the instant of the page.
            surface: name of the page's surface.

        Returns:
            [N, H] expected outcomes, each in its own unit; always finite.
        """
        ...
