"""The models that come with the platform: they need no network, and each says what it can't do."""

from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from walras.base.limits import HEARD_CHARS_MAX
from walras.studio.hearing import PocketSphinx

# A machine with few cores: a model that takes them all makes pages wait.
_THREADS = 1
# Below this the reading is more often wrong than right.
_READ_SCORE_MIN = 0.6
_READ_PICTURES_MAX = 4
# A shorter text fits several languages equally well.
_LANGUAGE_CHARS_MIN = 2
_LANGUAGE_SCORE_MIN = 0.5
_LANGUAGES = (
    "ENGLISH",
    "CHINESE",
    "JAPANESE",
    "KOREAN",
    "SPANISH",
    "FRENCH",
    "GERMAN",
    "PORTUGUESE",
    "RUSSIAN",
    "ARABIC",
    "HINDI",
    "INDONESIAN",
    "VIETNAMESE",
    "THAI",
    "TURKISH",
    "ITALIAN",
)
# Faces and arms are a fifth of many harmless pictures.
_SKIN_USUAL, _SKIN_SPAN, _SKIN_EDGE_MAX = 0.2, 0.6, 24.0
_COLOURS, _DIRECTIONS, _CELLS = 4, 8, 2


class RapidOcr:
    """Chinese and English lines; hand-writing and curved text are often missed."""

    def __init__(self) -> None:
        """Load its weights, which lie in the package.

        Raises:
            ImportError: the package is not installed.
        """
        from rapidocr_onnxruntime import RapidOCR

        self.name = f"rapidocr-onnxruntime {version('rapidocr-onnxruntime')}"
        self._ocr = RapidOCR(intra_op_num_threads=_THREADS, inter_op_num_threads=_THREADS)

    def read(self, pictures: Sequence[Path]) -> str:
        """What stands on them, a line each, no line twice."""
        lines: dict[str, None] = {}
        for picture in _spread(pictures, _READ_PICTURES_MAX):
            found, _ = self._ocr(str(picture), use_cls=False)
            lines.update((text.strip(), None) for _box, text, score in found or () if score >= _READ_SCORE_MIN)
        return "\n".join(line for line in lines if line)[:HEARD_CHARS_MAX]


class Lingua:
    """Sixteen widely spoken languages by trigrams; a few Latin words may be taken for a neighbour's."""

    def __init__(self) -> None:
        """Choose the languages; their tables are read when first needed.

        Raises:
            ImportError: the package is not installed.
        """
        import lingua

        self.name = f"lingua-language-detector {version('lingua-language-detector')}"
        # All 75 languages in full take 1.1 GB and twelve seconds; these, by trigrams, 40 MB and a fifth of a second.
        chosen = [getattr(lingua.Language, name) for name in _LANGUAGES]
        build = lingua.LanguageDetectorBuilder.from_languages(*chosen)
        self._detector = build.with_low_accuracy_mode().build()

    def language(self, text: str) -> str:
        """ISO 639-1; empty where it is not sure."""
        if sum(letter.isalpha() for letter in text) < _LANGUAGE_CHARS_MIN:
            return ""
        best = self._detector.compute_language_confidence_values(text)[0]
        return best.language.iso_code_639_1.name.lower() if best.value >= _LANGUAGE_SCORE_MIN else ""


class SkinColours:
    """Our own: how much of a picture is even and has the colour of skin, by the bounds of Chai and Ngan (1999).

    It sees colours and no bodies: sand, wood and near faces look alike, grey nakedness passes, and so do
    drawings in other colours. It is there to choose what a person looks at first, never to remove anything.
    """

    def __init__(self) -> None:
        """Nothing is to be loaded."""
        self.name = "walras-skin-colours 1"

    def judge(self, pictures: Sequence[Path]) -> dict[str, float]:
        """`much_skin`: 0 up to a fifth of a picture, .5 at half of it, 1 from four fifths on; the highest of any."""
        shares = [skin_share(read_picture(picture)) for picture in pictures]
        highest = max(shares, default=0.0)
        score = min(max((highest - _SKIN_USUAL) / _SKIN_SPAN, 0.0), 1.0)
        return {"much_skin": round(score, 3)} if score > 0 else {}


def skin_share(picture: NDArray[np.uint8]) -> float:
    """Share of a picture that has the colour of skin, in any shade of it, and no strong edges.

    Args:
        picture: [height, width, 3] red, green, blue.
    """
    red, green, blue = (picture[..., n].astype(np.float32) for n in range(3))
    light = 0.299 * red + 0.587 * green + 0.114 * blue
    blueness, redness = 128 + 0.564 * (blue - light), 128 + 0.713 * (red - light)
    down, right = np.gradient(light)
    even = np.hypot(down, right) < _SKIN_EDGE_MAX
    coloured = (blueness >= 77) & (blueness <= 127) & (redness >= 133) & (redness <= 173) & (light > 40)
    return float((coloured & even).mean())


class NudeNet:
    """Naked parts of bodies and faces, for those who choose it: its licence file says AGPL 3, so it is not installed.

    It knows nothing of violence or hate, and its accuracy is not ours to claim.
    """

    def __init__(self) -> None:
        """Load its weights, which lie in the package.

        Raises:
            ImportError: the package is not installed.
        """
        from nudenet import NudeDetector

        self.name = f"nudenet {version('nudenet')}"
        self._detector = NudeDetector()

    def judge(self, pictures: Sequence[Path]) -> dict[str, float]:
        """Class → highest score of any picture, 0 … 1."""
        highest: dict[str, float] = {}
        for picture in pictures:
            for found in self._detector.detect(str(picture)):
                kind, score = str(found["class"]).lower(), round(float(found["score"]), 3)
                highest[kind] = max(highest.get(kind, 0.0), score)
        return highest


class ColoursAndEdges:
    """Our own: how much of which colour and which direction of edges, in four quarters of the picture.

    It finds alike-looking videos. It knows nothing of what they show.
    """

    def __init__(self) -> None:
        """Nothing is to be loaded."""
        self.name = "walras-colours-and-edges 1"

    def looks(self, pictures: Sequence[Path]) -> tuple[float, ...]:
        """One vector of all of them, L2 norm 1: 4 cells × (64 colours + 8 directions)."""
        vectors = [_described(read_picture(picture)) for picture in pictures]
        mean = np.mean(vectors, axis=0)
        return tuple(round(float(x), 4) for x in mean / max(float(np.linalg.norm(mean)), 1e-9))


def read_picture(path: Path) -> NDArray[np.uint8]:
    """[height, width, 3] red, green, blue."""
    from PIL import Image

    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))


def _described(picture: NDArray[np.uint8]) -> NDArray[np.float64]:
    cells = [cell for band in np.array_split(picture, _CELLS, 0) for cell in np.array_split(band, _CELLS, 1)]
    return np.concatenate([np.concatenate([_colours(cell), _edges(cell)]) for cell in cells])


def _colours(cell: NDArray[np.uint8]) -> NDArray[np.float64]:
    """[64] share of each colour, square-rooted so that a large wall does not drown the rest."""
    steps = (cell // (256 // _COLOURS)).astype(np.int64)
    codes = (steps[..., 0] * _COLOURS + steps[..., 1]) * _COLOURS + steps[..., 2]
    return np.sqrt(np.bincount(codes.ravel(), minlength=_COLOURS**3) / codes.size)


def _edges(cell: NDArray[np.uint8]) -> NDArray[np.float64]:
    """[8] strength of edges in each direction."""
    down, right = np.gradient(cell.mean(axis=2))
    turns = (np.arctan2(down, right) + np.pi) / (2 * np.pi)
    bins = np.minimum((turns * _DIRECTIONS).astype(np.int64), _DIRECTIONS - 1)
    strength = np.bincount(bins.ravel(), weights=np.hypot(down, right).ravel(), minlength=_DIRECTIONS)
    return np.sqrt(strength / max(float(strength.sum()), 1.0))


def _spread(pictures: Sequence[Path], most: int) -> Sequence[Path]:
    """At most so many of them, evenly over the time."""
    if len(pictures) <= most:
        return pictures
    return [pictures[round(n * (len(pictures) - 1) / (most - 1))] for n in range(most)]


EMBEDDED: Mapping[str, Callable[[], Any]] = {
    "reading": RapidOcr,
    "hearing": PocketSphinx,
    "language": Lingua,
    "safety": SkinColours,
    "looks": ColoursAndEdges,
}
# Those that must be installed by hand, by part and name; embedded.py says why.
CHOSEN: Mapping[tuple[str, str], Callable[[], Any]] = {("safety", "nudenet"): NudeNet}
