"""An id is known for good, whichever of the two tables it lies in, and whenever they are folded together."""

import sqlite3

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from walras.base import limits
from walras.base.clock import SetClock
from walras.events import Registry, SqliteLog
from walras.events.hot import HotRows
from walras.schema import Event, PageRecord

REGISTRY = Registry()


def event(number):
    return Event(person="p", item=f"i{number}", outcome="click", id=f"e{number}", time_ms=5)


def sizes(hot):
    return tuple(hot.db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("ids", "fresh_ids"))


batches = st.lists(st.one_of(st.lists(st.integers(0, 9), max_size=5), st.just("fold"), st.just("import")), max_size=8)


@settings(deadline=None, max_examples=30)
@given(batches)
def test_folding_changes_nothing(tmp_path_factory, steps):
    log = SqliteLog(tmp_path_factory.mktemp("ids") / "log", REGISTRY, SetClock(9))
    seen = []
    for step in steps:
        if step == "fold":
            log._writer.merge_ids(0)
            assert sizes(log._writer)[1] == 0
        elif step == "import":
            rows = {"id": ["e3", "e11"], "person": "p", "item": ["i3", "i11"], "outcome": "click", "time_ms": 5}
            new = [i for i in ("i3", "i11") if i not in seen]
            assert log.append_segment(pl.DataFrame(rows)).written == len(new)
            seen += new
        else:
            for number, receipt in zip(step, log.append([event(n) for n in step]), strict=True):
                assert receipt.duplicate == (f"i{number}" in seen)
                seen += [] if receipt.duplicate else [f"i{number}"]
    read, position = [], 0
    while (batch := log.read(position)) is not None:
        read, position = [*read, *batch.events.item], batch.position
    assert read == seen
    assert sum(sizes(log._writer)) == len(seen)
    log.close()


def test_a_page_is_found_by_its_id_before_and_after_folding(tmp_path):
    log = SqliteLog(tmp_path / "log", REGISTRY, SetClock(9))
    page = PageRecord(id="g", person="p", surface="feed", time_ms=5, position=0, seed=1, count=1)
    log.append([page])
    assert log.page("g") == page
    log._writer.merge_ids(0)
    assert log.page("g") == page and log.append([page])[0].duplicate
    log.close()


def test_a_busy_writer_folds_by_itself(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "MERGE_IDS_MAX", 100)
    monkeypatch.setattr(limits, "MERGE_IDS_IDLE_MIN", 10**9)
    log = SqliteLog(tmp_path / "log", REGISTRY, SetClock(9))
    for start in range(0, 250, 50):
        log.append([event(n) for n in range(start, start + 50)])
    # What was still being folded when the last answer came is done when the log is closed.
    log.close()
    hot = HotRows(tmp_path / "log")
    # Fifty lie with their block alone; the next writer reads them there.
    assert sizes(hot) == (200, 0) and hot.ids.unmerged(hot.last_seq()) == 50
    hot.close()


def test_a_log_of_the_first_version_is_read_on(tmp_path):
    log = SqliteLog(tmp_path / "log", REGISTRY, SetClock(9))
    log.append([event(1)])
    log.close()
    db = sqlite3.connect(tmp_path / "log" / "log.sqlite")
    db.executescript(
        "INSERT INTO ids SELECT * FROM fresh_ids; DROP TABLE fresh_ids;"
        "DELETE FROM counters WHERE name = 'merged_seq'; PRAGMA user_version=1;"
    )
    db.close()
    again = SqliteLog(tmp_path / "log", REGISTRY, SetClock(9))
    assert [r.duplicate for r in again.append([event(1), event(2)])] == [True, False]
    assert again._writer.ids.unmerged(again._writer.last_seq()) == 1
    again.close()
