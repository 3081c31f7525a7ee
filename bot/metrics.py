"""Count what monitoring may know: waiting rows, the duration of turns, and failures; never anything about a person.

``Metrics`` counts nothing and is the default everywhere; ``Prometheus`` counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class QueueDepths:
    """The numbers of waiting rows."""

    inbox: int  #: updates to handle
    outbox: Mapping[int, int]  #: messages to send, by priority (REPLY, NOTICE, BROADCAST)
    tasks: int  #: tasks queued or running


class Metrics:
    """Receives reports and counts none of them.

    Every word given here comes from a closed set: a state, a kind of error, a channel.
    """

    def record_turn(self, seconds: float) -> None:
        """Record a turn that was handled and stored within ``seconds``."""

    def record_turn_failure(self) -> None:
        """Record a turn that failed; it will be repeated or given up."""

    def record_delivery(self, channel: str, state: str) -> None:
        """A message has found its end: a ``bot.messages.DeliveryState``."""

    def record_store_failure(self, error: Exception) -> None:
        """Record a failed operation of the store."""

    def expose(self, depths: QueueDepths | None) -> bytes:  # noqa: ARG002 - a subclass that counts needs it
        """Return all counts as text; ``depths`` is None if the store did not answer."""
        return b""


NO_METRICS = Metrics()

#: Seconds: most turns take milliseconds, and seconds on a busy disk.
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
#: By the numbers of ``bot.messages``.
PRIORITIES = ("reply", "notice", "broadcast")


class Prometheus(Metrics):
    """Counts in a registry of its own, which tells nothing about the process or other libraries.

    The text has Prometheus' exposition format 0.0.4. The library is imported where it is used: only a service counts.
    """

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram  # noqa: PLC0415 - as above

        self._registry = registry = CollectorRegistry()
        self._turns = Histogram("troly_turn_seconds", "Handling of one update", buckets=_BUCKETS, registry=registry)
        self._failed = Counter("troly_turns_failed", "Turns that broke and were tried again", registry=registry)
        self._delivered = Counter(
            "troly_deliveries", "Messages by how their delivery ended", ("channel", "state"), registry=registry
        )
        self._errors = Counter("troly_store_errors", "Errors of the store by kind", ("kind",), registry=registry)
        self._up = Gauge("troly_store_up", "Whether the store answered when this was asked", registry=registry)
        self._inbox = Gauge("troly_inbox_waiting", "Updates that wait to be handled", registry=registry)
        self._outbox = Gauge("troly_outbox_queued", "Messages that wait to be sent", ("priority",), registry=registry)
        self._tasks = Gauge("troly_tasks_open", "Exports queued or running", registry=registry)

    def record_turn(self, seconds: float) -> None:
        self._turns.observe(seconds)

    def record_turn_failure(self) -> None:
        self._failed.inc()

    def record_delivery(self, channel: str, state: str) -> None:
        kind = channel.partition(":")[0]  # the rest of the name distinguishes terminals
        self._delivered.labels(kind, state).inc()

    def record_store_failure(self, error: Exception) -> None:
        self._errors.labels(type(error).__name__).inc()

    def expose(self, depths: QueueDepths | None) -> bytes:
        from prometheus_client.exposition import generate_latest  # noqa: PLC0415 - as above

        self._up.set(depths is not None)
        unknown = float("nan")
        self._inbox.set(depths.inbox if depths else unknown)
        self._tasks.set(depths.tasks if depths else unknown)
        for priority, name in enumerate(PRIORITIES):
            self._outbox.labels(name).set(depths.outbox.get(priority, 0) if depths else unknown)
        return generate_latest(self._registry)
