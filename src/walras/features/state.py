"""The state: everything known now, in memory, made from the log alone and written on the event's own path."""

import hashlib
from collections.abc import Mapping, Sequence
from itertools import repeat
from pathlib import Path
from typing import Protocol

import numpy as np

from walras.events import Registry, TextColumn
from walras.features.arena import Arena, Array, Rows
from walras.features.catalogue import Catalogue
from walras.features.columns import (
    BLOCK,
    CHOICE,
    ENOUGH,
    FOLLOW,
    NEUTRAL,
    OWNERS,
    PAIR_CAPACITY,
    PAIR_SLOTS,
    PAIR_WINDOW,
    SEQUENCE_CAPACITY,
    SET_CAPACITY,
    UNBLOCK,
    UNFOLLOW,
    Belonging,
    Events,
    RowSets,
    Sequences,
    Weighted,
)
from walras.features.counting import Counters
from walras.features.event_loop import apply_events
from walras.features.lists import holds
from walras.features.people import NOTHING_STATED, People, PersonState, Served
from walras.features.popular import Popular
from walras.features.recognising import Recognised
from walras.features.snapshots import FORMAT, Manifest, read, write
from walras.features.texts import TextModel, untrained
from walras.schema import (
    Batch,
    Bools,
    Change,
    Codes,
    EventColumns,
    Floats32,
    Ints,
    ItemGone,
    ItemPut,
    PageRecord,
    PersonGone,
    PersonPut,
)

# Surfaces as codes in sequences. A code is never given to another surface: models remember it.
SURFACES: dict[str, int] = {
    "feed": 1, "mall": 2, "search": 3, "live": 4, "local": 5, "jobs": 6, "similar": 7, "profile": 8, "homes": 9,
    "dating": 10, "drama": 11, "assistant": 12, "message": 13, "following": 14,
}  # fmt: skip
_RELATIONS = {"follow": FOLLOW, "unfollow": UNFOLLOW, "block": BLOCK, "unblock": UNBLOCK}


class Keeps(Protocol):
    """A part of the state that can be kept as arrays and made again from them."""

    def used(self) -> dict[str, Array]:
        """Arrays to keep."""
        ...

    def restore(self, arrays: dict[str, Array]) -> None:
        """Become what `used` gave."""
        ...


class State:
    """What is known now of people, items, owners and topics. Rows are dense, row 0 is the unknown."""

    def __init__(
        self, registry: Registry, surfaces: Mapping[str, int] | None = None, text: TextModel | None = None
    ) -> None:
        """Start with nothing known.

        Args:
            registry: all outcomes.
            surfaces: codes of surfaces, 1..255; others are kept as 0.
            text: reads texts; without one, the untrained projection does.
        """
        self.registry = registry
        self.surfaces = dict(SURFACES if surfaces is None else surfaces)
        self.position = 0  # seq of the last row applied
        self.events = 0  # events applied
        self.people, self.catalogue = People(), Catalogue(text or untrained())
        self.counters, self.popular, self.served = Counters(registry), Popular(), Served()
        self.sequences = Arena(
            len(SEQUENCE_CAPACITY),
            item=np.zeros(0, np.int32), outcome=np.zeros(0, np.uint8), surface=np.zeros(0, np.uint8),
            value=np.zeros(0, np.float32), time_ms=np.zeros(0, np.int64),
        )  # fmt: skip
        self.seen, self.followed, self.blocked = (Arena(len(SET_CAPACITY), row=np.zeros(0, np.int32)) for _ in range(3))
        self.pairs = Arena(len(PAIR_CAPACITY), row=np.zeros(0, np.int32), weight=np.zeros(0, np.float32))
        self.flags = flags_of(registry)
        self._fitted = (1, 1, 1, 1)
        self._outcomes = _Coded({name: outcome.code for name, outcome in registry.by_name.items()})
        self._surfaces = _Coded(self.surfaces)

    # ------------------------------------------------------------ names

    @property
    def item_row(self) -> Rows:
        """Rows of items by id; `.get(id, 0)` asks without adding."""
        return self.catalogue.items

    @property
    def person_row(self) -> Rows:
        """Rows of people by id."""
        return self.people.names

    @property
    def owner_row(self) -> Rows:
        """Rows of owners by id."""
        return self.catalogue.owners

    @property
    def topic_row(self) -> Rows:
        """Rows of topics by name."""
        return self.catalogue.topics

    @property
    def items(self) -> Mapping[str, Array]:
        """Columns of items by name, each with spare rows at its end."""
        return self.catalogue.columns.of

    # ------------------------------------------------------------ what happened

    def apply(self, batch: Batch) -> None:
        """Take a stretch of the log: its changes, then its events, then its pages."""
        for change in batch.changes:
            self._change(change)
        if len(batch.events):
            self._happen(batch.events)
        for page in batch.pages:
            self._page(page)
        self._fit()
        self.position = batch.position

    def _change(self, change: Change) -> None:
        if isinstance(change, ItemPut):
            self.catalogue.put(change.item, change.time_ms)
        elif isinstance(change, ItemGone):
            self.catalogue.gone(change.id)
        elif isinstance(change, PersonPut):
            self.people.put(change.person, self.catalogue)
        elif isinstance(change, PersonGone):
            self._forget(change.id)

    def _forget(self, name: str) -> None:
        row = self.people.names.get(name, 0)
        if not row:
            return
        self._fit()
        for arena in (self.sequences, self.seen, self.followed, self.blocked):
            arena.empty(row)
        self.served.by_person.pop(row, None)
        self.people.forget(row)

    def _happen(self, events: EventColumns) -> None:
        read = self._read(events)
        self._fit()
        start = 0
        while start < len(events):
            stop = min(len(events), start + self.popular.until_due(self.events))
            self._run(read, start, stop)
            self.events += stop - start
            self.popular.meet(read.item[start:stop])
            if not self.popular.until_due(self.events):
                self.popular.refresh(self.events, self.counters, self.catalogue)
            start = stop

    def _read(self, events: EventColumns) -> Events:
        return Events(
            self.people.names.all_of(events.person),
            self.catalogue.items.all_of(events.item),
            self.catalogue.owners.all_of(events.owner),
            self._outcomes.codes(events.outcome),
            self._surfaces.codes(events.surface),
            events.value.astype(np.float32),
            np.ascontiguousarray(events.time_ms, np.int64),
            self.flags,
        )

    def _fit(self) -> None:
        """Make room for every name; nothing to do where no name is new."""
        catalogue = self.catalogue
        tables = (self.people.names, catalogue.items, catalogue.owners, catalogue.topics)
        people, items, owners, topics = (len(rows.names) for rows in tables)
        if (people, items, owners, topics) == self._fitted:
            return
        self._fitted = (people, items, owners, topics)
        self.people.columns.fit(people)
        for arena in (self.sequences, self.seen, self.followed, self.blocked):
            arena.fit(people)
        self.pairs.fit(items)
        catalogue.fit()
        self.counters.fit(items, owners, topics)

    def _run(self, events: Events, start: int, stop: int) -> None:
        arenas = (self.sequences, self.seen, self.followed, self.blocked, self.pairs)
        while start < stop:
            start, short = apply_events(
                events,
                start,
                stop,
                Belonging(self.items["owner"], self.items["topics"]),
                Sequences(*self.sequences.parts()),
                (RowSets(*self.seen.parts()), RowSets(*self.followed.parts()), RowSets(*self.blocked.parts())),
                self.counters.parts(),
                Weighted(*self.pairs.parts()),
            )
            if short != ENOUGH:
                arenas[short - 1].enlarge(self._needed(short, int(events.person[start])))

    def _needed(self, short: int, person: int) -> int:
        if short in (2, 3, 4):
            sets = (self.seen, self.followed, self.blocked)[short - 2]
            return int(SET_CAPACITY[int(sets.size[person]) + 1])
        return 2 * PAIR_WINDOW * PAIR_SLOTS

    def _page(self, page: PageRecord) -> None:
        person = self.people.names[page.person]
        items = self.catalogue.items.all_of([place.item for place in page.places])
        self.served.add(page.time_ms, person, items)

    def rest(self) -> None:
        """Let go of what only helps while a long stretch of the log is read."""
        for rows in self.names().values():
            rows.rest()

    # ------------------------------------------------------------ what is known

    def person_view(self, person: str, now_ms: int) -> PersonState:
        """All that is known of a person now; of one nobody has met, empty arrays."""
        row = self.people.names.get(person, 0)
        stated = self.people.stated.get(row, NOTHING_STATED)
        of = self.sequences.of
        return PersonState(
            id=person,
            row=row,
            items=of(row, "item"),
            outcomes=of(row, "outcome"),
            values=of(row, "value"),
            surfaces=of(row, "surface"),
            times_ms=of(row, "time_ms"),
            seen=self.seen.of(row, "row"),
            served=self.served.to(row, now_ms),
            followed=self.followed.of(row, "row"),
            blocked_owners=np.concatenate([self.blocked.of(row, "row"), stated.blocked_owners]),
            blocked_items=stated.blocked_items,
            blocked_topics=stated.blocked_topics,
            interests=stated.interests,
            market=self._said("market", row),
            language=self._said("language", row),
            age=self._said("age", row),
        )

    def _said(self, name: str, row: int) -> int:
        column = self.people.columns[name]
        return int(column[row]) if row < len(column) else 0

    def mutual(self, person: int, owners: Ints) -> Bools:
        """[N] which owners a person follows and is followed by: owners that are people too, under the same id."""
        back = np.isin(owners, self.followed.of(person, "row"))
        own = self.catalogue.owners.get(self.people.names.names[person], 0) if person else 0
        sets = RowSets(*self.followed.parts())
        for n in np.flatnonzero(back).tolist():
            other = self.people.names.get(self.catalogue.owners.names[int(owners[n])], 0)
            back[n] = own > 0 and other > 0 and holds(sets, other, own)
        return back

    def neighbours(self, item: int) -> tuple[Ints, Floats32]:
        """Rows and weights of what people chose near an item, in no order."""
        return self.pairs.of(item, "row"), self.pairs.of(item, "weight")

    # ------------------------------------------------------------ as bytes

    def _rooms(self) -> dict[str, Keeps]:
        return {
            "sequences": self.sequences, "seen": self.seen, "followed": self.followed, "blocked": self.blocked,
            "pairs": self.pairs, "counters": self.counters, "catalogue": self.catalogue, "people": self.people,
            "served": self.served, "popular": self.popular,
        }  # fmt: skip

    def used(self) -> dict[str, Array]:
        """Every array that makes the state, by name; text vectors too."""
        rooms = self._rooms()
        return {f"{room}.{name}": array for room, kept in rooms.items() for name, array in kept.used().items()}

    def names(self) -> dict[str, Rows]:
        """Every table of names."""
        tables = {"people": self.people.names, "person_languages": self.people.languages}
        return tables | self.catalogue.names()

    def digest(self) -> str:
        """A hash of everything known; two states of one log have the same, however the log was cut."""
        made = hashlib.blake2b(f"{self.position}/{self.events}".encode(), digest_size=16)
        for name, rows in sorted(self.names().items()):
            made.update(f"{name}\x1e{chr(31).join(rows.names)}".encode("utf-8", "surrogatepass"))
        for name, array in sorted(self.used().items()):
            made.update(f"{name}{array.shape}".encode())
            made.update(np.ascontiguousarray(array).tobytes())
        return made.hexdigest()

    def save(self, folder: Path) -> None:
        """Write a snapshot; it is there whole or not at all."""
        manifest = Manifest(
            format=FORMAT, registry=fingerprint(self.registry, self.surfaces), text=self.catalogue.text.version,
            position=self.position, events=self.events, files={},
        )  # fmt: skip
        write(folder, self.used(), {name: rows.names for name, rows in self.names().items()}, manifest)

    @classmethod
    def load(
        cls,
        folder: Path,
        registry: Registry,
        surfaces: Mapping[str, int] | None = None,
        text: TextModel | None = None,
    ) -> "State":
        """Read a snapshot; the log goes on from its `position`.

        Raises:
            Corrupt: it is missing, of another format, registry or text model, or not what was written.
        """
        state = cls(registry, surfaces, text)
        version = state.catalogue.text.version
        manifest, arrays, names = read(folder, fingerprint(registry, state.surfaces), version)
        for name, rows in state.names().items():
            rows.restore(names[name])
        for room, kept in state._rooms().items():
            kept.restore({n.partition(".")[2]: array for n, array in arrays.items() if n.partition(".")[0] == room})
        state.position, state.events = manifest.position, manifest.events
        state._fit()
        return state


class _Coded:
    """Codes of names that are given once and for all."""

    def __init__(self, table: Mapping[str, int]) -> None:
        self._table = table
        self._recognised = Recognised(lambda name: table.get(name, 0))

    def codes(self, names: Sequence[str]) -> Codes:
        """[N] codes of names, 0 for one the table does not have; no Python of ours runs for each."""
        if isinstance(names, TextColumn):
            return self._recognised.rows(names.series).astype(np.uint8)
        return np.fromiter(map(self._table.get, names, repeat(0)), np.uint8, len(names))


def fingerprint(registry: Registry, surfaces: Mapping[str, int]) -> str:
    """What a snapshot's codes mean: a hash of all outcomes and surfaces."""
    said = [f"{o.name} {o.code} {o.unit} {o.sign} {o.choice} {o.of}" for o in registry]
    said += [f"{name}={code}" for name, code in sorted(surfaces.items())]
    return hashlib.blake2b("\n".join(said).encode(), digest_size=16).hexdigest()


def flags_of(registry: Registry) -> Codes:
    """[256] what each outcome means to the loop."""
    flags = np.zeros(256, np.uint8)
    flags[0] = NEUTRAL
    for outcome in registry:
        flags[outcome.code] = CHOICE if outcome.choice else NEUTRAL if outcome.sign == 0 else 0
        flags[outcome.code] |= _RELATIONS.get(outcome.name, 0) | (OWNERS if outcome.of == "owner" else 0)
    return flags
