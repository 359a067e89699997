"""Looks after running experiments: rolls back what harms, takes the next step of a roll-out, ends what is over."""

from collections.abc import Callable
from pathlib import Path

from walras.base.clock import Clock
from walras.base.errors import Conflict
from walras.base.logs import room_log
from walras.events import Registry
from walras.insight.experiments import Money, Verdict, read_report, verdict, worth_now
from walras.world import TrialStatus, World

EVERY_S = 60.0
# Who stands in the record of deeds where the loop did it.
WHO = "walras"
_log = room_log("loops")


class TrialsLoop:
    """Reads each running experiment, asks what is to be done, and does it. Safe to repeat after a death."""

    def __init__(
        self,
        world: World,
        folder: Path,
        clock: Clock,
        registry: Registry,
        money: Callable[[], Money] | None = None,
    ) -> None:
        """Over one house.

        Args:
            world: the experiments.
            folder: the log's folder.
            clock: what time it is.
            registry: known outcomes, with the worth that they were declared with.
            money: of events by the ledger, read anew each round; none where it is left out.
        """
        self._money = money
        self._world, self._folder, self._clock, self._registry = world, folder, clock, registry

    def run(self) -> None:
        """One round."""
        running = self._world.trials.list("running")
        if not running:
            return
        now_ms = self._clock.now_ms()
        yuan = worth_now(self._registry, self._world, now_ms)
        money = self._money() if self._money else None
        for status in running:
            found = verdict(status, read_report(self._folder, status, now_ms, yuan, money), now_ms)
            try:
                self._do(status, found)
            except Conflict as error:
                # Somebody was faster; what stands now is looked at in the next round.
                _log.info("%s", error)

    def _do(self, status: TrialStatus, found: Verdict) -> None:
        name, trials = status.trial.name, self._world.trials
        if found.deed == "hold":
            return
        if found.deed == "roll-back":
            trials.roll_back(name, found.reason)
        elif found.deed == "end":
            trials.end(name, found.reason)
        else:
            trials.step_on(name, status.step + 1, found.reason)
        _log.warning("trial %s: %s, since %s", name, found.deed, found.reason)
        self._world.audit.note(WHO, f"trial.{found.deed}", name, before=status.state, after=found.reason)
