"""A disk that is full, low, read-only or broken: refused plainly, nothing lost, and taken again once it is mended."""

import contextlib
import logging
import os
import resource
import shutil
import subprocess
import sys
import textwrap

import polars as pl
import pytest

from walras.base.clock import DAY_MS, SetClock
from walras.base.errors import Corrupt, Exhausted, Unable, Unavailable
from walras.events import Registry, SqliteLog
from walras.schema import Event, PageRecord, PlaceRecord

NOW_MS = 1_760_000_000_000
REGISTRY = Registry()


def open_log(folder, **more):
    return SqliteLog(folder, REGISTRY, SetClock(NOW_MS), **more)


@pytest.fixture
def log(tmp_path):
    opened = open_log(tmp_path / "log")
    yield opened
    opened.close()


def events(start, count=50):
    return [
        Event(person="p", item=f"i{n}" * 20, outcome="click", id=f"e{n}", time_ms=5)
        for n in range(start, start + count)
    ]


def page(number, places=1):
    filled = tuple(PlaceRecord("i" * 100, 1.0, (0.5,) * 9, "popular") for _ in range(places))
    return PageRecord(
        id=f"g{number}", person="p", surface="feed", time_ms=5, position=0, seed=1, count=1, places=filled
    )


def count(log):
    found = position = 0
    while (batch := log.read(position)) is not None:
        found, position = found + len(batch.events), batch.position
    return found


@contextlib.contextmanager
def no_file_may_grow_beyond(size):
    """The kernel's own limit on the size of files: every write behind it fails, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def largest(folder):
    return max(p.stat().st_size for p in folder.rglob("*") if p.is_file())


def test_a_disk_that_takes_no_more_refuses_and_goes_on_when_it_does(log, caplog):
    log.append(events(0))
    with no_file_may_grow_beyond(largest(log.folder)), caplog.at_level(logging.WARNING, "walras.events"):
        for _ in range(3):
            with pytest.raises(Unable) as refused:
                log.append(events(50))
            assert refused.value.status == 503
        assert count(log) == 50 and log.history("p", 1)[0].id == "e49"
    assert len(caplog.records) == 1, "one line for one trouble, however many met it"
    receipts = log.append(events(50))
    assert not any(r.duplicate for r in receipts) and count(log) == 100


def test_a_database_at_its_size_is_full(log):
    log.append(events(0))
    pages = log._writer.db.execute("PRAGMA page_count").fetchone()[0]
    log._writer.db.execute(f"PRAGMA max_page_count={pages}")
    with pytest.raises(Exhausted, match="cannot grow"):
        log.append(events(50, 2_000))
    assert count(log) == 50
    log._writer.db.execute("PRAGMA max_page_count=1000000")
    log.append(events(50, 2_000))
    assert count(log) == 2_050


def test_a_database_that_may_only_be_read_is_unavailable_and_still_read(log):
    log.append(events(0))
    log._writer.db.execute("PRAGMA query_only=ON")
    with pytest.raises(Unavailable, match="cannot be written"):
        log.append(events(50))
    assert count(log) == 50
    log._writer.db.execute("PRAGMA query_only=OFF")
    log.append(events(50))
    assert count(log) == 100


def test_a_low_disk_refuses_before_it_is_full(tmp_path, log):
    log.append(events(0))
    low = open_log(tmp_path / "log", disk_free_mb_min=10**9)
    with pytest.raises(Exhausted, match="are free") as refused:
        low.append(events(50))
    assert refused.value.field == "disk_free_mb_min" and count(low) == 50
    low.close()


def test_a_page_that_cannot_be_kept_is_refused_whole_and_others_are_kept(log):
    log.append(events(0))
    with log._commits.held():  # The writer waits, so that pages stay in the spool.
        log.keep_page(page(1))
        file = next(log.folder.glob("spool/*.pages"))
        with no_file_may_grow_beyond(file.stat().st_size + 100), pytest.raises(Exhausted):
            log.keep_page(page(2, places=50))
        log.keep_page(page(3))
        copied = log.folder / "spool" / "1-dead.pages"
        shutil.copy(file, copied)
    log.close()
    again = open_log(log.folder)
    assert again.page("g1") and again.page("g3") and not again.page("g2")
    assert not copied.exists()
    again.close()


def test_pages_wait_in_the_spool_while_the_log_refuses(log):
    log._writer.db.execute("PRAGMA query_only=ON")
    log.keep_page(page(1))
    with pytest.raises(Unavailable):
        log.append(events(0))
    assert log.page("g1") == page(1) and log.read(0) is None
    log._writer.db.execute("PRAGMA query_only=OFF")
    log.append(events(0))
    assert [p.id for p in log.read(0).pages] == ["g1"]


def test_compaction_and_imports_on_a_full_disk_leave_the_log_whole(tmp_path):
    clock = SetClock(NOW_MS)
    log = SqliteLog(tmp_path / "log", REGISTRY, clock)
    log.append(events(0, 500))
    clock.instant_ms += 2 * DAY_MS
    rows = pl.DataFrame({"person": [f"q{n * 7919}" for n in range(900)], "item": "i", "outcome": "click", "time_ms": 5})
    with no_file_may_grow_beyond(2_000):
        with pytest.raises(Unable):
            log.compact()
        with pytest.raises(Unable):
            log.append_segment(rows)
    assert count(log) == 500 and not list(log.folder.glob("cold/*/*")) and not list(log.folder.glob("writing/*"))
    assert log.append_segment(rows).written == 900 and log.compact() == 500 and count(log) == 1_400
    log.close()


@pytest.mark.parametrize("damage", ["garbage", "torn", "page"])
def test_a_damaged_database_is_said_plainly_at_the_start(tmp_path, damage):
    log = open_log(tmp_path / "log")
    log.append(events(0, 2_000))
    log.close()
    path = tmp_path / "log" / "log.sqlite"
    content = path.read_bytes()
    changed = {
        "garbage": b"this is no database at all" * 400,
        "torn": content[: len(content) // 2 // 8192 * 8192],
        "page": content[:16384] + os.urandom(len(content) - 24576) + content[-8192:],
    }
    path.write_bytes(changed[damage])
    with pytest.raises(Corrupt, match="damaged") as found:
        open_log(tmp_path / "log")
    assert str(path)[:30] in found.value.value and "copy" in found.value.hint
    path.write_bytes(content)
    mended = open_log(tmp_path / "log")
    assert count(mended) == 2_000
    mended.close()


def test_a_log_of_another_version_is_refused(tmp_path):
    log = open_log(tmp_path / "log")
    log._writer.db.execute("PRAGMA user_version=99")
    log.close()
    with pytest.raises(Corrupt, match="another version"):
        open_log(tmp_path / "log")


def test_a_folder_that_cannot_be_made_is_unavailable(tmp_path):
    (tmp_path / "file").write_text("here")
    with pytest.raises(Unavailable):
        open_log(tmp_path / "file" / "log")


TRY_TO_APPEND = textwrap.dedent("""
    import sys
    from pathlib import Path
    from walras.base.errors import Unable
    from walras.events import Registry, SqliteLog
    from walras.schema import Event
    log = SqliteLog(Path(sys.argv[1]), Registry())
    acknowledged = refused = 0
    for n in range(int(sys.argv[2])):
        try:
            log.append([Event(person="p", item="i" * 200, outcome="click", id=f"e{n}-{k}") for k in range(50)])
            acknowledged += 1
        except Unable as error:
            assert error.status == 503
            refused += 1
    print(acknowledged, refused)
    """)


@pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")
def test_a_failed_flush_is_never_acknowledged(tmp_path):
    folder = tmp_path / "log"
    open_log(folder).close()
    command = ["strace", "-f", "-qq", "-o", str(tmp_path / "trace"), "-e", "trace=fdatasync,fsync"]
    inject = ["-e", "inject=fdatasync,fsync:error=EIO:when=5..12"]
    program = [sys.executable, "-c", TRY_TO_APPEND, str(folder), "20"]
    done = subprocess.run([*command, *inject, *program], capture_output=True, text=True, timeout=100)
    if "ptrace" in done.stderr or "Operation not permitted" in done.stderr:
        pytest.skip("processes may not be traced here")
    acknowledged, refused = map(int, done.stdout.split())
    assert refused >= 3 and acknowledged + refused == 20
    log = open_log(folder)
    # A refused batch may have been written all the same; a client that repeats it changes nothing.
    assert acknowledged * 50 <= count(log) <= 20 * 50 and count(log) % 50 == 0
    log.close()


@pytest.mark.skipif(not shutil.which("unshare"), reason="unshare is not installed")
def test_a_small_real_disk_fills_up_and_is_refused(tmp_path):
    mount = f"mount -t tmpfs -o size=3m tmpfs {tmp_path} && "
    run = f"{sys.executable} -c '{TRY_TO_APPEND}' {tmp_path}/log 400 && rm {tmp_path}/ballast* 2>/dev/null; "
    ballast = f"head -c 1000000 /dev/zero > {tmp_path}/ballast; "
    more = f"{sys.executable} -c '{TRY_TO_APPEND}' {tmp_path}/log 3"
    script = mount + ballast + run + more
    done = subprocess.run(["unshare", "-Urm", "sh", "-c", script], capture_output=True, text=True, timeout=100)
    if "not permitted" in done.stderr or "denied" in done.stderr:
        pytest.skip("no file system may be mounted here")
    first, second = done.stdout.splitlines()
    assert int(first.split()[1]) > 0 and int(first.split()[0]) > 0
    assert second.split() == ["3", "0"], "repetitions and new ones are taken once there is room"
