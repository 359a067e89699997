"""Films of the sample: the same draws give the same film, every motif draws, and what comes out plays with sound."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from walras.base.streams import stream
from walras.town import clips, motifs, scenes, tunes
from walras.town.canvas import HEIGHT, WIDTH, Canvas, Frame
from walras.town.subjects import load_subjects


def _frame(scene: scenes.Scene, at_s: float) -> Frame:
    canvas = Canvas()
    motifs.draw(canvas, scene, at_s)
    return canvas.frame


def test_the_same_draws_give_the_same_film() -> None:
    one, same, other = (scenes.scene_of("cats", stream(seed, "film")) for seed in (1, 1, 2))
    assert one == same != other
    pictures = [_frame(scene, 0.1) for scene in (one, same, other)]
    assert (pictures[0] == pictures[1]).all() and (pictures[0] != pictures[2]).any()


@pytest.mark.parametrize("motif", sorted(motifs.DRAWN))
def test_every_motif_draws_something_that_moves(motif: str) -> None:
    scene = replace(scenes.scene_of("travel", stream(3, "film")), motif=motif)
    first, later = _frame(scene, 0.0), _frame(scene, 1.7)
    assert first.shape == (HEIGHT, WIDTH, 3)
    assert first.std() > 10 and (first != later).mean() > 0.05


def test_edges_are_sharp_at_the_films_own_size() -> None:
    canvas = Canvas()
    canvas.disc(0.0, 0.0, 0.25, (255.0, 255.0, 255.0))
    row = canvas.frame[HEIGHT // 2, :, 0].astype(int)
    # From nothing to white within two pixels, on each side.
    assert set(row[[0, WIDTH // 4 - 2, WIDTH // 4 + 2, WIDTH // 2]]) == {0, 255}
    assert np.count_nonzero((row > 0) & (row < 255)) <= 4


def test_a_frame_for_ffmpeg_has_half_its_bytes() -> None:
    assert len(Canvas().raw()) == HEIGHT * WIDTH * 3 // 2


def test_every_subject_of_the_sample_has_motifs_that_exist() -> None:
    assert {subject.topic for subject in load_subjects()} == set(scenes.MOTIFS)
    assert {motif for named in scenes.MOTIFS.values() for motif in named} <= set(scenes.EVERY) == set(motifs.DRAWN)


def test_the_tune_is_heard_and_never_too_loud() -> None:
    tune = tunes.tune_of(scenes.scene_of("music", stream(4, "film")), 3.0)
    assert len(tune) == 3 * tunes.SAMPLES_PER_S
    assert 0.5 < np.abs(tune).max() <= 0.75 and np.sqrt((tune**2).mean()) > 0.03
    assert abs(tune[0]) < 1e-3 and abs(tune[-1]) < 1e-2


def test_a_film_plays_with_sound(tmp_path: Path) -> None:
    clips.draw_film(tmp_path, "cooking", 1.5, stream(5, "film"))
    probe = ("ffprobe", "-v", "error", "-show_streams", "-show_format", "-of", "json", str(tmp_path / "video.mp4"))
    said = json.loads(subprocess.run(probe, capture_output=True, check=True).stdout)
    assert {each["codec_name"] for each in said["streams"]} == {"h264", "aac"}
    assert 1.2 < float(said["format"]["duration"]) < 1.8
    assert (tmp_path / "poster.jpg").stat().st_size > 2_000
    assert sorted(path.name for path in tmp_path.iterdir()) == ["poster.jpg", "video.mp4"]


def test_a_missing_program_is_said(tmp_path: Path) -> None:
    scene = scenes.scene_of("cats", stream(6, "film"))
    with pytest.raises(OSError):
        clips.write_clip(tmp_path / "video.mp4", scene, 0.5, ffmpeg="no-such-program")
    assert not list(tmp_path.iterdir())
