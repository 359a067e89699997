"""The sandbox's clock: one write of eight bytes moves it for whoever looks; what is no clock is refused."""

import pytest

from walras.base import settings
from walras.base.clock import SandboxClock, SystemClock, clock_of
from walras.base.errors import Invalid


def test_it_stands_until_it_is_moved(tmp_path):
    path = tmp_path / "clock"
    path.write_bytes((1_767_600_000_000).to_bytes(8, "little"))
    clock, other = SandboxClock(path), clock_of(str(path))
    assert clock.now_ms() == other.now_ms() == 1_767_600_000_000
    with path.open("r+b") as file:
        file.write((1_767_600_060_000).to_bytes(8, "little"))
    assert clock.now_ms() == other.now_ms() == 1_767_600_060_000


@pytest.mark.parametrize("content", [None, b"", b"123"])
def test_what_is_no_clock_is_refused(tmp_path, content):
    path = tmp_path / "clock"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Invalid, match="no clock") as caught:
        clock_of(str(path))
    assert caught.value.field == "sandbox_clock" and "eight bytes" in caught.value.hint


def test_without_a_file_it_is_the_machines_own(tmp_path):
    assert isinstance(clock_of(settings.load(tmp_path, {}).sandbox_clock), SystemClock)
