"""Understands one asset: measures it, lets each model look at it, and writes down who said what.

No model's failure stops another, and none stops the video: what is missing is named with its reason.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from walras.base.logs import room_log
from walras.base.settings import Settings
from walras.studio import prints
from walras.studio.asset import Duplicate, Measures, Understood
from walras.studio.making import Desk
from walras.studio.measuring import Samples, read_samples, sample_arguments
from walras.studio.models import Heard, Models, models_of
from walras.studio.playlists import write_whole

_log = room_log("studio")
Value = TypeVar("Value")
# Words of how a silent or pictureless part is missing: nothing failed, there was nothing to hear.
_NO_SOUND = "there is no sound"


class Understanding:
    """The models of one worker; loaded when the first video needs them."""

    def __init__(self, settings: Settings, models: Models | None = None) -> None:
        """Nothing is loaded yet.

        Args:
            settings: who shall stand behind each interface.
            models: others than those, for tests.
        """
        self._settings, self._models = settings, models
        self._lock = threading.Lock()

    def work(self, desk: Desk) -> None:
        """Do the job: what is known afterwards stands in the asset."""
        plan = desk.plan()
        with desk.work() as work:
            desk.ffmpeg(sample_arguments(plan), work, plan.length_s, None)
            samples = read_samples(plan, work)
            said = _Said(self._loaded(), samples)
            said.run()
            hashes = prints.hashes_of(samples.frames)
            none: tuple[Duplicate, ...] = ()
            same = said.tried("duplicates", lambda: _duplicates(desk, hashes), none)
            fields = {
                "understood": said.understood(samples.measures, same),
                "models": said.names,
                "captions": _captions(desk, work, said.heard),
            }
            desk.finish(fields, fill=lambda c: prints.keep(c, desk.job.asset, hashes, desk.asset.created_ms))

    def _loaded(self) -> Models:
        with self._lock:
            if self._models is None:
                self._models = models_of(self._settings)
            return self._models


class _Said:
    """What the models say of one video."""

    def __init__(self, models: Models, samples: Samples) -> None:
        self._models, self._samples = models, samples
        self.names: dict[str, str] = {"measures": "ffmpeg", "duplicates": "walras-waves 1"}
        self.missing = dict(models.refused)
        self.heard = Heard()
        self._read, self._safety, self._looks = "", dict[str, float](), tuple[float, ...]()

    def run(self) -> None:
        """Ask them all: the ear beside the eyes, since each of them keeps one core busy."""
        with ThreadPoolExecutor(2, "models") as pool:
            listening, looking = pool.submit(self._listen), pool.submit(self._look)
            listening.result()
            looking.result()

    def tried(self, part: str, ask: Callable[[], Value], default: Value) -> Value:
        """What is answered; the default where the model fails, and the reason is kept."""
        try:
            return ask()
        except Exception as error:
            # A model is somebody else's code on somebody else's file: whatever it raises, the video goes on.
            _log.warning("%s failed: %s", part, error, exc_info=error)
            self.missing[part] = f"{type(error).__name__}: {error}"[:300]
            return default

    def understood(self, measures: Measures, duplicates: tuple[Duplicate, ...]) -> Understood:
        """All of it as an asset carries it."""
        text = "\n".join(part for part in (self.heard.text(), self._read) if part)
        language = self.heard.language
        model = self._models.language
        if model is not None and not language:
            self.names["language"] = model.name
            language = self.tried("language", lambda: model.language(text), "")
        return Understood(
            screen_text=self._read,
            speech=self.heard.text(),
            language=language,
            measures=measures,
            safety=self._safety,
            duplicates=duplicates,
            looks=self._looks,
            missing=self.missing,
        )

    def _listen(self) -> None:
        model, sound = self._models.hearing, self._samples.sound
        if model is None:
            return
        if sound is None:
            self.missing["hearing"] = _NO_SOUND
            return
        self.names["hearing"] = model.name
        self.heard = self.tried("hearing", lambda: model.hear(sound), Heard())

    def _look(self) -> None:
        pictures = self._samples.pictures
        reading, safety, looks = self._models.reading, self._models.safety, self._models.looks
        if safety is not None:
            self.names["safety"] = safety.name
            self._safety = self.tried("safety", lambda: safety.judge(pictures), {})
        if looks is not None:
            self.names["looks"] = looks.name
            self._looks = self.tried("looks", lambda: looks.looks(pictures), ())
        if reading is not None:
            self.names["reading"] = reading.name
            self._read = self.tried("reading", lambda: reading.read(pictures), "")


def _duplicates(desk: Desk, hashes: prints.Hashes) -> tuple[Duplicate, ...]:
    return prints.duplicates_of(desk.studio.database, desk.job.asset, hashes, desk.asset.created_ms)


def _captions(desk: Desk, work: Path, heard: Heard) -> str:
    """The address of the words under the video; empty where nobody is sure enough of them."""
    if not heard.is_clear or not heard.pieces:
        return ""
    name = f"{desk.prefix}captions.vtt"
    write_whole(work / name, webvtt(heard))
    (work / name).replace(desk.folder / name)
    return desk.address(name)


def webvtt(heard: Heard) -> str:
    """Words under a video as browsers read them."""
    lines = [f"{_time(p.start_s)} --> {_time(p.end_s)}\n{_plain(p.text)}\n" for p in heard.pieces]
    return "WEBVTT\n\n" + "\n".join(lines)


def _time(seconds: float) -> str:
    whole_ms = round(seconds * 1000)
    return (
        f"{whole_ms // 3_600_000:02d}:{whole_ms // 60_000 % 60:02d}:{whole_ms // 1000 % 60:02d}.{whole_ms % 1000:03d}"
    )


def _plain(text: str) -> str:
    """A text that opens no tag and no new cue."""
    return " ".join(text.replace("&", "&amp;").replace("<", "&lt;").replace("-->", "→").split())
