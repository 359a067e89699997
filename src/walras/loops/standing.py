"""How the books stand, as one process last saw it: looked at now and then, told at once to whoever asks."""

import threading

from walras.base.clock import Clock
from walras.ledger import Ledger
from walras.schema import LedgerStatus

EVERY_MS = 10_000


class LedgerWatch:
    """Looks at most once in ten seconds whether every sum is 0; safe to use from several threads."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        """Nothing is looked at yet."""
        self._ledger, self._clock = ledger, clock
        self._turn, self._seen = threading.Lock(), LedgerStatus()

    def look(self) -> None:
        """Look again, where it is time."""
        now_ms = self._clock.now_ms()
        if now_ms - self._seen.checked_ms < EVERY_MS or not self._turn.acquire(blocking=False):
            return
        try:
            kept = self._ledger.conservation()
            off = sum(abs(amount) for amount in kept.by_currency.values()) + abs(kept.home) + kept.holds_off
            refused = len(self._ledger.refusals())
            self._seen = LedgerStatus(entries=kept.seq, off=off, refused=refused, checked_ms=now_ms)
        finally:
            self._turn.release()

    def status(self) -> LedgerStatus:
        """As it was seen last."""
        return self._seen
