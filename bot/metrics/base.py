"""What the roads of delivery report."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class QueueDepths:
    """Rows that wait."""

    inbox: int  #: updates to be handled
    outbox: Mapping[int, int]  #: messages to be sent, by priority (REPLY, NOTICE, BROADCAST)
    tasks: int  #: queued or running


class Metrics:
    """Reports that nobody counts. Every word given here is from a closed set: a state, a kind of error, a channel."""

    def record_turn(self, seconds: float) -> None:
        """A turn was handled and stored, in so much time."""

    def record_turn_failure(self) -> None:
        """A turn broke, and is tried again or given up."""

    def record_delivery(self, channel: str, state: str) -> None:
        """A message has found its end: a ``bot.messages.DeliveryState``."""

    def record_store_failure(self, error: Exception) -> None:
        """The store could not do what was asked."""

    def expose(self, depths: QueueDepths | None) -> bytes:  # noqa: ARG002 - whoever counts needs it
        """All counts with how much waits, as text; ``None``: the store did not say how much."""
        return b""


NO_METRICS = Metrics()
