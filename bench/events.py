"""How fast the log takes events durably, beside a bare loop of SQLite inserts on the same disk in the same run."""

import sqlite3
import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from walras.base.clock import SystemClock, elapsed_s
from walras.base.streams import stream
from walras.events import Registry, SqliteLog, admit
from walras.schema import Event, PageRecord, PlaceRecord

COMMAND = "python -m bench events"
EVENTS, BATCH, SENDERS = 200_000, 1_000, 8
ROWS = 1_000_000
PAGES = 5_000
_BARE = "CREATE TABLE rows (seq INTEGER PRIMARY KEY, id TEXT, time_ms INTEGER, person TEXT, item TEXT, value REAL)"


def run() -> list[dict[str, Any]]:
    """Every figure of the log's own, without HTTP."""
    with tempfile.TemporaryDirectory() as folder:
        return [*durable(Path(folder)), segment(Path(folder)), pages(Path(folder))]


def durable(folder: Path) -> list[dict[str, Any]]:
    """[events.log_s] events a second from eight threads in batches of a thousand; [events.admit_us] a check."""
    registry = Registry()
    begun = elapsed_s()
    good, rejected = admit(_events(), registry, SystemClock().now_ms())
    admit_us = (elapsed_s() - begun) / EVENTS * 1e6
    assert not rejected
    batches = [good[at : at + BATCH] for at in range(0, EVENTS, BATCH)]
    # The bare loop stands on both sides of the measurement, since the machine's speed drifts.
    before = _bare(folder / "before.sqlite", batches)
    log = SqliteLog(folder / "log", registry)
    begun = elapsed_s()
    _send(log, batches)
    rate = EVENTS / (elapsed_s() - begun)
    begun = elapsed_s()
    read = _read_all(log)
    read_rate = read / (elapsed_s() - begun)
    log.close()
    bare = (before + _bare(folder / "after.sqlite", batches)) / 2
    assert read == EVENTS
    return [
        _row("events.log_s", rate, "events/s, log alone", bare, rate / bare, None),
        _row("events.read_s", read_rate, "events/s read back", None, None, None),
        _row("events.admit_us", admit_us, "µs an event", None, None, "<= 6"),
    ]


def segment(folder: Path) -> dict[str, Any]:
    """[events.segment_rows_s] a million imported rows, ids made and looked up."""
    numbers = stream(1, "bench/segment")
    watched = numbers.random(ROWS) < 0.5
    frame = pl.DataFrame(
        {
            "person": pl.Series(numbers.integers(0, 100_000, ROWS)).cast(pl.String),
            "item": pl.Series(numbers.integers(0, 200_000, ROWS)).cast(pl.String),
            "outcome": pl.Series(watched).replace_strict({True: "watch", False: "click"}, return_dtype=pl.String),
            "time_ms": numbers.integers(1, 10**12, ROWS),
            # Players report tenths of a second.
            "value": pl.Series(watched * numbers.integers(0, 600, ROWS) / 10),
        }
    )
    log = SqliteLog(folder / "segment", Registry())
    begun = elapsed_s()
    written = log.append_segment(frame).written
    rate = written / (elapsed_s() - begun)
    log.close()
    assert written == ROWS
    return _row("events.segment_rows_s", rate, "rows/s", None, None, ">= 300,000")


def pages(folder: Path) -> dict[str, Any]:
    """[events.page_us] one page's record kept before its answer, the log moving pages meanwhile."""
    places = tuple(PlaceRecord(f"item-{n}", 0.1 * n, (0.01,) * 9, "popular", 0.5, n) for n in range(20))
    fields = {"person": "p", "surface": "feed", "time_ms": 1, "position": 1, "seed": 1, "count": 10, "places": places}
    records = [PageRecord(id=f"g{n}", **fields) for n in range(PAGES)]
    log = SqliteLog(folder / "pages", Registry())
    begun = elapsed_s()
    for record in records:
        log.keep_page(record)
    spent_us = (elapsed_s() - begun) / PAGES * 1e6
    log.close()
    return _row("events.page_us", spent_us, "µs a page record", None, None, "<= 20")


def _events() -> list[Event]:
    now_ms = SystemClock().now_ms()
    people = stream(1, "bench/people").integers(0, 10_000, EVENTS).tolist()
    items = stream(1, "bench/items").integers(0, 100_000, EVENTS).tolist()
    return [
        Event(person=f"p{person}", item=f"i{item}", outcome="click", time_ms=now_ms - n, surface="feed", place=n % 10)
        for n, (person, item) in enumerate(zip(people, items, strict=True))
    ]


def _send(log: SqliteLog, batches: Sequence[list[Event]]) -> None:
    left: Iterator[list[Event]] = iter(batches)
    turn = threading.Lock()

    def work() -> None:
        while True:
            with turn:
                batch = next(left, None)
            if batch is None:
                return
            log.append(batch)

    threads = [threading.Thread(target=work) for _ in range(SENDERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _read_all(log: SqliteLog) -> int:
    count = position = 0
    while (batch := log.read(position)) is not None:
        count, position = count + len(batch.events), batch.position
    return count


def _bare(path: Path, batches: Sequence[list[Event]]) -> float:
    """Events a second that plain inserts reach: one table, no index, no ids, one flush for each batch."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute(_BARE)
    begun = elapsed_s()
    for batch in batches:
        db.execute("BEGIN")
        rows = [(e.id, e.time_ms, e.person, e.item, e.value) for e in batch]
        db.executemany("INSERT INTO rows (id, time_ms, person, item, value) VALUES (?, ?, ?, ?, ?)", rows)
        db.execute("COMMIT")
    rate = EVENTS / (elapsed_s() - begun)
    db.close()
    return rate


def _row(
    name: str, value: float, unit: str, baseline: float | None, ratio: float | None, target: Any
) -> dict[str, Any]:
    return {
        "id": name,
        "value": value,
        "unit": unit,
        "baseline": baseline,
        "ratio": ratio,
        "target": target,
        "command": COMMAND,
    }
