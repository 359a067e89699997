"""A stretch of the log made of what lies in it: rows, and blocks of events, whose columns are taken as they are."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np

from walras.events.hot import Part
from walras.events.lots import EventRows
from walras.events.rows import EVENT, Row, decode_body, event_columns, make_batch, stretch_length
from walras.schema import Batch, Change, EventColumns, PageRecord

_KIND = 1
_NUMBERS = ("seq", "time_ms", "value", "place")
_TEXTS = ("person", "item", "owner", "outcome", "surface", "page")


def batch_of_parts(parts: Sequence[Part]) -> Batch | None:
    """The first stretch of some parts, which stand in the order of `seq`; None where there are none."""
    events: list[EventColumns] = []
    others: list[Change | PageRecord] = []
    position = 0
    for part in parts:
        if isinstance(part, EventRows):
            events.append(part.columns())
            position = int(part.seq[-1])
            continue
        taken = _taken(part, begun=bool(events or any(isinstance(entry, PageRecord) for entry in others)))
        if taken:
            position = taken[-1][0]
            events.append(event_columns([row for row in taken if row[_KIND] == EVENT]))
            others += [decode_body(row[-1]) for row in taken if row[_KIND] != EVENT]
        if len(taken) < len(part):
            break
    return make_batch(position, joined(events), others) if position else None


def _taken(rows: list[Row], begun: bool) -> list[Row]:
    """The leading rows that go on with a stretch; where events or pages have begun, no change may follow."""
    kinds = [row[_KIND] for row in rows]
    return rows[: stretch_length([EVENT, *kinds]) - 1] if begun else rows[: stretch_length(kinds)]


def joined(several: Sequence[EventColumns]) -> EventColumns:
    """Columns one behind the other."""
    filled = [columns for columns in several if len(columns)]
    if not filled:
        return event_columns([])
    if len(filled) == 1:
        return filled[0]
    numbers: dict[str, Any] = {name: np.concatenate([getattr(c, name) for c in filled]) for name in _NUMBERS}
    texts: dict[str, Any] = {name: list(chain.from_iterable(getattr(c, name) for c in filled)) for name in _TEXTS}
    return EventColumns(**numbers, **texts)
