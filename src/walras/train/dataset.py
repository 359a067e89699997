"""Behaviour as flat arrays, read from the log, and the splits by which a model is judged.

A *visit* is a run of tokens of one item; a visit that holds a choice (clicked, liked, ordered …) is what is foreseen.
Row 0 of the catalogue is nobody's: padding and unknown items.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from walras.events import CORE, frame
from walras.features import SURFACES
from walras.schema import Bools, Codes, Floats32, Ints, Longs, Outcome

# A person's newest tokens; older behaviour says little of the next choice and would fill memory.
TOKENS_PER_PERSON_MAX = 1_000
# Judging needs a test item, a validation item and one to learn from.
CHOICES_MIN = 3


@dataclass(frozen=True, slots=True)
class Histories:
    """B people's behaviour, one after the other, each by time. T tokens in all."""

    indptr: Longs  # [B + 1] person b has tokens indptr[b] .. indptr[b + 1]
    item: Ints  # [T] row of the item, 0 for unknown
    outcome: Codes  # [T] code of the outcome, never 0
    value: Floats32  # [T]
    surface: Codes  # [T]
    time_ms: Longs  # [T]
    choice: Bools  # [T] whether it is a choice of the item

    def __len__(self) -> int:
        """How many people."""
        return len(self.indptr) - 1

    @property
    def person(self) -> Longs:
        """[T] whose token it is."""
        return np.repeat(np.arange(len(self)), np.diff(self.indptr))

    def take(self, start: Longs, stop: Longs) -> "Histories":
        """The tokens start[n] .. stop[n] as the n-th person's history."""
        length = np.maximum(stop - start, 0)
        indptr = np.concatenate([[0], np.cumsum(length)]).astype(np.int64)
        at = np.arange(indptr[-1]) - np.repeat(indptr[:-1], length) + np.repeat(start, length)
        columns = (self.item, self.outcome, self.value, self.surface, self.time_ms, self.choice)
        return Histories(indptr, *(column[at] for column in columns))

    def rows(self, people: Longs) -> "Histories":
        """These people's histories, in this order."""
        return self.take(self.indptr[people], self.indptr[people + 1])


@dataclass(frozen=True, slots=True)
class Log:
    """What a training reads: histories, and whose and of what they are."""

    histories: Histories
    people: tuple[str, ...]  # [B]
    items: tuple[str, ...]  # [I], row 0 is ""

    @property
    def item_hash(self) -> str:
        """Hash of the items in their order; two models with the same hash have the same rows."""
        return hashlib.sha256("\n".join(self.items).encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Judged:
    """N people and what each chose next."""

    histories: Histories
    item: Ints  # [N] the true item


@dataclass(frozen=True, slots=True)
class Split:
    """Leave one out: what is learnt from, what settings are chosen on, and what is looked at once."""

    train: Histories
    valid: Judged
    test: Judged


def read_log(
    folder: Path, *, known_items: Sequence[str] = (), outcomes: Sequence[Outcome] = CORE, until: int | None = None
) -> Log:
    """Read all behaviour from the log's folder.

    Args:
        folder: the log's folder.
        known_items: items of an earlier model without row 0; they keep their rows and new ones follow.
        outcomes: the registry; neutral outcomes (exposures) are left to the ranker.
        until: the last seq that is read.
    """
    names = [o.name for o in outcomes if o.sign != 0 and o.of == "item"]
    columns = ("person", "item", "outcome", "value", "surface", "time_ms", "seq")
    rows = frame(folder, columns=columns, outcomes=names, until=until)
    return from_frame(rows, known_items=known_items, outcomes=outcomes)


def from_frame(rows: pl.DataFrame, *, known_items: Sequence[str] = (), outcomes: Sequence[Outcome] = CORE) -> Log:
    """Turn rows (person, item, outcome, value, surface, time_ms, seq) into histories; people in order of their id."""
    rows = rows.filter(pl.col("item") != "").sort("person", "time_ms", "seq")
    rows = rows.group_by("person", maintain_order=True).tail(TOKENS_PER_PERSON_MAX)
    fresh = sorted(set(rows["item"].unique().to_list()) - set(known_items))
    items = ("", *known_items, *fresh)
    row_of = pl.DataFrame({"item": list(items), "row": np.arange(len(items), dtype=np.int32)})
    code_of = {o.name: o.code for o in outcomes}
    choices = [o.name for o in outcomes if o.choice]
    rows = rows.join(row_of, on="item", how="left", maintain_order="left").with_columns(
        code=pl.col("outcome").replace_strict(code_of, default=0, return_dtype=pl.UInt8),
        place=pl.col("surface").replace_strict(SURFACES, default=0, return_dtype=pl.UInt8),
        choice=pl.col("outcome").is_in(choices),
    )
    counts = rows.group_by("person", maintain_order=True).len()
    indptr = np.concatenate([[0], np.cumsum(counts["len"].to_numpy())]).astype(np.int64)
    histories = Histories(
        indptr,
        rows["row"].to_numpy().astype(np.int32),
        rows["code"].to_numpy().astype(np.uint8),
        rows["value"].fill_null(0.0).to_numpy().astype(np.float32),
        rows["place"].to_numpy().astype(np.uint8),
        rows["time_ms"].to_numpy().astype(np.int64),
        rows["choice"].to_numpy().astype(np.bool_),
    )
    return Log(histories, tuple(counts["person"].to_list()), items)


def from_lists(lists: Sequence[Sequence[int]], outcome: int = 22) -> Histories:
    """Histories of plain choices without time, from lists of item rows."""
    indptr = np.concatenate([[0], np.cumsum([len(one) for one in lists])]).astype(np.int64)
    item = np.array([row for one in lists for row in one], np.int32)
    count = len(item)
    return Histories(
        indptr, item, np.full(count, outcome, np.uint8), np.ones(count, np.float32), np.zeros(count, np.uint8),
        np.zeros(count, np.int64), np.ones(count, np.bool_),
    )  # fmt: skip


def visit_starts(histories: Histories) -> Longs:
    """[V] first token of each visit."""
    item, new = histories.item, np.ones(len(histories.item), np.bool_)
    new[1:] = item[1:] != item[:-1]
    new[histories.indptr[:-1][np.diff(histories.indptr) > 0]] = True
    return np.flatnonzero(new).astype(np.int64)


def choice_starts(histories: Histories) -> Longs:
    """[C] first token of each visit that holds a choice of a known item."""
    starts = visit_starts(histories)
    if not len(starts):
        return starts
    chosen = np.logical_or.reduceat(histories.choice, starts)
    return starts[chosen & (histories.item[starts] > 0)]


def choices(histories: Histories) -> tuple[Longs, Ints]:
    """Chosen items alone: [B + 1] indptr and [C] items, oldest first."""
    starts = choice_starts(histories)
    indptr = np.searchsorted(starts, histories.indptr).astype(np.int64)
    return indptr, histories.item[starts]


def next_items(histories: Histories) -> Ints:
    """[T] the item chosen next, at the last token of each visit; 0 where there is none to learn from."""
    target = np.zeros(len(histories.item), np.int32)
    starts, chosen = visit_starts(histories), choice_starts(histories)
    if not len(chosen):
        return target
    ends = np.concatenate([starts[1:], [len(target)]]) - 1
    found = np.searchsorted(chosen, ends, side="right")
    after = chosen[np.minimum(found, len(chosen) - 1)]
    person = histories.person
    here = (found < len(chosen)) & (person[after] == person[ends])
    target[ends[here]] = histories.item[after[here]]
    return target


def leave_one_out(histories: Histories) -> Split:
    """Each person's last choice is the test, the one before it validation, what was before that is learnt from.

    People with fewer than `CHOICES_MIN` choices are learnt from and not judged.
    """
    starts = choice_starts(histories)
    bounds = np.searchsorted(starts, histories.indptr)
    judged = np.flatnonzero(np.diff(bounds) >= CHOICES_MIN)
    test, valid = starts[bounds[judged + 1] - 1], starts[bounds[judged + 1] - 2]
    stop = histories.indptr[1:].copy()
    stop[judged] = valid
    first = histories.indptr[judged]
    return Split(
        histories.take(histories.indptr[:-1], stop),
        Judged(histories.take(first, valid), histories.item[valid]),
        Judged(histories.take(first, test), histories.item[test]),
    )


def before(histories: Histories, instant_ms: int) -> Histories:
    """What was done before an instant: the training side of a split by time."""
    past = np.concatenate([[0], np.cumsum(histories.time_ms < instant_ms)])
    counts = past[histories.indptr[1:]] - past[histories.indptr[:-1]]
    return histories.take(histories.indptr[:-1], histories.indptr[:-1] + counts)
