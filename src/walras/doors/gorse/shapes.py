"""Gorse's shapes on the wire, and how they become items and people and come back as they were."""

import re
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from walras.base import limits
from walras.base.errors import Invalid
from walras.base.ids import ItemId, PersonId
from walras.schema import Item, Person

# Under these names what our own fields cannot hold is kept, so that it is read back as it was sent.
LABELS, CATEGORIES, COMMENT = "gorse_labels", "gorse_categories", "gorse_comment"
NO_INSTANT = "0001-01-01T00:00:00Z"
_DIGITS = re.compile(r"\d{9,19}")
# Seconds, milliseconds, microseconds or nanoseconds since 1970, told by how many digits there are.
_PER_MS = ((10, 1_000.0), (13, 1.0), (16, 1e-3), (19, 1e-6))
_FORMATS = ("%Y/%m/%d %H:%M:%S", "%Y/%m/%d", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y", "%Y-%m-%d %H:%M:%S %z UTC")
# Go's durations: 1h30m, 0h0m0s, 1.5s, 300ms.
_SPAN = re.compile(r"(\d+(?:\.\d+)?)(ms|us|µs|ns|h|m|s)")
_UNIT_MS = {"h": 3_600_000.0, "m": 60_000.0, "s": 1_000.0, "ms": 1.0, "us": 1e-3, "µs": 1e-3, "ns": 1e-6}


class GorseItem(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """An item as Gorse says it."""

    item_id: str
    is_hidden: bool | None = False
    categories: tuple[str, ...] | None = ()
    timestamp: str | None = ""
    labels: Any = None
    comment: str | None = ""


class ItemPatch(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """A change of an item; null leaves a field as it is."""

    is_hidden: bool | None = None
    categories: tuple[str, ...] | None = None
    timestamp: str | None = None
    labels: Any = None
    comment: str | None = None


class GorseUser(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """A person as Gorse says it."""

    user_id: str
    labels: Any = None
    comment: str | None = ""


class UserPatch(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """A change of a person; null leaves a field as it is."""

    labels: Any = None
    comment: str | None = None


class GorseFeedback(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """What a person did with an item, as Gorse says it."""

    feedback_type: str = ""
    user_id: str = ""
    item_id: str = ""
    value: float | None = 0.0
    timestamp: str | None = ""
    comment: str | None = ""


class GorseScore(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """An item or a person with a score."""

    id: str
    score: float


class RowAffected(msgspec.Struct, frozen=True, rename="pascal"):
    """How many were written."""

    row_affected: int


class ItemPage(msgspec.Struct, frozen=True, rename="pascal"):
    """Some items, and where to go on."""

    cursor: str
    items: tuple[GorseItem, ...]


class UserPage(msgspec.Struct, frozen=True, rename="pascal"):
    """Some people, and where to go on."""

    cursor: str
    users: tuple[GorseUser, ...]


class FeedbackPage(msgspec.Struct, frozen=True, rename="pascal"):
    """Some feedback, and where to go on."""

    cursor: str
    feedback: tuple[GorseFeedback, ...]


class Health(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """Whether the server lives and can serve, in Gorse's words."""

    ready: bool = True
    data_store_error: str | None = None
    cache_store_error: str | None = None
    data_store_connected: bool = True
    cache_store_connected: bool = True


# ---------------------------------------------------------------- items


def item_of(shape: GorseItem, before: Item | None) -> Item:
    """The item of a Gorse item; what Gorse has no field for stays as it was before.

    Raises:
        Invalid: the timestamp cannot be read.
    """
    patch = ItemPatch(
        is_hidden=bool(shape.is_hidden),
        categories=shape.categories or (),
        timestamp=shape.timestamp or "",
        labels=shape.labels,
        comment=shape.comment or "",
    )
    start = before or Item(id=ItemId(shape.item_id))
    plain = {name: value for name, value in start.attributes.items() if name not in (LABELS, CATEGORIES, COMMENT)}
    return patched_item(msgspec.structs.replace(start, attributes=plain), patch)


def patched_item(item: Item, patch: ItemPatch) -> Item:
    """The item with what a patch says of it.

    Raises:
        Invalid: the timestamp cannot be read.
    """
    changed: dict[str, Any] = {"attributes": dict(item.attributes)}
    if patch.is_hidden is not None:
        changed["state"] = "hidden" if patch.is_hidden else "live"
    if patch.categories is not None:
        changed["topics"] = tuple(dict.fromkeys(c for c in patch.categories if c))[: limits.TOPICS_MAX]
        exact = msgspec.json.encode(patch.categories).decode()
        _keep(changed["attributes"], CATEGORIES, exact if changed["topics"] != patch.categories else "")
    if patch.timestamp is not None:
        changed["created_ms"] = instant_ms(patch.timestamp, "Timestamp")
    if patch.labels is not None:
        _keep(changed["attributes"], LABELS, msgspec.json.encode(patch.labels).decode())
        changed["text"] = " ".join(words_of(patch.labels))[: limits.TEXT_CHARS_MAX]
    if patch.comment is not None:
        changed["title"] = patch.comment[: limits.TITLE_CHARS_MAX]
        _keep(changed["attributes"], COMMENT, patch.comment if changed["title"] != patch.comment else "")
    return msgspec.structs.replace(item, **changed)


def item_shape(item: Item) -> GorseItem:
    """An item as Gorse says it."""
    exact = item.attributes.get(CATEGORIES)
    categories = msgspec.json.decode(exact, type=tuple[str, ...]) if exact else item.topics
    return GorseItem(
        item_id=item.id,
        is_hidden=item.state in ("hidden", "removed"),
        categories=categories,
        timestamp=instant_text(item.created_ms),
        labels=_labels(item.attributes.get(LABELS)),
        comment=item.attributes.get(COMMENT, item.title),
    )


def with_category(item: Item, category: str) -> Item:
    """The item in one more category."""
    categories = item_shape(item).categories or ()
    return patched_item(item, ItemPatch(categories=tuple(dict.fromkeys((*categories, category)))))


def without_category(item: Item, category: str) -> Item:
    """The item out of a category."""
    categories = item_shape(item).categories or ()
    return patched_item(item, ItemPatch(categories=tuple(name for name in categories if name != category)))


def in_categories(item: Item, categories: Collection[str]) -> bool:
    """Whether an item is in all of these categories."""
    return set(categories) <= set(item_shape(item).categories or ())


# ---------------------------------------------------------------- people


def person_of(shape: GorseUser, before: Person | None) -> Person:
    """The person of a Gorse user; what Gorse has no field for stays as it was before."""
    start = before or Person(id=PersonId(shape.user_id))
    plain = {name: value for name, value in start.attributes.items() if name not in (LABELS, COMMENT)}
    cleared = msgspec.structs.replace(start, attributes=plain, interests=())
    return patched_person(cleared, UserPatch(labels=shape.labels, comment=shape.comment or ""))


def patched_person(person: Person, patch: UserPatch) -> Person:
    """The person with what a patch says of her. Her labels are her interests."""
    changed: dict[str, Any] = {"attributes": dict(person.attributes)}
    if patch.labels is not None:
        _keep(changed["attributes"], LABELS, msgspec.json.encode(patch.labels).decode())
        usable = (word for word in words_of(patch.labels) if len(word) <= limits.ID_CHARS_MAX and word.isprintable())
        changed["interests"] = tuple(dict.fromkeys(usable))[:_INTERESTS_MAX]
    if patch.comment is not None:
        _keep(changed["attributes"], COMMENT, patch.comment)
    return msgspec.structs.replace(person, **changed)


def person_shape(person: Person) -> GorseUser:
    """A person as Gorse says it."""
    labels = _labels(person.attributes.get(LABELS))
    return GorseUser(user_id=person.id, labels=labels, comment=person.attributes.get(COMMENT, ""))


# As many as the vocabulary takes.
_INTERESTS_MAX = 64


# ---------------------------------------------------------------- texts


def instant_ms(text: str, field: str) -> int:
    """An instant in any usual way of writing it, in milliseconds UTC; 0 where none is said.

    Raises:
        Invalid: it cannot be read.
    """
    text = text.strip()
    if not text or text == NO_INSTANT:
        return 0
    if _DIGITS.fullmatch(text):
        return int(int(text) * next(per for digits, per in _PER_MS if len(text) <= digits))
    found = _moment(text)
    if found is None:
        raise Invalid("cannot be read as a time", field=field, value=text, hint="Write it as 2026-01-05T08:00:00Z.")
    return round((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000)


def instant_text(instant: int) -> str:
    """An instant in milliseconds UTC as Gorse writes it."""
    if not instant:
        return NO_INSTANT
    text = datetime.fromtimestamp(instant / 1000, UTC).isoformat(
        timespec="milliseconds" if instant % 1000 else "seconds"
    )
    return text.replace("+00:00", "Z")


def span_ms(text: str, field: str) -> int:
    """A span as Go writes it, such as 1h30m, in milliseconds; 0 where none is said.

    Raises:
        Invalid: it cannot be read.
    """
    parts = _SPAN.findall(text)
    if "".join(number + unit for number, unit in parts) != text or len(text) > limits.SHOWN_CHARS_MAX:
        raise Invalid("cannot be read as a span", field=field, value=text, hint="Write it as 0h10m0s.")
    return int(sum(float(number) * _UNIT_MS[unit] for number, unit in parts))


def words_of(labels: Any) -> list[str]:
    """Every text in some labels, in order."""
    if isinstance(labels, str):
        return [labels] if labels else []
    members: Sequence[Any] = ()
    if isinstance(labels, dict):
        members = list(labels.values())
    elif isinstance(labels, list):
        members = labels
    return [word for member in members for word in words_of(member)]


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    for form in _FORMATS:
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    try:
        return parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _labels(kept: str | None) -> Any:
    return None if kept is None else msgspec.json.decode(kept)


def _keep(attributes: dict[str, str], name: str, value: str) -> None:
    attributes.pop(name, None)
    if value:
        attributes[name] = value
