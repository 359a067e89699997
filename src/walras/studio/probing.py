"""What a file is, decided by its content: ffprobe reads it, and what cannot be a short video is refused."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import msgspec

from walras.base import limits
from walras.studio import faults
from walras.studio.faults import Unmakeable
from walras.studio.running import GUARDED, Bounds, run

_BOUNDS = Bounds(cpu_s=30, wall_s=60)
_HDR = frozenset({"smpte2084", "arib-std-b67"})
# Files of this family are a chain of boxes that each say their length.
_BOXED = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"wide", b"skip", b"moof", b"sidx", b"styp", b"uuid", b"pnot"})


@dataclass(frozen=True, slots=True)
class Found:
    """A video that can be made into media."""

    width: int  # as shown, after rotation and with square pixels
    height: int
    duration_s: float
    frames_per_s: Fraction  # what is made of it: constant and at most 30
    has_sound: bool
    is_hdr: bool
    is_interlaced: bool
    pixels: float = 0.0  # of all frames together: what decoding costs


def probe(path: Path) -> Found:
    """Look at a file.

    Raises:
        Unmakeable: it is no video, or one of a size or length that is not taken; it says which.
        Unavailable: ffprobe is missing or was killed.
    """
    if path.stat().st_size == 0:
        raise Unmakeable(faults.EMPTY)
    said = _asked(path, "-show_format", "-show_streams")
    streams = said.get("streams", [])
    video = next((s for s in streams if s.get("codec_type") == "video" and not _is_cover(s)), None)
    if video is None or not video.get("codec_name"):
        raise Unmakeable(faults.NOT_VIDEO, "no moving picture in it")
    _check_whole(path)
    width, height = _shown_size(video)
    _check_size(width, height)
    sound = any(s.get("codec_type") == "audio" and s.get("codec_name") for s in streams)
    duration_s, average = _duration_s(path, video, said.get("format", {})), _rate(video.get("avg_frame_rate"))
    found = Found(
        width=width,
        height=height,
        duration_s=duration_s,
        frames_per_s=frames_per_s(average, _rate(video.get("r_frame_rate"))),
        has_sound=sound,
        is_hdr=video.get("color_transfer") in _HDR,
        is_interlaced=video.get("field_order") in ("tt", "bb", "tb", "bt"),
        pixels=pixels_of(width, height, duration_s, average),
    )
    _check_length(duration_s)
    return found


def frames_per_s(average: Fraction, base: Fraction) -> Fraction:
    """The constant rate to make of a rate that may vary.

    Raises:
        Unmakeable: there are more frames a second than any camera takes.
    """
    if average > limits.VIDEO_FRAMES_PER_S_MAX:
        raise Unmakeable(faults.TOO_LARGE, f"{float(average):.0f} frames a second")
    varies = average <= 0 or base <= 0 or abs(average - base) > average / 50
    if varies:
        return Fraction(30) if average <= 0 or average > 15 else Fraction(15)
    if average > 31:
        half = average / 2
        return half if 20 <= half <= 31 else Fraction(30)
    return max(average, Fraction(10))


def pixels_of(width: int, height: int, duration_s: float, average: Fraction) -> float:
    """Pixels of all frames, at most what is taken; a length that is refused anyway counts as the longest that is not.

    Raises:
        Unmakeable: they are more than any short video has.
    """
    pixels = width * height * min(duration_s, limits.VIDEO_S_MAX) * float(average or 30)
    if pixels > limits.VIDEO_WORK_PIXELS_MAX:
        raise Unmakeable(faults.TOO_WORK, f"{width} x {height} for {duration_s:.0f} s")
    return pixels


def _asked(path: Path, *what: str) -> dict[str, Any]:
    command = ["ffprobe", "-v", "error", *GUARDED, "-print_format", "json", *what, path.name]
    ran = run(command, _BOUNDS, folder=path.parent)
    if ran.code != 0:
        cut = "moov atom not found" in ran.complaint or "End of file" in ran.complaint
        raise Unmakeable(faults.CUT_OFF if cut and _is_boxed(path) else faults.NOT_VIDEO, _last(ran.complaint))
    found: dict[str, Any] = msgspec.json.decode(ran.output)
    return found


def _is_cover(stream: dict[str, Any]) -> bool:
    return bool(stream.get("disposition", {}).get("attached_pic"))


def _shown_size(video: dict[str, Any]) -> tuple[int, int]:
    width, height = int(video.get("width") or 0), int(video.get("height") or 0)
    ratio = _rate(str(video.get("sample_aspect_ratio", "1:1")).replace(":", "/"))
    if Fraction(1, 4) <= ratio <= 4 and ratio != 1:
        width = round(width * ratio)
    turned = sum(int(side.get("rotation") or 0) for side in video.get("side_data_list", ()))
    return (height, width) if turned % 180 else (width, height)


def _check_size(width: int, height: int) -> None:
    large = max(width, height) > limits.VIDEO_SIDE_MAX or width * height > limits.VIDEO_PIXELS_MAX
    if large:
        raise Unmakeable(faults.TOO_LARGE, f"{width} x {height}")
    if min(width, height) < 16:
        raise Unmakeable(faults.NOT_VIDEO, f"a picture of {width} x {height}")


def _check_length(duration_s: float) -> None:
    if duration_s > limits.VIDEO_S_MAX:
        raise Unmakeable(faults.TOO_LONG, f"{duration_s:.0f} s")
    if duration_s < limits.VIDEO_S_MIN:
        raise Unmakeable(faults.TOO_SHORT, f"{duration_s:.2f} s")


def _duration_s(path: Path, video: dict[str, Any], whole: dict[str, Any]) -> float:
    """As the picture says, then as the file says; counted where neither does, as in a browser's recording."""
    for said in (video.get("duration"), whole.get("duration")):
        seconds = float(said) if said else 0.0
        if seconds > 0:
            return seconds
    entries = ("-select_streams", "v:0", "-show_entries", "packet=pts_time")
    times = [float(p["pts_time"]) for p in _asked(path, *entries).get("packets", ()) if "pts_time" in p]
    return max(times) - min(times) if times else 0.0


def _rate(text: object) -> Fraction:
    try:
        return Fraction(str(text))
    except (ValueError, ZeroDivisionError):
        return Fraction(0)


def _is_boxed(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(8)[4:] in _BOXED


def _check_whole(path: Path) -> None:
    """Refuse a file whose last box says that there should be more."""
    if not _is_boxed(path):
        return
    size, at = path.stat().st_size, 0
    with path.open("rb") as file:
        while at + 8 <= size:
            file.seek(at)
            head = file.read(16)
            length = int.from_bytes(head[:4], "big")
            if head[4:8] not in _BOXED and not head[4:8].isalnum():
                return
            if length == 1:
                length = int.from_bytes(head[8:16], "big")
            if length == 0:
                return
            at += max(length, 8)
    if at > size:
        raise Unmakeable(faults.CUT_OFF, f"{size} bytes of {at}")


def _last(complaint: str) -> str:
    return complaint.splitlines()[-1] if complaint else "no format was recognised"
