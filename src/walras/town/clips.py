"""The sample's clips: short drawn films with sound, made by the town itself, so that they belong to nobody.

A clip is a scene of a subject: a sky that turns, a motif that moves, a tune in five tones. Frames are drawn at the
film's own size and encoded by one ffmpeg; the poster is one of them. The same draws give the same film.
"""

import subprocess
from pathlib import Path

import numpy as np

from walras.town import motifs
from walras.town.canvas import HEIGHT, WIDTH, Canvas
from walras.town.scenes import Scene, scene_of
from walras.town.tunes import write_tune

FRAMES_PER_S = 12
SECONDS_MAX = 60.0
_TIMEOUT_S = 120
_RAW = ("-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{WIDTH}x{HEIGHT}", "-r", str(FRAMES_PER_S))


def draw_film(folder: Path, subject: str, seconds: float, rng: np.random.Generator) -> None:
    """Draw `video.mp4` and `poster.jpg` of a subject into a folder; the same draws give the same film.

    Raises:
        OSError: ffmpeg or OpenCV is not there, or could not write.
    """
    scene = scene_of(subject, rng)
    write_still(folder / "poster.jpg", scene, seconds / 3)
    write_clip(folder / "video.mp4", scene, seconds)


def write_still(path: Path, scene: Scene, at_s: float = 1.0) -> None:
    """Write one frame as a picture, for a poster.

    Raises:
        OSError: OpenCV is not there, or could not write.
    """
    canvas = Canvas()
    motifs.draw(canvas, scene, at_s)
    canvas.save(path)


def write_clip(path: Path, scene: Scene, seconds: float, ffmpeg: str = "ffmpeg") -> None:
    """Write a film with sound, ready to be played from its beginning.

    Args:
        path: of the MP4, made in one step.
        scene: what it shows.
        seconds: how long, up to `SECONDS_MAX`.
        ffmpeg: the program.

    Raises:
        OSError: ffmpeg or OpenCV is not there, or could not write.
    """
    seconds = min(seconds, SECONDS_MAX)
    scratch, sound = path.with_suffix(".new.mp4"), path.with_suffix(".wav")
    write_tune(sound, scene, seconds)
    try:
        said, code = _encoded(_command(ffmpeg, sound, scratch), scene, seconds)
        if code:
            raise OSError(f"ffmpeg could not write {path.name}: {said[-300:]}")
        scratch.replace(path)
    finally:
        sound.unlink(missing_ok=True)
        scratch.unlink(missing_ok=True)


def _encoded(command: list[str], scene: Scene, seconds: float) -> tuple[str, int]:
    """What ffmpeg said of the frames, and its status."""
    canvas = Canvas()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None and process.stderr is not None
        try:
            for n in range(max(1, round(seconds * FRAMES_PER_S))):
                motifs.draw(canvas, scene, n / FRAMES_PER_S)
                process.stdin.write(canvas.raw())
            process.stdin.close()
        except BrokenPipeError:
            pass  # what it says on its way out tells why
        said = process.stderr.read().decode("utf-8", "replace")
        return said, process.wait(_TIMEOUT_S)


def _command(ffmpeg: str, sound: Path, film: Path) -> list[str]:
    encoded = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "27", "-g", str(2 * FRAMES_PER_S), "-threads", "1")
    return [
        *(ffmpeg, "-v", "error", "-y", *_RAW, "-i", "-", "-i", str(sound), *encoded),
        *("-c:a", "aac", "-b:a", "48k", "-shortest", "-movflags", "+faststart", str(film)),
    ]
