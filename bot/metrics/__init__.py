"""Count what monitoring may know: waiting rows, the duration of turns, and failures; never anything about a person.

``Metrics`` counts nothing and is the default everywhere; ``bot.metrics.prometheus`` counts.
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
