"""Gorse's feedback: insert, overwrite, list by person, item and type, delete. Deleting a user deletes hers."""

import asyncio
from collections.abc import Iterable, Sequence

import msgspec
from litestar import delete, get, post, put

from walras.base import limits
from walras.base.errors import Invalid, TooMuch
from walras.base.ids import EventId, PersonId, new_id
from walras.doors.asking import Answer, Ask, answer, body_of, change, engine_of, write
from walras.doors.engine import ServingEngine
from walras.doors.gorse.crowd import people_of
from walras.doors.gorse.folding import Given, event_of, fold, retraction
from walras.doors.gorse.shapes import FeedbackPage, GorseFeedback, RowAffected
from walras.doors.gorse.speaking import CURSOR, N, count_of, gorse_told, query_of
from walras.events import admit
from walras.schema import Entry, Event, Item, ItemPut, Person, PersonGone, PersonPut
from walras.web import Fault, ManyFaults, path_id

# Events of one person that are folded; Gorse's own feedback is far rarer than our behaviours.
FOLDED_MAX = 10_000
# People whose feedback on one item is listed.
PEOPLE_MAX = 1_000
# Rows of the log that one request for all feedback looks through, some thousands at once so that pages are not held up.
_SCANNED_MAX, _SCANNED_AT_ONCE = 200_000, 5_000
_EXAMPLE = GorseFeedback(
    feedback_type="like", user_id="ann", item_id="video/1", value=1.0, timestamp="2026-01-01T00:00:00Z"
)
_decoder = msgspec.json.Decoder(list[GorseFeedback])
_Many = tuple[GorseFeedback, ...]


@post(
    "/api/feedback",
    status_code=200,
    opt=gorse_told(
        "Insert feedback.", "events:write", reads=_Many, gives=RowAffected, asks=[_EXAMPLE], example=RowAffected(1)
    ),
)
async def insert_feedback(request: Ask) -> Answer:
    """Adds to the value where there is such feedback already; the very same again changes nothing."""
    return await _insert(request, put=False)


@put(
    "/api/feedback",
    status_code=200,
    opt=gorse_told(
        "Overwrite feedback.", "events:write", reads=_Many, gives=RowAffected, asks=[_EXAMPLE], example=RowAffected(1)
    ),
)
async def overwrite_feedback(request: Ask) -> Answer:
    """Replaces the value where there is such feedback already."""
    return await _insert(request, put=True)


@get(
    "/api/feedback",
    opt=gorse_told(
        "List feedback.", "people:read", gives=FeedbackPage, example=FeedbackPage("", (_EXAMPLE,)), query=(N, CURSOR)
    ),
)
async def list_feedback(request: Ask) -> Answer:
    """In the order in which it came; an empty cursor says that there is no more."""
    return await _listed(request, "")


@get(
    "/api/feedback/{feedback_type:str}",
    opt=gorse_told(
        "List feedback of a type.",
        "people:read",
        gives=FeedbackPage,
        example=FeedbackPage("", (_EXAMPLE,)),
        query=(N, CURSOR),
    ),
)
async def list_typed_feedback(request: Ask) -> Answer:
    """In the order in which it came."""
    return await _listed(request, path_id(request.path_params, "feedback_type"))


@get(
    "/api/feedback/{user_id:str}/{item_id:str}",
    opt=gorse_told("List feedback between a user and an item.", "people:read", gives=_Many, example=[_EXAMPLE]),
)
async def between(request: Ask) -> Answer:
    """Newest first."""
    return answer([given.shape() for given in await _between(request)])


@delete(
    "/api/feedback/{user_id:str}/{item_id:str}",
    status_code=200,
    opt=gorse_told(
        "Delete feedback between a user and an item.", "events:write", gives=RowAffected, example=RowAffected(1)
    ),
)
async def delete_between(request: Ask) -> Answer:
    """Of every type."""
    return await _retract(engine_of(request), await _between(request))


@get(
    "/api/feedback/{feedback_type:str}/{user_id:str}/{item_id:str}",
    opt=gorse_told("Get one feedback.", "people:read", gives=GorseFeedback | dict[str, str], example=_EXAMPLE),
)
async def one(request: Ask) -> Answer:
    """An empty object where there is none, as in Gorse."""
    found = [given.shape() for given in await _between(request)]
    return answer(found[0] if found else {})


@delete(
    "/api/feedback/{feedback_type:str}/{user_id:str}/{item_id:str}",
    status_code=200,
    opt=gorse_told("Delete one feedback.", "events:write", gives=RowAffected, example=RowAffected(1)),
)
async def delete_one(request: Ask) -> Answer:
    """0 where there was none."""
    return await _retract(engine_of(request), await _between(request))


@get(
    "/api/user/{user_id:str}/feedback",
    opt=gorse_told("List feedback of a user.", "people:read", gives=_Many, example=[_EXAMPLE]),
)
async def of_user(request: Ask) -> Answer:
    """Newest first."""
    return answer([given.shape() for given in await _of_user(request)])


@get(
    "/api/user/{user_id:str}/feedback/{feedback_type:str}",
    opt=gorse_told("List feedback of a user and a type.", "people:read", gives=_Many, example=[_EXAMPLE]),
)
async def typed_of_user(request: Ask) -> Answer:
    """Newest first."""
    return answer([given.shape() for given in await _of_user(request)])


@get(
    "/api/item/{item_id:str}/feedback",
    opt=gorse_told("List feedback on an item.", "people:read", gives=_Many, example=[_EXAMPLE]),
)
async def of_item(request: Ask) -> Answer:
    """Of at most a thousand people."""
    return await _of_item(request)


@get(
    "/api/item/{item_id:str}/feedback/{feedback_type:str}",
    opt=gorse_told("List feedback on an item, of a type.", "people:read", gives=_Many, example=[_EXAMPLE]),
)
async def typed_of_item(request: Ask) -> Answer:
    """Of at most a thousand people."""
    return await _of_item(request)


@delete(
    "/api/user/{user_id:str}",
    status_code=200,
    opt=gorse_told("Delete a user and her feedback.", "people:write", gives=RowAffected, example=RowAffected(1)),
)
async def delete_user(request: Ask) -> Answer:
    """What was known of her is forgotten; 0 where there was none."""
    engine, id = engine_of(request), PersonId(path_id(request.path_params, "user_id"))
    known = await asyncio.to_thread(engine.world.people.get_many, [id])
    if known:
        now_ms = engine.clock.now_ms()
        taken_back = await asyncio.to_thread(standing, engine, id)
        await write(engine, [retraction(given, now_ms) for given in taken_back])
        await change(engine, [PersonGone(id, now_ms)])
    return answer(RowAffected(len(known)))


FEEDBACK_ROUTES = [
    insert_feedback, overwrite_feedback, list_feedback, list_typed_feedback, between, delete_between, one, delete_one,
    of_user, typed_of_user, of_item, typed_of_item, delete_user,
]  # fmt: skip


# ---------------------------------------------------------------- writing


async def insert(engine: ServingEngine, shapes: Sequence[GorseFeedback], *, put: bool) -> int:
    """Write feedback, all of it or none; people and items nobody knows are made, as Gorse does.

    Args:
        engine: where to.
        shapes: as they were sent.
        put: whether each replaces what is there.

    Returns:
        How many were written.

    Raises:
        Invalid: something is wrong with one of them.
    """
    now_ms = engine.clock.now_ms()
    events = _admitted([event_of(shape, engine.registry, now_ms, put=put) for shape in shapes], engine, now_ms)
    new = await asyncio.to_thread(_newcomers, engine, events, now_ms)
    entries: list[Entry] = [*new, *events]
    receipts = (await write(engine, entries))[len(new) :]
    if new:
        await change(engine, [])
    # The very same was sent before and may have been taken back since: then it is a new one.
    again = [event for event, receipt in zip(events, receipts, strict=True) if receipt.duplicate]
    await write(engine, await asyncio.to_thread(_taken_back, engine, again))
    return len(events)


def _admitted(events: list[Event], engine: ServingEngine, now_ms: int) -> list[Event]:
    good, rejected = admit(events, engine.registry, now_ms)
    if rejected:
        faults = tuple(
            Fault(index=bad.index, field=bad.field, reason=bad.reason, value=bad.value, hint=bad.hint)
            for bad in rejected
        )
        raise ManyFaults(f"{len(faults)} of {len(events)} cannot be taken, so none was", faults)
    return good


def _newcomers(engine: ServingEngine, events: Sequence[Event], now_ms: int) -> list[Entry]:
    people, items = {event.person for event in events}, {event.item for event in events}
    known_people, known_items = engine.world.people.get_many(list(people)), engine.world.items.get_many(list(items))
    made: list[Entry] = [PersonPut(Person(id=id), now_ms) for id in sorted(people - set(known_people))]
    return made + [ItemPut(Item(id=id), now_ms) for id in sorted(items - set(known_items))]


def _taken_back(engine: ServingEngine, events: Sequence[Event]) -> list[Event]:
    """Of events that were written before, those that do not stand any more, under new ids."""
    now_ms = engine.clock.now_ms()
    found: list[Event] = []
    for event in events:
        type = event.context["feedback_type"]
        if not any((given.type, given.item) == (type, event.item) for given in standing(engine, event.person)):
            found.append(msgspec.structs.replace(event, id=EventId(new_id("e", now_ms))))
    return found


async def _insert(request: Ask, *, put: bool) -> Answer:
    shapes = await body_of(request, _decoder)
    if len(shapes) > limits.EVENTS_PER_REQUEST_MAX:
        hint = f"Send at most {limits.EVENTS_PER_REQUEST_MAX} at once."
        raise TooMuch(f"has {len(shapes)} members", field="body", hint=hint)
    return answer(RowAffected(await insert(engine_of(request), shapes, put=put)))


async def _retract(engine: ServingEngine, found: Sequence[Given]) -> Answer:
    now_ms = engine.clock.now_ms()
    await write(engine, [retraction(given, now_ms) for given in found])
    return answer(RowAffected(len(found)))


# ---------------------------------------------------------------- reading


def standing(engine: ServingEngine, person: str) -> list[Given]:
    """A person's feedback as it stands, newest first."""
    return fold(engine.log.history(person, FOLDED_MAX))


async def _of_user(request: Ask) -> list[Given]:
    person = path_id(request.path_params, "user_id")
    found = await asyncio.to_thread(standing, engine_of(request), person)
    return list(_wanted(found, type=_type(request)))


async def _between(request: Ask) -> list[Given]:
    item = path_id(request.path_params, "item_id")
    return list(_wanted(await _of_user(request), item=item))


async def _of_item(request: Ask) -> Answer:
    engine, item = engine_of(request), path_id(request.path_params, "item_id")
    engine.catch_up()
    people = people_of(engine.state, item, PEOPLE_MAX)
    found = await asyncio.to_thread(_by_people, engine, people, item, _type(request))
    return answer([given.shape() for given in found])


def _by_people(engine: ServingEngine, people: Sequence[str], item: str, type: str) -> list[Given]:
    if not engine.world.items.get_many([item]):
        return []
    return [given for person in people for given in _wanted(standing(engine, person), item=item, type=type)]


def _wanted(found: Iterable[Given], *, item: str = "", type: str = "") -> Iterable[Given]:
    return (given for given in found if (not item or given.item == item) and (not type or given.type == type))


def _type(request: Ask) -> str:
    return path_id(request.path_params, "feedback_type") if "feedback_type" in request.path_params else ""


async def _listed(request: Ask, type: str) -> Answer:
    query = query_of(request, "n", "cursor")
    cursor, n = query.text("cursor", "0") or "0", count_of(query)
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 16):
        raise Invalid("is no cursor of this list", field="cursor", value=cursor)
    found, onward = await asyncio.to_thread(_scan, engine_of(request), int(cursor), n, type)
    return answer(FeedbackPage(onward, tuple(given.shape() for given in found)))


def _scan(engine: ServingEngine, after: int, n: int, type: str) -> tuple[list[Given], str]:
    """Feedback whose newest event lies behind a row of the log.

    Returns:
        At most `n`, and the row behind which to go on; empty at the log's end.
    """
    scan = _Scan(engine, n, type)
    first = after
    while after - first < _SCANNED_MAX:
        batch = engine.log.read(after, _SCANNED_AT_ONCE)
        if batch is None:
            return scan.found, ""
        for seq, person, item, outcome, time_ms in zip(
            batch.events.seq.tolist(),
            batch.events.person,
            batch.events.item,
            batch.events.outcome,
            batch.events.time_ms.tolist(),
            strict=True,
        ):
            if len(scan.found) >= n:
                return scan.found, str(after)
            scan.look(person, item, outcome, time_ms)
            after = seq
        after = batch.position
    return scan.found, str(after)


class _Scan:
    """What a scan has found, and the feedback of the people it met."""

    def __init__(self, engine: ServingEngine, n: int, type: str) -> None:
        self.found: list[Given] = []
        self._engine, self._n, self._type = engine, n, type
        self._people: dict[str, dict[tuple[str, str, int], list[Given]]] = {}

    def look(self, person: str, item: str, outcome: str, time_ms: int) -> None:
        """Take the feedback whose newest event this is, once."""
        if person not in self._people:
            self._people[person] = self._of(person)
        self.found += self._people[person].pop((item, outcome, time_ms), [])

    def _of(self, person: str) -> dict[tuple[str, str, int], list[Given]]:
        found: dict[tuple[str, str, int], list[Given]] = {}
        for given in _wanted(standing(self._engine, person), type=self._type):
            found.setdefault((given.item, given.outcome, given.time_ms), []).append(given)
        return found
