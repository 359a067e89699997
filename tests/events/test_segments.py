"""Closed days and imports lie in Parquet; where a row lies changes nothing of what is read."""

import duckdb
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from walras.base import limits
from walras.base.clock import DAY_MS, SetClock
from walras.base.errors import Corrupt, Invalid, TooMuch
from walras.base.ids import content_id
from walras.events import Registry, SqliteLog, compaction, frame, scan
from walras.events.rows import event_key
from walras.schema import Event, Item, ItemPut, PageRecord, Person, PersonGone, PersonPut

DAY_ONE_MS = 1_760_054_400_000  # 2025-10-10 00:00 UTC
REGISTRY = Registry()


@pytest.fixture
def clock():
    return SetClock(DAY_ONE_MS)


@pytest.fixture(params=["rows", "blocks"])
def log(request, tmp_path, clock):
    opened = SqliteLog(tmp_path / "log", REGISTRY, clock)
    if request.param == "blocks":
        opened._lot_events_min = 1
    yield opened
    opened.close()


def event(number, **changed):
    fields = {"person": f"p{number % 3}", "item": f"i{number}", "outcome": "watch", "time_ms": 5, "value": number / 7}
    return Event(**{**fields, "id": f"e{number}", **changed})


def page(number):
    return PageRecord(
        id=f"g{number}", person="p1", surface="feed", time_ms=DAY_ONE_MS, position=0, seed=1, count=number
    )


def everything(log, limit=50_000):
    """Changes, events and pages, each in the order in which they are read."""
    changes, events, pages, position = [], [], [], 0
    while (batch := log.read(position, limit)) is not None:
        position = batch.position
        e = batch.events
        changes += batch.changes
        events += zip(e.seq.tolist(), e.person, e.item, e.value.tolist(), e.place.tolist(), e.page, strict=True)
        pages += batch.pages
    return changes, events, pages


def fill(log, clock, start, days=3):
    """Three days of events, changes and pages."""
    for day in range(days):
        clock.instant_ms = DAY_ONE_MS + day * DAY_MS + 1000
        at = start + day * 10
        log.append([ItemPut(Item(id=f"i{at}"), 1)])
        log.append([event(n) for n in range(at, at + 4)])
        log.append([page(at), PersonPut(Person(id="p0"), 1)])
        log.append([event(at + 5, context={"a": "é", "b": '"'})])


def test_compaction_changes_nothing_of_what_is_read(log, clock):
    fill(log, clock, 0)
    before, old = everything(log), log.history("p1", 99)
    assert log.compact() == 16
    assert everything(log) == before == everything(log, limit=1)
    assert log.history("p1", 99) == old and log.history("p1", 2) == old[:2]
    assert log.page("g0") == page(0) and log.page("g20") == page(20) and log.page("g1") is None
    assert log.position() == 24 and log.compact() == 0
    assert [r.duplicate for r in log.append([event(0), page(0), event(99)])] == [True, True, False]
    assert log.position() == 25


def test_a_day_is_closed_when_the_setting_says_so(log, clock):
    fill(log, clock, 0)
    assert log.compact(after_days=3) == 0 and log.compact(after_days=2) == 8 and log.compact(after_days=1) == 8


def test_files_lie_by_day_and_engines_read_them_as_a_partitioned_table(log, clock, tmp_path):
    fill(log, clock, 0)
    log.compact()
    cold = tmp_path / "log" / "cold"
    names = sorted(str(p.relative_to(cold)) for p in cold.glob("*/*"))
    assert names == [
        "day=2025-10-10/part-000000000001-000000000008.parquet",
        "day=2025-10-11/part-000000000009-000000000016.parquet",
    ]
    pattern = str(cold / "*" / "*.parquet")
    sql = f"SELECT day, count(*), sum(value), max(context) FROM read_parquet('{pattern}', hive_partitioning = true)"
    with duckdb.connect() as duck:
        rows = duck.sql(sql + " WHERE kind = 'event' GROUP BY day ORDER BY day").fetchall()
    assert [(str(day), n) for day, n, *_ in rows] == [("2025-10-10", 5), ("2025-10-11", 5)]
    assert rows[0][2] == pytest.approx(sum(n / 7 for n in (0, 1, 2, 3, 5))) and rows[0][3] == '{"a":"é","b":"\\""}'
    lazy = pl.scan_parquet(cold / "*" / "*.parquet", hive_partitioning=True)
    counted = lazy.filter(kind="event").group_by("day").len().sort("day").collect()
    assert counted["len"].to_list() == [5, 5] and lazy.collect()["seq"].is_sorted()


def test_parts_are_cut_at_their_size_and_at_imports_between(log, clock, tmp_path):
    log.append([event(n) for n in range(5)])
    log.append_segment(pl.DataFrame([{"person": "p", "item": "i", "outcome": "click", "time_ms": 3}]))
    log.append([event(n) for n in range(5, 8)])
    before = everything(log)
    clock.instant_ms += 2 * DAY_MS
    compaction.compact(tmp_path / "log", clock.instant_ms - DAY_MS, part_rows=2)
    assert everything(log) == before
    names = sorted(p.stem for p in (tmp_path / "log" / "cold").glob("*/*"))
    spans = [tuple(int(part) for part in name.split("-")[1:]) for name in names]
    assert spans == [(1, 2), (3, 4), (5, 5), (6, 6), (7, 8), (9, 9)]


def test_a_clock_set_back_over_midnight_only_makes_more_files(log, clock):
    for instant in (DAY_ONE_MS + DAY_MS, DAY_ONE_MS, DAY_ONE_MS + DAY_MS):
        clock.instant_ms = instant
        log.append([event(instant), event(instant + 1)])
    before = everything(log)
    clock.instant_ms = DAY_ONE_MS + 3 * DAY_MS
    assert len(before[1]) == 4 and log.compact() == 4 and everything(log) == before


bulk = st.lists(st.integers(0, 25).map(event), max_size=12, unique_by=lambda e: e.id)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    steps=st.lists(st.one_of(bulk, bulk.map(tuple), st.just("compact")), max_size=6), limit=st.sampled_from([1, 3, 99])
)
def test_imports_appends_and_compactions_in_any_order_give_each_event_once(tmp_path_factory, steps, limit):
    clock = SetClock(DAY_ONE_MS)
    folder = tmp_path_factory.mktemp("log") / "log"
    log = SqliteLog(folder, REGISTRY, clock)
    expected = {}
    for step in steps:
        if step == "compact":
            clock.instant_ms += 2 * DAY_MS
            log.compact()
        elif isinstance(step, tuple):
            log.append_segment(as_frame(step))
        else:
            log.append(step)
        if step != "compact":
            for e in step:
                expected.setdefault(e.id, e.item)
    assert [row[2] for row in everything(log, limit)[1]] == list(expected.values())
    assert frame(folder, columns=["id"])["id"].to_list() == list(expected)
    assert log.position() == len(expected)
    log.close()


def as_frame(events):
    rows = [
        {"id": e.id, "person": e.person, "item": e.item, "outcome": e.outcome, "time_ms": 5, "value": e.value}
        for e in events
    ]
    kinds = {"id": pl.String, "person": pl.String, "item": pl.String, "outcome": pl.String, "time_ms": pl.Int64}
    return pl.DataFrame(rows, {**kinds, "value": pl.Float64})


def test_an_import_reads_like_single_events(log):
    odd = [event(1, id="", person="人", value=1e16), event(2, id="", value=1e-5), event(3, id="", place=3, page="g")]
    fields = ("person", "item", "owner", "outcome", "time_ms", "value", "page", "place", "surface")
    written = log.append_segment(pl.DataFrame([{name: getattr(e, name) for name in fields} for e in odd]))
    assert (written.written, written.duplicates, written.position) == (3, 0, 3)
    assert [r.duplicate for r in log.append(odd)] == [True] * 3
    e = odd[0]
    made = content_id(e.person, e.item, e.owner, e.outcome, e.time_ms, e.value, e.page, e.place)
    assert log.history("人", 1)[0].id == made


@settings(max_examples=50, deadline=None)
@given(st.floats(0, 1e9), st.text("aé店\u200b🛒", max_size=3), st.integers(1, 2**41))
def test_ids_made_in_bulk_and_one_by_one_are_the_same(value, text, time_ms):
    from walras.events import imports
    from walras.events.intake import named

    one = named(Event(person="p" + text, item=text, outcome="watch", value=value, time_ms=time_ms), 0)
    bulk = imports._complete(
        pl.DataFrame(
            {"person": ["p" + text], "item": [text], "outcome": ["watch"], "value": [value], "time_ms": [time_ms]}
        ),
        REGISTRY,
    )
    ids = imports.with_ids(bulk)["id"]
    assert ids.to_list() == [one.id]
    assert imports._keys(ids)[0] == [event_key(one.id)]


def test_importing_twice_changes_nothing(log):
    rows = pl.DataFrame(
        {"person": ["a", "a", "b"], "item": ["x", "x", "y"], "outcome": ["like"] * 3, "time_ms": [1, 1, 2]}
    )
    assert log.append_segment(rows).written == 2
    again = log.append_segment(rows.to_arrow())
    assert (again.written, again.duplicates, again.position) == (0, 3, 2)
    assert len(everything(log)[1]) == 2


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"outcome": ["clik"]}, "outcome"),
        ({"value": [float("nan")]}, "value"),
        ({"value": [-1.0]}, "value"),
        ({"time_ms": [0]}, "time_ms"),
        ({"person": [""]}, "person"),
        ({"seconds": [1]}, "seconds"),
    ],
)
def test_an_impossible_value_is_refused_whole(log, changed, field):
    rows = {"person": ["p"], "item": ["i"], "outcome": ["click"], "time_ms": [1], **changed}
    with pytest.raises(Invalid) as refused:
        log.append_segment(pl.DataFrame(rows))
    assert refused.value.field == field and log.position() == 0


def test_more_than_a_file_holds_is_refused(log):
    rows = pl.DataFrame({"person": pl.repeat("p", limits.SEGMENT_ROWS_MAX + 1, eager=True)})
    with pytest.raises(TooMuch):
        log.append_segment(rows)


def test_a_reader_that_is_following_sees_an_import(log, tmp_path):
    other = SqliteLog(tmp_path / "log", REGISTRY)
    other.append([event(1)])
    assert log.read(0).position == 1 and log.read(1) is None
    other.append_segment(as_frame([event(2), event(3)]))
    assert log.read(1).events.item == ["i2", "i3"]
    other.close()


def test_a_person_is_forgotten_everywhere_and_her_seqs_stay_empty(log, clock):
    fill(log, clock, 0)
    log.keep_page(page(77))
    log.compact()
    log.append([PersonGone("p1", 9), event(50, person="p1", surface="last-words")])
    ids = {e.id for e in log.history("p1", 99)}
    changes, events, _ = everything(log)
    assert len(ids) > 3 and log.forget("p1") > len(ids)
    assert everything(log) == (changes, [row for row in events if row[1] != "p1"], [])
    assert PersonGone("p1", 9) in changes
    assert log.history("p1", 99) == [] and log.page("g0") is None and log.page("g77") is None
    assert all(r.duplicate for r in log.append([event(1), event(50, person="p1")]))
    assert not any(b"last-words" in p.read_bytes() for p in log.folder.glob("log.sqlite*"))
    log.append([event(500)])
    assert everything(log)[1][-1][0] == log.position()
    assert log.forget("nobody") == 0


def test_scanning_gives_the_columns_outcomes_and_span_asked_for(log, clock, tmp_path):
    fill(log, clock, 0)
    log.append([event(100, outcome="like", value=1.0)])
    log.compact()
    folder = tmp_path / "log"
    assert frame(folder)["seq"].is_sorted() and frame(folder).height == 16
    likes = frame(folder, columns=["item", "value"], outcomes=["like"])
    assert likes.rows() == [("i100", 1.0)]
    assert frame(folder, columns=["seq"], after=4, until=11)["seq"].to_list() == [5, 8, 10, 11]
    assert set(frame(folder, kinds=["page", "item"])["kind"]) == {"page", "item"}
    assert list(scan(tmp_path / "none")) == [] and frame(tmp_path / "none", columns=["item"]).columns == ["item"]


def test_a_damaged_or_missing_segment_is_said_plainly(log, clock, tmp_path):
    fill(log, clock, 0)
    log.compact()
    first = sorted((tmp_path / "log" / "cold").glob("*/*"))[0]
    content = first.read_bytes()
    first.write_bytes(content[: len(content) // 2])
    with pytest.raises(Corrupt, match="damaged"):
        log.read(0)
    with pytest.raises(Corrupt, match="damaged"):
        log.check()
    first.unlink()
    with pytest.raises(Corrupt, match="missing"):
        log.check()
    with pytest.raises(Corrupt, match="missing"):
        log.read(0)
    first.write_bytes(content)
    assert len(log.read(0).events) == 4 and log.check() is None


def test_the_schema_is_pinned_since_others_read_the_files():
    from walras.events.segments import SCHEMA

    assert SCHEMA.names[:4] == ["seq", "kind", "id", "time_ms"] and SCHEMA.field("value").type == pa.float64()
