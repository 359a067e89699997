"""Make a page again from its record: the same log and seed give the same page."""

import math
from dataclasses import replace

import msgspec

from walras.feed.engine import Engine
from walras.feed.filled import Moment, Terms
from walras.feed.page import ask, fill
from walras.feed.record import record_of
from walras.feed.surfaces import surface_named
from walras.retrieval import Asked, Proposal, Source
from walras.schema import PageRecord, PageRequest

# Two machines may add floats in another order; a place's value must agree to this share.
_RELATIVE = 1e-6


def remake(record: PageRecord, engine: Engine) -> PageRecord:
    """Make a page again with an engine that has read the log up to the record's position and holds its models.

    Nothing is written.

    Returns:
        The record of the page as it comes out now.
    """
    request = PageRequest(
        person=record.person,
        surface=record.surface,
        count=record.count,
        context=record.context,
        dials=record.dials,
    )
    # Promises and arms are as the page found them: what they are now is another page's affair.
    terms = Terms(record.dials, {claim.item: claim for claim in record.claims}, record.arms, record.parameters)
    moment = Moment(record.time_ms, record.seed, record.id, engine.state.position, record.exclude, terms)
    # What came too late then must be missing now, and what came in time then must not come too late now.
    patient = msgspec.structs.replace(surface_named(record.surface), source_budget_ms=math.inf)
    sources = {name: _Late(s) if name in record.missing else s for name, s in engine.models.sources.items()}
    again = replace(engine, models=replace(engine.models, sources=sources))
    filled = fill(ask(request, patient, again, moment), record.count, again, terms)
    return record_of(request, again, moment, filled, filled.proposed.missing)


class _Late:
    """A source that came too late then: it takes its draws, as it did, and its answer is dropped."""

    def __init__(self, source: Source) -> None:
        self.name, self.waits, self._source = source.name, False, source

    def propose(self, asked: Asked, count: int) -> Proposal:
        """Answer too late."""
        self._source.propose(asked, count)
        raise TimeoutError


def same_page(one: PageRecord, other: PageRecord) -> list[str]:
    """Say in sentences where two records of one page differ; nothing where they are the same."""
    found = []
    if one.versions != other.versions:
        found.append(f"It was made with {one.versions}, now with {other.versions}.")
    if one.position != other.position:
        found.append(f"The log was read up to {one.position}, now up to {other.position}.")
    before, after = [p.item for p in one.places], [p.item for p in other.places]
    if before != after:
        first = next(
            (k for k, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), min(len(before), len(after))
        )
        found.append(
            f"From place {first} on the items differ: {before[first : first + 3]} and {after[first : first + 3]}."
        )
    for a, b in zip(one.places, other.places, strict=False):
        if a.item == b.item and not math.isclose(a.value_yuan, b.value_yuan, rel_tol=_RELATIVE, abs_tol=1e-12):
            found.append(f"Place {a.place}: worth {a.value_yuan} yuan, now {b.value_yuan}.")
    return found
