"""Addresses of media: what is found, what is not, and which part of a file a Range header means."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from walras.base.errors import NotFound
from walras.studio import OutOfRange, find_file, part_of

ASSET = "a" + "0" * 27


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / ASSET).mkdir()
    for name in ("1-master.m3u8", "1-540-000.m4s", "source", "secret.txt"):
        (tmp_path / ASSET / name).write_bytes(b"0123456789")
    (tmp_path / "outside.jpg").write_bytes(b"x")
    return tmp_path


def test_a_segment_stays_and_a_playlist_may_change(folder: Path) -> None:
    segment, playlist = find_file(folder, ASSET, "1-540-000.m4s"), find_file(folder, ASSET, "1-master.m3u8")
    assert (segment.stays, segment.size, segment.media_type) == (True, 10, "video/iso.segment")
    assert not playlist.stays
    assert segment.mark != find_file(folder, ASSET, "1-master.m3u8").mark or segment.size == playlist.size


@pytest.mark.parametrize(
    ("asset", "name"),
    [
        (ASSET, "source"),
        (ASSET, "secret.txt"),
        (ASSET, "none.jpg"),
        (ASSET, "../outside.jpg"),
        (ASSET, "..%2foutside.jpg"),
        (ASSET, ".jpg"),
        (ASSET, ""),
        (ASSET, "a\x00.jpg"),
        ("..", "outside.jpg"),
        (".", "outside.jpg"),
        ("", "outside.jpg"),
        (ASSET + "0", "1-master.m3u8"),
    ],
)
def test_nothing_but_media_is_found(folder: Path, asset: str, name: str) -> None:
    with pytest.raises(NotFound):
        find_file(folder, asset, name)


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("", None),
        ("bytes=0-3", (0, 4)),
        ("bytes=4-", (4, 6)),
        ("bytes=-3", (7, 3)),
        ("bytes=-99", (0, 10)),
        ("bytes=8-99", (8, 2)),
        ("bytes=5-2", None),
        ("bytes=0-1,4-5", None),
        ("lines=0-1", None),
        ("bytes=-", None),
    ],
)
def test_the_part_that_is_meant(asked: str, part: tuple[int, int] | None) -> None:
    assert part_of(10, asked) == part


@pytest.mark.parametrize("asked", ["bytes=10-", "bytes=99-100", "bytes=-0"])
def test_behind_the_end_there_is_nothing(asked: str) -> None:
    with pytest.raises(OutOfRange):
        part_of(10, asked)


@given(size=st.integers(0, 50), first=st.integers(0, 60), last=st.integers(0, 60))
def test_a_part_lies_in_its_file(size: int, first: int, last: int) -> None:
    try:
        part = part_of(size, f"bytes={first}-{last}")
    except OutOfRange:
        assert first >= size
        return
    if part is not None:
        assert part[0] == first
        assert 0 < part[1] <= last - first + 1
        assert part[0] + part[1] <= size
