"""Feedback as Gorse has it, read from events: of one type, one person and one item there is one, with one value.

The log only grows. Sending feedback again adds to its value, putting it replaces the value, deleting it writes an event
that takes it back; reading folds a person's events in their order.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from walras.base.errors import Invalid
from walras.base.ids import ItemId, PersonId
from walras.base.limits import CLOCK_AHEAD_MS_MAX
from walras.doors.gorse.shapes import GorseFeedback, instant_ms, instant_text
from walras.events import Registry
from walras.schema import Event

# In an event's context: the type as it was sent, its value where it is not 0, and whether it replaces.
TYPE, VALUE, PUT = "feedback_type", "feedback_value", "feedback_put"
RETRACT = "retract"
# Types with another word of ours; a type that is an outcome's name is that outcome, every other is `engage`.
OUTCOMES = {"read": "exposure", "star": "save", "favorite": "save", "collect": "save"}
_TYPES = {"exposure": "read", "save": "star"}
_UNKNOWN = "engage"


@dataclass(frozen=True, slots=True)
class Given:
    """One feedback as it stands."""

    type: str
    person: str
    item: str
    outcome: str
    value: float
    time_ms: int

    def shape(self) -> GorseFeedback:
        """As Gorse says it."""
        return GorseFeedback(
            feedback_type=self.type,
            user_id=self.person,
            item_id=self.item,
            value=self.value,
            timestamp=instant_text(self.time_ms),
        )


def fold(events: Iterable[Event]) -> list[Given]:
    """Feedback of one person as it stands, newest first.

    Args:
        events: of the person, newest first.
    """
    standing: dict[tuple[str, str], Given] = {}
    for event in reversed(list(events)):
        if event.outcome == RETRACT:
            standing.pop((event.context.get(TYPE, ""), event.item), None)
        elif event.item:
            given = _given(event)
            key = (given.type, given.item)
            before = standing.pop(key, None)
            if before is not None and PUT not in event.context:
                given = Given(
                    given.type, given.person, given.item, given.outcome, before.value + given.value, given.time_ms
                )
            standing[key] = given
    return list(reversed(standing.values()))


def outcome_of(type: str, registry: Registry) -> str:
    """Our word for a feedback type."""
    named = OUTCOMES.get(type, type)
    return named if named in registry.by_name and named != RETRACT else _UNKNOWN


def event_of(shape: GorseFeedback, registry: Registry, now_ms: int, *, put: bool) -> Event:
    """The event of a feedback.

    Args:
        shape: as it was sent.
        registry: known outcomes.
        now_ms: the present instant.
        put: whether it replaces the value instead of adding to it.

    Raises:
        Invalid: it names no type, person or item, or its time cannot be read.
    """
    for field, name in (("FeedbackType", shape.feedback_type), ("UserId", shape.user_id), ("ItemId", shape.item_id)):
        if not name:
            raise Invalid("is missing", field=field)
    outcome = registry.named(outcome_of(shape.feedback_type, registry))
    value = shape.value or 0.0
    context = {TYPE: shape.feedback_type}
    if value:
        context[VALUE] = repr(value)
    if put:
        context[PUT] = "yes"
    return Event(
        person=PersonId(shape.user_id),
        item=ItemId(shape.item_id),
        outcome=outcome.name,
        # 0 is Gorse's word for "no value"; one behaviour of ours counts once.
        value=min(value, outcome.value_max) if value > 0 else 1.0,
        # Local time sent without its zone lies hours ahead; it is taken as now, as far as the log takes it.
        time_ms=min(instant_ms(shape.timestamp or "", "Timestamp"), now_ms + CLOCK_AHEAD_MS_MAX),
        context=context,
    )


def retraction(given: Given, time_ms: int) -> Event:
    """The event that takes a feedback back."""
    return Event(
        person=PersonId(given.person),
        item=ItemId(given.item),
        outcome=RETRACT,
        time_ms=time_ms,
        context={TYPE: given.type},
    )


def _given(event: Event) -> Given:
    type = event.context.get(TYPE) or _TYPES.get(event.outcome, event.outcome)
    value = _number(event.context.get(VALUE, "0")) if TYPE in event.context else event.value
    return Given(type, event.person, event.item, event.outcome, value, event.time_ms)


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return 0.0
    return value if math.isfinite(value) else 0.0
