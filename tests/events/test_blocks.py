"""Events that came together lie in one block; where they lie changes nothing, and older logs are read on."""

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.events.test_log_rows import events
from walras.base.clock import SetClock
from walras.base.errors import Invalid
from walras.events import Registry, SqliteLog
from walras.events.lots import decoded, digest_of, keys_of, lot_of, without
from walras.events.rows import event_key, event_of
from walras.schema import Event

REGISTRY = Registry()


def event(number, **changed):
    return Event(**{"person": f"p{number % 3}", "item": f"i{number}", "outcome": "click", "id": f"e{number}",
                    "time_ms": 5, **changed})  # fmt: skip


def opened(folder):
    return SqliteLog(folder / "log", REGISTRY, SetClock(9))


def read_items(log, limit=50_000):
    items, position = [], 0
    while (batch := log.read(position, limit)) is not None:
        items, position = items + list(batch.events.item), batch.position
    return items


@given(st.lists(events, min_size=1, max_size=4))
def test_events_come_back_from_a_lot(sent):
    lot = lot_of(sent, 7)
    held = decoded(3, 7, lot.body)
    assert [event_of(row) for row in held.rows()] == sent and held.seq.tolist() == [3 + n for n in range(len(sent))]
    assert lot.keys == [event_key(e.id) for e in sent] == keys_of([e.id for e in sent])
    assert all(digest_of(e.person) in lot.people for e in sent)


@given(st.lists(st.tuples(events, st.booleans()), min_size=1, max_size=5))
def test_doubles_leave_a_lot(marked):
    lot = lot_of([e for e, _ in marked], 7)
    left = without(lot, [double for _, double in marked])
    fresh = [e for e, double in marked if not double]
    rows = decoded(1, 7, left.body).rows() if left else []
    assert [event_of(row) for row in rows] == fresh
    assert left is None or (list(left.ids) == [e.id for e in fresh] and left.keys == keys_of(left.ids))


def test_a_block_is_one_row_and_may_be_read_from_its_middle(tmp_path):
    log = opened(tmp_path)
    log.append([event(n) for n in range(40)])
    log.append([event(99)])
    assert log._look.db.execute("SELECT (SELECT count(*) FROM blocks), (SELECT count(*) FROM rows)").fetchone() == (
        1,
        1,
    )
    assert read_items(log, limit=7) == read_items(log) == [f"i{n}" for n in (*range(40), 99)]
    assert log.read(38).events.seq.tolist() == [39, 40, 41]
    log.close()


def test_ids_of_blocks_are_known_to_other_processes_and_after_a_restart(tmp_path):
    one, two = opened(tmp_path), opened(tmp_path)
    one.append([event(n) for n in range(20)])
    assert [r.duplicate for r in two.append([event(n) for n in range(10, 30)])] == [True] * 10 + [False] * 10
    assert [r.duplicate for r in one.append([event(29), event(30)])] == [True, False]
    one._writer.merge_ids(0)
    assert all(r.duplicate for r in two.append([event(n) for n in range(30)]))
    one.close()
    two.close()
    again = opened(tmp_path)
    assert all(r.duplicate for r in again.append([event(n) for n in range(31)]))
    assert read_items(again) == [f"i{n}" for n in range(31)]
    again.close()


def test_what_a_failed_transaction_claimed_is_not_known(tmp_path):
    log = opened(tmp_path)
    log.append([event(n) for n in range(20)])
    log._writer.db.execute("PRAGMA query_only=ON")
    with pytest.raises(Exception, match="cannot be written"):
        log.append([event(n) for n in range(20, 40)])
    log._writer.db.execute("PRAGMA query_only=OFF")
    assert not any(r.duplicate for r in log.append([event(n) for n in range(20, 40)]))
    log.close()


def test_a_person_is_forgotten_in_blocks_and_her_ids_stay_known(tmp_path):
    log = opened(tmp_path)
    log.append([event(n) for n in range(30)])
    log.append([event(n, person="p1") for n in range(30, 60)])
    assert [e.item for e in log.history("p1", 32)][-2:] == ["i28", "i25"]
    assert log.forget("p1") == 40 and log.history("p1", 99) == []
    assert read_items(log) == [f"i{n}" for n in range(30) if n % 3 != 1]
    assert all(r.duplicate for r in log.append([event(n) for n in range(60)]))
    log.close()


def test_a_half_character_is_refused_and_the_log_goes_on(tmp_path):
    log = opened(tmp_path)
    with pytest.raises(Invalid, match="cannot be written"):
        log.append([event(n, item="\ud800") for n in range(20)])
    assert not any(r.duplicate for r in log.append([event(n) for n in range(20)]))
    log.close()


def test_a_log_of_the_second_version_is_read_and_written_on(tmp_path):
    log = opened(tmp_path)
    log._lot_events_min = 1_000
    log.append([event(n) for n in range(20)])
    log.close()
    db = sqlite3.connect(tmp_path / "log" / "log.sqlite")
    db.executescript("DROP TABLE blocks; PRAGMA user_version=2;")
    db.close()
    again = opened(tmp_path)
    assert [r.duplicate for r in again.append([event(n) for n in range(10, 30)])] == [True] * 10 + [False] * 10
    assert read_items(again) == [f"i{n}" for n in range(30)] and len(again.history("p0", 99)) == 10
    again.close()
