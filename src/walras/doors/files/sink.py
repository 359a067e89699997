"""Where an import writes: the log's bulk path, and what the log knows of items already."""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol, runtime_checkable

import msgspec
import polars as pl

from walras.events import Imported, Ready, SqliteLog, scan
from walras.schema import Batch, Entry, Event, Item, ItemGone, ItemPut, Receipt

# Entries of one flush where the log has no bulk path.
_ENTRIES = 5_000


class ImportLog(Protocol):
    """What an import needs of the log."""

    def append(self, entries: Sequence[Entry]) -> list[Receipt]:
        """Append entries, durable when it returns; an event whose id is known changes nothing."""
        ...

    def position(self) -> int:
        """The seq of the last row."""
        ...

    def read(self, after: int, limit: int = ...) -> Batch | None:
        """The next stretch behind a seq."""
        ...


@runtime_checkable
class BulkLog(Protocol):
    """A log that takes columns of events at once."""

    def append_segment(self, frame: pl.DataFrame) -> Imported:
        """Append valid events, each id once; an empty id is made of the content."""
        ...


@runtime_checkable
class PreparingLog(Protocol):
    """A bulk log that lets another thread do what needs no look into the log."""

    def ready_segment(self, frame: pl.DataFrame) -> Ready:
        """Check events, make their ids and the keys of these."""
        ...

    def append_segment(self, given: pl.DataFrame | Ready) -> Imported:
        """Append events that were made ready."""
        ...


def ready_events(log: ImportLog, events: pl.DataFrame) -> pl.DataFrame | Ready:
    """Events made as ready as the log can make them ahead of its writing."""
    return log.ready_segment(events) if isinstance(log, PreparingLog) and len(events) else events


def append_events(log: ImportLog, events: pl.DataFrame | Ready) -> int:
    """Append events by columns where the log can, one by one where not; gives how many were new."""
    if isinstance(events, Ready):
        assert isinstance(log, PreparingLog)
        return log.append_segment(events).written
    if isinstance(log, BulkLog):
        return log.append_segment(events).written
    fresh = 0
    for piece in events.iter_slices(_ENTRIES):
        receipts = log.append([_event(row) for row in piece.iter_rows(named=True)])
        fresh += sum(not receipt.duplicate for receipt in receipts)
    return fresh


def _event(row: dict[str, Any]) -> Event:
    context = row.pop("context")
    facts = msgspec.json.decode(context, type=dict[str, str]) if context else {}
    return Event(**row, context=facts)


def item_mark(item: Item) -> int:
    """A number that changes when anything about an item changes, within one run of the program."""
    return hash(msgspec.msgpack.encode(item))


def known_items(log: ImportLog) -> dict[str, int]:
    """Items that the log holds, each with the mark of what was put last."""
    known: dict[str, int] = {}
    for change in _changes(log):
        if isinstance(change, ItemPut):
            known[change.item.id] = item_mark(change.item)
        else:
            known.pop(change.id, None)
    return known


def _changes(log: ImportLog) -> Iterator[ItemPut | ItemGone]:
    """Changes of items in order. Of the log on disk two columns are read, since a log is mostly behaviour."""
    if isinstance(log, SqliteLog):
        decode = msgspec.msgpack.Decoder(ItemPut | ItemGone).decode
        for rows in scan(log.folder, kinds=("item", "item-gone"), columns=("body",)):
            yield from map(decode, rows["body"].to_list())
        return
    position = 0
    while (batch := log.read(position)) is not None:
        position = batch.position
        yield from (change for change in batch.changes if isinstance(change, ItemPut | ItemGone))
