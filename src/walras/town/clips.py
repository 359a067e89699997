"""The sample's clips: short drawn films with sound, made by the town itself, so that they belong to nobody.

A clip is a scene of a subject: a sky that turns, a motif that moves, a tune in five tones. Frames are arrays, half
as wide as the film; ffmpeg scales and encodes them. The same draws give the same film.
Shapes: H × W pixels of a frame, S samples of sound.
"""

import math
import subprocess
import wave
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float32]

WIDTH, HEIGHT = 180, 320
SCALE = 2
FRAMES_PER_S = 12
SAMPLES_PER_S = 22_050
SECONDS_MAX = 60.0
# Five tones: whichever come together, they sound well.
_SCALE = (0, 2, 4, 7, 9)
_TIMEOUT_S = 120


@dataclass(frozen=True, slots=True)
class Scene:
    """What a film shows, drawn once."""

    motif: str
    hue: float  # of the sky, in turns
    other: float  # of the motif
    speed: float  # turns of the motion in a second
    shape: tuple[float, ...]  # 12 draws, whatever the motif makes of them
    tempo: float  # beats a second
    root_hz: float
    tune: tuple[int, ...]  # steps of the scale, one a beat


# Which motifs go with which subject; a subject that is not named takes any.
_MOTIFS = {
    "food": ("steam", "rings"),
    "cooking": ("steam", "petals"),
    "travel": ("hills", "road"),
    "music": ("bars", "rings"),
    "football": ("balls", "tiles"),
    "village-basketball": ("balls", "bars"),
    "crafts": ("petals", "weave"),
    "cats": ("cat",),
    "study": ("tiles", "weave"),
    "tech": ("road", "tiles"),
    "dance": ("petals", "bars"),
    "comedy": ("balls", "cat"),
    "farming": ("hills", "weave"),
    "fishing": ("waves", "hills"),
    "makeup": ("petals", "rings"),
    "cars": ("road", "hills"),
}


def scene_of(subject: str, rng: np.random.Generator) -> Scene:
    """Draw a scene for a subject; subjects differ in hue, their clips a little."""
    motifs = _MOTIFS.get(subject, tuple(_DRAWN))
    base = (sum(map(ord, subject)) * 0.618) % 1.0
    hue = float((base + rng.normal(0.0, 0.04)) % 1.0)
    return Scene(
        motif=str(motifs[int(rng.integers(len(motifs)))]),
        hue=hue,
        other=float((hue + rng.choice([0.08, 0.42, 0.55])) % 1.0),
        speed=float(rng.uniform(0.08, 0.3)),
        shape=tuple(rng.random(12).tolist()),
        tempo=float(rng.uniform(1.4, 2.6)),
        root_hz=float(110.0 * 2.0 ** (rng.integers(0, 12) / 12.0)),
        tune=tuple(int(step) for step in rng.integers(0, 10, 16)),
    )


def draw_film(folder: Path, subject: str, seconds: float, rng: np.random.Generator) -> None:
    """Draw `video.mp4` and `poster.jpg` of a subject into a folder; the same draws give the same film.

    Raises:
        OSError: ffmpeg is not there, or could not write.
    """
    scene = scene_of(subject, rng)
    write_still(folder / "poster.jpg", scene, seconds / 3)
    write_clip(folder / "video.mp4", scene, seconds)


def write_clip(path: Path, scene: Scene, seconds: float, ffmpeg: str = "ffmpeg") -> None:
    """Write a film with sound, ready to be played from its beginning.

    Args:
        path: of the MP4, made in one step.
        scene: what it shows.
        seconds: how long, up to `SECONDS_MAX`.
        ffmpeg: the program.

    Raises:
        OSError: ffmpeg is not there, or could not write.
    """
    seconds = min(seconds, SECONDS_MAX)
    scratch, sound = path.with_suffix(".new.mp4"), path.with_suffix(".wav")
    _write_sound(sound, scene, seconds)
    try:
        process = subprocess.Popen(
            _command(ffmpeg, sound, scratch), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        assert process.stdin is not None and process.stderr is not None
        try:
            for frame in frames(scene, seconds):
                process.stdin.write(frame.tobytes())
            process.stdin.close()
        except BrokenPipeError:
            pass  # what it says on its way out tells why
        said = process.stderr.read().decode("utf-8", "replace")
        process.stderr.close()
        if process.wait(_TIMEOUT_S):
            raise OSError(f"ffmpeg could not write {path.name}: {said[-300:]}")
        scratch.replace(path)
    finally:
        sound.unlink(missing_ok=True)
        scratch.unlink(missing_ok=True)


def write_still(path: Path, scene: Scene, at_s: float = 1.0, ffmpeg: str = "ffmpeg") -> None:
    """Write one frame as a picture, for a poster.

    Raises:
        OSError: ffmpeg is not there, or could not write.
    """
    frame = _frame(scene, at_s)
    size = f"{WIDTH * SCALE}:{HEIGHT * SCALE}"
    command = [
        ffmpeg,
        "-v",
        "error",
        "-y",
        *_RAW,
        "-i",
        "-",
        "-vf",
        f"scale={size}:flags=bicubic",
        "-q:v",
        "4",
        str(path),
    ]
    done = subprocess.run(command, input=frame.tobytes(), capture_output=True, timeout=_TIMEOUT_S, check=False)
    if done.returncode:
        raise OSError(f"ffmpeg could not write {path.name}: {done.stderr.decode('utf-8', 'replace')[-300:]}")


_RAW = ("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{WIDTH}x{HEIGHT}", "-r", str(FRAMES_PER_S))


def _command(ffmpeg: str, sound: Path, film: Path) -> list[str]:
    size = f"scale={WIDTH * SCALE}:{HEIGHT * SCALE}:flags=lanczos,format=yuv420p"
    encoded = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "27", "-g", str(2 * FRAMES_PER_S), "-threads", "1")
    return [
        *(ffmpeg, "-v", "error", "-y", *_RAW, "-i", "-", "-i", str(sound), "-vf", size, *encoded),
        *("-c:a", "aac", "-b:a", "48k", "-shortest", "-movflags", "+faststart", str(film)),
    ]


# ---------------------------------------------------------------- pictures


def frames(scene: Scene, seconds: float) -> Iterator[NDArray[np.uint8]]:
    """Every frame [H, W, 3]."""
    for n in range(max(1, round(seconds * FRAMES_PER_S))):
        yield _frame(scene, n / FRAMES_PER_S)


_Y, _X = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
_U: Floats = (_X - WIDTH / 2) / WIDTH  # -.5 .. .5 from left to right
_V: Floats = (_Y - HEIGHT / 2) / WIDTH  # the same unit from top to bottom


def _frame(scene: Scene, at_s: float) -> NDArray[np.uint8]:
    turn = scene.speed * at_s
    sky = _sky(scene, turn)
    ink, light = _colour(scene.other, 0.62, 0.9), _colour(scene.hue + 0.04, 0.25, 1.0)
    made = _DRAWN[scene.motif](scene, turn, at_s)
    for cover, colour in zip(made, (ink, light), strict=True):
        sky += cover[..., None] * (colour - sky)
    return (np.clip(sky, 0.0, 1.0) * 255.0).astype(np.uint8)


def _sky(scene: Scene, turn: float) -> Floats:
    """[H, W, 3] from a deep to a pale shade, with a glow that wanders."""
    deep, pale = _colour(scene.hue, 0.75, 0.24), _colour(scene.hue + 0.07, 0.5, 0.72)
    down = np.clip((_V + 0.9) / 1.8, 0.0, 1.0)[..., None]
    x, y = 0.28 * math.sin(2 * math.pi * turn * 0.5), -0.35 + 0.12 * math.cos(2 * math.pi * turn * 0.7)
    glow = np.exp(-(((_U - x) ** 2 + (_V - y) ** 2) * 9.0))[..., None] * 0.55
    sky: Floats = (deep + (pale - deep) * down + glow * (_colour(scene.other, 0.35, 1.0) - deep)).astype(np.float32)
    return sky


def _colour(hue: float, saturation: float, value: float) -> Floats:
    """[3] red, green and blue of a hue in turns."""
    wheel = np.abs(((np.array([0.0, 2 / 3, 1 / 3]) + hue) % 1.0) * 6.0 - 3.0) - 1.0
    made: Floats = (value * (1.0 - saturation + saturation * np.clip(wheel, 0.0, 1.0))).astype(np.float32)
    return made


def _inside(distance: Floats) -> Floats:
    """[H, W] 1 inside a shape, 0 outside, soft over a pixel or two."""
    cover: Floats = np.clip(0.5 - distance * (WIDTH / 2.4), 0.0, 1.0)
    return cover


def _nothing() -> Floats:
    return np.zeros((HEIGHT, WIDTH), np.float32)


def _disc(x: float, y: float, radius: float) -> Floats:
    return _inside(np.hypot(_U - np.float32(x), _V - np.float32(y)) - np.float32(radius))


Motif: TypeAlias = Callable[[Scene, float, float], tuple[Floats, Floats]]


def _balls(scene: Scene, turn: float, at_s: float) -> tuple[Floats, Floats]:
    """Balls that bounce, each with a shine."""
    ink, light = _nothing(), _nothing()
    for n in range(3 + int(scene.shape[0] * 4)):
        phase, size = scene.shape[n % 12], 0.05 + 0.08 * scene.shape[(n + 5) % 12]
        x = 0.42 * math.sin(2 * math.pi * (turn * (0.5 + phase) + phase))
        bounce = abs(math.sin(math.pi * (at_s * scene.tempo * 0.4 + phase)))
        y = 0.62 - size - 0.95 * bounce * (0.5 + 0.5 * scene.shape[(n + 2) % 12])
        ink = np.maximum(ink, _disc(x, y, size))
        light = np.maximum(light, _disc(x - size * 0.35, y - size * 0.35, size * 0.3))
    return ink, light * 0.85


def _hills(scene: Scene, turn: float, _at_s: float) -> tuple[Floats, Floats]:
    """Hills that pass by, the near ones faster, below a sun."""
    ink = _nothing()
    for layer in range(3):
        depth = (layer + 1) / 3
        wave = np.sin(_U * (5 + 3 * scene.shape[layer]) + turn * 6 * depth + 6 * scene.shape[layer + 3])
        ridge = 0.14 + 0.2 * layer - 0.1 * wave - 0.04 * np.sin(_U * 17 + turn * 9 * depth)
        ink = np.maximum(ink, _inside((ridge - _V).astype(np.float32)) * (0.35 + 0.3 * layer))
    sun = _disc(0.25 - 0.5 * scene.shape[7], -0.42 + 0.1 * math.sin(2 * math.pi * turn), 0.09 + 0.05 * scene.shape[8])
    return np.clip(ink, 0, 0.92), sun * (1 - np.clip(ink, 0, 1))


def _waves(scene: Scene, turn: float, at_s: float) -> tuple[Floats, Floats]:
    """Water, and a float that dances on it."""
    ink = _nothing()
    for layer in range(4):
        swell = 0.03 * np.sin(_U * 14 + at_s * (1.2 + layer * 0.4) + 5 * scene.shape[layer])
        ink = np.maximum(ink, _inside((0.05 + 0.15 * layer + swell - _V).astype(np.float32)) * (0.3 + 0.16 * layer))
    x = 0.1 * math.sin(2 * math.pi * turn)
    y = 0.03 + 0.035 * math.sin(at_s * 1.2 + x * 14)
    return ink, np.maximum(
        _disc(x, y, 0.045), _inside((np.abs(_U - x) - 0.004).astype(np.float32)) * (np.abs(_V - (y - 0.1)) < 0.1)
    )


def _bars(scene: Scene, _turn: float, at_s: float) -> tuple[Floats, Floats]:
    """Bars that rise with the beat."""
    count = 7 + int(scene.shape[0] * 6)
    column = np.clip(((_U + 0.5) * count).astype(np.int32), 0, count - 1)
    beat = at_s * scene.tempo
    height = np.array(
        [
            0.12 + 0.5 * abs(math.sin(math.pi * (beat * (0.5 + 0.5 * scene.shape[n % 12]) + n * 0.37)))
            for n in range(count)
        ],
        np.float32,
    )
    within = np.abs(((_U + 0.5) * count) % 1.0 - 0.5) < 0.36
    ink = _inside((np.abs(_V - 0.1) - height[column]).astype(np.float32)) * within
    caps = _inside((np.abs(np.abs(_V - 0.1) - height[column] - 0.03) - 0.008).astype(np.float32)) * within
    return ink, caps


def _rings(scene: Scene, _turn: float, at_s: float) -> tuple[Floats, Floats]:
    """Rings that widen from a heart that beats."""
    x, y = 0.3 * (scene.shape[0] - 0.5), 0.4 * (scene.shape[1] - 0.5)
    far = np.hypot(_U - np.float32(x), _V - np.float32(y))
    wave = np.sin(far * (26 + 20 * scene.shape[2]) - at_s * scene.tempo * 3.0)
    ink = np.clip(wave * 3.0 - 0.6, 0.0, 1.0) * np.exp(-far * 1.2)
    beat = 0.1 + 0.03 * abs(math.sin(math.pi * at_s * scene.tempo))
    return ink.astype(np.float32), _disc(x, y, beat)


def _petals(scene: Scene, turn: float, at_s: float) -> tuple[Floats, Floats]:
    """A flower that turns and opens."""
    count = 4 + int(scene.shape[0] * 6)
    angle, far = np.arctan2(_V, _U) + 2 * np.pi * turn, np.hypot(_U, _V)
    open_ = 0.3 + 0.07 * math.sin(at_s * scene.tempo)
    ink = _inside((far - open_ * (0.62 + 0.38 * np.cos(angle * count))).astype(np.float32))
    inner = _inside((far - 0.5 * open_ * (0.6 + 0.4 * np.cos((angle - 2 * turn) * count + np.pi))).astype(np.float32))
    return ink * 0.9, inner * 0.85


def _steam(scene: Scene, _turn: float, at_s: float) -> tuple[Floats, Floats]:
    """A bowl, and steam above it."""
    far = np.hypot(_U, (_V - 0.22) * 1.15)
    bowl = _inside((far - 0.3).astype(np.float32)) * (_V > 0.22) + _inside(
        (np.maximum(np.abs(_U) - 0.34, np.abs(_V - 0.22) - 0.02)).astype(np.float32)
    )
    steam = _nothing()
    for n in range(3):
        x = (n - 1) * 0.14 + 0.05 * np.sin(_V * 12 + at_s * 2.2 + 6 * scene.shape[n])
        line = np.exp(-(((_U - x) / 0.028) ** 2))
        steam += (line * np.clip((0.18 - _V) * 4, 0, 1) * np.clip((_V + 0.42) * 3, 0, 1)).astype(np.float32)
    return np.clip(bowl, 0, 1).astype(np.float32), np.clip(steam, 0, 1) * 0.6


def _road(scene: Scene, _turn: float, at_s: float) -> tuple[Floats, Floats]:
    """A road that comes towards one, with lines on it."""
    horizon = -0.05 + 0.1 * (scene.shape[0] - 0.5)
    depth = np.maximum(_V - horizon, 1e-3)
    bend = 0.15 * math.sin(at_s * 0.5 + 3 * scene.shape[1]) * (0.9 - depth)
    across = (_U - bend) / (depth + 0.04)
    road = (np.abs(across) < 0.62) * (horizon < _V)
    dashes = (np.abs(across) < 0.035) * (np.sin(0.9 / depth + at_s * scene.tempo * 5) > 0) * (horizon < _V)
    edges = (np.abs(np.abs(across) - 0.57) < 0.03) * (horizon < _V)
    return road.astype(np.float32) * 0.75, np.maximum(dashes, edges).astype(np.float32) * 0.9


def _tiles(scene: Scene, _turn: float, at_s: float) -> tuple[Floats, Floats]:
    """Tiles that turn over, one after the other."""
    count = 4 + int(scene.shape[0] * 4)
    column, row = np.floor((_U + 0.5) * count), np.floor((_V + 1.0) * count)
    wave = np.sin(at_s * scene.tempo + column * 0.9 + row * (0.5 + scene.shape[1]))
    inner_x, inner_y = ((_U + 0.5) * count) % 1.0 - 0.5, ((_V + 1.0) * count) % 1.0 - 0.5
    wide = 0.42 * np.abs(wave)
    ink = (np.abs(inner_x) < wide) * (np.abs(inner_y) < 0.42) * (wave > 0)
    back = (np.abs(inner_x) < wide) * (np.abs(inner_y) < 0.42) * (wave <= 0)
    return ink.astype(np.float32) * 0.85, back.astype(np.float32) * 0.5


def _weave(scene: Scene, turn: float, at_s: float) -> tuple[Floats, Floats]:
    """Threads over and under each other, and a shuttle that runs."""
    count = 9 + int(scene.shape[0] * 6)
    warp, weft = np.sin(_U * np.pi * count), np.sin((_V + turn * 0.3) * np.pi * count)
    over = np.sign(np.sin(_U * np.pi * count / 2) * np.sin((_V + turn * 0.3) * np.pi * count / 2))
    ink = (np.abs(warp) > 0.5) * (over > 0) * 0.8
    light = (np.abs(weft) > 0.55) * (over <= 0) * 0.45
    x = 0.55 * math.sin(at_s * scene.tempo)
    shuttle = _inside((np.maximum(np.abs(_U - x) - 0.12, np.abs(_V - 0.1) - 0.018)).astype(np.float32))
    return ink.astype(np.float32), np.maximum(light.astype(np.float32), shuttle)


def _cat(scene: Scene, _turn: float, at_s: float) -> tuple[Floats, Floats]:
    """A cat that looks about and blinks."""
    x, y = 0.06 * math.sin(at_s * 0.9), 0.08 + 0.015 * math.sin(at_s * 2.4)
    head = _disc(x, y, 0.24)
    for side in (-1, 1):
        ear = np.maximum(np.abs(_U - x - side * 0.14) * 1.7 - (_V - (y - 0.36)), _V - (y - 0.1))
        head = np.maximum(head, _inside(ear.astype(np.float32)))
    body = _inside((np.hypot(_U - x * 0.5, (_V - 0.62) * 0.8) - 0.3).astype(np.float32))
    tail = (
        _inside((np.abs(_U - 0.3 - 0.08 * np.sin(_V * 8 + at_s * 2)) - 0.03).astype(np.float32))
        * (_V > 0.15)
        * (_V < 0.62)
    )
    awake = 0.008 if (at_s * 0.45 + scene.shape[0]) % 1.0 < 0.06 else 0.045
    look = 0.02 * math.sin(at_s * 0.7 + 5 * scene.shape[1])
    eyes = _nothing()
    for side in (-1, 1):
        far = np.hypot((_U - x - side * 0.09) / 0.04, (_V - y + 0.02) / awake)
        pupil = np.hypot((_U - x - side * 0.09 - look) / 0.012, (_V - y + 0.02) / min(awake, 0.035))
        eyes = np.maximum(eyes, (far < 1) * (pupil > 1))
    return np.clip(np.maximum(np.maximum(head, body), tail), 0, 1).astype(np.float32), eyes.astype(np.float32)


_DRAWN: dict[str, Motif] = {
    "balls": _balls,
    "bars": _bars,
    "cat": _cat,
    "hills": _hills,
    "petals": _petals,
    "rings": _rings,
    "road": _road,
    "steam": _steam,
    "tiles": _tiles,
    "waves": _waves,
    "weave": _weave,
}


# ---------------------------------------------------------------- sound


def tune_of(scene: Scene, seconds: float) -> Floats:
    """[S] a plucked tune over a bass and a soft beat, between -1 and 1."""
    count = round(seconds * SAMPLES_PER_S)
    made = np.zeros(count + SAMPLES_PER_S, np.float32)
    beat_s = 1.0 / scene.tempo
    for n in range(int(seconds / beat_s) + 1):
        at = int(n * beat_s * SAMPLES_PER_S)
        step = scene.tune[n % len(scene.tune)]
        _add(made, at, _pluck(_pitch(scene, step, 2), 0.9) * 0.3)
        if n % 4 == 0:
            _add(made, at, _pluck(_pitch(scene, scene.tune[(n // 4) % len(scene.tune)] % 5, 0), 1.4) * 0.4)
        if n % 2 == 0:
            _add(made, at, _drum() * 0.35)
    faded = made[:count]
    edge = min(count // 2, SAMPLES_PER_S // 4)
    faded[:edge] *= np.linspace(0.0, 1.0, edge, dtype=np.float32)
    faded[count - edge :] *= np.linspace(1.0, 0.0, edge, dtype=np.float32)
    loudest = float(np.abs(faded).max(initial=0.0))
    return faded * np.float32(0.7 / loudest) if loudest > 0 else faded


def _pitch(scene: Scene, step: int, octave: int) -> float:
    octaves, place = divmod(step, len(_SCALE))
    return float(scene.root_hz * 2.0 ** (octave + octaves + _SCALE[place] / 12.0))


def _pluck(hz: float, seconds: float) -> Floats:
    """A tone with two overtones that dies away."""
    t = np.arange(int(seconds * SAMPLES_PER_S), dtype=np.float32) / SAMPLES_PER_S
    wave = np.sin(2 * np.pi * hz * t) + 0.4 * np.sin(4 * np.pi * hz * t) + 0.15 * np.sin(6 * np.pi * hz * t)
    made: Floats = (wave * np.exp(-4.5 * t / seconds) * np.minimum(t * 200.0, 1.0)).astype(np.float32)
    return made


def _drum() -> Floats:
    t = np.arange(int(0.18 * SAMPLES_PER_S), dtype=np.float32) / SAMPLES_PER_S
    made: Floats = (np.sin(2 * np.pi * (90.0 * t - 140.0 * t * t)) * np.exp(-22.0 * t)).astype(np.float32)
    return made


def _add(made: Floats, at: int, sound: Floats) -> None:
    kept = min(len(sound), len(made) - at)
    if kept > 0:
        made[at : at + kept] += sound[:kept]


def _write_sound(path: Path, scene: Scene, seconds: float) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLES_PER_S)
        file.writeframes((tune_of(scene, seconds) * 32_000).astype("<i2").tobytes())
