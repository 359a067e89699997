"""Events sent together, as columns: made and encoded once, in the caller's thread, and kept as one block of the log.

A block costs the log one row however many events it holds; beside it lie the keys of their ids (16 bytes each) and
digests of their people (4 bytes each), by which a double and a person's history are found without decoding it.
"""

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import msgspec
import numpy as np

from walras.base.errors import Invalid
from walras.events.rows import EVENT, Keyed, Row, encode_context
from walras.schema import Bools, Event, EventColumns, Floats, Ints, Longs

TEXTS = ("id", "person", "item", "owner", "outcome", "surface", "page")
Texts: TypeAlias = tuple[Sequence[str], ...]


class _Body(msgspec.Struct, frozen=True, array_like=True):
    """The bytes of a block. Numbers are little-endian arrays; a text column that says one thing says it once."""

    offset: bytes  # [N] int32 behind the block's first seq; empty where no seq is missing
    time_ms: bytes  # [N] int64
    value: bytes  # [N] float64
    place: bytes  # [N] int32
    texts: tuple[list[str], ...]  # of TEXTS, [N] or [1] each
    context: list[bytes | None]  # [N] JSON, or nothing where nobody gave any


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Body).decode


@dataclass(frozen=True, slots=True)
class Lot:
    """N events on their way into the log, encoded but for their seqs."""

    ids: Sequence[str]
    keys: Sequence[bytes]  # [N]
    people: bytes  # [N] × 4
    body: bytes
    received_ms: int
    about_pages: bool  # whether any of them names a page

    def __len__(self) -> int:
        """How many events."""
        return len(self.ids)


# What a caller gives the writer at once: events as a lot, or other entries row by row.
Written: TypeAlias = Lot | Sequence[Keyed]


@dataclass(frozen=True, slots=True)
class EventRows:
    """N events of one block, decoded, in the order of `seq`."""

    seq: Longs
    time_ms: Longs
    value: Floats
    place: Ints
    texts: Texts  # of TEXTS, [N] each
    context: Sequence[bytes | None]  # [N] or nothing
    received_ms: int

    def __len__(self) -> int:
        """How many events."""
        return len(self.seq)

    def part(self, start: int, end: int) -> "EventRows":
        """Those from `start` to before `end`."""
        if start == 0 and end >= len(self):
            return self
        cut = slice(start, end)
        numbers = {name: getattr(self, name)[cut] for name in ("seq", "time_ms", "value", "place")}
        return replace(self, **numbers, texts=tuple(c[cut] for c in self.texts), context=self.context[cut])

    def kept(self, keep: Bools) -> "EventRows":
        """Those of a mask."""
        at = np.flatnonzero(keep).tolist()
        numbers = {name: getattr(self, name)[keep] for name in ("seq", "time_ms", "value", "place")}
        texts = tuple([column[i] for i in at] for column in self.texts)
        return replace(self, **numbers, texts=texts, context=[self.context[i] for i in at] if self.context else [])

    def of(self, person: str) -> Bools:
        """[N] whether each is a person's."""
        return np.fromiter((name == person for name in self.texts[1]), np.bool_, len(self))

    def rows(self) -> list[Row]:
        """The same as stored rows."""
        count = len(self)
        event_id, person, item, owner, outcome, surface, page = self.texts
        context = self.context or [None] * count
        numbers = (column.tolist() for column in (self.seq, self.time_ms, self.value, self.place))
        seq, time_ms, value, place = numbers
        kind, received, body = [EVENT] * count, [self.received_ms] * count, [None] * count
        head = (seq, kind, event_id, time_ms, received, person, item, owner, outcome, value)
        return list(zip(*head, surface, page, place, context, body, strict=True))

    def columns(self) -> EventColumns:
        """The same as columns, without what only the log keeps."""
        _, person, item, owner, outcome, surface, page = self.texts
        names = {"person": person, "item": item, "owner": owner, "outcome": outcome, "surface": surface, "page": page}
        return EventColumns(seq=self.seq, time_ms=self.time_ms, value=self.value, place=self.place, **names)


def lot_of(events: Sequence[Event], received_ms: int) -> Lot:
    """Encode events that have ids and times.

    Raises:
        Invalid: a text has half a surrogate pair.
    """
    texts: Texts = (
        [e.id for e in events], [e.person for e in events], [e.item for e in events], [e.owner for e in events],
        [e.outcome for e in events], [e.surface for e in events], [e.page for e in events],
    )  # fmt: skip
    ids, people = texts[0], texts[1]
    try:
        return Lot(ids, keys_of(ids), _digests(people), _body(events, texts), received_ms, any(texts[-1]))
    except (UnicodeEncodeError, OverflowError) as error:
        raise Invalid(f"cannot be written ({error})", field="entries") from error


def _body(events: Sequence[Event], texts: Texts) -> bytes:
    context = [encode_context(e.context) if e.context else None for e in events]
    return _encode(
        _Body(
            offset=b"",
            time_ms=np.array([e.time_ms for e in events], "<i8").tobytes(),
            value=np.array([e.value for e in events], "<f8").tobytes(),
            place=np.array([e.place for e in events], "<i4").tobytes(),
            texts=tuple(_short(column) for column in texts),
            context=context if any(context) else [],
        )
    )


def _short(column: Sequence[str]) -> list[str]:
    same = column[0] == column[-1] and column.count(column[0]) == len(column)
    return [column[0]] if same else list(column)


def keys_of(ids: Sequence[str]) -> list[bytes]:
    """The keys of ids, each as `rows.event_key` makes it."""
    md5 = hashlib.md5
    return [md5(event_id.encode(), usedforsecurity=False).digest() for event_id in ids]


def digest_of(person: str) -> bytes:
    """Four bytes that stand for a person: where they are missing in a block, so is she."""
    return zlib.crc32(person.encode("utf-8", "surrogatepass")).to_bytes(4, "little")


def _digests(people: Sequence[str]) -> bytes:
    crc32 = zlib.crc32
    return np.array([crc32(person.encode()) for person in people], "<u4").tobytes()


def decoded(first_seq: int, received_ms: int, body: bytes) -> EventRows:
    """The events of a block."""
    held = _decode(body)
    time_ms = np.frombuffer(held.time_ms, "<i8")
    count = len(time_ms)
    offset = np.frombuffer(held.offset, "<i4") if held.offset else np.arange(count)
    return EventRows(
        seq=offset.astype(np.int64) + first_seq,
        time_ms=time_ms,
        value=np.frombuffer(held.value, "<f8"),
        place=np.frombuffer(held.place, "<i4"),
        texts=tuple(column * count if len(column) < count else column for column in held.texts),
        context=held.context,
        received_ms=received_ms,
    )


def encoded(events: EventRows) -> bytes:
    """The bytes of events that are some of a block; their first seq is kept beside them."""
    whole = int(events.seq[-1] - events.seq[0]) + 1 == len(events)
    return _encode(
        _Body(
            offset=b"" if whole else (events.seq - events.seq[0]).astype("<i4").tobytes(),
            time_ms=events.time_ms.tobytes(),
            value=events.value.tobytes(),
            place=events.place.tobytes(),
            texts=tuple(_short(column) for column in events.texts),
            context=list(events.context),
        )
    )


def people_of(events: EventRows) -> bytes:
    """The digests of their people."""
    return _digests(events.texts[1])


def without(lot: Lot, doubles: Sequence[bool]) -> Lot | None:
    """A lot without those events that were written before; None where nothing is left."""
    keep = ~np.array(doubles, np.bool_)
    if not keep.any():
        return None
    left = decoded(0, lot.received_ms, lot.body).kept(keep)
    at = np.flatnonzero(keep).tolist()
    # Their seqs are given without a gap, so none is said.
    left = replace(left, seq=np.arange(len(left)))
    ids, keys = left.texts[0], [lot.keys[i] for i in at]
    return Lot(ids, keys, people_of(left), encoded(left), lot.received_ms, lot.about_pages)
