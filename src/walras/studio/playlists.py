"""The playlist of playlists: written again whenever a height is added, in one step."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from walras.studio.ladder import Rung

_SEGMENT = re.compile(r"#EXTINF:([0-9.]+),\n(\S+)")
_SOUND = "mp4a.40.2"


@dataclass(frozen=True, slots=True)
class Segments:
    """One height as it lies on the disk."""

    duration_s: float
    peak_bits_per_s: int
    mean_bits_per_s: int


def read_segments(playlist: Path) -> Segments:
    """How long a height is, and what it needs of a line."""
    found = [(float(s), (playlist.parent / name).stat().st_size) for s, name in _SEGMENT.findall(playlist.read_text())]
    total_s = sum(s for s, _ in found)
    # A tail of a few frames says nothing about the line that is needed.
    peak = max((8 * size / max(s, 0.5) for s, size in found), default=0)
    return Segments(total_s, int(peak), int(8 * sum(size for _, size in found) / max(total_s, 0.1)))


def master_of(folder: Path, rungs: Sequence[Rung], prefix: str, frames_per_s: float) -> str:
    """The text of the playlist that names these heights; the middle one first, since players begin with the first."""
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"]
    for rung in sorted(rungs, key=lambda rung: abs(rung.side - 540)):
        segments = read_segments(folder / f"{prefix}{rung.side}.m3u8")
        codecs = f"{_codec(folder / f'{prefix}{rung.side}-init.mp4')},{_SOUND}"
        lines.append(
            f"#EXT-X-STREAM-INF:BANDWIDTH={segments.peak_bits_per_s},AVERAGE-BANDWIDTH={segments.mean_bits_per_s},"
            f'RESOLUTION={rung.width}x{rung.height},FRAME-RATE={frames_per_s:.3f},CODECS="{codecs}"'
        )
        lines.append(f"{prefix}{rung.side}.m3u8")
    return "\n".join(lines) + "\n"


def write_whole(path: Path, text: str) -> None:
    """Replace a file so that no reader ever sees half of it."""
    scratch = path.with_name(f"{path.name}.{os.getpid()}")
    scratch.write_text(text, "utf-8")
    scratch.replace(path)


def _codec(init: Path) -> str:
    """The picture's codec as playlists name it: profile, constraints and level stand behind `avcC` in the header."""
    head = init.read_bytes()
    at = head.find(b"avcC")
    assert at >= 0, "the header of our own H.264 has no avcC"
    return "avc1." + head[at + 5 : at + 8].hex()
