"""What is known of people beside their behaviour: what they stated, and what they were shown lately."""

from collections import deque
from dataclasses import dataclass, field

import numpy as np

from walras.features.arena import Array, Columns, Rows
from walras.features.catalogue import Catalogue, code_of
from walras.schema import Codes, Floats32, Ints, Longs, Person

# A page answered within this span may still be on its way to the screen; its items are not proposed again.
SERVED_MS = 30 * 60_000
_NO_ROWS: Ints = np.zeros(0, np.int32)


@dataclass(frozen=True, slots=True)
class Stated:
    """What a person stated, as rows."""

    interests: Ints = field(default_factory=_NO_ROWS.copy)
    blocked_owners: Ints = field(default_factory=_NO_ROWS.copy)
    blocked_items: Ints = field(default_factory=_NO_ROWS.copy)
    blocked_topics: Ints = field(default_factory=_NO_ROWS.copy)


NOTHING_STATED = Stated()
_STATED = ("interests", "blocked_owners", "blocked_items", "blocked_topics")


@dataclass(frozen=True, slots=True)
class PersonState:
    """All that is known of one person now. T behaviours, oldest first; everything else as rows and codes.

    A person nobody has met has row 0 and empty arrays.
    """

    id: str
    row: int
    items: Ints  # [T]
    outcomes: Codes  # [T]
    values: Floats32  # [T]
    surfaces: Codes  # [T]
    times_ms: Longs  # [T]
    seen: Ints  # sorted rows of all items she ever met
    served: Ints  # rows answered to her lately, whether or not they were exposed
    followed: Ints  # sorted rows of owners
    blocked_owners: Ints
    blocked_items: Ints
    blocked_topics: Ints
    interests: Ints  # rows of topics
    market: int = 0
    language: int = 0
    age: int = 0  # years; 0: not said, treated as grown up


class People:
    """Columns of R people by row, and what few of them have in tables of their own."""

    def __init__(self) -> None:
        """Start with nobody."""
        self.names = Rows()
        self.languages = Rows()
        self.columns = Columns(market=np.zeros(0, np.int32), language=np.zeros(0, np.uint8), age=np.zeros(0, np.uint8))
        self.stated: dict[int, Stated] = {}

    def put(self, person: Person, catalogue: Catalogue) -> int:
        """Take a person as she is now; gives her row."""
        row = self.names[person.id]
        self.columns.fit(len(self.names.names))
        self.columns["market"][row] = catalogue.market_code(person.market)
        self.columns["language"][row] = code_of(self.languages, person.language)
        self.columns["age"][row] = min(max(person.age, 0), 255)
        stated = Stated(
            catalogue.topics.all_of(person.interests),
            catalogue.owners.all_of(person.blocked_owners),
            catalogue.items.all_of(person.blocked_items),
            catalogue.topics.all_of(person.blocked_topics),
        )
        self.stated.pop(row, None)
        if any(len(getattr(stated, name)) for name in _STATED):
            self.stated[row] = stated
        catalogue.fit()
        return row

    def forget(self, row: int) -> None:
        """Forget what a person stated, and her name."""
        self.stated.pop(row, None)
        for array in self.columns.of.values():
            if row < len(array):
                array[row] = 0
        self.names.forget(self.names.names[row])

    def used(self) -> dict[str, Array]:
        """Arrays to keep: columns, then each list that was stated, person by person."""
        rows = np.array(sorted(self.stated), np.int32)
        kept = {"stated": rows, **self.columns.used()}
        for name in _STATED:
            lists = [getattr(self.stated[row], name) for row in rows.tolist()]
            kept[f"{name}_count"] = np.array([len(one) for one in lists], np.int32)
            kept[name] = np.concatenate([_NO_ROWS, *lists])
        return kept

    def restore(self, arrays: dict[str, Array]) -> None:
        """Become what `used` gave."""
        self.columns.restore(arrays)
        lists = {name: np.split(arrays[name], np.cumsum(arrays[f"{name}_count"])[:-1]) for name in _STATED}
        for n, row in enumerate(arrays["stated"].tolist()):
            self.stated[row] = Stated(**{name: lists[name][n] for name in _STATED})


class Served:
    """Items answered to people within the last span, by the instants of the pages themselves."""

    def __init__(self) -> None:
        """Start with no page."""
        self.pages: deque[tuple[int, int, Ints]] = deque()  # instant, person, items
        self.by_person: dict[int, list[tuple[int, Ints]]] = {}

    def add(self, time_ms: int, person: int, items: Ints) -> None:
        """Take a page, and let go of those that are older than the span."""
        self.pages.append((time_ms, person, items))
        self.by_person.setdefault(person, []).append((time_ms, items))
        while self.pages and self.pages[0][0] < time_ms - SERVED_MS:
            self._let_go()

    def _let_go(self) -> None:
        _, person, _ = self.pages.popleft()
        kept = self.by_person.get(person, [])[1:]
        if kept:
            self.by_person[person] = kept
        else:
            self.by_person.pop(person, None)

    def to(self, person: int, now_ms: int) -> Ints:
        """Rows answered to a person within the span before `now_ms`."""
        pages = self.by_person.get(person, ()) if person else ()
        rows = [items for time_ms, items in pages if time_ms >= now_ms - SERVED_MS]
        return np.concatenate(rows) if rows else _NO_ROWS

    def used(self) -> dict[str, Array]:
        """Arrays to keep: instants, people, counts and items of pages."""
        return {
            "time_ms": np.array([page[0] for page in self.pages], np.int64),
            "person": np.array([page[1] for page in self.pages], np.int32),
            "count": np.array([len(page[2]) for page in self.pages], np.int32),
            "item": np.concatenate([_NO_ROWS, *(page[2] for page in self.pages)]),
        }

    def restore(self, arrays: dict[str, Array]) -> None:
        """Become what `used` gave."""
        ends = np.cumsum(arrays["count"])
        for n, time_ms in enumerate(arrays["time_ms"].tolist()):
            person = int(arrays["person"][n])
            items = arrays["item"][ends[n] - arrays["count"][n] : ends[n]]
            self.pages.append((time_ms, person, items))
            self.by_person.setdefault(person, []).append((time_ms, items))
