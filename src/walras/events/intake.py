"""What may come in: events are checked once, here, and are trusted everywhere behind.

A batch is not all or nothing: the good events are kept, and each bad one is named by its index, its field and what
is wrong with it.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence

import msgspec

from walras.base import limits
from walras.base.errors import nearest, shown
from walras.base.ids import EventId, id_fault, new_id
from walras.events.outcomes import Registry
from walras.schema import Event

_md5 = hashlib.md5
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_HALF_PAIR = re.compile(r"[\ud800-\udfff]")


class Rejected(msgspec.Struct, frozen=True, kw_only=True):
    """Why one event of a batch was not taken."""

    index: int
    field: str
    reason: str
    value: str = ""
    hint: str = ""


# What is wrong with an event: field, reason, value, hint.
_Fault = tuple[str, str, object, str]


def admit(events: Sequence[Event], registry: Registry, now_ms: int) -> tuple[list[Event], list[Rejected]]:
    """Part a batch into what may be written and what may not.

    An event without an id gets one made of its content (person, item, owner, outcome, time, value, page, place), so
    that a client that sends it again after a lost answer changes nothing. Where it also has no time, its time is its
    arrival and content cannot tell a repetition from a second happening: its id is then random, and a repeated
    request counts twice. A sender that repeats requests must give an id or a time.

    Args:
        events: what was sent, in order.
        registry: known outcomes.
        now_ms: the present instant.

    Returns:
        The good events in their order, each with id and time, and the rejected ones by index.
    """
    good: list[Event] = []
    rejected: list[Rejected] = []
    known = registry.by_name
    latest_ms = now_ms + limits.CLOCK_AHEAD_MS_MAX
    for index, e in enumerate(events):
        outcome = known.get(e.outcome)
        names = f"{e.person}{e.item}{e.owner}{e.id}{e.page}{e.surface}"
        # One look over all names at once; only what fails it is looked at name by name.
        if (
            outcome is not None
            and 0.0 <= e.value <= outcome.value_max
            and 0 <= e.time_ms <= latest_ms
            and names.isprintable()
            and len(names) <= limits.ID_CHARS_MAX
            and len(e.surface) <= limits.SURFACE_CHARS_MAX
            and e.person
            and e.item
            and not e.context
            and -1 <= e.place <= limits.PLACE_MAX
        ):
            good.append(e if e.id and e.time_ms else named(e, now_ms))
            continue
        fault = _fault(e, registry, now_ms)
        if fault is None:
            good.append(named(e, now_ms))
        else:
            field, reason, value, hint = fault
            rejected.append(Rejected(index=index, field=field, reason=reason, value=shown(value), hint=hint))
    return good, rejected


def named(event: Event, now_ms: int) -> Event:
    """The event with an id and a time, whatever it came with."""
    if event.id and event.time_ms:
        return event
    e = event
    return Event(
        id=e.id or EventId(_made_id(e) if e.time_ms else new_id("e", now_ms)),
        time_ms=e.time_ms or now_ms,
        person=e.person,
        item=e.item,
        owner=e.owner,
        outcome=e.outcome,
        value=e.value,
        surface=e.surface,
        page=e.page,
        place=e.place,
        context=e.context,
    )


def _made_id(e: Event) -> str:
    """What `content_id` makes of an event, spelled out: it is made for every event that comes without an id."""
    who_and_what = f"{e.person}\x1f{e.item}\x1f{e.owner}\x1f{e.outcome}"
    text = f"{who_and_what}\x1f{e.time_ms}\x1f{float(e.value)}\x1f{e.page}\x1f{e.place}"
    return _md5(text.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


def _fault(e: Event, registry: Registry, now_ms: int) -> _Fault | None:
    """The first thing that is wrong with an event, or None."""
    return (
        _outcome_fault(e, registry)
        or _name_fault(e)
        or _number_fault(e, registry, now_ms)
        or _surface_fault(e.surface)
        or context_fault(e.context)
    )


def _outcome_fault(e: Event, registry: Registry) -> _Fault | None:
    outcome = registry.by_name.get(e.outcome)
    if outcome is None:
        return "outcome", "is no known outcome", e.outcome, nearest(e.outcome, registry.by_name)
    if outcome.of == "item" and not e.item:
        return "item", f"is missing: {e.outcome!r} happens to an item", "", "Give the item's id."
    if outcome.of == "owner" and not (e.item or e.owner):
        return (
            "owner",
            f"is missing: {e.outcome!r} happens to an owner",
            "",
            "Give the owner's id, or an item of theirs.",
        )
    return None


def _name_fault(e: Event) -> _Fault | None:
    for field, value, needed in (
        ("person", e.person, True),
        ("item", e.item, False),
        ("owner", e.owner, False),
        ("id", e.id, False),
        ("page", e.page, False),
    ):
        reason = id_fault(value) if needed or value else None
        if reason is not None:
            return field, reason, value, "Use 1 to 256 characters without control characters."
    return None


def _number_fault(e: Event, registry: Registry, now_ms: int) -> _Fault | None:
    outcome = registry.named(e.outcome)
    if not 0.0 <= e.value <= outcome.value_max:
        hint = f"Send 0 to {outcome.value_max:g}, in units of {outcome.unit}."
        return "value", "is not a number in its limits", e.value, hint
    if e.time_ms < 0:
        return "time_ms", "lies before 1970", e.time_ms, "Send milliseconds since 1970-01-01 UTC."
    if e.time_ms > now_ms + limits.CLOCK_AHEAD_MS_MAX:
        ahead_s = (e.time_ms - now_ms) // 1000
        hint = "Set the sender's clock, or send milliseconds UTC; leave the time out to take the arrival."
        return "time_ms", f"lies {ahead_s} s in the future, at most 600 are taken", e.time_ms, hint
    if not -1 <= e.place <= limits.PLACE_MAX:
        return "place", "is no place of a page", e.place, f"Send 0 to {limits.PLACE_MAX}, or leave it out."
    return None


def _surface_fault(surface: str) -> _Fault | None:
    if len(surface) > limits.SURFACE_CHARS_MAX:
        return "surface", f"has {len(surface)} characters", surface, f"Use at most {limits.SURFACE_CHARS_MAX}."
    if _UNPRINTABLE.search(surface):
        return "surface", "has a control character or half a surrogate pair", surface, "Use a plain name, such as feed."
    return None


def context_fault(context: Mapping[str, str]) -> _Fault | None:
    """What is wrong with a context (field, reason, value, hint), or None where it can be kept."""
    if not context:
        return None
    if len(context) > limits.CONTEXT_KEYS_MAX:
        return "context", f"has {len(context)} keys", "", f"Send at most {limits.CONTEXT_KEYS_MAX}."
    text = "".join(context) + "".join(context.values())
    if len(text) > limits.CONTEXT_CHARS_MAX:
        return "context", f"has {len(text)} characters", "", f"Send at most {limits.CONTEXT_CHARS_MAX}."
    if _HALF_PAIR.search(text):
        return "context", "has half a surrogate pair", text, "Send valid Unicode."
    return None
