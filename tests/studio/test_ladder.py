"""What is made of a video of any size and length; nothing runs here."""

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from walras.base import limits
from walras.studio import Making, Unmakeable
from walras.studio.ladder import hls_arguments, plan_of, rungs_of, sprite_grid
from walras.studio.probing import Found, frames_per_s, pixels_of


def found(width: int = 720, height: int = 1280, duration_s: float = 30.0) -> Found:
    return Found(width, height, duration_s, Fraction(30), has_sound=True, is_hdr=False, is_interlaced=False)


@given(width=st.integers(16, 8192), height=st.integers(16, 8192))
def test_heights_are_even_never_above_the_source_and_keep_its_shape(width: int, height: int) -> None:
    rungs = rungs_of(width, height)
    assert rungs
    for rung in rungs:
        assert rung.width % 2 == rung.height % 2 == 0
        assert min(rung.width, rung.height) <= max(min(width, height), 16)
        # Half a step of two on the short side is what a shape may lose.
        off = abs(rung.width * height - rung.height * width)
        assert off <= 2 * max(width, height) or min(rung.width, rung.height) == 16


def test_a_phones_video_has_three_heights_and_the_middle_one_is_made_first() -> None:
    plan = plan_of(Path("v"), found(), Making())
    assert [(r.side, r.width, r.height) for r in plan.rungs] == [(360, 360, 640), (540, 540, 960), (720, 720, 1280)]
    assert (plan.first.side, [r.side for r in plan.rest]) == (540, [360, 720])
    small = plan_of(Path("v"), found(200, 101), Making())
    assert (small.first.width, small.first.height, list(small.rest)) == (198, 100, [])


@pytest.mark.parametrize("cut", [(31.0, 0.0), (5.0, 5.1), (9.0, 3.0)])
def test_a_cut_that_leaves_nothing_is_refused(cut: tuple[float, float]) -> None:
    with pytest.raises(Unmakeable) as caught:
        plan_of(Path("v"), found(), Making(start_s=cut[0], end_s=cut[1]))
    assert caught.value.cause.code == "bad-cut"


def test_a_cut_beyond_the_end_ends_there() -> None:
    plan = plan_of(Path("v"), found(), Making(start_s=20, end_s=99, cover_s=10))
    assert (plan.start_s, plan.length_s) == (20, 10)
    assert plan.cover_s == pytest.approx(29.8)


@pytest.mark.parametrize(
    ("average", "base", "made"),
    [
        (Fraction(30), Fraction(30), Fraction(30)),
        (Fraction(24000, 1001), Fraction(24000, 1001), Fraction(24000, 1001)),
        (Fraction(60), Fraction(60), Fraction(30)),
        (Fraction(50), Fraction(50), Fraction(25)),
        (Fraction(120), Fraction(120), Fraction(30)),
        (Fraction(23), Fraction(90000), Fraction(30)),
        (Fraction(7), Fraction(30), Fraction(15)),
        (Fraction(1), Fraction(1), Fraction(10)),
        (Fraction(0), Fraction(0), Fraction(30)),
    ],
)
def test_the_frame_rate_becomes_constant(average: Fraction, base: Fraction, made: Fraction) -> None:
    assert frames_per_s(average, base) == made


def test_a_rate_that_no_camera_has_is_refused() -> None:
    with pytest.raises(Unmakeable):
        frames_per_s(Fraction(int(limits.VIDEO_FRAMES_PER_S_MAX) + 1), Fraction(1))


def test_a_quarter_of_an_hour_is_taken_in_1080p_and_not_in_8k() -> None:
    assert pixels_of(1920, 1080, limits.VIDEO_S_MAX, Fraction(60)) < limits.VIDEO_WORK_PIXELS_MAX
    with pytest.raises(Unmakeable) as caught:
        pixels_of(7680, 4320, limits.VIDEO_S_MAX, Fraction(30))
    assert caught.value.cause.code == "too-much-work"


def test_a_source_is_opened_with_few_protocols_and_formats() -> None:
    plan = plan_of(Path("v"), found(), Making(music="m"), Path("m"))
    arguments = hls_arguments(plan, plan.rungs, "1-", "veryfast")
    assert arguments.count("-protocol_whitelist") == arguments.count("-format_whitelist") == 2
    assert "hls" not in arguments[arguments.index("-format_whitelist") + 1]


@given(length_s=st.floats(0.3, limits.VIDEO_S_MAX))
def test_a_sheet_of_small_pictures_holds_the_whole_time(length_s: float) -> None:
    rows, step_s = sprite_grid(length_s)
    assert 1 <= rows <= 10
    assert 10 * rows * step_s >= length_s - 0.01
