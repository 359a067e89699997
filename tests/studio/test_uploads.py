"""A file comes in pieces: whatever is sent, in whatever order, the file is what was acknowledged and nothing else."""

import resource
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.studio.conftest import ANN
from walras.base import limits
from walras.base.clock import SetClock
from walras.base.errors import Conflict, Exhausted, Invalid, NotFound, TooMuch, TooOften
from walras.base.ids import PersonId
from walras.base.settings import Settings
from walras.studio import AssetId, Studio, WrongOffset, open_studio
from walras.world import open_world

pieces = st.lists(st.tuples(st.integers(-3, 3), st.binary(max_size=9), st.booleans()), max_size=12)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(length=st.integers(1, 40), sent=pieces)
def test_the_file_is_what_was_acknowledged(studio: Studio, length: int, sent: list[tuple[int, bytes, bool]]) -> None:
    asset = studio.begin_upload(PersonId(f"p{len(studio.changed(0))}"), length)
    source, expected = studio.folder / asset.id / "source", b""
    for off_by, piece, crashes in sent:
        if crashes:
            # A process died after it wrote and before it acknowledged.
            with source.open("ab") as file:
                file.write(b"torn")
        try:
            took = studio.receive(asset.id, len(expected) + off_by, [piece])
        except WrongOffset as error:
            assert off_by != 0
            assert error.right == len(expected)
        except TooMuch:
            assert len(expected) + len(piece) > length
        except Conflict:
            assert len(expected) == length
        else:
            expected += piece
            assert took.received == len(expected)
            assert took.state == ("queued" if len(expected) == length else "uploading")
            assert source.read_bytes() == expected
    assert studio.asset(asset.id).received == len(expected)


def test_a_whole_file_waits_to_be_made_and_takes_no_more(studio: Studio) -> None:
    asset = studio.begin_upload(ANN, 4, "holiday.mp4")
    assert studio.receive(asset.id, 0, [b"ab", b"cd"]).state == "queued"
    assert studio.waiting() == 1
    assert studio.upload_ends_ms(asset.id) == 0
    with pytest.raises(Conflict, match="come whole"):
        studio.receive(asset.id, 4, [b"e"])


def test_the_name_is_shown_without_folders_and_control_characters(studio: Studio) -> None:
    assert studio.begin_upload(ANN, 1, "..\\..\\etc/pass\x00wd\n.mp4").name == "passwd.mp4"
    assert len(studio.begin_upload(ANN, 1, "x" * 999).name) == limits.UPLOAD_NAME_CHARS_MAX


@pytest.mark.parametrize("length", [0, -1])
def test_an_empty_file_is_refused_before_it_comes(studio: Studio, length: int) -> None:
    with pytest.raises(Invalid, match="file is empty"):
        studio.begin_upload(ANN, length)
    assert list(studio.changed(0)) == []


def test_a_file_that_is_too_large_is_refused_before_it_comes(studio: Studio) -> None:
    with pytest.raises(TooMuch, match="2000 MB"):
        studio.begin_upload(ANN, limits.UPLOAD_BYTES_MAX + 1)


def test_nobody_holds_many_files_open(studio: Studio) -> None:
    open_ones = [studio.begin_upload(ANN, 9) for _ in range(limits.UPLOADS_OPEN_MAX)]
    with pytest.raises(TooOften, match="open already"):
        studio.begin_upload(ANN, 9)
    studio.begin_upload(PersonId("bob"), 9)
    studio.remove(open_ones[0].id)
    studio.begin_upload(ANN, 9)


def test_two_requests_write_one_file_one_after_the_other(studio: Studio) -> None:
    asset = studio.begin_upload(ANN, 8)
    inside, go_on = threading.Event(), threading.Event()

    def slowly() -> "list[bytes]":
        inside.set()
        assert go_on.wait(10)
        return [b"1234"]

    class Slow:
        def __iter__(self):  # type: ignore[no-untyped-def]
            return iter(slowly())

    first = threading.Thread(target=studio.receive, args=(asset.id, 0, Slow()))
    first.start()
    assert inside.wait(10)
    with pytest.raises(Conflict, match="another request"):
        studio.receive(asset.id, 0, [b"abcd"])
    go_on.set()
    first.join()
    assert studio.receive(asset.id, 4, [b"5678"]).state == "queued"
    assert (studio.folder / asset.id / "source").read_bytes() == b"12345678"


def test_a_disk_that_takes_no_more_keeps_what_was_sure(studio: Studio) -> None:
    asset = studio.begin_upload(ANN, 100_000)
    studio.receive(asset.id, 0, [b"x" * 1000])
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        with pytest.raises(Exhausted, match="took no more"):
            studio.receive(asset.id, 1000, [b"y" * 50_000])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert studio.asset(asset.id).received == 1000
    assert studio.receive(asset.id, 1000, [b"z" * 10]).received == 1010


def test_a_nearly_full_disk_begins_nothing(home: Path) -> None:
    settings = Settings(disk_free_mb_min=10**9)
    world = open_world(home, settings)
    with pytest.raises(Exhausted, match="nearly full"):
        open_studio(home, world.database, SetClock(0), settings).begin_upload(ANN, 1)
    world.close()


def test_a_file_that_stopped_coming_is_given_up_and_says_so(home: Path, clock: SetClock) -> None:
    world = open_world(home, Settings(disk_free_mb_min=0))
    studio = open_studio(home, world.database, clock, Settings(disk_free_mb_min=0))
    asset = studio.begin_upload(ANN, 10)
    studio.receive(asset.id, 0, [b"abc"])
    clock.instant_ms += limits.UPLOAD_KEPT_MS + 1
    assert studio.expire() == 1
    gone = studio.asset(asset.id)
    assert (gone.state, gone.fault and gone.fault.code) == ("failed", "expired")
    with pytest.raises(Conflict):
        studio.receive(asset.id, 3, [b"d"])
    with pytest.raises(Conflict, match="no whole file"):
        studio.retry(asset.id)
    assert studio.expire() == 0
    world.close()


def test_what_is_removed_is_gone_with_its_files(studio: Studio) -> None:
    asset = studio.begin_upload(ANN, 3)
    studio.receive(asset.id, 0, [b"abc"])
    studio.remove(asset.id)
    assert not (studio.folder / asset.id).exists()
    assert studio.waiting() == 0
    for ask in (studio.asset, studio.remove, studio.retry):
        with pytest.raises(NotFound):
            ask(asset.id)


def test_changes_are_read_from_where_one_stood(studio: Studio) -> None:
    one, two = studio.begin_upload(ANN, 3), studio.begin_upload(ANN, 3)
    seen = studio.changed(0)
    assert [a.id for a in seen] == [one.id, two.id]
    studio.receive(one.id, 0, [b"a"])
    assert [(a.id, a.received) for a in studio.changed(seen[-1].turn)] == [(one.id, 1)]
    assert [a.id for a in studio.changed(0, limit=1)] == [two.id]
    assert set(studio.assets([one.id, AssetId("nobody")])) == {one.id}
    assert [a.id for a in studio.owned(ANN)] == [two.id, one.id]


def test_what_others_made_is_taken_ready(studio: Studio, tmp_path: Path) -> None:
    (tmp_path / "m").write_text("#EXTM3U")
    (tmp_path / "p").write_bytes(b"jpg")
    files = {"master.m3u8": tmp_path / "m", "poster.jpg": tmp_path / "p", "720.m3u8": tmp_path / "m"}
    asset = studio.adopt(ANN, files)
    assert (asset.state, asset.playable, asset.hls) == ("ready", True, f"/media/{asset.id}/master.m3u8")
    assert (asset.poster, asset.preview) == (f"/media/{asset.id}/poster.jpg", "")
    assert (studio.folder / asset.id / "720.m3u8").read_text() == "#EXTM3U"
    with pytest.raises(NotFound):
        studio.adopt(ANN, {"master.m3u8": tmp_path / "none"})
