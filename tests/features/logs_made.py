"""Small logs for tests: rows in order, cut into batches as the log does."""

from collections.abc import Iterable, Sequence

import numpy as np

from walras.schema import Batch, Change, Event, EventColumns, Item, ItemPut, PageRecord, PlaceRecord

NOW_MS = 1_700_000_000_000
Row = Change | Event | PageRecord


def columns(events: Sequence[Event], first: int) -> EventColumns:
    """Events as columns, their seqs from `first`."""
    return EventColumns(
        seq=np.arange(first, first + len(events), dtype=np.int64),
        time_ms=np.array([e.time_ms for e in events], np.int64),
        person=[e.person for e in events],
        item=[e.item for e in events],
        owner=[e.owner for e in events],
        outcome=[e.outcome for e in events],
        value=np.array([e.value for e in events], np.float64),
        surface=[e.surface for e in events],
        page=[e.page for e in events],
        place=np.array([e.place for e in events], np.int32),
    )


def kind_of(row: Row) -> int:
    """Where a row stands in a batch: changes, events, pages."""
    return 1 if isinstance(row, Event) else 2 if isinstance(row, PageRecord) else 0


def batches(rows: Sequence[Row], cuts: Iterable[int] = (), before: int = 0) -> list[Batch]:
    """Cut rows where their order needs it, and at `cuts`."""
    made: list[Batch] = []
    part: list[Row] = []
    stops = set(cuts)
    for n, row in enumerate(rows):
        if part and (n in stops or kind_of(row) < kind_of(part[-1])):
            made.append(batch(part, before + n))
            part = []
        part.append(row)
    return [*made, batch(part, before + len(rows))] if part else made


def batch(rows: Sequence[Row], position: int) -> Batch:
    """One batch of rows that stand in its order; it ends at `position`."""
    events = [row for row in rows if isinstance(row, Event)]
    pages = tuple(row for row in rows if isinstance(row, PageRecord))
    changes = tuple(row for row in rows if not isinstance(row, Event | PageRecord))
    return Batch(position, changes, columns(events, position - len(events) - len(pages) + 1), pages)


def put(name: str, **said: object) -> ItemPut:
    """A live item."""
    return ItemPut(Item(id=name, **said), NOW_MS)  # type: ignore[arg-type]


def page(person: str, items: Sequence[str], time_ms: int = NOW_MS) -> PageRecord:
    """A page answered to a person."""
    places = tuple(PlaceRecord(item, 0.0, (), "popular", place=n) for n, item in enumerate(items))
    return PageRecord(
        id=f"g{time_ms}{person}", person=person, surface="feed", time_ms=time_ms, position=0, seed=0,
        count=len(items), places=places,
    )  # fmt: skip
