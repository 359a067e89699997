"""Whether an item or a person can be taken: checked once, here, and trusted everywhere behind."""

from collections.abc import Iterable, Mapping

import msgspec

from walras.base import limits
from walras.base.errors import Invalid
from walras.base.ids import id_fault
from walras.schema import Item, Person
from walras.web import usable_id

AGE_MAX = 150


def admitted_item(item: Item, now_ms: int) -> Item:
    """The same item.

    Args:
        item: as it was sent.
        now_ms: the present instant; an item is not made long after it.

    Raises:
        Invalid: something in it cannot be kept, with the field.
    """
    usable_id(item.id, "id")
    _optional_id(item.owner, "owner")
    _names(item.topics, "topics")
    _names(item.markets, "markets")
    _short(item.kind, "kind")
    _short(item.language, "language")
    _within(item.duration_s, "duration_s", 0, limits.VALUE_MAX)
    _within(item.age_min, "age_min", 0, AGE_MAX)
    _within(item.created_ms, "created_ms", 0, now_ms + limits.CLOCK_AHEAD_MS_MAX)
    _attributes(item.attributes)
    return item


def admitted_person(person: Person, now_ms: int) -> Person:
    """The same person.

    Raises:
        Invalid: something in it cannot be kept, with the field.
    """
    usable_id(person.id, "id")
    _short(person.market, "market")
    _short(person.language, "language")
    _within(person.age, "age", 0, AGE_MAX)
    _names(person.interests, "interests")
    for field in ("blocked_owners", "blocked_items", "blocked_topics"):
        _names(getattr(person, field), field)
    _attributes(person.attributes)
    return person


def _optional_id(value: str, field: str) -> None:
    if value:
        usable_id(value, field)


def _names(values: Iterable[str], field: str) -> None:
    names = tuple(values)
    if len(names) > limits.NAMES_MAX:
        raise Invalid(f"has {len(names)} members", field=field, hint=f"Send at most {limits.NAMES_MAX}.")
    for index, name in enumerate(names):
        fault = id_fault(name)
        if fault is not None:
            raise Invalid(fault, field=f"{field}[{index}]", value=name)


def _short(value: str, field: str) -> None:
    if value and (fault := id_fault(value)) is not None:
        raise Invalid(fault, field=field, value=value)


def _within(value: float, field: str, least: float, most: float) -> None:
    if not least <= value <= most:
        raise Invalid(f"must lie between {least:.15g} and {most:.15g}", field=field, value=value)


def _attributes(attributes: Mapping[str, str]) -> None:
    if len(attributes) > limits.CONTEXT_KEYS_MAX:
        hint = f"Send at most {limits.CONTEXT_KEYS_MAX}."
        raise Invalid(f"has {len(attributes)} keys", field="attributes", hint=hint)
    chars = sum(len(name) + len(value) for name, value in attributes.items())
    if chars > limits.TEXT_CHARS_MAX:
        hint = f"Send at most {limits.TEXT_CHARS_MAX}."
        raise Invalid(f"has {chars} characters", field="attributes", hint=hint)


def with_id(body: dict[str, msgspec.Raw], id: str) -> bytes:
    """A body under the id of its path.

    Raises:
        Invalid: it names another id itself.
    """
    given = body.get("id")
    if given is not None and bytes(given) != msgspec.json.encode(id):
        try:
            said = msgspec.json.decode(given)
        except (msgspec.DecodeError, UnicodeDecodeError):
            said = bytes(given)
        if said != id:
            raise Invalid("is not the id of the path", field="id", value=said, hint="Leave it out of the body.")
    return msgspec.json.encode({**body, "id": id})
