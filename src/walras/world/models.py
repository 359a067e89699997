"""The registry of models: which were trained, which serves, which is refused and why.

    candidate ──activate──> active ──another is activated──> retired ──activate, roll back──> active
        └───────────────────┴───────────── broken or mismatched ───────────────┴──────────> refused

One model of a kind is active at a time. A refused one never comes back; the one that served before it serves on.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec
import sqlalchemy as sa

from walras.base.clock import Clock
from walras.base.database import Database
from walras.base.errors import Conflict, Corrupt, NotFound
from walras.base.ids import id_fault
from walras.base.logs import room_log
from walras.world.bundles import Manifest, check_bundle, check_names
from walras.world.tables import ModelRow

FOLDER_NAME = "models"
State = Literal["candidate", "active", "retired", "refused"]
MOVES: dict[State, tuple[State, ...]] = {
    "candidate": ("active", "refused"),
    "active": ("retired", "refused"),
    "retired": ("active", "refused"),
    "refused": (),
}
_log = room_log("world")


class Model(msgspec.Struct, frozen=True):
    """A registered model and where it stands."""

    manifest: Manifest
    state: State
    reason: str = ""
    turn: int = 0

    @property
    def version(self) -> str:
        """Its version."""
        return self.manifest.version

    @property
    def kind(self) -> str:
        """What it is for."""
        return self.manifest.kind

    @property
    def metrics(self) -> dict[str, float]:
        """How good it was when it was trained."""
        return self.manifest.metrics


class Models:
    """The table of models, and the folder where their files lie."""

    def __init__(self, database: Database, folder: Path, clock: Clock, features: Mapping[str, str]) -> None:
        """Look at the table of models.

        Args:
            database: where the table lives.
            folder: holds one folder a version.
            clock: for models that do not say when they were made.
            features: version of the features this program computes, by kind of model; models of others are refused.
        """
        self._database = database
        self.folder = folder
        self._clock = clock
        self._features = dict(features)

    def register(self, manifest: Manifest) -> Model:
        """Enter a model as candidate. Entering the same manifest again changes nothing.

        Raises:
            Invalid: a name in it cannot be used.
            Conflict: another model has this version.
        """
        check_names(manifest)
        with self._database.write() as connection:
            known = _find(connection, manifest.version)
            if known is None:
                known = Model(manifest, "candidate")
                _insert(connection, known, manifest.created_ms or self._clock.now_ms())
        if known.manifest != manifest:
            raise Conflict("another model has this version", field="version", value=manifest.version)
        return known

    def activate(self, version: str) -> Model:
        """Let a model serve; the one that served is retired.

        Raises:
            NotFound: no model has this version.
            Conflict: it was refused before.
            Corrupt: its folder is not what was registered; it is refused from now on, and nothing else has changed.
        """
        model = self.get(version)
        if model.state == "refused":
            raise Conflict(f"was refused: {model.reason}", field="version", value=version, hint="Train again.")
        try:
            self._check(model)
        except Corrupt as error:
            self._refuse(version, error.message)
            raise
        return self._serve(version, new_turn=True)

    def roll_back(self, kind: str) -> Model:
        """Let the model serve that served before the present one.

        Raises:
            NotFound: none of this kind serves, or none that is whole has served before it.
        """
        present = self.active(kind)
        if present is None:
            raise NotFound("no model of this kind serves", field="kind", value=kind)
        return self._serve_earlier(kind, present.turn)

    def active(self, kind: str) -> Model | None:
        """The model of this kind that serves, as the table says; its files are not looked at."""
        with self._database.read() as connection:
            return _active(connection, kind)

    def whole(self, kind: str) -> Model | None:
        """The model of this kind that serves, its files checked; a broken one is refused and an earlier one serves on.

        Returns:
            None where there is none that is whole.
        """
        model = self.active(kind)
        if model is None:
            return None
        try:
            self._check(model)
            return model
        except Corrupt as error:
            self._refuse(model.version, error.message)
        try:
            return self._serve_earlier(kind, model.turn)
        except NotFound:
            return None

    def refuse(self, version: str, reason: str) -> None:
        """Say that a model must not serve, for instance since it could not be loaded.

        Raises:
            NotFound: no model has this version.
        """
        self.get(version)
        self._refuse(version, reason)

    def get(self, version: str) -> Model:
        """The model of this version.

        Raises:
            NotFound: there is none.
        """
        with self._database.read() as connection:
            model = _find(connection, version)
        if model is None:
            raise NotFound("no such model", field="version", value=version)
        return model

    def list(self, kind: str | None = None) -> list[Model]:
        """Every model of a kind (or of all), newest first."""
        query = sa.select(*_COLUMNS).order_by(ModelRow.created_ms.desc(), ModelRow.version.desc())
        if kind is not None:
            query = query.where(ModelRow.kind == kind)
        with self._database.read() as connection:
            return [_model(*row) for row in connection.execute(query)]

    def path(self, version: str) -> Path:
        """The folder of a version's files."""
        return self.folder / version

    def _check(self, model: Model) -> None:
        check_bundle(self.path(model.version), model.manifest, self._features.get(model.manifest.kind, ""))

    def _serve(self, version: str, *, new_turn: bool) -> Model:
        with self._database.write() as connection:
            model = _must_find(connection, version)
            present = _active(connection, model.manifest.kind)
            if present is not None and present.version == version:
                return present
            if present is not None:
                # One that is rolled back from gives up its turn: no later roll-back shall end at it.
                _move(connection, present, "retired", turn=None if new_turn else 0)
            turn = _newest_turn(connection, model.manifest.kind) + 1 if new_turn else model.turn
            _move(connection, model, "active", turn=turn)
            return _must_find(connection, version)

    def _serve_earlier(self, kind: str, turn: int) -> Model:
        while (model := self._served_before(kind, turn)) is not None:
            try:
                self._check(model)
                return self._serve(model.version, new_turn=False)
            except Corrupt as error:
                self._refuse(model.version, error.message)
        raise NotFound("no whole model of this kind has served before", field="kind", value=kind)

    def _served_before(self, kind: str, turn: int) -> Model | None:
        served = sa.and_(ModelRow.kind == kind, ModelRow.state == "retired", ModelRow.turn < turn, ModelRow.turn > 0)
        query = sa.select(*_COLUMNS).where(served).order_by(ModelRow.turn.desc()).limit(1)
        with self._database.read() as connection:
            row = connection.execute(query).first()
        return None if row is None else _model(*row)

    def _refuse(self, version: str, reason: str) -> None:
        with self._database.write() as connection:
            model = _must_find(connection, version)
            if model.state != "refused":
                _move(connection, model, "refused", reason=reason.replace("\x00", "\ufffd"))
                _log.error("model %s refused: %s", version, reason)


_COLUMNS = (ModelRow.manifest, ModelRow.state, ModelRow.reason, ModelRow.turn)
_DECODE = msgspec.json.Decoder(Manifest).decode


def _model(body: bytes, state: str, reason: str, turn: int) -> Model:
    return Model(_DECODE(body), msgspec.convert(state, State), reason, turn)


def _find(connection: sa.Connection, version: str) -> Model | None:
    if id_fault(version):
        return None
    row = connection.execute(sa.select(*_COLUMNS).where(ModelRow.version == version)).first()
    return None if row is None else _model(*row)


def _must_find(connection: sa.Connection, version: str) -> Model:
    model = _find(connection, version)
    assert model is not None, f"{version=} vanished from the table"
    return model


def _active(connection: sa.Connection, kind: str) -> Model | None:
    query = sa.select(*_COLUMNS).where(ModelRow.kind == kind, ModelRow.state == "active")
    row = connection.execute(query).first()
    return None if row is None else _model(*row)


def _newest_turn(connection: sa.Connection, kind: str) -> int:
    return connection.scalar(sa.select(sa.func.max(ModelRow.turn)).where(ModelRow.kind == kind)) or 0


def _insert(connection: sa.Connection, model: Model, created_ms: int) -> None:
    row = {
        "version": model.version,
        "kind": model.manifest.kind,
        "state": model.state,
        "reason": "",
        "turn": 0,
        "created_ms": created_ms,
        "manifest": msgspec.json.encode(model.manifest),
    }
    connection.execute(sa.insert(ModelRow).values(row))


def _move(
    connection: sa.Connection, model: Model, state: State, *, turn: int | None = None, reason: str | None = None
) -> None:
    if state not in MOVES[model.state]:
        raise Conflict(f"a {model.state} model cannot become {state}", field="version", value=model.version)
    changes: dict[str, object] = {"state": state}
    changes |= {} if turn is None else {"turn": turn}
    changes |= {} if reason is None else {"reason": reason}
    connection.execute(sa.update(ModelRow).where(ModelRow.version == model.version).values(**changes))
