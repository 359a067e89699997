"""[video.*] A 30 s upload of 720 × 1280 with speech and text: seconds until it plays, and until it is understood.

Both begin when the last byte was acknowledged, and include that the keeper notices the job and starts the process.
"""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from walras.base.clock import SystemClock
from walras.base.ids import PersonId
from walras.base.settings import Settings
from walras.loops import MakingLoop
from walras.studio import Asset, Studio, open_studio
from walras.world import open_world

COMMAND = "python -m bench video"
SECONDS, RUNS, WAIT_S = 30, 3, 300
# As often as the keeper looks for work.
TICK_S = 1.0
_SAID = (
    "Welcome to the market. Today we cook fresh noodles with a little oil and salt. First we boil the water for ten "
    "minutes. Then we cut the onions and the tomatoes into small pieces. Everything is ready when it boils again. "
    "Put it on a plate and call your friends. If you like this dish, come back tomorrow, and we will cook another one. "
    "We will bake bread with butter and honey, and drink a cup of tea."
)


def write_clip(path: Path) -> None:
    """A clip as a phone takes it: movement everywhere, a person who speaks, text on screen."""
    picture = f"testsrc2=size=720x1280:rate=30:duration={SECONDS}"
    speech = f"flite=text='{_SAID}':voice=slt"
    graph = f"[0:v]noise=alls=8:allf=t,eq=contrast=0.9[v];[1:a]apad,atrim=0:{SECONDS}[a]"
    inputs = ["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", speech]
    encoded = ["-c:v", "libx264", "-preset", "ultrafast", "-crf", "27", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    command = ["ffmpeg", "-y", "-nostdin", "-loglevel", "error", *inputs, "-filter_complex", graph]
    subprocess.run([*command, "-map", "[v]", "-map", "[a]", *encoded, str(path)], check=True, timeout=300)


def timed(studio: Studio, loop: MakingLoop, clip: Path) -> tuple[float, float, float]:
    """Seconds until it can be watched, until it is understood, and until everything is made."""
    body = clip.read_bytes()
    upload = studio.begin_upload(PersonId("maker"), len(body), clip.name)
    studio.receive(upload.id, 0, [body])
    start_s = time.perf_counter()

    def until(true: Callable[[Asset], bool]) -> float:
        while not true(asset := studio.asset(upload.id)):
            assert asset.state != "failed", asset.fault
            assert time.perf_counter() - start_s < WAIT_S, f"{asset.state} after {WAIT_S} s"
            loop.tick()
            time.sleep(0.1)
        return time.perf_counter() - start_s

    time.sleep(TICK_S / 2)
    playable_s, understood_s = until(lambda a: a.playable), until(lambda a: a.understood is not None)
    understood = studio.asset(upload.id).understood
    assert understood is not None and not understood.missing and "noodles" in understood.speech, understood
    return playable_s, understood_s, until(lambda a: a.state == "ready")


def run() -> list[dict[str, Any]]:
    """Rows for the report: the median of three uploads, each to a process that has just been started."""
    found = []
    with tempfile.TemporaryDirectory(prefix="walras-bench-") as folder:
        clip = Path(folder) / "clip.mp4"
        write_clip(clip)
        megabytes = clip.stat().st_size / 1e6
        for n in range(RUNS):
            home = Path(folder) / str(n)
            home.mkdir()
            settings = Settings(disk_free_mb_min=0)
            world = open_world(home, settings)
            studio = open_studio(home, world.database, SystemClock(), settings)
            loop = MakingLoop(home, studio)
            try:
                found.append(timed(studio, loop, clip))
            finally:
                loop.stop()
                world.close()
            shutil.rmtree(home)
    playable_s, understood_s, ready_s = (sorted(each)[RUNS // 2] for each in zip(*found, strict=True))
    spread = msgspec.json.encode([[round(s, 1) for s in each] for each in found]).decode()
    note = f"{SECONDS} s of 720 x 1280, {megabytes:.0f} MB; [playable, understood, all heights] of each run: {spread}"
    plays = {"id": "video.playable_s", "value": round(playable_s, 1), "unit": "s", "target": "<= 20", "note": note}
    knows = {"id": "video.understood_s", "value": round(understood_s, 1), "unit": "s", "target": "<= 30"}
    whole = {"id": "video.ready_s", "value": round(ready_s, 1), "unit": "s", "note": "three heights, preview, sprite"}
    return [row | {"command": COMMAND} for row in (plays, knows, whole)]
