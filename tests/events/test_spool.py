"""A page that was answered outlives its process; a torn tail was never answered."""

import fcntl
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from walras.base import limits
from walras.base.errors import Exhausted, Unavailable
from walras.events import Registry, SqliteLog, spool
from walras.events.rows import page_of
from walras.schema import PageRecord, PlaceRecord


def page(number, **changed):
    fields = {"id": f"g{number}", "person": "p", "surface": "feed", "time_ms": 5, "position": 0, "seed": 1, "count": 1}
    places = (PlaceRecord("店", 1.0, (0.5,), "popular", place=0),)
    return PageRecord(**{**fields, "places": places, "outcome_names": ("click",), **changed})


def ids(rows):
    return [page_of(row[-1]).id for _, row in rows]


def the_file(folder):
    (found,) = folder.glob("*.pages")
    return found


def test_pages_wait_in_order_are_moved_from_the_front_and_leave_an_empty_file(tmp_path):
    pages = spool.PageSpool(tmp_path)
    for number in range(5):
        pages.keep(page(number), 9)
    assert ids(pages.waiting(99)) == ["g0", "g1", "g2", "g3", "g4"] and pages.find("g3") == page(3)
    assert [p.id for p in spool.read_frames(the_file(tmp_path))] == ids(pages.waiting(99))
    pages.moved(2)
    assert ids(pages.waiting(2)) == ["g2", "g3"] and pages.find("g0") is None
    pages.moved(3)
    assert pages.waiting(9) == [] and the_file(tmp_path).stat().st_size == 0
    pages.close()
    assert not list(tmp_path.iterdir())


def test_a_long_spool_goes_on_in_a_new_file(tmp_path):
    pages = spool.PageSpool(tmp_path)
    for number in range(6):
        pages.keep(page(number, context={"long": "x" * 1_500_000}), 9)
    assert len(list(tmp_path.glob("*.pages"))) == 2
    pages.moved(3)
    assert [p.id for p in spool.read_frames(the_file(tmp_path))] == ids(pages.waiting(9)) != []
    pages.moved(3)
    assert the_file(tmp_path).stat().st_size == 0
    pages.close()


def test_too_many_waiting_pages_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "PAGE_QUEUE_MAX", 2)
    pages = spool.PageSpool(tmp_path)
    pages.keep(page(1), 9)
    pages.keep(page(2), 9)
    with pytest.raises(Exhausted):
        pages.keep(page(3), 9)
    pages.close()
    pages.moved(2)
    with pytest.raises(Unavailable):
        pages.keep(page(4), 9)


def test_the_pages_of_a_dead_process_are_moved_in_at_the_next_start_and_only_once(tmp_path):
    folder = tmp_path / "log"
    (folder / "spool").mkdir(parents=True)
    pages = spool.PageSpool(folder / "spool")
    pages.keep(page(1), 9)
    pages.keep(page(2), 9)
    content = the_file(folder / "spool").read_bytes()
    pages.close()
    (folder / "spool" / "1-twin.pages").write_bytes(content)
    log = SqliteLog(folder, Registry())
    batch = log.read(0)
    assert batch.pages == (page(1), page(2)) and batch.position == 2
    assert [p.name.split("-")[0] for p in (folder / "spool").glob("*")] == [str(os.getpid())]
    log.close()


def test_a_file_that_somebody_holds_is_no_left_over(tmp_path):
    held = tmp_path / "7-held.pages"
    held.touch()
    with held.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert list(spool.left_overs(tmp_path)) == [] and held.exists()
    assert [path for path, _ in spool.left_overs(tmp_path)] == [held] and not held.exists()


@settings(deadline=None)
@given(st.integers(0, 400), st.integers(0, 255))
def test_what_is_torn_or_damaged_ends_the_file(tmp_path_factory, cut, wrong):
    folder = tmp_path_factory.mktemp("spool")
    pages = spool.PageSpool(folder)
    for number in range(3):
        pages.keep(page(number), 9)
    content = the_file(folder).read_bytes()
    pages.close()
    torn, damaged = folder / "torn", folder / "damaged"
    torn.write_bytes(content[: min(cut, len(content))])
    at = min(cut, len(content) - 1)
    damaged.write_bytes(content[:at] + bytes([content[at] ^ wrong]) + content[at + 1 :])
    length = len(content) // 3
    assert [p.id for p in spool.read_frames(torn)] == ["g0", "g1", "g2"][: min(cut, len(content)) // length]
    left = [p.id for p in spool.read_frames(damaged)]
    assert left == ["g0", "g1", "g2"][: 3 if wrong == 0 else at // length]


def test_other_spools_are_flushed_once_for_each_change(tmp_path):
    other = tmp_path / "1-other.pages"
    other.write_bytes(b"x")
    spools = spool.OtherSpools(tmp_path)
    spools.make_durable()
    spools.make_durable()
    assert list(spools._flushed) == [other.name]
    other.unlink()
    spools.make_durable()
    assert spools._flushed == {}
