"""What is said of content: measures of clips whose values are known, models that fail, re-uploads that are found."""

import sys
import wave
from collections.abc import Callable, Sequence
from pathlib import Path

import httpx
import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.studio.conftest import Clips, ffmpeg, work_off
from walras.base.errors import Invalid, Unavailable
from walras.base.settings import Settings
from walras.studio import CAUSES, Asset, Making, Studio, Understood
from walras.studio.hearing import ByUrl
from walras.studio.models import Heard, Models, Piece, models_of
from walras.studio.prints import bits_between, hashes_of
from walras.studio.understanding import Understanding, webvtt
from walras.studio.working import Worker
from walras.web import LANGUAGES, texts_in

Upload = Callable[[Path], Asset]


def understood(studio: Studio, worker: Worker, asset: Asset) -> Understood:
    work_off(worker)
    done = studio.asset(asset.id)
    assert done.state == "ready"
    assert done.understood is not None
    return done.understood


# ---------------------------------------------------------------- measures


def test_a_lively_clip_is_measured(studio: Studio, worker: Worker, upload: Upload, clips: Clips) -> None:
    two = clips.path("two-shots.mp4")
    graph = "[0:v][1:v]concat=n=2:v=1[v]"
    shots = [
        "-f",
        "lavfi",
        "-i",
        "testsrc2=size=96x96:rate=15:duration=1",
        "-f",
        "lavfi",
        "-i",
        "mandelbrot=size=96x96:rate=15",
    ]
    tone = ["-f", "lavfi", "-i", "sine=frequency=1000:duration=2"]
    ffmpeg(
        *shots,
        *tone,
        "-filter_complex",
        graph,
        "-map",
        "[v]",
        "-map",
        "2:a",
        "-t",
        "2",
        "-pix_fmt",
        "yuv420p",
        str(two),
    )
    found = understood(studio, worker, upload(two)).measures
    assert (found.shots, found.aspect, found.frames_per_s) == (2, 1.0, 15.0)
    assert found.cuts_s == pytest.approx((1.0,), abs=0.15)
    assert -30 < found.loudness_lufs < -10
    assert (found.black_share, found.silent_share) == (0, 0)
    assert found.sharpness > 0.2


def test_a_black_frozen_silent_clip_is_measured(studio: Studio, worker: Worker, upload: Upload, clips: Clips) -> None:
    dull = clips.path("dull.mp4")
    sources = [
        "-f",
        "lavfi",
        "-i",
        "color=black:size=96x96:rate=15:duration=2",
        "-f",
        "lavfi",
        "-i",
        "anullsrc=r=44100",
    ]
    ffmpeg(*sources, "-t", "2", "-pix_fmt", "yuv420p", str(dull))
    found = understood(studio, worker, upload(dull))
    shares = (found.measures.black_share, found.measures.frozen_share, found.measures.silent_share)
    assert shares == pytest.approx((1, 1, 1), abs=0.15)
    assert (found.measures.loudness_lufs, found.measures.sharpness, found.measures.shots) == (-70, 0, 1)
    assert found.duplicates == ()


def test_without_sound_nothing_is_heard(studio: Studio, upload: Upload, clips: Clips) -> None:
    worker = Worker(studio, Understanding(studio.settings, Models(hearing=Deaf())))
    found = understood(studio, worker, upload(clips.made("silent.mp4", "96x96", sound=False)))
    assert found.measures.silent_share == 1
    assert found.missing == {"hearing": "there is no sound"}


# ---------------------------------------------------------------- models


class Deaf:
    name = "deaf 1"

    def hear(self, sound: Path) -> Heard:
        raise RuntimeError("no ears")


class Blind:
    name = "blind 2"

    def read(self, pictures: Sequence[Path]) -> str:
        raise MemoryError

    def judge(self, pictures: Sequence[Path]) -> dict[str, float]:
        raise OSError("no eyes")

    def looks(self, pictures: Sequence[Path]) -> tuple[float, ...]:
        return (1.0, 0.0)

    def language(self, text: str) -> str:
        return "en"


class Listens:
    name = "listens 3"

    def hear(self, sound: Path) -> Heard:
        with wave.open(str(sound)) as file:
            assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16_000, 1, 2)
            assert file.getnframes() == pytest.approx(32_000, abs=2_000)
        return Heard([Piece(0.5, 1.25, "hello <b>there</b>")], is_clear=True, language="de")


def test_a_model_that_fails_stops_nothing_and_is_named(studio: Studio, upload: Upload, clips: Clips) -> None:
    blind = Blind()
    models = Models(reading=blind, hearing=Deaf(), language=blind, safety=blind, looks=blind, refused={"x": "y"})
    worker = Worker(studio, Understanding(studio.settings, models))
    asset = upload(clips.plain())
    found = understood(studio, worker, asset)
    assert found.missing == {
        "x": "y",
        "reading": "MemoryError: ",
        "hearing": "RuntimeError: no ears",
        "safety": "OSError: no eyes",
    }
    assert (found.looks, found.language, found.text()) == ((1.0, 0.0), "en", "")
    said = studio.asset(asset.id).models
    assert (said["looks"], said["hearing"], said["measures"]) == ("blind 2", "deaf 1", "ffmpeg")


def test_clear_speech_becomes_captions_and_text(studio: Studio, upload: Upload, clips: Clips) -> None:
    worker = Worker(studio, Understanding(studio.settings, Models(hearing=Listens(), language=Blind())))
    asset = upload(clips.plain())
    found = understood(studio, worker, asset)
    assert (found.speech, found.language, found.text()) == ("hello <b>there</b>", "de", "hello <b>there</b>")
    captions = studio.asset(asset.id).captions
    assert captions == f"/media/{asset.id}/1-captions.vtt"
    text = (studio.folder / asset.id / "1-captions.vtt").read_text()
    assert text == "WEBVTT\n\n00:00:00.500 --> 00:00:01.250\nhello &lt;b>there&lt;/b>\n"


def test_a_model_that_kills_the_job_leaves_the_video(home: Path, studio: Studio, upload: Upload, clips: Clips) -> None:
    class Broken(Understanding):
        def work(self, desk: object) -> None:
            raise Unavailable("no models today")

    asset = upload(clips.plain())
    worker = Worker(studio, Broken(studio.settings))
    worker.step()
    for _ in range(20):
        work_off(worker)
    assert studio.asset(asset.id).playable
    assert studio.asset(asset.id).state == "ready"


def test_what_comes_with_the_platform_reads_looks_and_names_languages(clips: Clips) -> None:
    models = models_of(Settings())
    assert models.refused == {}
    assert models.reading and models.language and models.safety and models.looks and models.hearing
    shown = clips.path("shown.png")
    draw_words(shown, "HALF PRICE TODAY")
    assert "PRICE" in models.reading.read([shown]).upper()
    assert models.safety.judge([shown]) == {}
    looks = models.looks.looks([shown, shown])
    assert len(looks) == 4 * (64 + 8)
    assert np.linalg.norm(looks) == pytest.approx(1, abs=1e-3)
    said = {"Fresh noodles for half the price today": "en", "今天的面条很好吃": "zh", "": "", "123 !": ""}
    assert {text: models.language.language(text) for text in said} == said
    noise = clips.path("noise.wav")
    ffmpeg("-f", "lavfi", "-i", "anoisesrc=duration=2:amplitude=0.5", "-ar", "16000", "-ac", "1", str(noise))
    assert models.hearing.hear(noise).text() == ""
    assert all(each.name for each in (models.reading, models.language, models.safety, models.looks, models.hearing))


def test_clear_english_is_heard_and_tones_are_not(clips: Clips) -> None:
    hearing = models_of(Settings()).hearing
    assert hearing is not None
    said, tones = clips.path("said.wav"), clips.path("tones.wav")
    words = "Welcome to the market. Today we cook fresh noodles with a little oil and salt."
    form = ("-ar", "16000", "-ac", "1")
    ffmpeg("-f", "lavfi", "-i", f"flite=text='{words}':voice=slt", *form, str(said))
    ffmpeg("-f", "lavfi", "-i", "aevalsrc=sin(2*PI*t*(300+200*sin(6*t))):d=2", *form, str(tones))
    heard = hearing.hear(said)
    assert (heard.language, heard.is_clear) == ("en", False)
    assert {"welcome", "market", "noodles", "salt"} <= set(heard.text().split())
    assert hearing.hear(tones).text() == ""


def draw_words(path: Path, words: str) -> None:
    from PIL import Image, ImageDraw, ImageFont

    picture = Image.new("RGB", (480, 200), "navy")
    ImageDraw.Draw(picture).text((30, 70), words, font=ImageFont.load_default(42), fill="white")
    picture.save(path)


def test_a_model_can_be_switched_off_or_stand_elsewhere() -> None:
    off = {f"understand_{part}": "off" for part in ("reading", "hearing", "language", "safety", "looks")}
    assert models_of(msgspec.convert(off, Settings)) == Models()
    elsewhere = models_of(msgspec.convert({**off, "understand_hearing": "http://speech.example:9000"}, Settings))
    assert elsewhere.hearing is not None
    assert elsewhere.hearing.name == "whisper-1 at speech.example"
    with pytest.raises(Invalid, match="understand_reading"):
        models_of(Settings(understand_reading="cloud"))
    with pytest.raises(Invalid, match="embedded or off or nudenet"):
        models_of(Settings(understand_safety="cloud"))


def test_skin_colours_are_noted_in_every_shade_and_other_colours_are_not(clips: Clips) -> None:
    from PIL import Image

    judge = models_of(Settings()).safety
    assert judge is not None

    def score(colour: str, share: float = 1.0) -> float:
        picture = Image.new("RGB", (100, 100), "navy")
        picture.paste(colour, (0, 0, 100, round(100 * share)))
        picture.save(shown := clips.path("skin.png"))
        return judge.judge([shown]).get("much_skin", 0.0)

    assert min(score(shade) for shade in ("#f1c27d", "#c68642", "#8d5524", "#ffdbac")) == 1.0
    assert max(score(other) for other in ("navy", "white", "green", "#808080", "black")) == 0.0
    assert score("#c68642", 0.15) == 0.0 < score("#c68642", 0.5) == pytest.approx(0.5, abs=0.05)
    assert judge.judge([]) == {}


def test_what_is_not_installed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nudenet", None)
    chosen = models_of(Settings(understand_safety="nudenet"))
    assert chosen.safety is None and "nudenet" in chosen.refused["safety"]


# ---------------------------------------------------------------- a server that hears


def by_url(answer: Callable[[httpx.Request], httpx.Response]) -> ByUrl:
    client = httpx.Client(transport=httpx.MockTransport(answer))
    return ByUrl("http://speech.example/", "small", "secret", client)


def test_a_server_is_asked_as_the_protocol_says(tmp_path: Path) -> None:
    sound = tmp_path / "sound.wav"
    sound.write_bytes(b"RIFF")
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        request.read()
        said = [{"start": 0, "end": 1.5, "text": " 你好 "}, {"start": 2, "end": 3, "text": " "}]
        return httpx.Response(200, json={"text": "你好", "language": "zh", "segments": said})

    heard = by_url(answer).hear(sound)
    assert heard == Heard([Piece(0.0, 1.5, "你好")], is_clear=True, language="zh")
    assert asked[0].url == "http://speech.example/v1/audio/transcriptions"
    assert asked[0].headers["authorization"] == "Bearer secret"
    assert b"verbose_json" in asked[0].content and b"RIFF" in asked[0].content
    plain = by_url(lambda _: httpx.Response(200, json={"text": "hi", "language": "english"})).hear(sound)
    assert (plain.text(), plain.is_clear, plain.language) == ("hi", False, "")


@pytest.mark.parametrize("answer", [httpx.Response(500), httpx.Response(200, text="?"), httpx.Response(200, json={})])
def test_a_server_that_answers_badly_is_unavailable(tmp_path: Path, answer: httpx.Response) -> None:
    (tmp_path / "s").write_bytes(b"")
    with pytest.raises(Unavailable, match="speech to text"):
        by_url(lambda _: answer).hear(tmp_path / "s")


def test_captions_open_no_tag_and_no_cue() -> None:
    heard = Heard([Piece(3661.0, 3662.5, "a --> b\n\n<script>&")])
    assert webvtt(heard) == "WEBVTT\n\n01:01:01.000 --> 01:01:02.500\na → b &lt;script>&amp;\n"


# ---------------------------------------------------------------- re-uploads


def test_a_reupload_is_found_scaled_recoded_and_cut(
    studio: Studio, worker: Worker, upload: Upload, clips: Clips
) -> None:
    first = clips.path("flight.mp4")
    ffmpeg(
        "-f",
        "lavfi",
        "-i",
        "mandelbrot=size=240x240:rate=15:end_scale=0.01:end_pts=90",
        "-t",
        "5",
        "-pix_fmt",
        "yuv420p",
        str(first),
    )
    again = clips.path("flight-again.mp4")
    ffmpeg("-i", str(first), "-vf", "scale=120:120,eq=brightness=0.05", "-crf", "35", "-t", "4", str(again))
    original, copy = upload(first), upload(again)
    other = upload(clips.plain())
    assert understood(studio, worker, original).duplicates == ()
    found = understood(studio, worker, copy).duplicates
    assert [d.asset for d in found] == [original.id]
    assert found[0].share >= 0.6
    assert found[0].distance <= 8
    assert understood(studio, worker, other).duplicates == ()
    studio.remove(original.id)
    studio.order(copy.id, Making(end_s=3))
    assert understood(studio, worker, copy).duplicates == ()


@given(st.integers(0, 2**32 - 1))
def test_a_hash_survives_light_noise_and_scaling_of_brightness(seed: int) -> None:
    draw = np.random.default_rng(seed)
    coarse = draw.uniform(0, 200, (3, 4, 4))
    frames = np.kron(coarse, np.ones((8, 8)))
    changed = np.clip(frames * 0.9 + 12 + draw.normal(0, 2, frames.shape), 0, 255)
    one, other = hashes_of(frames.astype(np.uint8)), hashes_of(changed.astype(np.uint8))
    assert len(one) == len(other) == 3
    assert bits_between(one, other).max() <= 16
    assert hashes_of(np.full((2, 32, 32), 77, np.uint8)).size == 0


def test_every_fault_has_words_and_a_remedy_in_every_language() -> None:
    for language in LANGUAGES:
        messages = texts_in(language).messages
        for cause in CAUSES:
            assert f"fault.{cause.code}" in messages, (language, cause.code)
            assert f"fault.{cause.code}.fix" in messages, (language, cause.code)
