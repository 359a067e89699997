"""A page between its making and its being put into words."""

from dataclasses import dataclass

from walras.base.ids import ItemId, PageId
from walras.market import Allocation
from walras.retrieval import Proposed
from walras.schema import Candidates, Floats, Longs


@dataclass(frozen=True, slots=True)
class Moment:
    """When and by which draws a page is made: with the log up to `position`, all that makes it the same again."""

    now_ms: int
    seed: int
    page_id: PageId
    position: int
    exclude: tuple[ItemId, ...]  # what the request does not want, and what is on its way to this person


@dataclass(frozen=True, slots=True)
class Filled:
    """Candidates, what they are worth, and who stands where."""

    proposed: Proposed
    candidates: Candidates  # the same, with the reasons of those dropped
    rows: Longs  # [N] places of the candidates that stayed
    outcomes: Floats  # [N, H]
    value_yuan: Floats  # [N]
    allocation: Allocation
    propensity: Floats  # [K]

    def item_row(self, n: int) -> int:
        """The item's row of the n-th candidate that stayed."""
        return int(self.candidates.row[self.rows[n]])

    def why(self, n: int, place: int) -> str:
        """What is told of the source: `found` where the exploring source named a winner that no place was kept for."""
        source = self.source(n, place)
        return "found" if source == "explore" and self.allocation.reserved[place] < 0 else source

    def source(self, n: int, place: int = -1) -> str:
        """Who named the n-th candidate, or why its place was kept for it."""
        if place >= 0 and self.allocation.reserved[place] >= 0:
            return "fresh" if self.allocation.reserved[place] == 0 else "explore"
        return self.candidates.sources[int(self.candidates.source[self.rows[n]])]
