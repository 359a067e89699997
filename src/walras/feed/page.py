"""One page, one function: `make_page` reads as the business does."""

from dataclasses import replace

import msgspec
import numpy as np
from msgspec import UNSET

from walras.base import limits
from walras.base.clock import elapsed_s
from walras.base.ids import ItemId, PageId, new_id
from walras.base.streams import stream
from walras.feed import dials, reasons, trying
from walras.feed.engine import Engine
from walras.feed.filled import NO_TERMS, Filled, Moment, Terms
from walras.feed.keeping import Promised, keep_places, named_by
from walras.feed.promises import HOLDOUT, OFF, PROGRAMME, of_rows, weights
from walras.feed.record import record_of
from walras.feed.surfaces import surface_named
from walras.market import allocate, value_yuan
from walras.retrieval import Asked, exclude, propose_all
from walras.schema import Bools, Candidates, Claim, Floats, Item, Longs, Page, PageRequest, Place, Surface

_NEVER_LATE_MS = 1e9


def make_page(request: PageRequest, engine: Engine) -> Page:
    """Fill a page for a person and write its record.

    Raises:
        Invalid: the surface is not known.
        Unable: the page's record cannot be kept, so it must not be answered.
    """
    started_s = elapsed_s()
    surface = _unhurried(surface_named(request.surface), engine)
    engine.catch_up()
    moment = _moment(request, engine)
    asked = ask(request, surface, engine, moment)
    filled = fill(asked, request.count, engine, moment.terms)
    page = _answer(request, engine, moment, asked, filled)
    engine.keep(record_of(request, engine, moment, filled, page.missing))
    engine.meter.page(moment.now_ms, (elapsed_s() - started_s) * 1000.0, (place.source for place in page.places))
    return page


def ask(request: PageRequest, surface: Surface, engine: Engine, moment: Moment) -> Asked:
    """Whose page it is, with all that is known of her now."""
    rows = {engine.state.item_row.get(item, 0) for item in moment.exclude} - {0}
    return Asked(
        person=engine.state.person_view(request.person, moment.now_ms),
        surface=surface,
        now_ms=moment.now_ms,
        rng=stream(moment.seed, "page"),
        context=request.context,
        exclude=np.asarray(sorted(rows), np.int32),
    )


def fill(asked: Asked, count: int, engine: Engine, terms: Terms = NO_TERMS) -> Filled:
    """Fill `count` places from what is known now, writing nothing: the same for live pages and for replayed ones."""
    models, state, surface = trying.models_of(engine, terms), engine.state, _surface_of(asked.surface, terms)
    asked = asked if surface is asked.surface else replace(asked, surface=surface)
    proposed = propose_all(models.sources, asked)
    candidates = exclude(proposed.candidates, asked, state)
    rows = np.flatnonzero(candidates.dropped == 0)
    items = candidates.row[rows]
    leaning = None if models.trunk is None else models.trunk.scores(asked.person, items)
    outcomes = models.ranker.predict(asked, state, items, leaning)
    value = value_yuan(outcomes, trying.worth_of(engine, models, terms))
    turn = dials.turn(terms.dials, asked, state, items, value)
    value = value if turn is None else value + turn.added_yuan
    allowed = dials.allowed(terms.dials, count, state, items, value)
    promised, claims = _promised(engine, terms, candidates, rows, allowed=allowed, value=value)
    keeping = keep_places(surface, count, candidates, rows, asked.rng, allowed=allowed, promised=promised)
    allocation = allocate(
        value,
        allowed,
        trying.rules_of(count, surface, terms),
        owner=state.items["owner"][items],
        topic=state.items["topics"][items, 0],
        kept_for=keeping.kept_for,
        classes=keeping.classes,
    )
    chances = keeping.propensity(surface, allocation)
    claims = claims if keeping.claim else ()
    return Filled(proposed, candidates, rows, outcomes, value, allocation, chances, keeping, turn, claims)


def _unhurried(surface: Surface, engine: Engine) -> Surface:
    """The surface; in a sandbox no source is late, since how busy the machine is must not change a simulated day."""
    if engine.settings.sandbox_clock:
        return msgspec.structs.replace(surface, source_budget_ms=_NEVER_LATE_MS)
    return surface


def _surface_of(surface: Surface, terms: Terms) -> Surface:
    """The surface for this person: those held out of the newcomers' programme have no places kept for them."""
    if terms.values:
        surface = trying.surface_of(surface, terms)
    if terms.arms.get(HOLDOUT) == OFF:
        return msgspec.structs.replace(surface, fresh_share=0.0)
    return surface


def _promised(
    engine: Engine, terms: Terms, candidates: Candidates, rows: Longs, *, allowed: Bools, value: Floats
) -> tuple[Promised | None, tuple[Claim, ...]]:
    """Fresh candidates that a promise was made to, with their weights in the draw."""
    if not terms.claims:
        return None, ()
    fresh = np.flatnonzero(named_by(candidates, rows, "fresh") & allowed)
    names = engine.state.item_row.names
    ids = [names[row] for row in candidates.row[rows[fresh]].tolist()]
    found, behind = of_rows(terms.claims, ids)
    who = fresh[found]
    return Promised(who, weights(behind, value[who])), tuple(terms.claims[ids[n]] for n in found.tolist())


def _moment(request: PageRequest, engine: Engine) -> Moment:
    now_ms = engine.clock.now_ms()
    page_id = PageId(new_id("p", now_ms))
    seed = int(page_id[-12:], 16) if request.seed is UNSET else int(request.seed)
    exclude = (*request.exclude, *engine.on_the_way(request.person))
    settled = engine.settled(request, now_ms)
    terms = Terms(request.dials, engine.claims, settled.arms, settled.values)
    return Moment(now_ms, seed, page_id, engine.state.position, exclude, terms)


def _answer(request: PageRequest, engine: Engine, moment: Moment, asked: Asked, filled: Filled) -> Page:
    ids = [engine.state.item_row.names[filled.item_row(n)] for n in filled.allocation.chosen.tolist()]
    items, answered = engine.titles(ids)
    language = reasons.language_of(request.context, engine.state.people.languages.names[asked.person.language])
    places = tuple(
        _place(engine, asked, filled, place, item=items.get(id) or Item(id=ItemId(id), kind=""), language=language)
        for place, id in enumerate(ids)
    )
    return Page(
        id=moment.page_id,
        person=request.person,
        surface=request.surface,
        time_ms=moment.now_ms,
        places=places,
        personalised_by=tuple(sorted({place.source for place in places})),
        versions=dict(trying.models_of(engine, moment.terms).versions),
        missing=filled.proposed.missing if answered else (*filled.proposed.missing, "titles"),
    )


def _place(engine: Engine, asked: Asked, filled: Filled, place: int, *, item: Item, language: str) -> Place:
    n = int(filled.allocation.chosen[place])
    foreseen = zip(engine.registry.predicted, filled.outcomes[n].tolist(), strict=True)
    outcomes = {outcome.name: expected for outcome, expected in foreseen}
    claim = filled.claim(place)
    source, value, chance = filled.source(n, place), float(filled.value_yuan[n]), float(filled.propensity[place])
    behaviours = min(len(asked.person.items), limits.TOKENS_MAX)
    return Place(
        item=item.id,
        place=place,
        value_yuan=value,
        outcomes=outcomes,
        source=source,
        reason=reasons.sentence(
            language,
            filled.why(n, place),
            outcomes,
            value_yuan=value,
            behaviours=behaviours,
            odds=round(1.0 / max(chance, 1e-9)),
            dial="" if filled.turn is None else filled.turn.named(n),
        ),
        propensity=chance,
        programme=PROGRAMME if claim else "",
        price_yuan=claim.price_yuan if claim else 0.0,
        owner=item.owner,
        kind=item.kind,
        title=item.title,
        topics=item.topics,
    )
