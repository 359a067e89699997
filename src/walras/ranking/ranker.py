"""The trained ranker: two ONNX graphs, the person's side once a page, the candidates' side once for all of them."""

from pathlib import Path

import msgspec
import numpy as np
import onnxruntime as ort

from walras.base.errors import Corrupt, shown
from walras.events import Registry
from walras.features import UNTRAINED, State
from walras.ranking import inputs
from walras.ranking.columns import fill_expected
from walras.ranking.inputs import Asks, CandidateFeatures, Inputs, PersonFeatures, Reading, reading_of
from walras.ranking.smoothed import SHARE_MAX, SHARE_MIN
from walras.schema import Floats, Floats32, Ints
from walras.world import check_bundle, read_manifest

PERSON_NAME, CANDIDATES_NAME, CALIBRATION_NAME = "person.onnx", "candidates.onnx", "calibration.json"
# What is expected lies inside these: least and greatest share, greatest amount.
EXPECTED_BOUNDS = np.array([SHARE_MIN, SHARE_MAX, 10 * inputs.SECONDS_READ_MAX])
# The candidates' side is compiled for blocks no longer than this, which bounds what one request can take.
_HINT = "Train again; the model before it serves on."


class Fusion(msgspec.Struct, frozen=True, kw_only=True):
    """How the sequence model's score joins what the network says, by outcome, on the adding scale."""

    sequence: str  # version of the sequence model whose score it was fitted on
    slope: tuple[float, ...]
    weight: tuple[float, ...]  # of the score, in units of its deviation over the catalogue
    offset: tuple[float, ...]


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """How what the network says becomes what is expected: slope and offset on the adding scale, by outcome."""

    outcomes: tuple[str, ...]
    slope: tuple[float, ...]
    offset: tuple[float, ...]
    person_width: int
    candidate_width: int
    text: str = UNTRAINED  # version of the text model whose vectors it has learnt
    fusion: Fusion | None = None  # None: no sequence model had been trained


class Ranker:
    """Foresees with a trained bundle. Read-only after loading, so one may serve from many threads."""

    def __init__(
        self, person: ort.InferenceSession, candidates: ort.InferenceSession, calibration: Calibration, reading: Reading
    ) -> None:
        """Take what `load` has read and held against its manifest."""
        self._person, self._candidates, self._reading = person, candidates, reading
        self._alone = _weighed(calibration.slope, (0.0,) * len(calibration.slope), calibration.offset)
        self._fusion = fusion = calibration.fusion
        self._with_leaning = self._alone if fusion is None else _weighed(fusion.slope, fusion.weight, fusion.offset)
        self._text = calibration.text
        self._kept = tuple(output.name for output in person.get_outputs())

    @classmethod
    def load(cls, path: Path, registry: Registry) -> "Ranker":
        """Read a bundle's folder.

        Args:
            path: the folder.
            registry: outcomes of this program; the bundle must foresee those the registry wants foreseen.

        Raises:
            Corrupt: a file differs from the manifest, or the model was made for other features or outcomes.
        """
        manifest = read_manifest(path)
        check_bundle(path, manifest, inputs.FEATURE_VERSION)
        if manifest.kind != "ranker":
            raise _refused(f"it is a {manifest.kind} model", path)
        reading = reading_of(registry)
        try:
            calibration = msgspec.json.decode((path / CALIBRATION_NAME).read_bytes(), type=Calibration)
            person, candidates = (_session(path / name) for name in (PERSON_NAME, CANDIDATES_NAME))
        except (OSError, msgspec.DecodeError, ort.capi.onnxruntime_pybind11_state.OnnxRuntimeException) as error:
            raise _refused(f"a file cannot be read ({shown(str(error))})", path) from error
        if calibration.outcomes != reading.names:
            raise _refused(f"it foresees {calibration.outcomes}, this program wants {reading.names}", path)
        return cls(person, candidates, calibration, reading)

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Names of the H columns."""
        return self._reading.names

    def predict(self, asked: Asks, state: State, rows: Ints, leaning: Floats32 | None = None) -> Floats:
        """[N, H] expected outcomes of one exposure of each item at `rows`, calibrated; `leaning` [N] where known."""
        person, candidates = inputs.gather(asked, state, rows, self._reading)
        if state.catalogue.text.version != self._text:
            # Vectors of another text model mean something else; an item without a text is a case it has learnt.
            person.vector[:], candidates.vector[:] = 0, 0
        return self.foresee(person, candidates, leaning)

    def foresee(self, person: PersonFeatures, candidates: CandidateFeatures, leaning: Floats32 | None = None) -> Floats:
        """[N, H] the same, from arrays."""
        if not len(candidates):
            return np.zeros((0, len(self.outcomes)))
        return self.calibrated(self.raw(inputs.read(person, candidates, self._reading)), leaning)

    def raw(self, read: Inputs) -> Floats32:
        """[N, H] what the network says, on the adding scale, before calibration."""
        side = self._person.run(self._kept, {"person": read.person, "tokens": read.tokens, "mask": read.mask})
        given = dict(zip(self._kept, side, strict=True))
        (said,) = self._candidates.run(None, {"candidates": read.candidates, **given})
        raw: Floats32 = said
        return raw

    def calibrated(self, raw: Floats32, leaning: Floats32 | None = None) -> Floats:
        """[N, H] expected outcomes from what the network says and, where it is known, how much the person leans there.

        The sequence model's score has one scale whatever its version, so a ranker reads a later model's score too.
        """
        read = self._fusion is not None and leaning is not None
        slope, weight, offset = self._with_leaning if read else self._alone
        score = inputs.scaled_leaning(leaning) if read and leaning is not None else np.zeros(len(raw))
        made = np.empty(raw.shape)
        fill_expected(raw, score, slope, weight, offset, self._reading.measured, EXPECTED_BOUNDS, made)
        return made


def _weighed(*rows: tuple[float, ...]) -> tuple[Floats, ...]:
    return tuple(np.asarray(row, np.float64) for row in rows)


def fused(raw: Floats32 | Floats, leaning: Floats32 | Floats, fusion: Fusion) -> Floats:
    """[N, H] on the adding scale: slope * raw [N, H] + weight * leaning [N] + offset."""
    said: Floats = (
        raw * np.asarray(fusion.slope)
        + inputs.scaled_leaning(leaning)[:, None] * np.asarray(fusion.weight)
        + np.asarray(fusion.offset)
    )
    return said


def _session(path: Path) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # one page, one core: processes share the machine
    options.log_severity_level = 3
    return ort.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])


def _refused(what: str, path: Path) -> Corrupt:
    return Corrupt(f"the model cannot be used: {what}", field="model", value=path.name, hint=_HINT)
