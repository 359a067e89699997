"""What the platform's old system showed before each test choice, as ranks beside the models' own.

It comes from events of the outcome `shown_by_other`: the importer makes them of the column that names it.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from walras.events import frame
from walras.schema import Ints, Longs
from walras.train.dataset import CHOICES_MIN, Log, choice_starts

OUTCOME = "shown_by_other"
NAME = "former system"
# The rank of an item that was not shown; beyond every list, so that it counts nothing.
NOT_SHOWN = 1 << 31
PROTOCOL = (
    "Of a test person count the rows of what the old system showed after her last behaviour before the test choice and "
    "not after the choice itself. They are one list: the newest moment first, within a moment by place, each item "
    "where it stands first; masked, items of her own history are taken out, the true one excepted. People without such "
    "rows are left out, and model and baselines are judged here on the same people alone. The old system chose what "
    "could be clicked and the others did not, which favours it."
)


@dataclass(frozen=True, slots=True)
class Former:
    """What the old system showed to M of the test's N people."""

    people: Longs  # [M] which of the test's people, rising
    ranks: dict[bool, Longs]  # [M] of the true items, masked (True) and unmasked (False)


def read_former(folder: Path, log: Log, until: int | None = None) -> Former | None:
    """Ranks in the old system's lists; None where nobody of the test has one.

    Args:
        folder: the log's folder.
        log: the behaviour read from it, whose split is `leave_one_out`.
        until: the last seq that is read.
    """
    columns = ("person", "item", "time_ms", "place", "seq")
    shown = frame(folder, columns=columns, outcomes=(OUTCOME,), until=until)
    return None if shown.is_empty() else _ranked(shown, log)


def _ranked(shown: pl.DataFrame, log: Log) -> Former | None:
    tests, history = _tests(log), _histories(log)
    place = pl.when(pl.col("place") < 0).then(pl.lit(1 << 30)).otherwise(pl.col("place").cast(pl.Int64))
    lists = (
        shown.join(tests, on="person")
        .filter((pl.col("time_ms") > pl.col("after_ms")) & (pl.col("time_ms") <= pl.col("test_ms")))
        .with_columns(newest=-pl.col("time_ms"), place=place)
        .sort("n", "newest", "place", "seq")
        .unique(["n", "item"], keep="first", maintain_order=True)
        .join(history, on=["n", "item"], how="left", maintain_order="left")
        .with_columns(true=pl.col("item") == pl.col("true_item"))
        .with_columns(kept=pl.col("met").is_null() | pl.col("true"))
    )
    if lists.is_empty():
        return None
    people = np.unique(lists["n"].to_numpy()).astype(np.int64)
    return Former(people, {masked: _true_ranks(lists, people, masked) for masked in (True, False)})


def _true_ranks(lists: pl.DataFrame, people: Longs, masked: bool) -> Longs:
    """[M] where the true item stands in each list, from 1; `NOT_SHOWN` where it does not."""
    kept = lists.filter(pl.col("kept")) if masked else lists
    stands = kept.with_columns(rank=pl.int_range(1, pl.len() + 1).over("n")).filter(pl.col("true"))
    found = np.full(len(people), NOT_SHOWN, np.int64)
    found[np.searchsorted(people, stands["n"].to_numpy())] = stands["rank"].to_numpy()
    return found


def _bounds(log: Log) -> tuple[Longs, Longs, Longs]:
    """Of each person of the test: which she is [N], her first token and the first of her test choice."""
    starts = choice_starts(log.histories)
    bounds = np.searchsorted(starts, log.histories.indptr)
    judged = np.flatnonzero(np.diff(bounds) >= CHOICES_MIN)
    return judged, log.histories.indptr[judged], starts[bounds[judged + 1] - 1]


def _tests(log: Log) -> pl.DataFrame:
    """Row n: the n-th person of the test, between which instants her list lies, and what she chose."""
    judged, _first, test = _bounds(log)
    times = log.histories.time_ms
    return pl.DataFrame(
        {
            "n": np.arange(len(judged)),
            "person": [log.people[b] for b in judged.tolist()],
            "after_ms": times[test - 1],
            "test_ms": times[test],
            "true_item": _names(log, log.histories.item[test]),
        }
    )


def _histories(log: Log) -> pl.DataFrame:
    """Items each person of the test has met before the test choice."""
    _judged, first, test = _bounds(log)
    met = log.histories.take(first, test)
    rows = pl.DataFrame({"n": met.person, "item": _names(log, met.item), "met": np.ones(len(met.item), np.bool_)})
    return rows.unique(["n", "item"])


def _names(log: Log, rows: Ints) -> list[str]:
    return [log.items[row] for row in rows.tolist()]
