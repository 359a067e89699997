"""The tables of experiments and of their layers: definitions as rows, with a state machine."""

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from walras.base.clock import Clock
from walras.base.database import Database
from walras.base.errors import Conflict, Invalid, NotFound, nearest
from walras.base.ids import id_fault
from walras.base.tables import upsert
from walras.world.tables import LayerRow, TrialRow
from walras.world.trials.assignment import Live
from walras.world.trials.checking import check_drawn, check_layer, check_overlap, check_trial, placed
from walras.world.trials.parameters import Parameters
from walras.world.trials.values import LIVE, MOVES, OPEN, Layer, State, Trial, TrialStatus

_CHANGED_MAX = 2_000


class Trials:
    """Experiments and layers."""

    def __init__(self, database: Database, clock: Clock, parameters: Parameters | None = None) -> None:
        """Look at the tables.

        Args:
            database: where they are.
            clock: what time it is.
            parameters: what trials may set.
        """
        self._database = database
        self._clock = clock
        self.parameters = parameters or Parameters()

    # ------------------------------------------------------------ layers

    def put_layer(self, layer: Layer) -> Layer:
        """Enter or change a layer.

        Raises:
            Invalid: it cannot be used.
            Conflict: trials of it are not over, and its unit, exclusiveness or holdout would change under them.
        """
        check_layer(layer)
        with self._database.write() as connection:
            before = _layer(connection, layer.name)
            fixed = ("unit", "exclusive", "holdout")
            differs = [name for name in fixed if before and getattr(before, name) != getattr(layer, name)]
            if differs and (inside := _of_layer(connection, layer.name)):
                hint = f"End {inside[0].trial.name!r} first."
                raise Conflict("trials of this layer are not over", field=differs[0], value=layer.name, hint=hint)
            upsert(connection, LayerRow, [{"name": layer.name, "body": msgspec.json.encode(layer)}])
        return layer

    def layers(self) -> list[Layer]:
        """All layers by name."""
        with self._database.read() as connection:
            rows = connection.scalars(sa.select(LayerRow.body).order_by(LayerRow.name))
            return [_decode_layer(body) for body in rows]

    # ------------------------------------------------------------ definitions

    def create(self, trial: Trial) -> TrialStatus:
        """Enter an experiment as draft; in an exclusive layer its range is reserved from now on.

        Raises:
            Invalid: something of it cannot be used: arms, share, no guard-rail, an unknown parameter or layer, ….
            Conflict: one of this name exists, or there is no room in its layer.
        """
        check_trial(trial, self.parameters)
        with self._database.write() as connection:
            if _find(connection, trial.name) is not None:
                raise Conflict("a trial of this name exists", field="name", value=trial.name)
            whole = _placed(connection, trial)
            connection.execute(sa.insert(TrialRow).values(_row(TrialStatus(whole, "draft"))))
        return TrialStatus(whole, "draft")

    def change(self, trial: Trial) -> TrialStatus:
        """Change a draft.

        Raises:
            NotFound: there is none of this name.
            Conflict: it is running or over: what was promised of it would no longer be what is measured.
            Invalid: as for `create`.
        """
        check_trial(trial, self.parameters)
        with self._database.write() as connection:
            found = _found(connection, trial.name)
            if found.state != "draft":
                hint = "End it and begin another under a new name."
                message = f"a trial that is {found.state} cannot be changed"
                raise Conflict(message, field="name", value=trial.name, hint=hint)
            whole = msgspec.structs.replace(found, trial=_placed(connection, trial))
            _write(connection, whole)
        return whole

    # ------------------------------------------------------------ states

    def open_inside(self, name: str) -> TrialStatus:
        """Begin for those on the allow-list alone.

        Raises:
            Invalid: nobody is on it.
        """
        if not self.get(name).trial.allowed:
            raise Invalid("nobody is on the allow-list", field="allowed", value=name, hint="Name units and arms.")
        return self._move(name, "inner")

    def start(self, name: str) -> TrialStatus:
        """Begin: from now on units are in arms.

        Raises:
            Conflict: it is not a draft, or a running trial sets the same parameter for the same units.
        """
        return self._move(name, "running")

    def end(self, name: str, reason: str = "") -> TrialStatus:
        """End for good: nobody is in an arm any more."""
        return self._move(name, "ended", reason)

    def roll_back(self, name: str, reason: str) -> TrialStatus:
        """Take it back at once: everybody has the defaults again."""
        return self._move(name, "rolled-back", reason)

    def launch(self, name: str, arm: str, reason: str = "") -> TrialStatus:
        """Give one arm to everybody but the layer's holdout.

        Raises:
            Invalid: it has no such arm.
        """
        arms = [each.name for each in self.get(name).trial.arms]
        if arm not in arms:
            raise Invalid("is no arm of this trial", field="arm", value=arm, hint=nearest(arm, arms))
        return self._move(name, "launched", reason, winner=arm)

    def step_on(self, name: str, step: int, reason: str = "") -> TrialStatus:
        """Take the next step of a staged roll-out.

        Args:
            name: of the trial.
            step: the number of the step it is to stand at; done again, it changes nothing.
            reason: why now.

        Raises:
            Conflict: it is not running, or there is no such step.
        """
        with self._database.write() as connection:
            found = _found(connection, name)
            if found.state != "running" or not 0 <= step <= len(found.trial.steps):
                raise Conflict("has no such step now", field="step", value=step)
            now_ms = self._clock.now_ms() if step != found.step else found.stepped_ms
            moved = msgspec.structs.replace(found, step=step, stepped_ms=now_ms, reason=reason)
            _write(connection, moved)
        return moved

    # ------------------------------------------------------------ looking

    def get(self, name: str) -> TrialStatus:
        """One experiment by name.

        Raises:
            NotFound: there is none.
        """
        with self._database.read() as connection:
            return _found(connection, name)

    def list(self, state: State | None = None) -> list[TrialStatus]:
        """Experiments by name, those in one state or all."""
        query = sa.select(*_COLUMNS).order_by(TrialRow.name)
        if state is not None:
            query = query.where(TrialRow.state == state)
        with self._database.read() as connection:
            return [_status(row) for row in connection.execute(query.limit(_CHANGED_MAX))]

    def live(self) -> Sequence[Live]:
        """What decides something now, ready for a `Reader`."""
        with self._database.read() as connection:
            query = sa.select(*_COLUMNS).where(TrialRow.state.in_(LIVE)).order_by(TrialRow.name)
            found = [_status(row) for row in connection.execute(query)]
            layers = {each.name: each for each in map(_decode_layer, connection.scalars(sa.select(LayerRow.body)))}
        return [Live.of(status, layers.get(status.trial.layer)) for status in found]

    def _move(self, name: str, state: State, reason: str = "", winner: str = "") -> TrialStatus:
        with self._database.write() as connection:
            found, now_ms = _found(connection, name), self._clock.now_ms()
            if state not in MOVES[found.state]:
                hint = f"It can become {', '.join(MOVES[found.state]) or 'nothing else any more'}."
                raise Conflict(
                    f"a trial that is {found.state} cannot become {state}", field="name", value=name, hint=hint
                )
            if state in ("inner", "running"):
                _check_start(connection, found.trial, self.parameters)
            started_ms = now_ms if state == "running" else found.started_ms
            ended_ms = now_ms if state in ("ended", "rolled-back") else found.ended_ms
            moved = TrialStatus(
                found.trial, state, started_ms, ended_ms, found.step, now_ms, reason, winner or found.winner
            )
            _write(connection, moved)
        return moved


_COLUMNS = (
    TrialRow.body,
    TrialRow.state,
    TrialRow.started_ms,
    TrialRow.ended_ms,
    TrialRow.step,
    TrialRow.stepped_ms,
    TrialRow.reason,
    TrialRow.winner,
)
_decode_trial = msgspec.json.Decoder(Trial).decode
_decode_layer = msgspec.json.Decoder(Layer).decode


def _find(connection: sa.Connection, name: str) -> TrialStatus | None:
    if id_fault(name):
        return None
    row = connection.execute(sa.select(*_COLUMNS).where(TrialRow.name == name)).first()
    return None if row is None else _status(row)


def _found(connection: sa.Connection, name: str) -> TrialStatus:
    found = _find(connection, name)
    if found is None:
        raise NotFound("no such trial", field="name", value=name)
    return found


def _status(row: Any) -> TrialStatus:
    body, state, started_ms, ended_ms, step, stepped_ms, reason, winner = row
    known = msgspec.convert(state, State)
    return TrialStatus(_decode_trial(body), known, started_ms, ended_ms, step, stepped_ms, reason, winner)


def _row(status: TrialStatus) -> dict[str, object]:
    named = {field: getattr(status, field) for field in ("state", "started_ms", "ended_ms", "step", "stepped_ms")}
    trial = status.trial
    texts = {"name": trial.name, "layer": trial.layer, "reason": status.reason, "winner": status.winner}
    return {**named, **texts, "body": msgspec.json.encode(trial)}


def _write(connection: sa.Connection, status: TrialStatus) -> None:
    connection.execute(sa.update(TrialRow).where(TrialRow.name == status.trial.name).values(**_row(status)))


def _layer(connection: sa.Connection, name: str) -> Layer | None:
    body = connection.scalar(sa.select(LayerRow.body).where(LayerRow.name == name))
    return None if body is None else _decode_layer(body)


def _of_layer(connection: sa.Connection, layer: str, but: str = "") -> Sequence[TrialStatus]:
    """Trials of a layer that are not over."""
    query = sa.select(*_COLUMNS).where(TrialRow.layer == layer, TrialRow.state.in_(OPEN), TrialRow.name != but)
    return [_status(row) for row in connection.execute(query)]


def _named_layer(connection: sa.Connection, trial: Trial) -> Layer | None:
    if not trial.layer:
        return None
    layer = _layer(connection, trial.layer)
    if layer is None:
        known = connection.scalars(sa.select(LayerRow.name)).all()
        raise Invalid("is no known layer", field="layer", value=trial.layer, hint=nearest(trial.layer, known))
    return layer


def _placed(connection: sa.Connection, trial: Trial) -> Trial:
    layer = _named_layer(connection, trial)
    return placed(trial, layer, _of_layer(connection, trial.layer, trial.name) if layer else ())


def _check_start(connection: sa.Connection, trial: Trial, parameters: Parameters) -> None:
    # What was entered by an older program, or before a parameter was taken away, is looked at again.
    check_trial(trial, parameters)
    check_drawn(trial)
    layer = _named_layer(connection, trial)
    if layer is not None:
        placed(trial, layer, _of_layer(connection, trial.layer, trial.name))
    query = sa.select(*_COLUMNS).where(TrialRow.state.in_(LIVE))
    check_overlap(trial, layer, [_status(row) for row in connection.execute(query)])
