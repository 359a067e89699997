"""What a film of the sample shows: a scene, drawn by lot for its subject."""

from dataclasses import dataclass

import numpy as np


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


EVERY = ("balls", "bars", "cat", "hills", "petals", "rings", "road", "steam", "tiles", "waves", "weave")
# Which motifs go with which subject; a subject that is not named takes any.
MOTIFS = {
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
    motifs = MOTIFS.get(subject, EVERY)
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
