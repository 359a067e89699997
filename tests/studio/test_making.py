"""Real files through the whole making: good ones of odd kinds, bad ones of every kind, and deaths in the middle."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.studio.conftest import ANN, Clips, ffmpeg, work_off
from walras.base import limits
from walras.base.clock import SetClock
from walras.base.errors import Conflict
from walras.base.settings import Settings
from walras.studio import Asset, Making, Studio, open_studio
from walras.studio.jobs import take_job
from walras.studio.models import Models
from walras.studio.understanding import Understanding
from walras.studio.working import Worker
from walras.world import open_world

Upload = Callable[[Path], Asset]


def probed(path: Path, what: str) -> str:
    command = ["ffprobe", "-v", "error", "-allowed_extensions", "ALL", "-show_entries", what, "-of", "csv=p=0", path]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout.strip()


def on_disk(studio: Studio, address: str) -> Path:
    _, _, asset, name = address.split("/")
    return studio.folder / asset / name


def made(studio: Studio, worker: Worker, asset: Asset) -> Asset:
    work_off(worker)
    done = studio.asset(asset.id)
    assert done.state == "ready", done.fault
    return done


def failed(studio: Studio, worker: Worker, asset: Asset) -> str:
    work_off(worker)
    done = studio.asset(asset.id)
    assert (done.state, done.playable, done.hls) == ("failed", False, "")
    assert done.fault is not None and not done.fault.ours
    assert done.fault.text == f"fault.{done.fault.code}"
    assert [p.name for p in (studio.folder / asset.id).iterdir()] == ["source"], "something half-made was left"
    return done.fault.code


# ---------------------------------------------------------------- good files


def test_a_video_can_be_watched_before_everything_is_made(
    studio: Studio, worker: Worker, upload: Upload, clips: Clips
) -> None:
    asset = upload(clips.made("phone.mp4", "576x720"))
    assert worker.step()
    early = studio.asset(asset.id)
    assert (early.state, early.playable, early.width, early.height) == ("making", True, 540, 676)
    master = on_disk(studio, early.hls)
    assert re.findall(r"RESOLUTION=(\S+?),", master.read_text()) == ["540x676"]
    assert on_disk(studio, early.poster).read_bytes()[:2] == b"\xff\xd8"
    assert probed(master, "format=duration") == "1.000000"
    done = made(studio, worker, asset)
    assert re.findall(r"RESOLUTION=(\S+?),", master.read_text()) == ["540x676", "360x450"]
    assert 'CODECS="avc1.4d' in master.read_text()
    assert on_disk(studio, done.preview).read_bytes()[8:12] == b"WEBP"
    assert probed(on_disk(studio, done.sprite), "stream=width,height") == "900,112"
    assert done.understood is not None and done.progress == 1.0


def test_heights_have_their_key_frames_at_the_same_instants(
    studio: Studio, worker: Worker, upload: Upload, clips: Clips
) -> None:
    done = made(studio, worker, upload(clips.made("long.mp4", "540x540", seconds=4.2)))
    cuts = {
        path.name: re.findall(r"#EXTINF:([\d.]+)", path.read_text())
        for path in (studio.folder / done.id).glob("1-*0.m3u8")
    }
    assert set(cuts) == {"1-360.m3u8", "1-540.m3u8"}
    assert cuts["1-360.m3u8"] == cuts["1-540.m3u8"] == ["1.000000", "2.000000", "1.200000"]
    for side in (360, 540):
        init, first = (studio.folder / done.id / f"1-{side}{end}" for end in ("-init.mp4", "-001.m4s"))
        whole = studio.folder / "joined.mp4"
        whole.write_bytes(init.read_bytes() + first.read_bytes())
        assert "K" in probed(whole, "packet=flags").splitlines()[0]


@pytest.mark.parametrize(
    ("name", "size", "options", "shape"),
    [
        ("odd.mp4", "97x131", ("-pix_fmt", "yuv444p"), (96, 130)),
        ("wide-pixels.mp4", "96x96", ("-vf", "setsar=2"), (192, 96)),
        ("interlaced.mp4", "96x96", ("-flags", "+ilme+ildct", "-vf", "setfield=tff"), (96, 96)),
        ("slow.mp4", "96x96", ("-r", "5"), (96, 96)),
        ("recorded.webm", "96x96", ("-c:v", "libvpx", "-c:a", "libopus", "-live", "1", "-f", "webm"), (96, 96)),
        (
            "hdr.mp4",
            "96x96",
            (
                "-vf",
                "format=yuv420p10le",
                "-color_trc",
                "smpte2084",
                "-color_primaries",
                "bt2020",
                "-colorspace",
                "bt2020nc",
            ),
            (96, 96),
        ),
    ],
)
def test_odd_kinds_become_plain(
    studio: Studio,
    worker: Worker,
    upload: Upload,
    clips: Clips,
    name: str,
    size: str,
    options: tuple[str, ...],
    shape: tuple[int, int],
) -> None:
    done = made(studio, worker, upload(clips.made(name, size, *options)))
    assert (done.width, done.height) == shape
    assert done.duration_s == pytest.approx(1, abs=0.5)
    picture = probed(on_disk(studio, done.hls), "stream=codec_name,pix_fmt,field_order").splitlines()
    assert "h264,yuv420p" in picture[0]


def test_a_turned_phone_is_upright(studio: Studio, worker: Worker, upload: Upload, clips: Clips) -> None:
    plain, turned = clips.plain(), clips.path("turned.mp4")
    ffmpeg("-display_rotation", "90", "-i", str(plain), "-c", "copy", str(turned)) if _new_ffmpeg() else ffmpeg(
        "-i", str(plain), "-c", "copy", "-metadata:s:v:0", "rotate=90", str(turned)
    )
    done = made(studio, worker, upload(turned))
    assert (done.width, done.height) == (128, 96)
    assert probed(on_disk(studio, done.poster), "stream=width,height") == "128,96"


def test_a_silent_video_has_a_silent_track_as_long_as_itself(
    studio: Studio, worker: Worker, upload: Upload, clips: Clips
) -> None:
    done = made(studio, worker, upload(clips.made("silent.mp4", "96x96", sound=False)))
    assert "aac" in probed(on_disk(studio, done.hls), "stream=codec_name")
    assert done.duration_s == pytest.approx(1, abs=0.1)


def test_a_cut_a_cover_and_music_make_another_version(
    studio: Studio, worker: Worker, upload: Upload, clips: Clips
) -> None:
    song = clips.path("song.m4a")
    ffmpeg("-f", "lavfi", "-i", "sine=frequency=880:duration=0.5", "-c:a", "aac", str(song))
    music = studio.adopt(ANN, {"sound.m4a": song})
    asset = made(studio, worker, upload(clips.plain()))
    wanted = Making(start_s=0.5, end_s=1.5, cover_s=0.9, music=music.id, own_volume=0.2)
    ordered = studio.order(asset.id, wanted)
    assert (ordered.state, ordered.version, ordered.playable, ordered.hls) == ("queued", 2, True, asset.hls)
    done = made(studio, worker, asset)
    assert done.hls.endswith("/2-master.m3u8")
    assert done.duration_s == pytest.approx(1, abs=0.1)
    assert on_disk(studio, asset.hls).exists(), "the version before may still be playing somewhere"
    assert studio.order(asset.id, wanted).state == "ready", "the same order twice is one"
    studio.order(asset.id, Making())
    assert made(studio, worker, asset).hls.endswith("/3-master.m3u8")
    assert not on_disk(studio, asset.hls).exists()


def test_music_that_is_not_there_is_named(studio: Studio, worker: Worker, upload: Upload, clips: Clips) -> None:
    asset = upload(clips.plain())
    for music in ("nobody", "../..", f"../{asset.id}"):
        studio.order(asset.id, Making(music=music))
        assert failed(studio, worker, asset) == "no-music"
    studio.order(asset.id, Making())
    made(studio, worker, asset)


# ---------------------------------------------------------------- bad files


def test_what_is_no_video_is_refused_by_its_content(
    studio: Studio, worker: Worker, upload: Upload, clips: Clips, tmp_path: Path
) -> None:
    picture = clips.path("picture.png")
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=64x64:duration=0.1", "-frames:v", "1", str(picture))
    song = clips.path("only-sound.mp4")
    ffmpeg("-f", "lavfi", "-i", "sine=duration=1", "-c:a", "aac", str(song))
    secret = tmp_path / "secret"
    secret.write_text("the key")
    wrong = {
        "text.mp4": b"<html><script>alert(1)</script></html>",
        "noise.mp4": os.urandom(5_000),
        "picture.mp4": picture.read_bytes(),
        "song.mp4": song.read_bytes(),
        "zip.mp4": b"PK\x03\x04" + b"\0" * 500,
        # A playlist would make ffmpeg open other files or other machines.
        "playlist.mp4": f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://{secret}\n#EXT-X-ENDLIST\n".encode(),
        "list.mp4": f"ffconcat version 1.0\nfile '{clips.plain()}'\n".encode(),
    }
    for name, body in wrong.items():
        path = tmp_path / name
        path.write_bytes(body)
        assert failed(studio, worker, upload(path)) == "not-video", name
        studio.remove(studio.changed(0)[-1].id)


def test_a_file_that_is_cut_off_says_so(
    studio: Studio, worker: Worker, upload: Upload, clips: Clips, tmp_path: Path
) -> None:
    plain, fast = clips.plain().read_bytes(), clips.made("fast.mp4", "96x96", "-movflags", "+faststart", seconds=2)
    moving = clips.made("cut.mkv", "96x96", "-g", "1", "-b:v", "300k", seconds=2).read_bytes()
    for name, body in {
        "index-lost.mp4": plain[: len(plain) // 2],
        "index-first.mp4": fast.read_bytes()[: fast.stat().st_size // 2],
        "half.mkv": moving[: len(moving) // 2],
    }.items():
        path = tmp_path / name
        path.write_bytes(body)
        assert failed(studio, worker, upload(path)) == "cut-off", name


def test_a_four_hour_file_is_refused_with_its_length(
    studio: Studio, worker: Worker, upload: Upload, clips: Clips
) -> None:
    long = clips.path("long-four-hours.mp4")
    source = "color=size=16x16:rate=1/60:duration=14400"
    ffmpeg("-f", "lavfi", "-i", source, "-c:v", "libx264", "-preset", "ultrafast", "-g", "1", str(long))
    asset = upload(long)
    assert failed(studio, worker, asset) == "too-long"
    fault = studio.asset(asset.id).fault
    assert fault is not None and fault.detail == "14400 s"


def test_a_few_frames_are_no_video(studio: Studio, worker: Worker, upload: Upload, clips: Clips) -> None:
    assert failed(studio, worker, upload(clips.made("blink.mp4", "64x64", seconds=0.14))) == "too-short"


def test_small_files_that_unpack_to_much_are_refused(
    studio: Studio, worker: Worker, upload: Upload, clips: Clips
) -> None:
    huge = clips.path("huge.mkv")
    source = f"color=size={limits.VIDEO_SIDE_MAX + 16}x64:rate=2:duration=1"
    ffmpeg("-f", "lavfi", "-i", source, "-c:v", "mjpeg", str(huge))
    assert failed(studio, worker, upload(huge)) == "too-large"
    dense = clips.path("dense.mp4")
    ffmpeg("-f", "lavfi", "-i", "color=size=16x16:rate=1000:duration=1", "-c:v", "libx264", str(dense))
    assert failed(studio, worker, upload(dense)) == "too-large"


# ---------------------------------------------------------------- deaths


def wait_for(true: Callable[[], object]) -> None:
    while not true():
        time.sleep(0.02)


def ffmpeg_of(worker: int) -> int:
    """The id of the ffmpeg that is a child of this process; 0 where none runs."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            told = (folder / "stat").read_text()
            parent = int(told.rpartition(")")[2].split()[1])
            if parent == worker and "(ffmpeg)" in told and "hls" in (folder / "cmdline").read_text():
                return int(folder.name)
        except OSError:
            continue
    return 0


def test_a_killed_ffmpeg_is_tried_again(studio: Studio, upload: Upload, clips: Clips) -> None:
    asset = upload(clips.made("work.mp4", "720x720", seconds=8))
    worker, stopped = Worker(studio, Understanding(studio.settings, Models())), threading.Event()
    thread = threading.Thread(target=worker.run, args=(stopped,))
    thread.start()
    wait_for(lambda: ffmpeg_of(os.getpid()))
    os.kill(ffmpeg_of(os.getpid()), signal.SIGKILL)
    wait_for(lambda: studio.asset(asset.id).playable)
    stopped.set()
    thread.join()
    assert studio.asset(asset.id).fault is None
    assert studio.asset(asset.id).duration_s == pytest.approx(8, abs=0.2)


def test_a_killed_worker_takes_its_ffmpeg_along_and_another_goes_on(
    home: Path, studio: Studio, upload: Upload, clips: Clips
) -> None:
    asset = upload(clips.made("work.mp4", "720x720", seconds=8))
    environ = {**os.environ, "WALRAS_HOME": str(home), "WALRAS_DISK_FREE_MB_MIN": "0"}
    process = subprocess.Popen([sys.executable, "-m", "walras.studio"], env=environ)
    wait_for(lambda: ffmpeg_of(process.pid))
    child = ffmpeg_of(process.pid)
    process.kill()
    process.wait()
    wait_for(lambda: not Path(f"/proc/{child}").exists())
    assert not studio.asset(asset.id).playable
    assert studio.waiting() == 0, "the lease holds until it has run out"
    later = SetClock(studio.clock.now_ms() + limits.JOB_LEASE_MS + 1)
    again = open_studio(home, studio.database, later, studio.settings)
    assert Worker(again, Understanding(studio.settings, Models())).step()
    assert studio.asset(asset.id).playable
    assert not list((studio.folder / asset.id).glob("work-*")), "what the dead worker left is thrown away"


def test_a_worker_that_is_told_to_end_leaves_its_job_to_the_next(studio: Studio, upload: Upload, clips: Clips) -> None:
    asset = upload(clips.made("work.mp4", "720x720", seconds=8))
    stopped = threading.Event()
    worker = Worker(studio, Understanding(studio.settings, Models()))
    thread = threading.Thread(target=worker.step, args=(stopped,))
    thread.start()
    wait_for(lambda: ffmpeg_of(os.getpid()))
    stopped.set()
    thread.join()
    assert studio.waiting() == 1
    assert studio.asset(asset.id).fault is None


def test_work_of_an_older_order_is_thrown_away(studio: Studio, worker: Worker, upload: Upload, clips: Clips) -> None:
    asset = upload(clips.plain())
    job = take_job(studio.database, "slow", studio.clock.now_ms())
    assert job is not None
    studio.order(asset.id, Making(end_s=1))
    done = made(studio, worker, asset)
    assert (done.version, done.duration_s) == (2, pytest.approx(1, abs=0.1))


def test_a_job_that_ends_its_worker_each_time_is_given_up(home: Path, clock: SetClock, clips: Clips) -> None:
    settings = Settings(disk_free_mb_min=0)
    world = open_world(home, settings)
    studio = open_studio(home, world.database, clock, settings)
    body = clips.plain().read_bytes()
    asset = studio.begin_upload(ANN, len(body))
    studio.receive(asset.id, 0, [body])
    for _ in range(limits.JOB_TRIES_MAX):
        assert take_job(studio.database, "dies", clock.now_ms()) is not None
        clock.instant_ms += limits.JOB_LEASE_MS + 1
    assert Worker(studio, Understanding(settings, Models())).step()
    given_up = studio.asset(asset.id)
    assert given_up.fault is not None
    assert (given_up.state, given_up.fault.code, given_up.fault.ours) == ("failed", "our-fault", True)
    studio.retry(asset.id)
    with pytest.raises(Conflict, match="has not failed"):
        studio.retry(asset.id)
    work_off(Worker(studio, Understanding(settings, Models())))
    assert studio.asset(asset.id).state == "ready"
    world.close()


def test_a_full_disk_is_tried_again_and_then_said(home: Path, clock: SetClock, clips: Clips) -> None:
    settings = Settings(disk_free_mb_min=0)
    world = open_world(home, settings)
    studio = open_studio(home, world.database, clock, settings)
    body = clips.plain().read_bytes()
    asset = studio.begin_upload(ANN, len(body))
    studio.receive(asset.id, 0, [body])
    worker = Worker(studio, Understanding(settings, Models()))
    # A file where the work folder should be made stands for any write that the disk refuses.
    work = f"work-first-{worker.name}"
    (studio.folder / asset.id / work).write_text("")
    for _ in range(limits.JOB_TRIES_MAX):
        clock.instant_ms += 10**6
        assert worker.step()
        (studio.folder / asset.id / work).write_text("")
    told = studio.asset(asset.id).fault
    assert told is not None and told.ours
    world.close()


def _new_ffmpeg() -> bool:
    shown = subprocess.run(["ffmpeg", "-version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"version n?(\d+)", shown)
    return found is not None and int(found.group(1)) >= 6
