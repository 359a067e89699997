"""How an entry of the log lies in a row, in SQLite and in Parquet alike, and how rows become entries again.

An event fills typed columns, so that SQL, DuckDB and polars read it without us. Every other entry keeps its msgpack
in `body`. A row is a tuple in the order of `COLUMNS`; a stored row has its `seq` in front.
"""

import hashlib
from collections.abc import Iterable, Sequence
from itertools import compress
from typing import Any, TypeAlias, cast

import msgspec
import numpy as np

from walras.base.ids import EventId, ItemId, OwnerId, PageId, PersonId
from walras.schema import (
    Batch,
    Change,
    Entry,
    Event,
    EventColumns,
    ItemGone,
    ItemPut,
    ModelChosen,
    PageRecord,
    PersonGone,
    PersonPut,
)

COLUMNS = (
    "kind",
    "id",
    "time_ms",
    "received_ms",
    "person",
    "item",
    "owner",
    "outcome",
    "value",
    "surface",
    "page",
    "place",
    "context",
    "body",
)
STORED = ("seq", *COLUMNS)
EVENT, PAGE, PERSON_GONE = "event", "page", "person-gone"
# Row positions that are read outside this file.
ROW_ID, ROW_PAGE = COLUMNS.index("id"), COLUMNS.index("page")

Row: TypeAlias = tuple[Any, ...]
Keyed: TypeAlias = tuple[bytes | None, Row]

_encode_body = msgspec.msgpack.Encoder().encode
encode_context = msgspec.json.Encoder(order="deterministic").encode
_decode_body = msgspec.msgpack.Decoder(Change | PageRecord).decode
_decode_context = msgspec.json.Decoder(dict[str, str]).decode
_SEQ, _KIND, _BODY = 0, 1, len(COLUMNS)


def event_key(event_id: str) -> bytes:
    """The 16 bytes under which an event's id is remembered for good.

    MD5 is not here against attackers: a client that makes two of its own events collide loses one of them. It is here
    because Python, DuckDB and everything else compute it alike, so that bulk imports find what single events wrote.
    """
    return hashlib.md5(event_id.encode(), usedforsecurity=False).digest()


def page_key(page_id: str) -> bytes:
    """The same for a page. A control character keeps it apart: no event's id may hold one."""
    return hashlib.md5(b"\x1epage\x1e" + page_id.encode(), usedforsecurity=False).digest()


def keyed_row(entry: Entry, received_ms: int) -> Keyed:
    """The row of an entry and the key that makes it be written once; None for changes, which are never doubles."""
    if type(entry) is Event:
        e = entry
        context = encode_context(e.context) if e.context else None
        owner, surface, page = e.owner, e.surface, e.page
        row = (EVENT, e.id, e.time_ms, received_ms, e.person, e.item, owner, e.outcome, e.value)
        return event_key(e.id), (*row, surface, page, e.place, context, None)
    if isinstance(entry, PageRecord):
        return page_row(entry.id, entry.person, entry.time_ms, received_ms, _encode_body(entry))
    return None, _change_row(cast(Change, entry), received_ms)


def page_row(page_id: str, person: str, time_ms: int, received_ms: int, body: bytes) -> Keyed:
    """The row of a page whose record is encoded already."""
    return page_key(page_id), (PAGE, page_id, time_ms, received_ms, person, *(None,) * 8, body)


def page_body(page: PageRecord) -> bytes:
    """A page's record as msgpack."""
    return _encode_body(page)


def page_of(body: bytes) -> PageRecord:
    """The record of a page from its msgpack."""
    return cast(PageRecord, _decode_body(body))


def _change_row(change: Change, received_ms: int) -> Row:
    kind = str(change.__struct_config__.tag)
    person = item = None
    match change:
        case ItemPut():
            item = change.item.id
        case ItemGone():
            item = change.id
        case PersonPut():
            person = change.person.id
        case PersonGone():
            person = change.id
        case ModelChosen():
            pass
    return (kind, None, change.time_ms, received_ms, person, item, *(None,) * 7, _encode_body(change))


def event_of(stored: Row) -> Event:
    """The event of a stored row, context included."""
    _, _, event_id, time_ms, _, person, item, owner, outcome, value, surface, page, place, context, _ = stored
    return Event(
        id=EventId(event_id),
        time_ms=time_ms,
        person=PersonId(person),
        item=ItemId(item),
        owner=OwnerId(owner),
        outcome=outcome,
        value=value,
        surface=surface,
        page=PageId(page),
        place=place,
        context=_decode_context(context) if context else {},
    )


def stretch_length(kinds: Sequence[str]) -> int:
    """How many leading rows may be applied as changes, then events, then pages, without changing what they mean.

    Pages and events do not touch the same state, so they may pass each other; a change may not be moved in front of
    either, so the stretch ends before a change that follows one.
    """
    if {EVENT, PAGE}.issuperset(kinds):
        return len(kinds)
    begun = False
    for index, kind in enumerate(kinds):
        if kind in (EVENT, PAGE):
            begun = True
        elif begun:
            return index
    return len(kinds)


def batch_of(stored: Sequence[Row]) -> Batch | None:
    """The first stretch of some stored rows, which stand in the order of `seq`; None where there are none."""
    stored = stored[: stretch_length([row[_KIND] for row in stored])]
    if not stored:
        return None
    is_event = [row[_KIND] == EVENT for row in stored]
    others = [_decode_body(row[_BODY]) for row, event in zip(stored, is_event, strict=True) if not event]
    return make_batch(stored[-1][_SEQ], event_columns(list(compress(stored, is_event))), others)


def make_batch(position: int, events: EventColumns, others: Iterable[Change | PageRecord]) -> Batch:
    """A stretch from its events and its other entries."""
    others = tuple(others)
    changes = tuple(entry for entry in others if not isinstance(entry, PageRecord))
    pages = tuple(entry for entry in others if isinstance(entry, PageRecord))
    return Batch(position, changes, events, pages)


def decode_body(body: bytes) -> Change | PageRecord:
    """A change or a page from its msgpack."""
    return cast(Change | PageRecord, _decode_body(body))


def event_columns(stored: list[Row]) -> EventColumns:
    """Stored rows of events as columns."""
    columns: list[Sequence[Any]] = list(zip(*stored, strict=True)) or [()] * len(STORED)
    by_name = dict(zip(STORED, columns, strict=True))
    return EventColumns(
        seq=np.array(by_name["seq"], np.int64),
        time_ms=np.array(by_name["time_ms"], np.int64),
        value=np.array(by_name["value"], np.float64),
        place=np.array(by_name["place"], np.int32),
        **{name: list(by_name[name]) for name in ("person", "item", "owner", "outcome", "surface", "page")},
    )
