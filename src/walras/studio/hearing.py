"""Speech to text: an English model that comes with the platform, and any server that speaks the usual protocol."""

import wave
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx

from walras.base.errors import Unavailable
from walras.base.limits import HEARD_CHARS_MAX
from walras.studio.models import Heard, Piece

_RATE = 16_000
# Twice the length of a short video; a server that needs longer is taken for silent.
_ANSWER_S = 60.0
# A stretch whose words are less likely than this is noise, music or another language: clear speech has about .7, four
# clips without clear English have less than .4.
_SURE_MIN = 0.55
_WORDS_MIN = 3
# Without bounds noise is searched as if it were many voices: .9 of its length in processor time; with them .3.
_BOUNDS = {"maxhmmpf": 2_000, "maxwpf": 5, "pl_window": 10}
_STEP_BYTES = _RATE  # half a second


class PocketSphinx:
    """English, spoken clearly and without noise; of music, of other languages and of robots it makes nonsense.

    So what it says is kept for search only where the model itself is sure of it, and never stands as captions.
    """

    def __init__(self) -> None:
        """Load its weights, which lie in the package.

        Raises:
            ImportError: the package is not installed.
        """
        from pocketsphinx import Decoder, Vad

        self.name = f"pocketsphinx {version('pocketsphinx')} en-us"
        self._decoder = Decoder(samprate=_RATE, loglevel="FATAL", **_BOUNDS)
        self._vad: Any = Vad

    def hear(self, sound: Path) -> Heard:
        """What is said, in the stretches where somebody speaks."""
        pieces = [piece for start_s, pcm in self._spoken(sound) if (piece := self._piece(start_s, pcm)) is not None]
        return Heard(pieces, language="en" if pieces else "")

    def _spoken(self, sound: Path) -> Iterator[tuple[float, bytes]]:
        """Stretches with a voice: where they begin, and their samples."""
        from pocketsphinx import Endpointer

        finder = Endpointer(vad_mode=self._vad.STRICT, sample_rate=_RATE)
        began_s, heard = 0.0, b""
        with wave.open(str(sound), "rb") as file:
            while len(frame := file.readframes(finder.frame_bytes // 2)) > 0:
                whole = len(frame) == finder.frame_bytes
                speech = finder.process(frame) if whole else finder.end_stream(frame)
                if speech is not None:
                    began_s = began_s if heard else finder.speech_start
                    heard += speech
                if heard and not finder.in_speech:
                    yield began_s, heard
                    heard = b""
        if heard:
            yield began_s, heard

    def _piece(self, start_s: float, pcm: bytes) -> Piece | None:
        self._decoder.start_utt()
        # The package holds the interpreter while it works: in small steps the lease is renewed and pictures are read.
        for at in range(0, len(pcm), _STEP_BYTES):
            self._decoder.process_raw(pcm[at : at + _STEP_BYTES])
        self._decoder.end_utt()
        found = self._decoder.hyp()
        if found is None or not found.hypstr:
            return None
        if len(found.hypstr.split()) < _WORDS_MIN or self._sureness() < _SURE_MIN:
            return None
        return Piece(round(start_s, 2), round(start_s + len(pcm) / 2 / _RATE, 2), found.hypstr)

    def _sureness(self) -> float:
        """Mean posterior of the words, pauses left out."""
        words = [float(s.prob) for s in self._decoder.seg() if not s.word.startswith(("<", "["))]
        return sum(words) / len(words) if words else 0.0


class ByUrl:
    """A server with `POST /v1/audio/transcriptions`."""

    def __init__(self, url: str, model: str, key: str = "", client: httpx.Client | None = None) -> None:
        """Nothing is asked yet.

        Args:
            url: of the server, up to where `/v1` begins, or of the transcriptions themselves.
            model: which of its models.
            key: sent as a bearer token; empty: none.
            client: for tests.
        """
        self.name = f"{model} at {httpx.URL(url).host}"
        self._url = url if url.endswith("/transcriptions") else f"{url.rstrip('/')}/v1/audio/transcriptions"
        self._model, self._key = model, key
        self._client = client or httpx.Client(timeout=_ANSWER_S)

    def hear(self, sound: Path) -> Heard:
        """What the server hears.

        Raises:
            Unavailable: it does not answer, or not as the protocol says.
        """
        headers = {"authorization": f"Bearer {self._key}"} if self._key else {}
        form = {"model": self._model, "response_format": "verbose_json"}
        try:
            with sound.open("rb") as file:
                files = {"file": (sound.name, file, "audio/wav")}
                answer = self._client.post(self._url, data=form, files=files, headers=headers)
            answer.raise_for_status()
            return _heard(answer.json())
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            shown = f"speech to text does not answer ({type(error).__name__})"
            raise Unavailable(shown, field="understand_hearing", value=self._url) from error


def _heard(said: dict[str, Any]) -> Heard:
    """The answer in our words; servers that say no times give one piece."""
    parts = said.get("segments") or [{"start": 0.0, "end": said.get("duration", 0.0), "text": said["text"]}]
    pieces = [Piece(float(p["start"]), float(p["end"]), str(p["text"]).strip()[:HEARD_CHARS_MAX]) for p in parts]
    language = str(said.get("language") or "")
    spoken = [piece for piece in pieces if piece.text]
    return Heard(spoken, is_clear=bool(said.get("segments")), language=language if len(language) == 2 else "")
