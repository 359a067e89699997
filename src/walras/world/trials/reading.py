"""The one call by which a parameter is read, and the exposures that it leaves behind.

An exposure says that a unit met an arm. It is remembered once per unit and window and handed out later in a lot, so
that the answer never waits for it; its id is made of its content, so that two processes that both saw it write one
event.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from walras.base.ids import EventId, PersonId, content_id
from walras.schema import Event
from walras.world.trials.assignment import Live, units_of
from walras.world.trials.parameters import Parameters
from walras.world.trials.values import Value

# Value of the event: 1 where the hash drew the arm, 0 where somebody placed the unit there by name.
DRAWN, PLACED = 1.0, 0.0
# Who stands in the event where the unit is no person.
NOBODY = PersonId("walras")
OUTCOME = "assignment"
# Exposures remembered, so that none is written twice in its window; beyond it they are forgotten, and the log drops
# doubles by their ids.
_REMEMBERED_MAX = 500_000
_WAITING_MAX = 100_000


@dataclass(frozen=True, slots=True)
class Settled:
    """What holds for one unit: arm by trial, and the values that they set."""

    arms: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Value] = field(default_factory=dict)


NOTHING_SET = Settled()


@dataclass(frozen=True, slots=True)
class Seen:
    """A unit met an arm."""

    live: Live
    unit: str
    arm: str
    instant_ms: int

    def event(self) -> Event:
        """As the log keeps it: the trial as surface, the number of the arm as place."""
        trial = self.live.trial
        window = self.instant_ms // trial.window_ms
        return Event(
            id=EventId("x" + content_id(trial.name, self.arm, self.unit, window)),
            person=PersonId(self.unit) if trial.unit == "person" else NOBODY,
            outcome=OUTCOME,
            surface=trial.name,
            place=[arm.name for arm in trial.arms].index(self.arm),
            value=PLACED if self.unit in trial.allowed else DRAWN,
            time_ms=self.instant_ms,
            context={} if trial.unit == "person" else {"unit": self.unit},
        )


class Reader:
    """Parameters as they are for a unit now. One per process, used from one thread."""

    def __init__(self, seed: int, known: Parameters | None = None) -> None:
        """Nothing is tried yet.

        Args:
            seed: root seed of all assignment.
            known: parameters and their defaults.
        """
        self._seed, self._known = seed, known or Parameters()
        self._live: Sequence[Live] = ()
        self._remembered: set[tuple[str, str, int]] = set()
        self._waiting: list[Seen] = []

    def take(self, live: Sequence[Live]) -> None:
        """From now on these trials hold; what is launched stands in front, so that what is tried goes over it."""
        self._live = sorted(live, key=lambda one: not one.winner)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is tried."""
        return not self._live

    def read(self, name: str, units: Mapping[str, str], instant_ms: int) -> Value:
        """The value of one parameter for these units, leaving an exposure where a trial sets it.

        Args:
            name: of the parameter.
            units: who and what takes part, by kind: person, item, owner, campaign, and city for windows.
            instant_ms: the present instant.

        Raises:
            Invalid: the parameter is unknown.
        """
        value = self._known.default(name)
        for live in self._live:
            if any(name in sets for sets in live.sets.values()):
                arm = self._met(live, units, instant_ms)
                value = value if arm is None else live.sets[arm].get(name, value)
        return value

    def settle(self, room: str, units: Mapping[str, str], instant_ms: int) -> Settled:
        """All parameters of a room at once, such as `feed`, and the arms of trials that set none.

        Args:
            room: parameters whose names begin with it.
            units: who and what takes part, by kind.
            instant_ms: the present instant.
        """
        if not self._live:
            return NOTHING_SET
        arms: dict[str, str] = {}
        values: dict[str, Value] = {}
        for live in self._live:
            if _concerns(live, room) and (arm := self._met(live, units, instant_ms)) is not None:
                arms[live.trial.name] = arm
                values.update(live.sets[arm])
        return Settled(arms, values)

    def drain(self) -> list[Event]:
        """Exposures that were not written yet, as events; they are this caller's from now on."""
        waiting, self._waiting = self._waiting, []
        return [seen.event() for seen in waiting]

    def _met(self, live: Live, units: Mapping[str, str], instant_ms: int) -> str | None:
        trial = live.trial
        unit = units_of(trial.unit, units, instant_ms, trial.window_ms)
        arm = live.arm(unit, self._seed) if unit else None
        if arm is not None and not live.winner:
            self._remember(Seen(live, unit, arm, instant_ms))
        return arm

    def _remember(self, seen: Seen) -> None:
        key = (seen.live.trial.name, seen.unit, seen.instant_ms // seen.live.trial.window_ms)
        if key in self._remembered or len(self._waiting) >= _WAITING_MAX:
            return
        if len(self._remembered) >= _REMEMBERED_MAX:
            self._remembered.clear()
        self._remembered.add(key)
        self._waiting.append(seen)


def _concerns(live: Live, room: str) -> bool:
    names = [name for sets in live.sets.values() for name in sets]
    return not names or any(name.startswith(f"{room}.") for name in names)
