"""Films of the sample: the same draws give the same film, every motif draws, and what comes out plays with sound."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from walras.base.streams import stream
from walras.town import clips
from walras.town.subjects import load_subjects


def test_the_same_draws_give_the_same_film() -> None:
    one, same, other = (clips.scene_of("cats", stream(seed, "film")) for seed in (1, 1, 2))
    assert one == same != other
    pictures = [next(iter(clips.frames(scene, 0.1))) for scene in (one, same, other)]
    assert (pictures[0] == pictures[1]).all() and (pictures[0] != pictures[2]).any()


@pytest.mark.parametrize("motif", sorted(clips._DRAWN))
def test_every_motif_draws_something_that_moves(motif: str) -> None:
    scene = replace(clips.scene_of("travel", stream(3, "film")), motif=motif)
    first, later = clips._frame(scene, 0.0), clips._frame(scene, 1.7)
    assert first.shape == (clips.HEIGHT, clips.WIDTH, 3)
    assert first.std() > 10 and (first != later).mean() > 0.05


def test_every_subject_of_the_sample_has_motifs_that_exist() -> None:
    assert {subject.topic for subject in load_subjects()} == set(clips._MOTIFS)
    assert {motif for motifs in clips._MOTIFS.values() for motif in motifs} <= set(clips._DRAWN)


def test_the_tune_is_heard_and_never_too_loud() -> None:
    tune = clips.tune_of(clips.scene_of("music", stream(4, "film")), 3.0)
    assert len(tune) == 3 * clips.SAMPLES_PER_S
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
    scene = clips.scene_of("cats", stream(6, "film"))
    with pytest.raises(OSError):
        clips.write_clip(tmp_path / "video.mp4", scene, 0.5, ffmpeg="no-such-program")
    assert not list(tmp_path.iterdir())
