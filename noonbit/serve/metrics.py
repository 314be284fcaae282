"""What a server counts, for Prometheus, in a registry of its own."""

from collections.abc import Callable
from functools import cache

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """Counters of requests, inputs and batches."""

    content_type = CONTENT_TYPE_LATEST

    def __init__(self, *, batch_sizes: tuple[int, ...]) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self.requests = Counter(
            "noonbit_requests",
            "Requests by route and status",
            ("route", "status"),
            registry=self._registry,
        )
        self.seconds = Histogram(
            "noonbit_request_seconds",
            "Time from a request to its answer",
            ("route",),
            buckets=SECONDS,
            registry=self._registry,
        )
        # Finding a metric by its labels takes longer than counting in it.
        self._counter = cache(lambda route, status: self.requests.labels(route, str(status)))
        self._histogram = cache(lambda route: self.seconds.labels(route))
        self.batch_inputs = Histogram(
            "noonbit_batch_inputs",
            "Inputs that the network answered at once",
            buckets=sorted(batch_sizes),
            registry=self._registry,
        )
        self.inputs = Counter(
            "noonbit_inputs", "Inputs that were answered", registry=self._registry
        )
        self.adjusted = Counter(
            "noonbit_inputs_adjusted",
            "Inputs that were changed to fit the network, by what was done",
            ("adjustment",),
            registry=self._registry,
        )
        self.refused = Counter(
            "noonbit_inputs_refused",
            "Inputs that were refused, in requests that were read",
            registry=self._registry,
        )
        self.unfamiliar = Counter(
            "noonbit_inputs_unfamiliar",
            "Inputs unlike those that the network was trained on",
            registry=self._registry,
        )

    def count_request(self, route: str, status: int, seconds: float) -> None:
        """Count a request that was answered."""
        self._counter(route, status).inc()
        self._histogram(route).observe(seconds)

    def watch_queue(self, waiting: Callable[[], int], pending: Callable[[], int]) -> None:
        """Show how many inputs wait for a batch, and how many hold a place."""
        for name, words, count in (
            ("noonbit_queue_inputs", "Inputs that wait for a batch", waiting),
            ("noonbit_pending_inputs", "Inputs of all requests being answered", pending),
        ):
            Gauge(name, words, registry=self._registry).set_function(count)

    def text(self) -> bytes:
        """Everything in Prometheus's text format."""
        return generate_latest(self._registry)
