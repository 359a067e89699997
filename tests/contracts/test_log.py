"""What every log promises, shown over each implementation; how entries came in changes nothing of what is read."""

import threading
from concurrent.futures import Future

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from walras.base import limits
from walras.base.clock import SetClock
from walras.base.errors import TooMuch, Unavailable
from walras.events import MemoryLog, Registry, SqliteLog
from walras.schema import (
    Event,
    Item,
    ItemGone,
    ItemPut,
    ModelChosen,
    PageRecord,
    Person,
    PersonGone,
    PersonPut,
    PlaceRecord,
)

NOW_MS = 1_760_000_000_000
REGISTRY = Registry()


def sqlite_log(folder):
    return SqliteLog(folder / "log", REGISTRY, SetClock(NOW_MS))


def sqlite_blocks(folder):
    """The same where a single event is a block already."""
    log = sqlite_log(folder)
    log._lot_events_min = 1
    return log


def memory_log(folder):
    return MemoryLog(SetClock(NOW_MS))


@pytest.fixture(params=[sqlite_log, sqlite_blocks, memory_log], ids=["sqlite", "blocks", "memory"])
def log(request, tmp_path):
    opened = request.param(tmp_path)
    yield opened
    opened.close()


def event(number, **changed):
    fields = {"person": f"p{number % 3}", "item": f"i{number}", "outcome": "click", "time_ms": NOW_MS - number}
    return Event(**{**fields, "id": f"e{number}", **changed})


def page(number):
    places = (PlaceRecord(f"i{number}", 0.5, (0.1, 0.2), "popular", 0.5, 0),)
    fields = {"id": f"g{number}", "person": "p1", "surface": "feed", "time_ms": NOW_MS, "position": 3, "seed": 7}
    return PageRecord(**fields, count=1, places=places, outcome_names=("click", "watch"))


def read_all(log, limit=50_000):
    """Every entry in log order, changes and pages included, and the positions at which stretches ended."""
    entries, position, ends = [], 0, []
    while (batch := log.read(position, limit)) is not None:
        assert batch.position > position
        position = batch.position
        ends.append(position)
        entries += [*batch.changes, *batch.events.seq.tolist(), *batch.pages]
    return entries, ends


def read_events(log, limit=50_000):
    ids, position = [], 0
    while (batch := log.read(position, limit)) is not None:
        position = batch.position
        e = batch.events
        ids += list(zip(e.person, e.item, e.outcome, e.time_ms.tolist(), e.value.tolist(), strict=True))
        assert (np.diff(e.seq) > 0).all()
    return ids


def test_what_was_appended_is_read_in_order_with_every_column(log):
    odd = "店/人🛒 a'b\"c%_\u200b"
    sent = [
        event(1, value=0.1 + 0.2, surface="mall", page="g1", place=4, owner="o1"),
        event(2, person=odd, item=odd, owner=odd, id=odd, outcome="watch", value=1e-300),
    ]
    receipts = log.append(sent)
    assert [(r.id, r.duplicate) for r in receipts] == [("e1", False), (odd, False)]
    batch = log.read(0)
    e = batch.events
    assert e.seq.tolist() == [1, 2] and batch.position == log.position() == 2
    assert (e.person, e.item, e.owner) == (["p1", odd], ["i1", odd], ["o1", odd])
    assert (e.outcome, e.surface, e.page) == (["click", "watch"], ["mall", ""], ["g1", ""])
    assert e.value.tolist() == [0.1 + 0.2, 1e-300] and e.place.tolist() == [4, -1]
    assert e.time_ms.tolist() == [NOW_MS - 1, NOW_MS - 2]
    assert e.seq.dtype == np.int64 and e.value.dtype == np.float64 and e.place.dtype == np.int32


def test_an_empty_log_has_nothing(log):
    assert log.read(0) is None and log.position() == 0
    assert log.page("g") is None and log.history("p", 5) == []
    assert log.append([]) == []


def test_reading_behind_the_end_gives_nothing_until_more_comes(log):
    log.append([event(1)])
    assert log.read(1) is None and log.read(1) is None and log.read(99) is None
    log.append([event(2)])
    assert log.read(1).events.item == ["i2"]


def test_an_id_is_written_once_in_a_batch_and_over_batches(log):
    first = log.append([event(1), event(2), event(1)])
    second = log.append([event(2), event(3)])
    assert [r.duplicate for r in first] == [False, False, True]
    assert [r.duplicate for r in second] == [True, False]
    assert [item for _, item, *_ in read_events(log)] == ["i1", "i2", "i3"]
    assert log.position() == 3


def test_an_event_without_id_is_known_by_its_content(log):
    nameless = event(1, id="")
    assert [r.duplicate for r in log.append([nameless])] == [False]
    assert [r.duplicate for r in log.append([nameless, event(2, id="")])] == [True, False]


def test_an_event_without_id_and_time_happened_now_and_is_never_a_repetition(log):
    nameless = event(1, id="", time_ms=0)
    receipts = log.append([nameless, nameless])
    assert [r.duplicate for r in receipts] == [False, False]
    assert log.read(0).events.time_ms.tolist() == [NOW_MS, NOW_MS]


CHANGES = [
    ItemPut(Item(id="i1", owner="o", title="标题", topics=("a", "b"), attributes={"k": "v"}), NOW_MS),
    PersonPut(Person(id="p1", interests=("x",)), NOW_MS),
    ModelChosen("ranker", "v1", NOW_MS),
    ItemGone("i1", NOW_MS),
    PersonGone("p1", NOW_MS),
]


def test_changes_come_back_as_they_were(log):
    log.append(CHANGES)
    assert list(log.read(0).changes) == CHANGES


def test_a_stretch_ends_where_changes_first_would_be_false(log):
    log.append([CHANGES[0], event(1), page(1), event(2), CHANGES[3], CHANGES[4], event(3)])
    first, second = log.read(0), log.read(4)
    assert first.position == 4 and first.changes == (CHANGES[0],) and first.events.item == ["i1", "i2"]
    assert [p.id for p in first.pages] == ["g1"]
    assert second.position == 7 and list(second.changes) == CHANGES[3:] and second.events.item == ["i3"]
    assert log.read(7) is None


def test_a_page_is_found_at_once_and_reaches_the_log_before_an_event_about_it(log):
    log.keep_page(page(1))
    assert log.page("g1") == page(1)
    log.append([event(1, page="g1", place=0)])
    batch = log.read(0)
    assert batch.pages == (page(1),) and batch.events.seq.tolist() == [2]
    assert log.page("g1") == page(1) and log.page("g2") is None


def test_a_page_is_written_once(log):
    assert [r.duplicate for r in log.append([page(1), page(1)])] == [False, True]
    log.keep_page(page(1))
    log.append([event(1)])
    assert len(log.read(0).pages) == 1


def test_a_page_and_an_event_may_have_one_id(log):
    receipts = log.append([event(1, id="g1"), page(1)])
    assert [r.duplicate for r in receipts] == [False, False]


def test_history_is_newest_first_and_whole(log):
    sent = [event(n, person="p", context={"n": str(n)}) for n in range(5)]
    log.append([*sent, event(9, person="q"), page(1)])
    assert log.history("p", 3) == sent[:1:-1]
    assert log.history("p", 99) == sent[::-1]
    assert log.history("nobody", 99) == []


def test_too_many_at_once_are_refused(log):
    with pytest.raises(TooMuch):
        log.append([event(1)] * (limits.FLUSH_QUEUE_MAX + 1))
    assert log.position() == 0


def test_a_closed_log_takes_nothing(log):
    log.append([event(1)])
    log.close()
    with pytest.raises(Unavailable):
        log.append([event(2)])


def test_submit_answers_later_with_the_same(log):
    answer = log.submit([event(1)])
    assert isinstance(answer, Future)
    assert [r.id for r in answer.result(30)] == ["e1"]


def test_many_threads_append_the_same_events_and_each_is_taken_once(log):
    taken = []

    def send(start):
        for number in range(start, start + 40):
            receipts = log.append([event(number), event(number + 1)])
            taken.extend(r.id for r in receipts if not r.duplicate)

    threads = [threading.Thread(target=send, args=(start,)) for start in (0, 10, 20, 30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted({f"e{n}" for n in range(71)})
    assert sorted(item for _, item, *_ in read_events(log)) == sorted({f"i{n}" for n in range(71)})


entries = st.one_of(
    st.integers(0, 12).map(event), st.sampled_from(CHANGES[:1] + CHANGES[3:]), st.integers(0, 3).map(page)
)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    batches=st.lists(st.lists(entries, max_size=6), max_size=6),
    limit=st.sampled_from([1, 2, 3, 50_000]),
    kept_first=st.booleans(),
)
@pytest.mark.parametrize("make", [sqlite_log, sqlite_blocks, memory_log], ids=["sqlite", "blocks", "memory"])
def test_late_doubled_and_unordered_entries_are_read_once_in_order(make, tmp_path_factory, batches, limit, kept_first):
    log = make(tmp_path_factory.mktemp("log"))
    expected, seen = [], set()
    for batch in batches:
        if kept_first:
            for entry in batch:
                if isinstance(entry, PageRecord):
                    log.keep_page(entry)
            batch = [entry for entry in batch if isinstance(entry, PageRecord)] + batch
        log.append(batch)
        for entry in batch:
            name = getattr(entry, "id", None) if isinstance(entry, Event | PageRecord) else None
            if name is None or name not in seen:
                expected.append(entry)
                seen.add(name)
    got, ends = read_all(log, limit)
    assert log.position() == len(expected) == len(got)
    events = [entry for entry in expected if isinstance(entry, Event)]
    assert [item for _, item, *_ in read_events(log, limit)] == [e.item for e in events]
    others = [entry for entry in got if not isinstance(entry, int)]
    for kind in (PageRecord, ItemPut, ItemGone, PersonGone):
        assert [e for e in others if isinstance(e, kind)] == [e for e in expected if isinstance(e, kind)]
    assert sorted(ends) == ends
    log.close()
