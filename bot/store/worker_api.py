"""The processes of a channel as each of them sees the others. Raises as ``bot.store.api`` does."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

#: Of a lease: the time between two signs of life, and the silence after which a worker stops sending by itself.
BEATS_PER_LEASE, FENCE_PART = 5, 2


@dataclass(frozen=True, slots=True)
class LeaseDuration:
    """How long a worker is trusted, in seconds; all processes agree on it, for each row carries its own."""

    seconds: float = 10.0  #: of silence after which others take over what it has in hand

    @property
    def beat(self) -> float:
        """Between two signs of life."""
        return self.seconds / BEATS_PER_LEASE

    @property
    def fence(self) -> float:
        """Of silence after which it stops sending: long before anybody else sends what it had."""
        return self.seconds / FENCE_PART


@dataclass(frozen=True, slots=True)
class Presence:
    """Who serves a channel, and what was taken from those who no longer do."""

    live: int  #: workers, this one and those that are silent, but not for so long that they are given up
    wait: float = 0.0  #: seconds after which every other worker that sends has heard of this one; 0: there is none
    dead: int = 0  #: workers given up
    messages: int = 0  #: replies and notices queued again
    unknown: int = 0  #: messages of broadcasts of which nobody knows whether they were sent
    tasks: int = 0  #: queued again

    @property
    def recovered(self) -> bool:
        """Whether there is something to do that nobody was told of."""
        return bool(self.dead or self.messages or self.unknown or self.tasks)


class WorkerRegistry(Protocol):
    """This process among the others: who lives, and who has what in hand."""

    @property
    def id(self) -> str:
        """Of this process: what it has in hand bears it."""

    @property
    def shared(self) -> bool:
        """Whether other processes may serve the same channel; where not, a start takes over at once."""

    async def join(self, channel: str, lease: LeaseDuration, now: datetime) -> Presence:
        """Serve a channel from now on. Raises StoreUnavailable."""

    async def beat(self, channel: str, now: datetime, *, judge: bool) -> Presence | None:
        """A sign of life; ``None`` where the others have given this one up: it has nothing in hand and must join again.

        ``judge`` gives up those whose lease is over. What the dead had in hand is queued again in any case.
        """

    async def leave(self, channel: str) -> None:
        """Serve it no more; what is still in hand others take over at their next beat."""


class SharedWorkerRegistry(WorkerRegistry, Protocol):
    """The same, and what the others write."""

    async def listen(self, heard: Callable[[str], None]) -> None:
        """Tell of every table that another process wrote to (inbox, outbox, tasks, broadcasts), until cancelled.

        Told of "" first: what happened before it listened nobody knows. Raises StoreUnavailable where the connection
        breaks. Only where it is ``shared``.
        """
