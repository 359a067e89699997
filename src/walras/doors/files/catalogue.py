"""Rows of a file become items and people: as they are described, or as no more than an id that behaviour names."""

from collections.abc import Container, Iterable, Iterator
from typing import Any

import msgspec
import polars as pl

from walras.base import limits
from walras.base.ids import ItemId, OwnerId, PersonId, id_fault
from walras.doors.files.mapping import ITEM_FIELDS, Mapping
from walras.doors.files.tables import LINE, PART, Fault
from walras.doors.files.times import instants_ms
from walras.schema import Item, Person

# What sources write where they know no title or topic.
_NOTHING = {"", "UNKNOWN", "(no genres listed)", "[]", "null", "None", "nan", "NaN", "\\N"}
_HIDDEN = {"1", "true", "yes", "是"}


def describes_items(mapping: Mapping) -> bool:
    """Whether rows say more of their item than its id."""
    return bool(mapping.owner or mapping.topic_flags or any(getattr(mapping, name) for name in ITEM_FIELDS))


def items_of(rows: pl.DataFrame, mapping: Mapping) -> tuple[list[Item], list[Fault]]:
    """Read rows as items; of several rows of one item the last that says anything of a field is taken.

    Args:
        rows: [R] the mapping's columns as texts, and LINE.
        mapping: which column means what.

    Returns:
        The items, and the faults of rows that name none.
    """
    created = instants_ms(rows[mapping.created], "auto", mapping.zone).to_list() if mapping.created else None
    found: list[Item] = []
    faults: list[Fault] = []
    for number, row in enumerate(rows.iter_rows(named=True)):
        name = row[mapping.item]
        reason = id_fault(name)
        if reason:
            faults.append(Fault(row[LINE], "item", name[: limits.SHOWN_CHARS_MAX], reason))
        else:
            found.append(_item(row, mapping, (created[number] if created else 0) or 0))
    return found, faults


def _item(row: dict[str, Any], mapping: Mapping, created_ms: int) -> Item:
    owner = _plain(row, mapping.owner)
    return Item(
        id=ItemId(row[mapping.item]),
        owner=OwnerId("" if id_fault(owner) else owner),
        kind=_plain(row, mapping.kind)[:64] or mapping.item_kind,
        title=_title(row, mapping),
        text=_plain(row, mapping.text).replace(PART, " ")[: limits.TEXT_CHARS_MAX],
        topics=_topics(row, mapping),
        created_ms=max(created_ms, 0),
        duration_s=_duration_s(row, mapping),
        language=_plain(row, mapping.language)[:32],
        state="hidden" if _plain(row, mapping.hidden).lower() in _HIDDEN else "live",
        attributes=_attributes(row, mapping),
    )


def _plain(row: dict[str, Any], column: str) -> str:
    cell = str(row[column]).strip() if column else ""
    return "" if cell in _NOTHING else cell


def _title(row: dict[str, Any], mapping: Mapping) -> str:
    return _plain(row, mapping.title).replace(PART, " ")[: limits.TITLE_CHARS_MAX]


def _topics(row: dict[str, Any], mapping: Mapping) -> tuple[str, ...]:
    cell = _plain(row, mapping.topics)
    separator = PART if PART in cell else mapping.topic_separator
    parts = [part.strip(" \t[]'\"") for part in cell.strip("[]").split(separator)]
    flagged = [topic for column, topic in mapping.topic_flags.items() if str(row[column]).strip() == "1"]
    usable = (part[: limits.ID_CHARS_MAX] for part in (*parts, *flagged) if part and part not in _NOTHING)
    return tuple(dict.fromkeys(usable))[: limits.TOPICS_MAX]


def _duration_s(row: dict[str, Any], mapping: Mapping) -> float:
    try:
        seconds = float(_plain(row, mapping.duration) or 0.0) * mapping.duration_scale
    except ValueError:
        return 0.0
    return seconds if 0.0 <= seconds <= limits.SECONDS_MAX else 0.0


def _attributes(row: dict[str, Any], mapping: Mapping) -> dict[str, str]:
    return {name: cell[: limits.CONTEXT_CHARS_MAX] for name in mapping.attributes if (cell := _plain(row, name))}


def people_of(rows: pl.DataFrame, mapping: Mapping) -> tuple[list[Person], list[Fault]]:
    """Read rows as people."""
    found: list[Person] = []
    faults: list[Fault] = []
    for row in rows.iter_rows(named=True):
        name = row[mapping.person]
        reason = id_fault(name)
        if reason:
            faults.append(Fault(row[LINE], "person", name[: limits.SHOWN_CHARS_MAX], reason))
        else:
            attributes = _attributes(row, mapping)
            age = attributes.get("age", "")
            found.append(Person(id=PersonId(name), age=int(age) if age.isdecimal() and int(age) < 130 else 0,
                                attributes=attributes))  # fmt: skip
    return found, faults


def merged(items: Iterable[Item]) -> list[Item]:
    """Items told of in several rows or files, as one each: what a later one says of a field stands."""
    found: dict[str, Item] = {}
    for item in items:
        before = found.get(item.id)
        found[item.id] = item if before is None else _joined(before, item)
    return list(found.values())


def _joined(before: Item, later: Item) -> Item:
    blank = Item(id=later.id)
    said = {name: getattr(later, name) for name in Item.__struct_fields__
            if getattr(later, name) != getattr(blank, name)}  # fmt: skip
    said["topics"] = tuple(dict.fromkeys((*before.topics, *later.topics)))[: limits.TOPICS_MAX]
    said["attributes"] = {**before.attributes, **later.attributes}
    return msgspec.structs.replace(before, **said)


def named_items(rows: pl.DataFrame, events: pl.DataFrame, mapping: Mapping, known: Container[str]) -> Iterator[Item]:
    """Items that these events are the first to name, made when first seen, with what their rows say of them.

    Args:
        rows: [R] the file's rows.
        events: [E] the events made of them.
        mapping: which column means what.
        known: ids that were put before.
    """
    seen = events.filter(pl.col("item") != "").group_by("item", maintain_order=True).agg(pl.col("time_ms").min())
    fresh = {item: time_ms for item, time_ms in seen.iter_rows() if item not in known}
    if not fresh:
        return
    told: dict[str, Item] = {}
    if describes_items(mapping) and mapping.item:
        first = rows.filter(pl.col(mapping.item).is_in(list(fresh))).unique(
            mapping.item, keep="first", maintain_order=True
        )
        told = {item.id: item for item in items_of(first, mapping)[0]}
    for name, time_ms in fresh.items():
        item = told.get(name) or Item(id=ItemId(name), kind=mapping.item_kind)
        yield item if item.created_ms else msgspec.structs.replace(item, created_ms=time_ms)
