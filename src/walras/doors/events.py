"""POST /v1/events: one event, a batch, or lines of events. Answered only after they are durable."""

import msgspec
from litestar import post
from msgspec import UNSET, UnsetType

from walras.base import limits
from walras.base.errors import Invalid
from walras.doors import examples
from walras.doors.asking import Answer, Ask, answer, engine_of, measures_of, write
from walras.doors.members import MEDIA, MemberReader, Members, in_order
from walras.doors.own_events import own_events
from walras.events import Rejected, admit
from walras.schema import Event
from walras.web import Fault, ManyFaults, Query, media_type, visit_of, visitor_of
from walras.web.told import Asked, told


class EventBatch(msgspec.Struct, frozen=True):
    """Several events in one request."""

    events: tuple[Event, ...]


class EventsTaken(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the events of a request."""

    accepted: int  # written now, durably
    duplicates: int  # written before, under the same id
    rejected: tuple[Fault, ...] = ()
    ids: tuple[str, ...] | UnsetType = UNSET  # of the events that were not rejected, in order, where asked for


_reader = MemberReader(Event, "events", limits.EVENTS_PER_REQUEST_MAX)
_IDS = Asked("ids", "Whether to answer with the events' ids.", {"type": "boolean", "default": False})


@post(
    "/v1/events",
    status_code=200,
    opt=told(
        summary="Send what people did: one event, or many.",
        tag="events",
        scope="events:write",
        who="guest",
        reads=Event | EventBatch | tuple[Event, ...],
        gives=EventsTaken,
        asks=examples.EVENTS,
        example=examples.EVENTS_TAKEN,
        query=(_IDS,),
        media=MEDIA,
    ),
)
async def send_events(request: Ask) -> Answer:
    """Keep the good events; name each bad one by index, field and reason.

    A browser's cookie does instead of a key: then `person` may be left out, and must otherwise be its own.
    """
    engine = engine_of(request)
    wants_ids = Query(request.scope["query_string"], ("ids",)).flag("ids")
    sent = await _sent(request)
    good, refused = admit(sent.values, engine.registry, engine.clock.now_ms())
    rejected = in_order([*sent.faults, *(_fault(one, sent) for one in refused)])
    if rejected and not good:
        raise _none_taken(sent, rejected)
    receipts = await write(engine, good)
    duplicates = sum(receipt.duplicate for receipt in receipts)
    measures_of(request).count_events(len(receipts) - duplicates, duplicates, len(rejected))
    ids = tuple(receipt.id for receipt in receipts) if wants_ids or sent.single else UNSET
    taken = EventsTaken(accepted=len(receipts) - duplicates, duplicates=duplicates, rejected=rejected, ids=ids)
    return answer(taken)


async def _sent(request: Ask) -> Members[Event]:
    body, media = await request.body(), media_type(request.headers, MEDIA)
    person = visitor_of(request).person
    if not person:
        return _reader.read(body, media)
    keyed = bool(visit_of(request.scope).key_id)
    return own_events(body, media, person, engine_of(request).registry, keyed=keyed)


def _fault(refused: Rejected, sent: Members[Event]) -> Fault:
    index = sent.places[refused.index]
    value = refused.value or None
    return Fault(index=index, field=refused.field, reason=refused.reason, value=value, hint=refused.hint)


def _none_taken(sent: Members[Event], rejected: tuple[Fault, ...]) -> Invalid:
    """The error where nothing could be taken: of the one event itself, or a list of what was wrong with each."""
    if sent.single:
        only = rejected[0]
        return Invalid(only.reason, field=only.field, value=only.value, hint=only.hint)
    return ManyFaults(f"none of {len(rejected)} events could be taken", rejected, hint="See `errors` for each.")
