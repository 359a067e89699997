"""Experiments: who is in which arm. Assignment is a hash and needs no table; its analysis is in `insight`."""

import math
from typing import Literal

import msgspec
import sqlalchemy as sa

from walras.base.clock import Clock
from walras.base.database import Database
from walras.base.errors import Conflict, Invalid, NotFound
from walras.base.ids import id_fault
from walras.base.streams import share_of
from walras.world.tables import TrialRow

State = Literal["draft", "running", "ended"]
MOVES: dict[State, tuple[State, ...]] = {"draft": ("running", "ended"), "running": ("ended",), "ended": ()}


class Arm(msgspec.Struct, frozen=True):
    """One way of an experiment, with its share among those in it."""

    name: str
    weight: float = 1.0


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """An experiment: whom it takes, and between what it chooses."""

    name: str
    arms: tuple[Arm, ...]
    share: float = 1.0  # of all units, in 0..1; those outside are in no arm
    unit: Literal["person", "item", "owner"] = "person"
    meaning: str = ""


class TrialStatus(msgspec.Struct, frozen=True):
    """An experiment and where it stands."""

    trial: Trial
    state: State
    started_ms: int = 0
    ended_ms: int = 0


def assign(trial: Trial, unit: str, seed: int) -> str | None:
    """The arm of one unit: always the same for one trial, unit and seed, and independent between trials.

    Whether a unit is taken and which arm it gets are two draws, so that a trial can grow without anybody changing arm.

    Args:
        trial: the experiment.
        unit: the person's (item's, owner's) id.
        seed: root seed.

    Returns:
        The arm's name, or None where the unit is not taken.
    """
    if share_of(seed, f"trial/{trial.name}/taken/{unit}") >= trial.share:
        return None
    drawn = share_of(seed, f"trial/{trial.name}/arm/{unit}") * sum(arm.weight for arm in trial.arms)
    for arm in trial.arms:
        drawn -= arm.weight
        if drawn < 0:
            return arm.name
    return trial.arms[-1].name


class Trials:
    """The table of experiments."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Look at the table of trials."""
        self._database = database
        self._clock = clock

    def create(self, trial: Trial) -> None:
        """Enter an experiment as draft.

        Raises:
            Invalid: it has no two arms of distinct names and positive weights, or a share outside 0..1.
            Conflict: one of this name exists.
        """
        _check(trial)
        row = {"name": trial.name, "state": "draft", "started_ms": 0, "ended_ms": 0, "body": msgspec.json.encode(trial)}
        with self._database.write() as connection:
            if _find(connection, trial.name) is not None:
                raise Conflict("a trial of this name exists", field="name", value=trial.name)
            connection.execute(sa.insert(TrialRow).values(row))

    def start(self, name: str) -> TrialStatus:
        """Begin: from now on units are in arms."""
        return self._move(name, "running")

    def end(self, name: str) -> TrialStatus:
        """End for good: nobody is in an arm any more."""
        return self._move(name, "ended")

    def get(self, name: str) -> TrialStatus:
        """One experiment by name.

        Raises:
            NotFound: there is none.
        """
        with self._database.read() as connection:
            found = _find(connection, name)
        if found is None:
            raise NotFound("no such trial", field="name", value=name)
        return found

    def list(self, state: State | None = None) -> list[TrialStatus]:
        """Experiments by name, those in one state or all."""
        query = sa.select(*_COLUMNS).order_by(TrialRow.name)
        if state is not None:
            query = query.where(TrialRow.state == state)
        with self._database.read() as connection:
            return [_status(*row) for row in connection.execute(query)]

    def _move(self, name: str, state: State) -> TrialStatus:
        stamp = "started_ms" if state == "running" else "ended_ms"
        with self._database.write() as connection:
            found = _find(connection, name)
            if found is None:
                raise NotFound("no such trial", field="name", value=name)
            if state not in MOVES[found.state]:
                raise Conflict(f"a trial that is {found.state} cannot become {state}", field="name", value=name)
            change = sa.update(TrialRow).where(TrialRow.name == name)
            connection.execute(change.values(**{"state": state, stamp: self._clock.now_ms()}))
        return self.get(name)


_COLUMNS = (TrialRow.body, TrialRow.state, TrialRow.started_ms, TrialRow.ended_ms)
_DECODE = msgspec.json.Decoder(Trial).decode


def _find(connection: sa.Connection, name: str) -> TrialStatus | None:
    if id_fault(name):
        return None
    row = connection.execute(sa.select(*_COLUMNS).where(TrialRow.name == name)).first()
    return None if row is None else _status(*row)


def _status(body: bytes, state: str, started_ms: int, ended_ms: int) -> TrialStatus:
    return TrialStatus(_DECODE(body), msgspec.convert(state, State), started_ms, ended_ms)


def _check(trial: Trial) -> None:
    if fault := id_fault(trial.name):
        raise Invalid(fault, field="name", value=trial.name)
    names = [arm.name for arm in trial.arms]
    if len(names) < 2 or len(set(names)) < len(names) or not all(names):
        raise Invalid("needs two arms or more, each with its own name", field="arms", value=names)
    for arm in trial.arms:
        if not (math.isfinite(arm.weight) and arm.weight > 0):
            raise Invalid("must be positive", field=f"arms.{arm.name}.weight", value=arm.weight)
    if not 0 < trial.share <= 1:
        raise Invalid("must lie in 0..1", field="share", value=trial.share)
