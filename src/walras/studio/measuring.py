"""Measures of picture and sound from one reading of the file, and the samples that the models look at."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from walras.studio.asset import Measures
from walras.studio.embedded import read_picture
from walras.studio.ladder import Plan, picture_filter, source_arguments
from walras.studio.prints import FRAMES_MAX, SIDE

PICTURES = 5
_PICTURE_SIDE = 540
# Speech beyond this adds little to what a video is about, and costs a third of its length in processor time.
HEARD_S_MAX = 60.0
_CUT_SCORE = "10"
# Mean strength of edges at which a picture counts as wholly sharp; phone cameras in daylight reach it.
_CRISP = 12.0
_LINE = re.compile(r"^lavfi\.([a-z0-9_.]+)=(-?[0-9.]+|nan|-inf)$", re.IGNORECASE | re.MULTILINE)
_SEEN, _HEARD, _SHAPES, SOUND = "seen.txt", "heard.txt", "shapes.gray", "sound.wav"


@dataclass(frozen=True, slots=True)
class Samples:
    """What was taken from a file."""

    measures: Measures
    pictures: Sequence[Path]
    frames: NDArray[np.uint8]  # [n, 32, 32] brightness, one a second
    sound: Path | None


def sample_arguments(plan: Plan) -> list[str]:
    """Arguments that write every sample into the present folder."""
    return [*source_arguments(plan), "-filter_complex", ";".join(_graph(plan)), *_outputs(plan)]


def read_samples(plan: Plan, folder: Path) -> Samples:
    """What the command wrote."""
    seen, heard = _words(folder / _SEEN), _words(folder / _HEARD)
    pictures = sorted(folder.glob("picture-*.jpg"))
    cuts = tuple(round(s, 2) for s in seen.get("scd.time", ()))
    length_s = plan.length_s
    measures = Measures(
        sharpness=sharpness_of(pictures),
        loudness_lufs=round(max(heard.get("r128.I", [-70.0])[-1], -70.0), 1),
        black_share=_share(seen, "black_start", "black_end", length_s),
        frozen_share=_share(seen, "freezedetect.freeze_start", "freezedetect.freeze_end", length_s),
        silent_share=_share(heard, "silence_start", "silence_end", length_s) if plan.found.has_sound else 1.0,
        shots=len(cuts) + 1,
        cuts_s=cuts[:200],
        aspect=round(plan.found.width / plan.found.height, 4),
        frames_per_s=round(float(plan.found.frames_per_s), 3),
    )
    shapes = np.fromfile(folder / _SHAPES, np.uint8).reshape(-1, SIDE, SIDE)
    return Samples(measures, pictures, shapes, folder / SOUND if plan.found.has_sound else None)


def sharpness_of(pictures: Sequence[Path]) -> float:
    """0 blurred … 1 crisp: the mean strength of the strongest twentieth of edges, against a crisp picture's."""
    strengths = []
    for picture in pictures:
        down, right = np.gradient(read_picture(picture).mean(axis=2))
        edges = np.hypot(down, right).ravel()
        strengths.append(float(np.partition(edges, -max(edges.size // 20, 1))[-max(edges.size // 20, 1) :].mean()))
    return round(min(float(np.mean(strengths)) / (4 * _CRISP), 1.0), 3) if strengths else 0.0


def _graph(plan: Plan) -> list[str]:
    every_s, shape_s = plan.length_s / PICTURES, max(plan.length_s / FRAMES_MAX, 1.0)
    side = min(_PICTURE_SIDE, plan.found.width, plan.found.height) // 2 * 2
    size = f"{side}:-2" if plan.found.height >= plan.found.width else f"-2:{side}"
    found = "scdet=threshold=" + _CUT_SCORE + ",blackdetect=d=0.1:pix_th=0.1,freezedetect=n=-60dB:d=1"
    # A picture from the middle of each fifth: the first of a video is often black.
    graph = [
        f"[0:v:0]{picture_filter(plan.found)}split=3[a][b][c]",
        f"[a]trim=start={every_s / 2:.3f},setpts=PTS-STARTPTS,fps=1/{every_s:.4f}:start_time=0:round=up,"
        f"scale=iw*sar:ih,setsar=1,scale={size}:flags=bilinear,format=yuvj420p[pictures]",
        f"[b]fps=10,scale=192:192:flags=fast_bilinear,format=yuv420p,{found},metadata=print:file={_SEEN}[seen]",
        f"[c]fps=1/{shape_s:.4f}:start_time=0:round=up,scale={SIDE}:{SIDE}:flags=area,format=gray[shapes]",
    ]
    if plan.found.has_sound:
        heard = "ebur128=metadata=1,silencedetect=n=-50dB:d=0.5"
        graph.append(f"[0:a:0]asplit[d][e];[d]{heard},ametadata=print:file={_HEARD}[heard]")
        graph.append(f"[e]atrim=0:{HEARD_S_MAX:.0f},aresample=16000,aformat=channel_layouts=mono[sound]")
    return graph


def _outputs(plan: Plan) -> list[str]:
    pictures = ["-map", "[pictures]", "-frames:v", str(PICTURES), "-q:v", "3", "picture-%02d.jpg"]
    shapes = ["-map", "[shapes]", "-frames:v", str(FRAMES_MAX), "-f", "rawvideo", _SHAPES]
    outputs = [*pictures, "-map", "[seen]", "-f", "null", "-", *shapes]
    if plan.found.has_sound:
        outputs += ["-map", "[heard]", "-f", "null", "-", "-map", "[sound]", "-c:a", "pcm_s16le", "-f", "wav", SOUND]
    return outputs


def _words(path: Path) -> dict[str, list[float]]:
    """Everything the filters said, by name, in the order of time."""
    found: dict[str, list[float]] = {}
    if path.exists():
        for name, value in _LINE.findall(path.read_text("utf-8", "replace")):
            if value.lower() not in ("nan", "-inf"):
                found.setdefault(name, []).append(float(value))
    return found


def _share(words: dict[str, list[float]], start: str, end: str, length_s: float) -> float:
    """Share of the time between starts and ends; one that does not end lasts to the end."""
    starts, ends = sorted(set(words.get(start, ()))), sorted(set(words.get(end, ())))
    spans = [(s, next((e for e in ends if e > s), length_s)) for s in starts]
    return round(min(sum(max(e - s, 0.0) for s, e in spans) / max(length_s, 1e-6), 1.0), 3)
