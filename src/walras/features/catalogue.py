"""What is known of items: columns by row, markets, newest by owner, and the fresh ones, all from their changes."""

from collections.abc import Iterable, Mapping
from math import isfinite

import numpy as np

from walras.base.limits import TOPICS_MAX
from walras.features.arena import Arena, Array, Columns, Rows
from walras.features.columns import NEWEST_CAPACITY, RowSets
from walras.features.halves import widened
from walras.features.listing import list_row, unlist_row
from walras.features.lists import insert_newest
from walras.features.texts import WIDTH, TextModel
from walras.schema import Bools, Floats32, Ints, Item

# States of an item as codes; 0 is known from behaviour only, and stands on no page until it is put.
STATES: dict[str, int] = {"": 0, "live": 1, "limited": 2, "hidden": 3, "removed": 4}
LIVE, LIMITED = STATES["live"], STATES["limited"]
_SHOWN = (LIVE, LIMITED)
# The newest items overall, from which fresh ones are drawn: enough for a page, few enough to read at each.
FRESH_MAX = 1_024
# Silence by EBU R128, and as many shots as a column holds.
_LUFS_MIN, _SHOTS_MAX = -70.0, 65_535


class Catalogue:
    """Columns of I items by row, with the names of their owners, topics, kinds and languages."""

    def __init__(self, text: TextModel) -> None:
        """Start with no item.

        Args:
            text: reads titles and texts into vectors.
        """
        self.items, self.owners, self.topics = Rows(), Rows(), Rows()
        self.kinds, self.languages = Rows(), Rows()
        self.markets, self.market_sets = Rows(), Rows()
        self.allows: Bools = np.ones((1, 1), np.bool_)  # [sets, markets]
        self.columns = Columns(
            owner=np.zeros(0, np.int32),
            topics=np.zeros((0, TOPICS_MAX), np.int32),
            created_ms=np.zeros(0, np.int64),
            duration_s=np.zeros(0, np.float32),
            loudness_lufs=np.zeros(0, np.float32),  # below 0; 0 where not measured
            shots=np.zeros(0, np.uint16),  # 1 is a film without cuts; 0 where not measured
            age_min=np.zeros(0, np.uint8),
            markets=np.zeros(0, np.int32),
            state=np.zeros(0, np.uint8),
            kind=np.zeros(0, np.uint8),
            language=np.zeros(0, np.uint8),
        )
        self.text = text
        self.texts = Columns(vector=np.zeros((0, WIDTH), np.float16))
        self.text_puts: list[int] = []  # rows in the order their text was read; sources read on from where they were
        self.newest = Arena(len(NEWEST_CAPACITY), row=np.zeros(0, np.int32))
        self._fresh, self._fresh_count = np.zeros(FRESH_MAX, np.int32), np.zeros(1, np.int32)
        self.live = 0  # items that may stand on a page

    @property
    def fresh(self) -> Ints:
        """Rows of the newest items, newest last."""
        return self._fresh[: self._fresh_count[0]]

    def fit(self) -> None:
        """Make room for every item and owner that has a name."""
        if self.columns.rows == len(self.items.names) and self.newest.holders == len(self.owners.names):
            return
        self.columns.fit(len(self.items.names))
        self.texts.fit(len(self.items.names))
        self.newest.fit(len(self.owners.names))

    def put(self, item: Item, time_ms: int) -> int:
        """Take an item as it is now; gives its row."""
        row, owner = self.items[item.id], self.owners[item.owner]
        topics = [self.topics[topic] for topic in item.topics[:TOPICS_MAX] if topic]
        self.fit()
        of = self.columns.of
        created_before, owner_before = int(of["created_ms"][row]), int(of["owner"][row])
        created_ms = item.created_ms or created_before or time_ms
        self._unlist(row, owner_before)
        of["owner"][row] = owner
        of["topics"][row] = topics + [0] * (TOPICS_MAX - len(topics))
        of["created_ms"][row], of["duration_s"][row] = created_ms, item.duration_s
        of["loudness_lufs"][row], of["shots"][row] = measured(item)
        of["age_min"][row], of["markets"][row] = min(max(item.age_min, 0), 255), self._market_set(item.markets)
        self.live += int(STATES[item.state] in _SHOWN) - int(of["state"][row] in _SHOWN)
        of["state"][row] = STATES[item.state]
        of["kind"][row], of["language"][row] = code_of(self.kinds, item.kind), code_of(self.languages, item.language)
        self._list(row, owner, STATES[item.state] in _SHOWN)
        self._read_text(row, item)
        return row

    def gone(self, name: str) -> None:
        """Take an item off every page; what people did with it stays known."""
        row = self.items.get(name, 0)
        if row and row < self.columns.rows:
            self._unlist(row, int(self.columns["owner"][row]))
            self.live -= int(self.columns["state"][row] in _SHOWN)
            self.columns["state"][row] = STATES["removed"]
            # The tables forget its words, so a model that reads all texts anew could not read them.
            self.texts["vector"][row] = 0

    def market_code(self, name: str) -> int:
        """The code of a market, 0 where none is stated."""
        code = self.markets[name]
        if code >= self.allows.shape[1]:
            self._widen()
        return code

    def market_of(self, asked: str, stated: int) -> int:
        """The market a request is in: the one it names if that is known, else the one the person stated."""
        code = self.markets.get(asked, 0) or stated
        return code if code < self.allows.shape[1] else 0

    def newest_of(self, owner: int) -> Ints:
        """Rows of an owner's newest items, newest last."""
        return self.newest.of(owner, "row")

    def vectors(self, rows: Ints) -> Floats32:
        """[N, WIDTH] what the words of items say, zeros where there are none."""
        return widened(self.texts["vector"], rows)

    def _market_set(self, names: tuple[str, ...]) -> int:
        row = self.market_sets["\x1f".join(sorted(set(names)))]
        for name in names:
            self.markets[name]
        if row >= self.allows.shape[0] or len(self.markets.names) > self.allows.shape[1]:
            self._widen()
        return row

    def _widen(self) -> None:
        """Write anew which set of markets allows which market; an item of stated markets needs a stated one."""
        self.allows = np.zeros((len(self.market_sets.names), len(self.markets.names)), np.bool_)
        self.allows[0] = True
        for row, names in enumerate(self.market_sets.names[1:], 1):
            self.allows[row, [self.markets[name] for name in names.split("\x1f")]] = True

    def _list(self, row: int, owner: int, shown: bool) -> None:
        if not shown:
            return
        created_ms = self.columns["created_ms"]
        if owner:
            if self.newest.top[0] + int(NEWEST_CAPACITY[-1]) > len(self.newest.slots["row"]):
                self.newest.enlarge(4096)
            insert_newest(RowSets(*self.newest.parts()), owner, row, created_ms)
        list_row(self._fresh, self._fresh_count, row, created_ms)

    def _unlist(self, row: int, owner: int) -> None:
        if self.columns["state"][row] not in _SHOWN:
            return
        unlist_row(self._fresh, self._fresh_count, row)
        first = int(self.newest.offset[owner])
        room = self.newest.slots["row"][first : first + int(self.newest.length[owner])]
        unlist_row(room, self.newest.length[owner : owner + 1], row)

    def read_again(self, text: TextModel, items: Iterable[Item]) -> None:
        """Let another model read texts from here on, and read these items anew with it.

        Args:
            text: the model.
            items: all items with their texts, which are not kept here.
        """
        self.take_reading(text, {item.id: text.vector(words_of(item)) for item in items})

    def take_reading(self, text: TextModel, vectors: Mapping[str, Floats32]) -> None:
        """Let another model read texts from here on; it has read all items that have a text already.

        Args:
            text: the model.
            vectors: [WIDTH] by item; the others have none.
        """
        read = np.zeros_like(self.texts["vector"])
        for name, vector in vectors.items():
            row = self.items.get(name, 0)
            if row and self.columns["state"][row] != STATES["removed"]:
                read[row] = vector
        self.text, self.texts.of = text, {"vector": read}

    def _read_text(self, row: int, item: Item) -> None:
        self.texts["vector"][row] = self.text.vector(words_of(item))
        self.text_puts.append(row)

    def names(self) -> dict[str, Rows]:
        """Every table of names."""
        kept = ("items", "owners", "topics", "kinds", "languages", "markets", "market_sets")
        return {name: getattr(self, name) for name in kept}

    def used(self) -> dict[str, Array]:
        """Arrays to keep, by name."""
        listed = {f"newest_{name}": array for name, array in self.newest.used().items()}
        return {**self.columns.used(), **self.texts.used(), **listed, "fresh": self.fresh}

    def restore(self, arrays: dict[str, Array]) -> None:
        """Become what `used` gave; names are restored before."""
        self.columns.restore(arrays)
        self.texts.restore(arrays)
        self.newest.restore({n.removeprefix("newest_"): a for n, a in arrays.items() if n.startswith("newest_")})
        fresh = arrays["fresh"]
        self._fresh[: len(fresh)], self._fresh_count[0] = fresh, len(fresh)
        self.text_puts = np.flatnonzero(self.columns["state"]).tolist()
        self.live = int(np.isin(self.columns["state"], _SHOWN).sum())
        self._widen()


def words_of(item: Item) -> str:
    """What is read of an item: title, topics, text, in this order."""
    return " ".join((item.title, *item.topics, item.text))


def measured(item: Item) -> tuple[float, int]:
    """Loudness in LUFS and the number of shots as its attributes say them; 0 where they do not, or say no number."""
    loudness_lufs, shots = (_number(item.attributes.get(name, "")) for name in ("loudness_lufs", "shots"))
    return min(max(loudness_lufs, _LUFS_MIN), 0.0), int(min(max(shots, 0.0), _SHOTS_MAX))


def _number(said: str) -> float:
    try:
        found = float(said or 0.0)
    except ValueError:
        return 0.0
    return found if isfinite(found) else 0.0


def code_of(rows: Rows, name: str) -> int:
    """A code of one byte; names beyond 255 share the unknown."""
    return rows[name] if name in rows or len(rows.names) < 256 else 0
