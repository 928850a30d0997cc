"""What one receiver process has seen, served on a port of its own: senders do not see it."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from prometheus_client import CollectorRegistry, disable_created_metrics, start_http_server

from tradingsweep.adapters.metrics import families
from tradingsweep.errors import ConfigurationError
from tradingsweep.signature import Fault

ANSWERS = ("stored", "duplicate", "full", "parked", "unknown", "unavailable", "refused")


class ReceiverMetrics:
    """Counters of one receiver."""

    def __init__(self) -> None:
        disable_created_metrics()
        self.registry = CollectorRegistry()
        self._received = families.RECEIVED.counter(self.registry)
        self._failures = families.SIGNATURE_FAILURES.counter(self.registry)
        self._seconds = families.STORE_SECONDS.histogram(self.registry)
        for answer in ANSWERS:
            self._received.labels(answer)
        for fault in Fault:
            self._failures.labels(fault)

    def answered(self, answer: str) -> None:
        """Count a callback by its answer, one of `ANSWERS`."""
        self._received.labels(answer).inc()

    def refused(self, fault: Fault) -> None:
        """Count a token that is not good."""
        self._failures.labels(fault).inc()

    @contextmanager
    def storing(self) -> Iterator[None]:
        """Time the block."""
        begun = perf_counter()
        try:
            yield
        finally:
            self._seconds.observe(perf_counter() - begun)

    @contextmanager
    def served(self, host: str, port: int | None) -> Iterator[None]:
        """Answer scrapes while the block runs; port None: do not.

        Raises:
            ConfigurationError: the address is taken or not ours.
        """
        if port is None:
            yield
            return
        try:
            server, thread = start_http_server(port, host, self.registry)
        except OSError as error:
            raise ConfigurationError(
                f"TRADINGSWEEP_RECEIVER_METRICS_PORT: cannot listen on {host}:{port}: "
                f"{error.strerror or error}"
            ) from error
        try:
            yield
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
