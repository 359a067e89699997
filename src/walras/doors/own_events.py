"""Events that a browser sends for its own person: the person is filled in, and nobody else's is taken."""

from collections.abc import Sequence

import msgspec

from walras.base.errors import Forbidden, nearest
from walras.base.ids import PersonId
from walras.doors.members import MemberReader, Members
from walras.events import Registry
from walras.schema import Event

# A player that was without a network for an hour has about a thousand; more is no person's doing.
OWN_EVENTS_MAX = 2_000


class OwnEvent(Event, frozen=True, kw_only=True):
    """An event whose sender need not say who she is."""

    person: PersonId = PersonId("")


_reader = MemberReader(OwnEvent, "events", OWN_EVENTS_MAX)


def own_events(body: bytes, media: str, person: PersonId, registry: Registry, *, keyed: bool) -> Members[Event]:
    """The events of a body, each with its person.

    Args:
        body: as it was sent.
        media: its content type.
        person: of the visitor's cookie.
        registry: says which outcomes a browser may send.
        keyed: whether a key came along, with which everybody's events may be sent.

    Raises:
        Forbidden: one is another person's, or of an outcome that only lines say; with its place. None is taken then.
    """
    sent = _reader.read(body, media)
    if not keyed:
        _refuse_others(sent, person, registry)
    return Members([_named(event, person) for event in sent.values], sent.places, sent.faults, sent.single)


def _refuse_others(sent: Members[OwnEvent], person: PersonId, registry: Registry) -> None:
    for place, event in zip(sent.places, sent.values, strict=True):
        at = "" if sent.single else f"events[{place}]."
        if event.person not in ("", person):
            hint = "Leave the person out: it is you."
            raise Forbidden("is not you", field=at + "person", value=event.person, hint=hint)
        outcome = registry.by_name.get(event.outcome)
        if outcome is not None and not outcome.by_viewer:
            hint = nearest(event.outcome, _sayable(registry))
            raise Forbidden("is not for a browser to say", field=at + "outcome", value=event.outcome, hint=hint)


def _sayable(registry: Registry) -> Sequence[str]:
    return [outcome.name for outcome in registry if outcome.by_viewer]


def _named(event: OwnEvent, person: PersonId) -> Event:
    said = msgspec.structs.asdict(event)
    return Event(**{**said, "person": event.person or person})
