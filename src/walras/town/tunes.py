"""Tunes of the sample's films: plucked tones of a scale of five over a bass and a soft beat.

Shapes: S samples of sound.
"""

import wave
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from walras.town.scenes import Scene

Floats: TypeAlias = NDArray[np.float32]

SAMPLES_PER_S = 22_050
# Five tones: whichever come together, they sound well.
_SCALE = (0, 2, 4, 7, 9)


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


def write_tune(path: Path, scene: Scene, seconds: float) -> None:
    """Write the tune of a scene as a WAV file."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLES_PER_S)
        file.writeframes((tune_of(scene, seconds) * 32_000).astype("<i2").tobytes())
