"""Compaction, imports and forgetting die at their first, second, … last line; the log reads the same afterwards."""

import shutil
import sys
from pathlib import Path

import polars as pl
import pytest

import walras.events
from walras.base.clock import DAY_MS, SetClock
from walras.events import Registry, SqliteLog, compaction, imports
from walras.schema import Event, PageRecord

NOW_MS = 1_760_000_000_000
REGISTRY = Registry()
ROOM = str(Path(walras.events.__file__).parent)
WATCHED = tuple(f"{ROOM}/{name}.py" for name in ("compaction", "imports", "segments"))
HOT = tuple(f"{ROOM}/{name}.py" for name in ("hot", "blocks", "ids"))
# Of the database only what changes it; reading has nothing to leave half done.
CHANGING = {
    "claim_many",
    "transaction",
    "_roll_back",
    "claim",
    "_take_ids",
    "add_segment",
    "drop_segment",
    "delete_range",
    "delete_person",
    "_rewrite",
    "_keep_keys",
    "merge",
    "_merge_blocks",
}


class Death(BaseException):
    """No part of the program catches it, as nobody catches the end of the process."""


class DiesAt:
    """Raises Death at the nth line that is executed in the watched files."""

    def __init__(self, nth):
        self.left = nth

    def __enter__(self):
        sys.settrace(self._call)

    def __exit__(self, *_):
        sys.settrace(None)

    def _call(self, frame, event, argument):
        code = frame.f_code
        watched = code.co_filename in WATCHED or (code.co_filename in HOT and code.co_name in CHANGING)
        return self._line if watched else None

    def _line(self, frame, event, argument):
        if event == "line" and self.left:
            self.left -= 1
            if self.left == 0:
                raise Death(f"{frame.f_code.co_name}:{frame.f_lineno}")
        return self._line


def event(number):
    return Event(person=f"p{number % 2}", item=f"i{number}", outcome="click", id=f"e{number}", time_ms=5)


@pytest.fixture(params=["rows", "blocks"])
def full(request, tmp_path):
    """A log with a segment, two days of events and a page."""
    clock = SetClock(NOW_MS)
    log = SqliteLog(tmp_path / "full", REGISTRY, clock)
    if request.param == "blocks":
        log._lot_events_min = 1
    log.append_segment(
        pl.DataFrame({"id": ["s1", "s2"], "person": ["p0", "p1"], "item": "i", "outcome": "like", "time_ms": 5})
    )
    for day in range(2):
        clock.instant_ms = NOW_MS + day * DAY_MS
        log.append([event(day * 10 + n) for n in range(3)])
    log.append([PageRecord(id="g", person="p1", surface="feed", time_ms=5, position=0, seed=1, count=1)])
    log.close()
    return tmp_path / "full"


def contents(folder):
    log = SqliteLog(folder, REGISTRY, SetClock(NOW_MS))
    events, pages, position = [], [], 0
    while (batch := log.read(position)) is not None:
        position = batch.position
        events += zip(batch.events.seq.tolist(), batch.events.person, batch.events.item, strict=True)
        pages += [page.id for page in batch.pages]
    named = {segment.path for segment in log._look.segments()}
    lying = {str(path.relative_to(folder)) for path in folder.glob("cold/*/*")}
    log.close()
    assert named == lying and not list(folder.glob("writing/*")), "the remainder of a crash is removed at the start"
    return events, pages


def deaths(full, act):
    """Every state in which `act` may leave the log when it dies, and the number of places where it can."""
    nth, found = 0, []
    while True:
        nth += 1
        folder = full.parent / "dying"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(full, folder)
        try:
            with DiesAt(nth):
                act(folder)
        except Death:
            found.append(contents(folder))
            continue
        return found, contents(folder)


def test_compaction_that_dies_anywhere_changes_nothing(full):
    before = contents(full)
    states, after = deaths(full, lambda folder: compaction.compact(folder, NOW_MS + 2 * DAY_MS))
    assert len(states) > 50 and all(state == before for state in states) and after == before


def test_an_import_that_dies_anywhere_is_there_whole_or_not_at_all(full):
    rows = pl.DataFrame({"id": ["s2", "n1"], "person": ["p1", "p5"], "item": "i", "outcome": "like", "time_ms": 5})
    before = contents(full)
    states, after = deaths(full, lambda folder: imports.append_segment(folder, imports.ready(rows, REGISTRY), NOW_MS))
    assert len(states) > 50 and all(state in (before, after) for state in states)
    assert [event[1] for event in after[0]] == [event[1] for event in before[0]] + ["p5"]


def test_forgetting_that_dies_anywhere_goes_on_when_called_again(full):
    before = contents(full)
    states, after = deaths(full, lambda folder: compaction.forget(folder, "p1"))
    assert after == ([event for event in before[0] if event[1] != "p1"], [])
    for events, _ in states:
        assert [event for event in events if event[1] != "p1"] == after[0], "nobody else's rows are touched"
    compaction.forget(full.parent / "dying", "p1")
    assert contents(full.parent / "dying") == after
