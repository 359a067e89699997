"""Pictures of a video: the cover, three moving seconds, and a sheet of small ones for the time line."""

from walras.studio.ladder import Plan, picture_filter, source_arguments, sprite_grid
from walras.studio.running import GUARDED

POSTER_SIDE, PREVIEW_SIDE, SPRITE_SIDE = 720, 240, 90
_PREVIEW_S = 3.0


def poster_arguments(plan: Plan, name: str, *, chosen: bool) -> list[str]:
    """The cover: the frame the maker chose, else the most typical of a second around the first tenth.

    Args:
        plan: what is made.
        name: of the file.
        chosen: whether the maker chose it.
    """
    typical = "" if chosen else "thumbnail=24,"
    start = [*GUARDED, "-ss", f"{plan.cover_s:.3f}", "-t", "2", "-i", str(plan.source)]
    drawn = f"{picture_filter(plan.found)}{typical}{_fitted(plan, POSTER_SIDE)},format=yuvj420p"
    return [*start, "-map", "0:v:0", "-vf", drawn, "-frames:v", "1", "-q:v", "4", "-map_metadata", "-1", name]


def preview_arguments(plan: Plan, name: str) -> list[str]:
    """Three seconds that move, for a list of videos."""
    drawn = f"{picture_filter(plan.found)}fps=8,{_fitted(plan, PREVIEW_SIDE)},format=yuv420p"
    start_s = min(plan.cover_s, max(plan.start_s + plan.length_s - _PREVIEW_S, plan.start_s))
    start = [*GUARDED, "-ss", f"{start_s:.3f}", "-t", f"{min(_PREVIEW_S, plan.length_s):.3f}", "-i", str(plan.source)]
    return [*start, "-map", "0:v:0", "-vf", drawn, "-c:v", "libwebp_anim", "-q:v", "50", "-loop", "0", name]


def sprite_arguments(plan: Plan, name: str) -> list[str]:
    """Ten small pictures a row, at most ten rows, evenly over the time."""
    rows, step_s = sprite_grid(plan.length_s)
    drawn = (
        f"{picture_filter(plan.found)}fps=1/{step_s:.3f},{_fitted(plan, SPRITE_SIDE)},tile=10x{rows},format=yuvj420p"
    )
    ending = ["-map", "0:v:0", "-vf", drawn, "-frames:v", "1", "-q:v", "6", name]
    return [*source_arguments(plan), *ending]


def _fitted(plan: Plan, side: int) -> str:
    """Scaled so that the short side is at most this."""
    side = min(side, min(plan.found.width, plan.found.height)) // 2 * 2
    tall = plan.found.height >= plan.found.width
    size = f"{side}:-2" if tall else f"-2:{side}"
    # The ratio of pixels is applied before, so that the cover has the shape of the video.
    return f"scale=iw*sar:ih,setsar=1,scale={size}:flags=bilinear"
