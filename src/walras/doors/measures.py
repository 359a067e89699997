"""What is counted of one serving process, for Prometheus.

Counts are of this process. With several behind one port, set PROMETHEUS_MULTIPROC_DIR to an empty folder before they
start, and each answers with the sum over all of them; without it, tell them apart by the `process` label.
"""

import collections
import os
from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from walras.schema import Page, Status

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
# A page is promised within 40 ms, a flush of the log takes a few; the buckets lie around both.
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.5, 2.0, 10.0)
_BATCH = (1, 10, 100, 1_000, 10_000)


class Measures:
    """Counters of one process, and the state of the platform as it is at the moment of asking."""

    def __init__(self, status: Callable[[], Status]) -> None:
        """Start at zero.

        Args:
            status: says how the platform is, when somebody asks.
        """
        self._registry = CollectorRegistry()
        own = self._registry
        self._requests = Counter("walras_requests", "Requests answered.", ("method", "route", "status"), registry=own)
        self._seconds = Histogram(
            "walras_request_seconds", "Seconds a request took.", ("route",), buckets=_SECONDS, registry=own
        )
        self._events = Counter("walras_events", "Events by what became of them.", ("fate",), registry=own)
        self._batch = Histogram(
            "walras_events_per_append", "Events handed to the log by one request.", buckets=_BATCH, registry=own
        )
        self._pages = Counter("walras_pages", "Pages made.", ("surface",), registry=own)
        self._places = Counter(
            "walras_places", "Places filled, by the source that named the item.", ("source",), registry=own
        )
        self._missing = Counter("walras_missing", "Pages made without a source or a feature.", ("part",), registry=own)
        own.register(_Platform(status))
        self._fates = {fate: self._events.labels(fate) for fate in ("accepted", "duplicate", "rejected")}

    def count_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request was answered."""
        known = method if method in _METHODS else "other"
        self._requests.labels(known, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def count_events(self, accepted: int, duplicates: int, rejected: int) -> None:
        """One request's events met their fates."""
        self._fates["accepted"].inc(accepted)
        self._fates["duplicate"].inc(duplicates)
        self._fates["rejected"].inc(rejected)
        self._batch.observe(accepted + duplicates)

    def count_page(self, page: Page) -> None:
        """One page was made."""
        self._pages.labels(page.surface).inc()
        for source, count in collections.Counter(place.source for place in page.places).items():
            self._places.labels(source).inc(count)
        for part in page.missing:
            self._missing.labels(part).inc()

    def exposition(self) -> bytes:
        """Everything, in Prometheus' text format."""
        if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
            return generate_latest(self._registry)
        summed = CollectorRegistry()
        MultiProcessCollector(summed)  # type: ignore[no-untyped-call]
        return generate_latest(summed)


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class _Platform(Collector):
    """Gauges read from the platform's status when somebody asks."""

    def __init__(self, status: Callable[[], Status]) -> None:
        self._status = status

    def describe(self) -> list[Metric]:
        """Nothing: asking for the status at registration would be too early."""
        return []

    def collect(self) -> Iterator[Metric]:
        """The gauges of now."""
        now = self._status()
        process = str(os.getpid())
        for name, meaning, value in (
            ("walras_people", "People known.", now.people),
            ("walras_items", "Items known.", now.items),
            ("walras_log_position", "The log's newest row, as this process has read it.", now.position),
            ("walras_log_bytes", "Bytes of the log.", now.log_bytes),
            ("walras_log_segments", "Compacted partitions of the log.", now.segments),
            ("walras_training_done", "Share of the running training that is done, 0 to 1.", now.training.done),
            ("walras_ledger_entries", "Journal entries.", now.ledger.entries),
            ("walras_ledger_off", "By how much sums that must be 0 are not, in minor units.", now.ledger.off),
            ("walras_ledger_refused", "Entries that the ledger refused from a loop.", now.ledger.refused),
            ("walras_training_running", "Whether a training runs.", float(now.training.state == "running")),
        ):
            gauge = GaugeMetricFamily(name, meaning, labels=("process",))
            gauge.add_metric((process,), value)
            yield gauge
        models = GaugeMetricFamily(
            "walras_model", "1 for each model and its state.", labels=("kind", "version", "state")
        )
        for model in now.models:
            models.add_metric((model.kind, model.version, model.state), 1.0)
        yield models
