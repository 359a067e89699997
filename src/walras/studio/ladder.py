"""What is made of a video, as commands: heights, frames, sound. Pure; nothing runs here.

All heights of one video have the same constant frame rate and key frames at the same instants (0, 1, 3, 5, … seconds),
so a player changes between them at any segment. The first segment is one second, so that play begins early.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from walras.studio import faults
from walras.studio.asset import Making
from walras.studio.faults import Unmakeable
from walras.studio.probing import Found
from walras.studio.running import GUARDED

# Short side in pixels → most kbit/s of picture. A rung above the source's own size would add bytes and nothing else.
RUNGS = {360: 700, 540: 1_400, 720: 2_600}
FIRST = 540
_SOUND_KBIT = 96
_KEY_FRAMES = "expr:gte(t,if(lt(n_forced,1),0,2*n_forced-1))"
# Light is brought to the range of ordinary screens by a curve that keeps faces and skies.
_TO_SDR = (
    "zscale=transfer=linear:npl=100,format=gbrpf32le,zscale=primaries=bt709,tonemap=hable:desat=0,"
    "zscale=transfer=bt709:matrix=bt709:range=tv,"
)


@dataclass(frozen=True, slots=True)
class Rung:
    """One height."""

    side: int  # its name: pixels of the short side
    width: int
    height: int
    kbit: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What is made of one file."""

    source: Path
    found: Found
    start_s: float
    length_s: float
    cover_s: float  # of the source
    rungs: Sequence[Rung]
    music: Path | None = None
    music_volume: float = 0.3
    own_volume: float = 1.0

    @property
    def first(self) -> Rung:
        """The rung that is made before all others: the largest that is quick to make."""
        return max((r for r in self.rungs if r.side <= FIRST), key=lambda r: r.side, default=self.rungs[0])

    @property
    def rest(self) -> Sequence[Rung]:
        """The others."""
        return [rung for rung in self.rungs if rung != self.first]


def plan_of(source: Path, found: Found, making: Making, music: Path | None = None) -> Plan:
    """What is made of a file.

    Raises:
        Unmakeable: the cut lies outside the video or leaves nothing of it.
    """
    end_s = min(making.end_s or found.duration_s, found.duration_s)
    length_s = end_s - making.start_s
    if length_s < 0.2:
        raise Unmakeable(faults.BAD_CUT, f"{making.start_s:g} to {end_s:g} of {found.duration_s:g} s")
    into_s = making.cover_s if 0 <= making.cover_s <= length_s else length_s / 10
    # The very last instant has no frame behind it.
    cover_s = making.start_s + min(into_s, max(length_s - 0.2, 0))
    plan = Plan(source, found, making.start_s, length_s, cover_s, rungs_of(found.width, found.height))
    return replace(plan, music=music, music_volume=making.music_volume, own_volume=making.own_volume)


def rungs_of(width: int, height: int) -> list[Rung]:
    """The heights that fit a picture of this size, the smallest first; even a tiny one has one."""
    short = min(width, height)
    sides = [side for side in RUNGS if side <= short] or [max(short // 2 * 2, 16)]
    return [_rung(side, width, height) for side in sides]


def _rung(side: int, width: int, height: int) -> Rung:
    scale = Fraction(side, min(width, height))
    even = [max(round(length * scale / 2) * 2, 16) for length in (width, height)]
    return Rung(side, even[0], even[1], RUNGS.get(side, RUNGS[360]))


def hls_arguments(plan: Plan, rungs: Sequence[Rung], prefix: str, preset: str) -> list[str]:
    """Arguments that make these rungs from one reading of the source.

    Args:
        plan: what is made.
        rungs: which of its heights.
        prefix: of the files' names.
        preset: of the encoder, from quick to small.
    """
    inputs, graph, sound = _sound(plan)
    names = [f"v{rung.side}" for rung in rungs]
    halves = "".join(f"[s{name}]" for name in names)
    graph.append(f"[0:v:0]{picture_filter(plan.found)}split={len(rungs)}{halves}")
    graph += [f"[s{name}]{_scaled(rung)}[{name}]" for name, rung in zip(names, rungs, strict=True)]
    if len(rungs) > 1:
        graph.append(f"{sound}asplit={len(rungs)}" + "".join(f"[a{name}]" for name in names))
    outputs: list[str] = []
    for name, rung in zip(names, rungs, strict=True):
        heard = f"[a{name}]" if len(rungs) > 1 else sound
        outputs += ["-map", f"[{name}]", "-map", heard, *_encoded(plan, rung, preset), *_hls(rung, prefix)]
    return [*source_arguments(plan), *inputs, "-filter_complex", ";".join(graph), *outputs]


def source_arguments(plan: Plan) -> list[str]:
    """The source as an input, from where the cut begins."""
    return [*GUARDED, "-ss", f"{plan.start_s:.3f}", "-t", f"{plan.length_s:.3f}", "-i", str(plan.source)]


def picture_filter(found: Found) -> str:
    """What is done to every picture before it is scaled; ends with a comma."""
    smooth = "bwdif=mode=send_frame," if found.is_interlaced else ""
    return f"{smooth}{_TO_SDR if found.is_hdr else ''}fps={found.frames_per_s},"


def sprite_grid(length_s: float) -> tuple[int, float]:
    """Rows of ten small pictures, and the seconds between two of them, for dragging along the time line."""
    step_s = max(length_s / 100, 1.0)
    count = max(int(length_s / step_s + 0.999), 1)
    return (count + 9) // 10, step_s


def _scaled(rung: Rung) -> str:
    return f"scale={rung.width}:{rung.height}:flags=bilinear,setsar=1,format=yuv420p"


def _sound(plan: Plan) -> tuple[list[str], list[str], str]:
    """Further inputs, parts of the graph, and the label of the sound: always there, always as long as the picture."""
    inputs = [] if plan.found.has_sound else ["-f", "lavfi", "-i", "anullsrc=r=48000:cl=stereo"]
    own = "[0:a:0]" if plan.found.has_sound else "[1:a:0]"
    even = "aresample=48000:async=1:first_pts=0,aformat=channel_layouts=stereo"
    graph = [f"{own}{even},apad,atrim=0:{plan.length_s:.3f},volume={plan.own_volume:.3f}[own]"]
    if plan.music is None:
        return inputs, graph, "[own]"
    at = 1 if plan.found.has_sound else 2
    inputs += [*GUARDED, "-stream_loop", "-1", "-t", f"{plan.length_s:.3f}", "-i", str(plan.music)]
    fade = f"afade=t=out:st={max(plan.length_s - 1, 0):.3f}:d=1"
    graph.append(f"[{at}:a:0]{even},apad,atrim=0:{plan.length_s:.3f},volume={plan.music_volume:.3f},{fade}[music]")
    graph.append("[own][music]amix=inputs=2:duration=first:normalize=0,alimiter=limit=0.95[mixed]")
    return inputs, graph, "[mixed]"


def _encoded(plan: Plan, rung: Rung, preset: str) -> list[str]:
    picture = ["-c:v", "libx264", "-profile:v", "main", "-preset", preset, "-crf", "24"]
    bounds = ["-maxrate", f"{rung.kbit}k", "-bufsize", f"{2 * rung.kbit}k"]
    # No key frames but those that are asked for, so that every height has them at the same instants.
    keys = ["-g", "600", "-sc_threshold", "0", "-force_key_frames", _KEY_FRAMES]
    sound = ["-c:a", "aac", "-b:a", f"{_SOUND_KBIT}k", "-ac", "2"]
    return [*picture, *bounds, *keys, *sound, "-t", f"{plan.length_s:.3f}", "-map_metadata", "-1"]


def _hls(rung: Rung, prefix: str) -> list[str]:
    name = f"{prefix}{rung.side}"
    kind = ["-f", "hls", "-hls_playlist_type", "vod", "-hls_segment_type", "fmp4"]
    # A segment ends at the first key frame after this: at each of ours.
    cuts = ["-hls_time", "1", "-hls_flags", "independent_segments"]
    files = ["-hls_fmp4_init_filename", f"{name}-init.mp4", "-hls_segment_filename", f"{name}-%03d.m4s"]
    return [*kind, *cuts, *files, f"{name}.m3u8"]
