"""The processes of a channel as each of them sees the others. Raises as ``bot.store.api`` does."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from bot.store.workers import LeaseDuration, Presence


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
