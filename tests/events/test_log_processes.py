"""Several processes share one log: each sees what the others were told is durable, all in one order."""

import multiprocessing

import polars as pl

from walras.base.clock import DAY_MS, SetClock, SystemClock
from walras.events import Registry, SqliteLog, compaction
from walras.schema import Event, PageRecord

REGISTRY = Registry()
ROUNDS, BATCH = 30, 20


def page(name):
    return PageRecord(id=name, person="p", surface="feed", time_ms=5, position=0, seed=1, count=1)


def drain(log, seen, position):
    while (batch := log.read(position, 70)) is not None:
        position = batch.position
        seen += batch.events.item
    return position


def write_and_read(folder, name, others, out):
    """Append own events and some that the other process appends too; follow the log meanwhile."""
    log = SqliteLog(folder, REGISTRY)
    seen, position, fresh = [], 0, 0
    for turn in range(ROUNDS):
        own = [f"{name}-{turn}-{n}" for n in range(BATCH)]
        shared = [f"both-{turn}-{n}" for n in range(5)]
        log.keep_page(page(f"g-{name}-{turn}"))
        receipts = log.append(
            [Event(person="p", item=i, outcome="click", id=i, page=f"g-{name}-{turn}") for i in own + shared]
        )
        fresh += sum(not r.duplicate for r in receipts)
        position = drain(log, seen, position)
        assert set(own + shared) <= set(seen), "what was acknowledged here is visible here"
    out.put((name, fresh))
    others.wait()
    drain(log, seen, position)
    out.put((name, seen))
    log.close()


def test_two_processes_write_and_read_one_log_while_a_third_compacts(tmp_path):
    folder = tmp_path / "log"
    SqliteLog(folder, REGISTRY).close()
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["walras.events"])
    out, both = processes.Queue(), processes.Barrier(2)
    started = [processes.Process(target=write_and_read, args=(folder, name, both, out)) for name in "ab"]
    for process in started:
        process.start()
    tomorrow_ms = SystemClock().now_ms() + DAY_MS
    for _ in range(5):
        compaction.compact(folder, tomorrow_ms, part_rows=100)
    answers = [out.get(timeout=100) for _ in range(4)]
    for process in started:
        process.join()
        assert process.exitcode == 0
    written = [n for _, n in answers if isinstance(n, int)]
    orders = [seen for _, seen in answers if isinstance(seen, list)]
    expected = ROUNDS * (2 * BATCH + 5)
    assert sum(written) == expected, "an event sent to both is taken by one"
    assert orders[0] == orders[1] and len(set(orders[0])) == len(orders[0]) == expected
    log = SqliteLog(folder, REGISTRY)
    assert all(log.page(f"g-{name}-{turn}") for name in "ab" for turn in range(ROUNDS))
    log.close()


def test_a_page_kept_by_another_log_is_found_before_and_after_it_is_moved(tmp_path):
    one, two = (SqliteLog(tmp_path / "log", REGISTRY) for _ in range(2))
    with one._commits.held():  # Its writer waits, so the page stays in the spool.
        one.keep_page(page("g1"))
        assert two.page("g1") == page("g1")
        two.append([Event(person="p", item="i", outcome="click", page="g1")])
    one.append([])
    assert two.page("g1") == page("g1")
    assert [p.stat().st_size for p in (tmp_path / "log" / "spool").glob("*.pages")] == [0, 0]
    one.close()
    two.close()


def test_an_import_by_another_process_waits_for_its_turn_and_is_seen(tmp_path):
    clock = SetClock(1_760_000_000_000)
    one, two = (SqliteLog(tmp_path / "log", REGISTRY, clock) for _ in range(2))
    rows = pl.DataFrame({"person": [f"p{n}" for n in range(1000)], "item": "i", "outcome": "like", "time_ms": 5})
    answers = [one.submit([Event(person="x", item="j", outcome="like", id=f"e{n}")]) for n in range(20)]
    assert two.append_segment(rows).written == 1000
    assert not any(r.duplicate for answer in answers for r in answer.result(60))
    seen = []
    drain(one, seen, 0)
    assert len(seen) == 1020
    one.close()
    two.close()
