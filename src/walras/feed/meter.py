"""What the last seconds looked like: rates, latencies and shares, for the status page and the metrics."""

from collections import Counter, deque
from collections.abc import Iterable

import numpy as np

# The span over which rates and percentiles are taken.
SPAN_MS = 10_000
# Latencies kept; at 1,000 pages a second this is the span.
KEPT_MAX = 10_000


class Meter:
    """Counts of one process. Not shared between threads."""

    def __init__(self) -> None:
        """Start with nothing seen."""
        self.pages = 0
        self.places: Counter[str] = Counter()
        self._taken: deque[tuple[int, float]] = deque(maxlen=KEPT_MAX)
        self._events: deque[tuple[int, int]] = deque(maxlen=KEPT_MAX)

    def page(self, now_ms: int, taken_ms: float, sources: Iterable[str]) -> None:
        """One page was made in `taken_ms`, its places named by these sources."""
        self.pages += 1
        self.places.update(sources)
        self._taken.append((now_ms, taken_ms))

    def events(self, now_ms: int, count: int) -> None:
        """So many events of the log were applied."""
        self._events.append((now_ms, count))

    def events_per_s(self, now_ms: int) -> float:
        """Events a second over the span."""
        return sum(count for at, count in self._events if at > now_ms - SPAN_MS) * 1000.0 / SPAN_MS

    def pages_per_s(self, now_ms: int) -> float:
        """Pages a second over the span."""
        return sum(1 for at, _ in self._taken if at > now_ms - SPAN_MS) * 1000.0 / SPAN_MS

    def latency_ms(self) -> dict[str, float]:
        """Percentiles of the pages kept."""
        if not self._taken:
            return {}
        taken = np.asarray([ms for _, ms in self._taken])
        return {"p50": float(np.quantile(taken, 0.5)), "p99": float(np.quantile(taken, 0.99))}

    def shares(self) -> dict[str, float]:
        """Share of filled places by source."""
        total = sum(self.places.values())
        return {name: count / total for name, count in sorted(self.places.items())} if total else {}
