"""A page between its making and its being put into words."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from walras.base.ids import ItemId, PageId
from walras.feed.dials import Turn
from walras.feed.keeping import Keeping
from walras.market import Allocation
from walras.retrieval import Proposed
from walras.schema import Candidates, Claim, Dials, Floats, Longs
from walras.world import Value


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for one page beside what is known: the viewer's dials, promises to keep, and arms of trials."""

    dials: Dials | None = None
    claims: Mapping[str, Claim] = field(default_factory=dict)  # by item
    arms: Mapping[str, str] = field(default_factory=dict)  # by trial
    values: Mapping[str, Value] = field(default_factory=dict)  # of parameters that these arms set


NO_TERMS = Terms()


@dataclass(frozen=True, slots=True)
class Moment:
    """When and by which draws a page is made: with the log up to `position`, all that makes it the same again."""

    now_ms: int
    seed: int
    page_id: PageId
    position: int
    exclude: tuple[ItemId, ...]  # what the request does not want, and what is on its way to this person
    terms: Terms = NO_TERMS


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
    keeping: Keeping
    turn: Turn | None = None  # what the viewer's dials did
    claims: tuple[Claim, ...] = ()  # promises among the fresh candidates, where a place was kept for one

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
            return "fresh" if self.keeping.is_fresh(int(self.allocation.reserved[place])) else "explore"
        return self.candidates.sources[int(self.candidates.source[self.rows[n]])]

    def claim(self, place: int) -> Claim | None:
        """The promise that a place was kept for; None where it was kept for none."""
        kept = int(self.allocation.reserved[place])
        return self.claims[self.keeping.claim[kept]] if kept in self.keeping.claim else None
