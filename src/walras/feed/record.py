"""The page's record: the places and the nearest losers in full, the rest so that it can be computed again."""

from msgspec.structs import replace

from walras.base.ids import ItemId
from walras.feed.engine import Engine
from walras.feed.filled import Filled, Moment
from walras.feed.promises import PROGRAMME
from walras.feed.trying import models_of
from walras.retrieval import dropped_by_reason
from walras.schema import PageRecord, PageRequest, PlaceRecord

LOST = -1


def record_of(
    request: PageRequest, engine: Engine, moment: Moment, filled: Filled, missing: tuple[str, ...] = ()
) -> PageRecord:
    """Write down how a page came about.

    Args:
        request: what was asked.
        engine: what it was made from.
        moment: when, and by which draws.
        filled: how it was filled.
        missing: sources and features that failed or came too late.
    """
    places = enumerate(filled.allocation.chosen.tolist())
    return PageRecord(
        id=moment.page_id,
        person=request.person,
        surface=request.surface,
        time_ms=moment.now_ms,
        position=moment.position,
        seed=moment.seed,
        count=request.count,
        places=tuple(_line(engine, filled, n, place) for place, n in places),
        losers=tuple(_line(engine, filled, n, LOST) for n in filled.allocation.losers.tolist()),
        outcome_names=tuple(outcome.name for outcome in engine.registry.predicted),
        proposed=filled.proposed.counts,
        dropped=dropped_by_reason(filled.candidates),
        missing=missing,
        versions=dict(models_of(engine, moment.terms).versions),
        exclude=moment.exclude,
        context=request.context,
        dials=moment.terms.dials,
        claims=filled.claims,
        arms=dict(moment.terms.arms),
        parameters=dict(moment.terms.values),
    )


def _line(engine: Engine, filled: Filled, n: int, place: int) -> PlaceRecord:
    claim = None if place == LOST else filled.claim(place)
    record = PlaceRecord(
        item=ItemId(engine.state.item_row.names[filled.item_row(n)]),
        value_yuan=float(filled.value_yuan[n]),
        outcomes=tuple(filled.outcomes[n].tolist()),
        source=filled.source(n, place),
        propensity=1.0 if place == LOST else float(filled.propensity[place]),
        place=place,
    )
    # Left out of the bytes where there is none, which is nearly everywhere.
    return record if claim is None else replace(record, programme=PROGRAMME, price_yuan=claim.price_yuan)
