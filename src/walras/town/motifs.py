"""What moves in a film: each motif draws itself on a canvas for one instant of a scene."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from walras.town.canvas import Canvas, Colour, Floats, colour, mixed
from walras.town.scenes import Scene

_BOTTOM = 0.9


@dataclass(frozen=True, slots=True)
class Instant:
    """A scene at an instant: its colours, and how far it has moved."""

    scene: Scene
    at_s: float
    deep: Colour
    pale: Colour
    ink: Colour
    light: Colour

    @property
    def turn(self) -> float:
        """How many turns the motion has made."""
        return self.scene.speed * self.at_s

    @property
    def middle(self) -> Colour:
        """The sky's own shade in the middle, for what shines through."""
        return mixed(self.deep, self.pale, 0.5)


def draw(canvas: Canvas, scene: Scene, at_s: float) -> None:
    """Draw a scene as it looks so many seconds after its beginning."""
    now = Instant(
        scene=scene,
        at_s=at_s,
        deep=colour(scene.hue, 0.75, 0.24),
        pale=colour(scene.hue + 0.07, 0.5, 0.72),
        ink=colour(scene.other, 0.62, 0.9),
        light=colour(scene.hue + 0.04, 0.25, 1.0),
    )
    turn = 2 * math.pi * now.turn
    glow = (0.28 * math.sin(turn * 0.5), -0.35 + 0.12 * math.cos(turn * 0.7))
    canvas.sky(now.deep, now.pale, colour(scene.other, 0.35, 1.0), glow)
    DRAWN[scene.motif](canvas, now)


def _across(count: int = 46) -> Floats:
    return np.linspace(-0.52, 0.52, count, dtype=np.float32)


def _ground(canvas: Canvas, ridge: Floats, ink: Colour) -> None:
    """Everything below a line from left to right."""
    x = _across(len(ridge))
    canvas.shape(np.append(x, [0.52, -0.52]), np.append(ridge, [_BOTTOM, _BOTTOM]), ink)


def _balls(canvas: Canvas, now: Instant) -> None:
    """Balls that bounce, each with a shine."""
    shape = now.scene.shape
    for n in range(3 + int(shape[0] * 4)):
        phase, size = shape[n % 12], 0.05 + 0.08 * shape[(n + 5) % 12]
        x = 0.42 * math.sin(2 * math.pi * (now.turn * (0.5 + phase) + phase + 0.37 * n))
        bounce = abs(math.sin(math.pi * (now.at_s * now.scene.tempo * 0.4 + phase)))
        y = 0.62 - size - 0.95 * bounce * (0.5 + 0.5 * shape[(n + 2) % 12])
        canvas.oval(x, 0.64, (size * (1.1 - 0.6 * bounce), 0.012), mixed(now.pale, now.deep, 0.6))
        canvas.disc(x, y, size, mixed(now.ink, now.deep, 0.25 * (n % 3)))
        canvas.disc(x - size * 0.35, y - size * 0.35, size * 0.3, mixed(now.ink, now.light, 0.85))


def _hills(canvas: Canvas, now: Instant) -> None:
    """Hills that pass by, the near ones faster, below a sun."""
    shape, x = now.scene.shape, _across()
    canvas.disc(
        0.25 - 0.5 * shape[7], -0.42 + 0.1 * math.sin(2 * math.pi * now.turn), 0.09 + 0.05 * shape[8], now.light
    )
    for layer in range(3):
        depth = (layer + 1) / 3
        wave = np.sin(x * (5 + 3 * shape[layer]) + now.turn * 6 * depth + 6 * shape[layer + 3])
        ridge = 0.14 + 0.2 * layer - 0.1 * wave - 0.04 * np.sin(x * 17 + now.turn * 9 * depth)
        _ground(canvas, ridge, mixed(now.pale, now.ink, 0.35 + 0.3 * layer))


def _waves(canvas: Canvas, now: Instant) -> None:
    """Water, and a float that dances on it."""
    x, at_s = _across(), now.at_s
    for layer in range(4):
        if layer == 1:
            _float(canvas, now)
        swell = 0.03 * np.sin(x * 14 + at_s * (1.2 + layer * 0.4) + 5 * now.scene.shape[layer])
        _ground(canvas, 0.05 + 0.15 * layer + swell, mixed(now.pale, now.ink, 0.3 + 0.16 * layer))


def _float(canvas: Canvas, now: Instant) -> None:
    x = 0.1 * math.sin(2 * math.pi * now.turn)
    y = 0.03 + 0.035 * math.sin(now.at_s * 1.2 + x * 14)
    canvas.box(x - 0.005, y - 0.2, x + 0.005, y, now.light)
    canvas.shape([x, x + 0.1, x], [y - 0.2, y - 0.165, y - 0.13], now.ink)
    canvas.disc(x, y, 0.045, now.light)


def _bars(canvas: Canvas, now: Instant) -> None:
    """Bars that rise with the beat."""
    shape, beat = now.scene.shape, now.at_s * now.scene.tempo
    count = 7 + int(shape[0] * 6)
    for n in range(count):
        high = 0.12 + 0.5 * abs(math.sin(math.pi * (beat * (0.5 + 0.5 * shape[n % 12]) + n * 0.37)))
        left, right = (n + 0.14) / count - 0.5, (n + 0.86) / count - 0.5
        canvas.box(left, 0.1 - high, right, 0.1 + high, mixed(now.ink, now.pale, 0.3 * (n % 2)))
        for side in (-1, 1):
            cap = 0.1 + side * (high + 0.03)
            canvas.box(left, cap - 0.009, right, cap + 0.009, now.light)


def _rings(canvas: Canvas, now: Instant) -> None:
    """Rings that widen from a heart that beats."""
    shape, scene = now.scene.shape, now.scene
    x, y = 0.3 * (shape[0] - 0.5), 0.4 * (shape[1] - 0.5)
    often = 26 + 20 * shape[2]
    first = ((math.pi / 2 + now.at_s * scene.tempo * 3.0) % (2 * math.pi)) / often
    for n in range(int(1.1 * often / (2 * math.pi))):
        far = first + n * 2 * math.pi / often
        canvas.ring(x, y, far, 2.2 / often, mixed(now.middle, now.ink, math.exp(-far * 1.2)))
    canvas.disc(x, y, 0.1 + 0.03 * abs(math.sin(math.pi * now.at_s * scene.tempo)), now.light)


def _petals(canvas: Canvas, now: Instant) -> None:
    """A flower that turns and opens."""
    count = 4 + int(now.scene.shape[0] * 6)
    open_ = 0.3 + 0.07 * math.sin(now.at_s * now.scene.tempo)
    angle, turned = np.linspace(0, 2 * np.pi, 160, endpoint=False, dtype=np.float32), 2 * math.pi * now.turn
    outer = open_ * (0.62 + 0.38 * np.cos((angle + turned) * count))
    inner = 0.5 * open_ * (0.6 + 0.4 * np.cos((angle - turned) * count + np.pi))
    canvas.shape(outer * np.cos(angle), outer * np.sin(angle), now.ink)
    canvas.shape(inner * np.cos(angle), inner * np.sin(angle), mixed(now.ink, now.light, 0.85))
    canvas.disc(0.0, 0.0, 0.035, now.deep)


def _steam(canvas: Canvas, now: Instant) -> None:
    """A bowl, and steam above it."""
    y = np.linspace(-0.42, 0.2, 40, dtype=np.float32)
    thin = np.clip((y + 0.42) * 3, 0, 1) * np.clip((0.22 - y) * 5, 0, 1)
    for n in range(3):
        x = (n - 1) * 0.14 + 0.05 * np.sin(y * 12 + now.at_s * 2.2 + 6 * now.scene.shape[n])
        canvas.band(x.astype(np.float32), y, (0.03 * thin).astype(np.float32), mixed(now.middle, now.light, 0.55))
    turns = np.linspace(0.0, math.pi, 40, dtype=np.float32)
    canvas.shape(0.3 * np.cos(turns), 0.22 + 0.26 * np.sin(turns), now.ink)
    canvas.box(-0.34, 0.2, 0.34, 0.24, mixed(now.ink, now.light, 0.3))


def _road(canvas: Canvas, now: Instant) -> None:
    """A road that comes towards one, with lines on it."""
    horizon = -0.05 + 0.1 * (now.scene.shape[0] - 0.5)
    sway = 0.15 * math.sin(now.at_s * 0.5 + 3 * now.scene.shape[1])

    def strip(left: float, right: float, near: float, far: float, ink: Colour) -> None:
        """What lies on the ground between two sides, from one depth to another."""
        depth = np.linspace(far, near, 24, dtype=np.float32)
        middle, wide = sway * (0.9 - depth), depth + 0.04
        x = np.concatenate([middle + left * wide, (middle + right * wide)[::-1]])
        canvas.shape(x, np.concatenate([depth, depth[::-1]]) + horizon, ink)

    most = _BOTTOM - horizon
    canvas.box(-0.52, horizon, 0.52, _BOTTOM, mixed(now.pale, now.ink, 0.4))
    strip(-0.62, 0.62, most, 0.0, mixed(now.deep, now.ink, 0.25))
    for side in (-0.57, 0.57):
        strip(side - 0.03, side + 0.03, most, 0.0, now.light)
    for near, far in _dashes(now.at_s * now.scene.tempo * 5, most):
        strip(-0.035, 0.035, near, far, now.light)


def _dashes(moved: float, most: float) -> Iterator[tuple[float, float]]:
    """(nearer end, farther end) of each dash in depth; they come nearer as `moved` grows."""
    for k in range(math.floor((0.9 / most + moved) / (2 * math.pi)), math.ceil((25.0 + moved) / (2 * math.pi))):
        start = max(2 * math.pi * k - moved, 0.9 / most)
        end = 2 * math.pi * k + math.pi - moved
        if end > start:
            yield 0.9 / start, 0.9 / end


def _tiles(canvas: Canvas, now: Instant) -> None:
    """Tiles that turn over, one after the other."""
    shape = now.scene.shape
    count = 4 + int(shape[0] * 4)
    back, side = mixed(now.middle, now.light, 0.5), 1 / count
    for row in range(-count, count):
        for column in range(count):
            wave = math.sin(now.at_s * now.scene.tempo + column * 0.9 + (row + count) * (0.5 + shape[1]))
            x, y, half = (column + 0.5) * side - 0.5, (row + 0.5) * side, 0.42 * side
            wide = max(half * abs(wave), 0.004)
            canvas.box(x - wide, y - half, x + wide, y + half, now.ink if wave > 0 else back)


def _weave(canvas: Canvas, now: Instant) -> None:
    """Threads over and under each other, and a shuttle that runs."""
    count = 9 + int(now.scene.shape[0] * 6)
    warp, weft = mixed(now.middle, now.ink, 0.85), mixed(now.middle, now.light, 0.5)
    cell, moved = 1 / count, (now.turn * 0.3) % (4 / count)
    thread = 0.33 * cell
    for row in range(-count - 4, count + 4):
        y = (row + 0.5) * cell + moved
        for column in range(count):
            x = (column + 0.5) * cell - 0.5
            if (row // 2 + column // 2) % 2:
                canvas.box(x - thread, y - cell / 2, x + thread, y + cell / 2, warp)
            else:
                canvas.box(x - cell / 2, y - thread, x + cell / 2, y + thread, weft)
    x = 0.55 * math.sin(now.at_s * now.scene.tempo)
    canvas.shape(
        [x - 0.15, x - 0.1, x + 0.1, x + 0.15, x + 0.1, x - 0.1], [0.1, 0.08, 0.08, 0.1, 0.12, 0.12], now.light
    )


def _cat(canvas: Canvas, now: Instant) -> None:
    """A cat that looks about and blinks."""
    at_s, dark = now.at_s, mixed(now.ink, now.deep, 0.3)
    x, y = 0.06 * math.sin(at_s * 0.9), 0.08 + 0.015 * math.sin(at_s * 2.4)
    down = np.linspace(0.12, 0.66, 30, dtype=np.float32)
    canvas.band((0.3 + 0.08 * np.sin(down * 8 + at_s * 2)).astype(np.float32), down, 0.03, dark)
    canvas.oval(x * 0.5, 0.68, (0.3, 0.38), mixed(now.ink, now.deep, 0.15))
    for side in (-1, 1):
        canvas.shape([x + side * 0.23, x + side * 0.19, x + side * 0.04], [y - 0.06, y - 0.36, y - 0.2], now.ink)
        canvas.shape([x + side * 0.2, x + side * 0.175, x + side * 0.09], [y - 0.12, y - 0.29, y - 0.2], dark)
    canvas.disc(x, y, 0.24, now.ink)
    is_blinking = (at_s * 0.45 + now.scene.shape[0]) % 1.0 < 0.06
    look = 0.02 * math.sin(at_s * 0.7 + 5 * now.scene.shape[1])
    for side in (-1, 1):
        _eye(canvas, (x + side * 0.09, y - 0.02), look, now, 0.008 if is_blinking else 0.045)
    canvas.shape([x - 0.022, x + 0.022, x], [y + 0.07, y + 0.07, y + 0.095], now.deep)


def _eye(canvas: Canvas, at: tuple[float, float], look: float, now: Instant, awake: float) -> None:
    canvas.oval(*at, (0.04, awake), now.light)
    canvas.oval(at[0] + look, at[1], (0.012, min(awake, 0.035)), now.deep)


DRAWN: Mapping[str, Callable[[Canvas, Instant], None]] = {
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
