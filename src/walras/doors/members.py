"""Bodies that hold one thing or many: an object, an array, `{"events": [...]}`, or lines of JSON.

Many are decoded in one call. Only when a member is wrong are they decoded one by one, so that the good ones are kept
and each bad one is named, and the usual case pays nothing for it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import UNSET, Raw

from walras.base.errors import TooMuch
from walras.web import Fault, decode_error, decoded, fault_of

JSON, LINES = "application/json", "application/x-ndjson"
MEDIA = (JSON, LINES)
T = TypeVar("T")
Decoder = msgspec.json.Decoder


@dataclass(slots=True)
class Members(Generic[T]):
    """What a body held: the values that could be decoded, where each stood, and what was wrong with the others."""

    values: list[T]
    places: Sequence[int]  # index in the body by index in `values`
    faults: list[Fault] = field(default_factory=list)
    single: bool = False  # the body was one thing, not a list of one


class MemberReader(Generic[T]):
    """Reads one thing or many of one type."""

    def __init__(self, kind: type[T], name: str, most: int) -> None:
        """Prepare the decoders.

        Args:
            kind: type of a member.
            name: the envelope's field, such as `events`.
            most: how many one request may hold.
        """
        self._name, self._most = name, most
        self._one: Decoder[T] = Decoder(kind)
        self._many: Decoder[list[T]] = Decoder(list[kind])  # type: ignore[valid-type]
        self._raws: Decoder[list[Raw]] = Decoder(list[Raw])
        members, raws = list[kind] | msgspec.UnsetType, list[Raw] | msgspec.UnsetType  # type: ignore[valid-type]
        self._envelope: Decoder[Any] = Decoder(msgspec.defstruct("Envelope", [(name, members, UNSET)]))
        self._raw_envelope: Decoder[Any] = Decoder(msgspec.defstruct("RawEnvelope", [(name, raws, UNSET)]))

    def read(self, body: bytes, media: str) -> Members[T]:
        """What a body holds.

        Args:
            body: as it came.
            media: `application/json` or `application/x-ndjson`.

        Raises:
            Malformed: it is no JSON at all.
            Invalid: it is one thing, and that is wrong.
            TooMuch: it holds more than one request may.
        """
        try:
            values, single = self._quick(body, media)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return self._slow(body, media)
        self._refuse_many(len(values))
        return Members(values, range(len(values)), single=single)

    def _quick(self, body: bytes, media: str) -> tuple[list[T], bool]:
        if media == LINES:
            return self._one.decode_lines(body), False
        if body.lstrip()[:1] == b"[":
            return self._many.decode(body), False
        found: list[T] | msgspec.UnsetType = getattr(self._envelope.decode(body), self._name)
        return ([self._one.decode(body)], True) if found is UNSET else (found, False)

    def _slow(self, body: bytes, media: str) -> Members[T]:
        if media == LINES:
            return self._one_by_one([line for line in body.splitlines() if line.strip()])
        if body.lstrip()[:1] == b"[":
            raws: list[Raw] = decoded(body, self._raws)
            return self._one_by_one(raws)
        found: list[Raw] | msgspec.UnsetType = getattr(decoded(body, self._raw_envelope), self._name)
        if found is UNSET:
            return Members([decoded(body, self._one)], range(1), single=True)
        return self._one_by_one(found)

    def _one_by_one(self, raws: Sequence[bytes | Raw]) -> Members[T]:
        self._refuse_many(len(raws))
        places: list[int] = []
        found: Members[T] = Members([], places)
        for index, raw in enumerate(raws):
            try:
                found.values.append(self._one.decode(raw))
                places.append(index)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                found.faults.append(fault_of(decode_error(error, bytes(raw)), index))
        return found

    def _refuse_many(self, count: int) -> None:
        if count > self._most:
            hint = f"Send at most {self._most} at once; files of any size go through `walras import`."
            raise TooMuch(f"has {count} members", field=self._name, value=count, hint=hint)


def in_order(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """Faults in the order of the body."""
    return tuple(sorted(faults, key=lambda fault: fault.index))
