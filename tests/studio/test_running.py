"""A process is held to its bounds by the kernel, ends when it is not wanted, and says plainly how it ended."""

import sys
import threading

import pytest

from walras.base.errors import Exhausted, Unavailable
from walras.studio import Unmakeable
from walras.studio.running import Bounds, Stopped, run

FREE = Bounds(cpu_s=60, wall_s=60)


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_what_it_says_is_heard_as_it_comes() -> None:
    heard: list[str] = []
    ran = run(
        python("import sys; print('a'); print('b'); print('c', file=sys.stderr); sys.exit(3)"), FREE, heard=heard.append
    )
    assert (ran.code, heard, ran.complaint) == (3, ["a", "b"], "c")


def test_too_much_processor_time_is_the_files_fault() -> None:
    with pytest.raises(Unmakeable) as caught:
        run(python("while True: pass"), Bounds(cpu_s=1, wall_s=60))
    assert caught.value.cause.code == "too-much-work"


def test_too_much_memory_is_the_files_fault() -> None:
    with pytest.raises(Unmakeable):
        run(["sh", "-c", "echo 'Cannot allocate memory' >&2; exit 1"], FREE)
    ran = run(python("bytearray(7_000_000_000)"), FREE)
    assert "MemoryError" in ran.complaint


def test_a_process_that_hangs_is_ended_and_tried_again() -> None:
    with pytest.raises(Unavailable, match="too long"):
        run(python("import time; time.sleep(60)"), Bounds(cpu_s=60, wall_s=0.5))


def test_work_that_is_no_longer_wanted_ends_at_once() -> None:
    stopped = threading.Event()
    threading.Timer(0.3, stopped.set).start()
    with pytest.raises(Stopped):
        run(python("import time; time.sleep(60)"), FREE, stopped=stopped)


def test_a_full_disk_a_missing_program_and_a_kill_are_ours() -> None:
    with pytest.raises(Exhausted, match="disk is full"):
        run(["sh", "-c", "echo 'av_interleaved_write_frame(): No space left on device' >&2; exit 1"], FREE)
    with pytest.raises(Unavailable):
        run(["no-such-program"], FREE)
    with pytest.raises(Unavailable, match="-9"):
        run(["sh", "-c", "kill -9 $$"], FREE)
