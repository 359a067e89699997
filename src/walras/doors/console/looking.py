"""Look-up: people, items and pages, with everything that is recorded of them."""

from typing import Any

import msgspec
from litestar.handlers import HTTPRouteHandler

from walras.base.errors import NotFound
from walras.base.ids import ItemId, PersonId
from walras.doors.console.finding import find, page_of, titles_of
from walras.doors.engine import ServingEngine
from walras.schema import PageRecord, PlaceRecord
from walras.web import path_id
from walras.web.consoles import Ask, Console, known_to, screen, table

HISTORY_MAX = 200


class Part(msgspec.Struct, frozen=True):
    """One outcome's part of what a place is worth."""

    outcome: str
    expected: float
    worth_yuan: float  # of one unit

    @property
    def yuan(self) -> float:
        """What it adds."""
        return self.expected * self.worth_yuan


def look_routes(engine: ServingEngine, console: Console) -> list[HTTPRouteHandler]:
    """The screens of look-up."""

    def look(request: Ask) -> Any:
        word = request.query_params.get("q", "").strip()[:256]
        return console.show(request, "look.html", desk="look", word=word, found=find(engine, word))

    def person(request: Ask) -> Any:
        id = path_id(request.path_params, "id")
        return console.show(request, "person.html", desk="look", **person_values(request, engine, id))

    def item(request: Ask) -> Any:
        return console.show(request, "item.html", desk="look", **item_values(request, engine))

    def page(request: Ask) -> Any:
        record = _record(engine, request)
        return console.show(request, "page.html", desk="look", **page_values(engine, record))

    def page_file(request: Ask) -> Any:
        return page_table(engine, _record(engine, request))

    def at(path: str, show: Any, summary: str) -> HTTPRouteHandler:
        return screen(path, show, console=console, who="operator", scope="people:read", summary=summary)

    return [
        at("/console/look", look, "Look something up, as a screen."),
        at("/console/people/{id:str}", person, "A person, as a screen."),
        at("/console/items/{id:str}", item, "An item, as a screen."),
        at("/console/pages/{id:str}", page, "A page's record, as a screen."),
        at("/console/pages/{id:str}/places.csv", page_file, "A page's places and losers as CSV."),
    ]


def person_values(request: Ask, engine: ServingEngine, id: str) -> dict[str, Any]:
    """Everything known of a person.

    Raises:
        NotFound: nothing is.
    """
    account = engine.world.accounts.find(id)
    profile = engine.world.people.get_many([id]).get(id)
    history = engine.history(PersonId(id), HISTORY_MAX)
    if account is None and profile is None and not history:
        raise NotFound("nobody is known by this id", field="person", value=id)
    said: dict[str, int] = {}
    for event in history:
        said[event.outcome] = said.get(event.outcome, 0) + 1
    pages = list(dict.fromkeys(event.page for event in history if event.page))[:12]
    return {
        "id": id,
        "account": account if account is not None and account.state != "gone" else None,
        "profile": profile,
        "history": history,
        "titles": titles_of(engine, [event.item for event in history]),
        "said": sorted(said.items(), key=lambda pair: -pair[1]),
        "pages": pages,
        "counts": counts_of(request, id),
    }


def item_values(request: Ask, engine: ServingEngine) -> dict[str, Any]:
    """Everything known of the item in the path.

    Raises:
        NotFound: there is no such item.
    """
    item = engine.world.items.get(path_id(request.path_params, "id"))
    owner = engine.world.accounts.find(item.owner) if item.owner else None
    return {"item": item, "owner": owner, "counts": counts_of(request, item.id)}


def counts_of(request: Ask, id: str) -> dict[str, float]:
    """What the lines count of an item or a person."""
    found: dict[str, float] = {}
    for count in known_to(request).counts:
        found |= count(id)
    return {name: n for name, n in found.items() if n}


def page_values(engine: ServingEngine, record: PageRecord) -> dict[str, Any]:
    """A page's record with the titles of its items and the parts of their worth."""
    rows = [*record.places, *record.losers]
    weakest = min((place.value_yuan for place in record.places if place.propensity >= 1), default=0.0)
    return {
        "record": record,
        "titles": titles_of(engine, [ItemId(row.item) for row in rows]),
        "rows": [(row, parts_of(engine, record, row), row.value_yuan - weakest) for row in rows],
        "account": engine.world.accounts.find(record.person),
        "remake": f"walras replay --page {record.id}",
    }


def parts_of(engine: ServingEngine, record: PageRecord, row: PlaceRecord) -> list[Part]:
    """The outcomes of one place, the weightiest first."""
    known = engine.registry.by_name
    pairs = zip(record.outcome_names, row.outcomes, strict=False)
    parts = [Part(name, value, known[name].worth_yuan if name in known else 0.0) for name, value in pairs]
    return sorted(parts, key=lambda part: -abs(part.yuan))


def page_table(engine: ServingEngine, record: PageRecord) -> Any:
    """A page's places and nearest losers as CSV."""
    titles = titles_of(engine, [ItemId(row.item) for row in (*record.places, *record.losers)])
    head = ["place", "item", "title", "value_yuan", "source", "propensity", *record.outcome_names]
    rows = [
        [row.place, row.item, titles[row.item].title if row.item in titles else "", row.value_yuan, row.source,
         row.propensity, *row.outcomes]
        for row in (*record.places, *record.losers)
    ]  # fmt: skip
    return table(f"page-{record.id}", head, rows)


def _record(engine: ServingEngine, request: Ask) -> PageRecord:
    id = path_id(request.path_params, "id")
    record = page_of(engine, id)
    if record is None:
        raise NotFound("no such page", field="page", value=id)
    return record
