"""Finishes what people began who left for good: a week after they asked, everything kept of them is forgotten."""

from collections.abc import Callable, Sequence
from typing import Protocol

from walras.base.clock import Clock
from walras.base.ids import PersonId
from walras.base.logs import room_log
from walras.events import Log
from walras.schema import PersonGone
from walras.world import Account, World

EVERY_S = 60.0
_log = room_log("loops")


class ForgettingLog(Log, Protocol):
    """A log that can forget somebody, as the log on disk does."""

    def forget(self, person: str) -> int:
        """Delete every row about a person."""
        ...


class Leaving:
    """Forgets those whose day has come. Safe to repeat after a death: an account is blanked last."""

    def __init__(
        self, world: World, log: ForgettingLog, clock: Clock, forget: Sequence[Callable[[str], object]] = ()
    ) -> None:
        """Over one house.

        Args:
            world: accounts, and everything else of people.
            log: what they did.
            clock: what day it is.
            forget: of each line, called with the person.
        """
        self._world, self._log, self._clock, self._forget = world, log, clock, forget

    def run(self) -> int:
        """Forget those whose day has come; how many."""
        due = self._world.accounts.leaving(self._clock.now_ms())
        for account in due:
            self._finish(account)
        return len(due)

    def _finish(self, account: Account) -> None:
        person, world = account.person, self._world
        for forget in self._forget:
            forget(person)
        self._log.append([PersonGone(PersonId(person), self._clock.now_ms())])
        world.catch_up(self._log.read)
        rows = self._log.forget(person)
        world.passkeys.forget(person)
        world.sign_ins.forget(person)
        world.outbox.forget(account.email, account.phone)
        world.audit.note("leaving", "account.forget", person, before="leaving", after="gone")
        world.accounts.blank(person)
        _log.info("an account was forgotten with %d rows of the log", rows)
