"""A canvas of one frame: sharp shapes in a unit of its own, so that scenes say nothing of pixels.

Across from -0.5 to 0.5, down in the same unit, 0 in the middle. Shapes are drawn by OpenCV with soft edges of one
pixel, at the film's own size.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.floating[Any]]
Frame: TypeAlias = NDArray[np.uint8]
Colour: TypeAlias = tuple[float, float, float]

WIDTH, HEIGHT = 360, 640
# OpenCV takes places in sixteenths of a pixel.
_SHIFT = 4
_ONE = float(WIDTH << _SHIFT)
_MIDDLE = np.array([(WIDTH << _SHIFT) / 2, (HEIGHT << _SHIFT) / 2], np.float32)
# The sky is smooth: a frame of this size, widened, looks the same.
_SKY = (HEIGHT // 16, WIDTH // 8)
_V, _U = (grid.astype(np.float32) for grid in np.mgrid[-0.889 : 0.889 : _SKY[0] * 1j, -0.5 : 0.5 : _SKY[1] * 1j])


def colour(hue: float, saturation: float, value: float) -> Colour:
    """Red, green and blue of a hue in turns, each 0 … 255."""
    wheel = (abs(((turn + hue) % 1.0) * 6.0 - 3.0) - 1.0 for turn in (0.0, 2 / 3, 1 / 3))
    red, green, blue = (255 * value * (1 - saturation + saturation * min(max(x, 0.0), 1.0)) for x in wheel)
    return red, green, blue


def mixed(one: Colour, other: Colour, share: float) -> Colour:
    """A colour between two; 1 is the other."""
    red, green, blue = (a + (b - a) * share for a, b in zip(one, other, strict=True))
    return red, green, blue


class Canvas:
    """One frame, [HEIGHT, WIDTH, 3] red, green and blue."""

    def __init__(self) -> None:
        """Nothing is drawn yet.

        Raises:
            OSError: OpenCV is not installed.
        """
        try:
            import cv2
        except ImportError as error:
            raise OSError("drawing films needs OpenCV: install the extra `media`") from error
        # Two films are drawn at once; threads of its own would only make pages wait.
        cv2.setNumThreads(1)
        self._cv: Any = cv2
        self.frame: Frame = np.zeros((HEIGHT, WIDTH, 3), np.uint8)

    def sky(self, deep: Colour, pale: Colour, glow: Colour, at: tuple[float, float]) -> None:
        """Fill everything from a deep shade above to a pale one below, with a glow around a point."""
        above, below, light = (np.array(each, np.float32) for each in (deep, pale, glow))
        down = np.clip((_V + 0.9) / 1.8, 0.0, 1.0)[..., None]
        near = np.exp(-(((_U - at[0]) ** 2 + (_V - at[1]) ** 2) * 9.0))[..., None] * 0.55
        small = above + (below - above) * down + near * (light - above)
        wide = self._cv.resize(small, (WIDTH, HEIGHT), interpolation=self._cv.INTER_LINEAR)
        self._cv.convertScaleAbs(wide, self.frame)

    def disc(self, x: float, y: float, radius: float, ink: Colour) -> None:
        """A filled circle."""
        self._cv.circle(self.frame, self._at(x, y), round(radius * _ONE), ink, -1, self._cv.LINE_AA, _SHIFT)

    def ring(self, x: float, y: float, radius: float, wide: float, ink: Colour) -> None:
        """A circle as wide as said."""
        line = max(round(wide * WIDTH), 1)
        self._cv.circle(self.frame, self._at(x, y), round(radius * _ONE), ink, line, self._cv.LINE_AA, _SHIFT)

    def oval(self, x: float, y: float, half: tuple[float, float], ink: Colour) -> None:
        """A filled ellipse, half as wide and half as high as said."""
        turns = np.linspace(0.0, 2 * math.pi, 48, endpoint=False, dtype=np.float32)
        self.shape(x + half[0] * np.cos(turns), y + half[1] * np.sin(turns), ink)

    def box(self, left: float, top: float, right: float, bottom: float, ink: Colour) -> None:
        """A filled rectangle."""
        ends = self._at(left, top), self._at(right, bottom)
        self._cv.rectangle(self.frame, *ends, ink, -1, self._cv.LINE_AA, _SHIFT)

    def shape(self, x: Floats | Sequence[float], y: Floats | Sequence[float], ink: Colour) -> None:
        """A filled outline through these points."""
        points = np.stack([np.asarray(x, np.float32), np.asarray(y, np.float32)], axis=1) * _ONE + _MIDDLE
        self._cv.fillPoly(self.frame, [np.rint(points).astype(np.int32)], ink, self._cv.LINE_AA, _SHIFT)

    def band(self, x: Floats, y: Floats, half: Floats | float, ink: Colour) -> None:
        """An upright band through these points, as far to each side as said."""
        self.shape(np.concatenate([x - half, (x + half)[::-1]]), np.concatenate([y, y[::-1]]), ink)

    def raw(self) -> bytes:
        """The frame as ffmpeg reads it (yuv420p): half the bytes, and nothing left to convert."""
        return bytes(self._cv.cvtColor(self.frame, self._cv.COLOR_RGB2YUV_I420).data)

    def save(self, path: Path, quality: int = 88) -> None:
        """Write it as a JPEG picture.

        Raises:
            OSError: it could not be written.
        """
        found = self._cv.cvtColor(self.frame, self._cv.COLOR_RGB2BGR)
        done, told = self._cv.imencode(".jpg", found, [self._cv.IMWRITE_JPEG_QUALITY, quality])
        if not done:
            raise OSError(f"{path.name} could not be made")
        path.write_bytes(told.tobytes())

    def _at(self, x: float, y: float) -> tuple[int, int]:
        return round(x * _ONE + float(_MIDDLE[0])), round(y * _ONE + float(_MIDDLE[1]))
