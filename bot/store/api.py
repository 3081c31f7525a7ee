"""The store as the rest of ``bot`` sees it. Sealing, SQL and drivers are behind it; times are aware UTC.

``open_store(settings)`` in ``bot.store`` gives one. All methods raise ``StoreError`` (``bot.store.errors``).
"""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from handlers.events import Event
from handlers.ports import OwnData, RequestBook
from handlers.replies import Reply


@dataclass(frozen=True, slots=True)
class Chat:
    """A conversation with one person over one channel."""

    id: str
    channel: str
    address: str  #: the platform's own chat id


@dataclass(frozen=True, slots=True)
class Incoming:
    """An update as a channel received it, before it is acknowledged to the platform."""

    channel: str
    update_id: str
    address: str
    event: Event


@dataclass(frozen=True, slots=True)
class PendingTurn:
    """The oldest unhandled update of a chat, with the session it meets."""

    inbox_id: int
    chat: Chat
    event: Event
    session: str | None  #: JSON; None for a chat that has none yet
    received_at: datetime


class Delivery(StrEnum):
    """What became of an outbox row."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    BLOCKED = "blocked"
    INVALID = "invalid"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A message to deliver."""

    id: int
    chat: Chat
    reply: Reply
    attempts: int  #: deliveries tried before this one
    priority: int  #: 0 reply, 1 notice, 2 broadcast


class TurnUnit(Protocol):
    """The transaction of one turn: all of it is committed, or nothing."""

    requests: RequestBook
    own_data: OwnData

    async def finish(self, session: str | None, replies: Sequence[Reply], again: Sequence[Event] = ()) -> None:
        """Store the session, queue the replies, queue follow-up events, and mark the inbox row done (payload erased)."""


class Store(Protocol):
    """Inbox, sessions, outbox, requests."""

    async def receive(self, updates: Sequence[Incoming], now: datetime) -> list[Chat]:
        """Store updates in one transaction; a known channel + update id is a no-op. Chats that got something new."""

    async def waiting(self, channel: str) -> list[Chat]:
        """Chats with unhandled updates: what a start has to pick up."""

    async def pending(self, chat: Chat) -> PendingTurn | None:
        """The next turn of a chat."""

    def turn(self, pending: PendingTurn, now: datetime) -> AbstractAsyncContextManager[TurnUnit]:
        """Open the turn's transaction; leaving it without ``finish`` or with an exception rolls back."""

    async def give_up(self, pending: PendingTurn, now: datetime) -> None:
        """Take a poison update out of the way: marked ``failed``, kept sealed for the operator."""

    async def claim(self, channel: str, limit: int, now: datetime) -> list[OutboxRow]:
        """Move due rows queued -> sending: the oldest row of each chat with none in flight, replies before broadcasts."""

    async def settle(self, row: OutboxRow, state: Delivery, now: datetime, *, message: str | None = None) -> None:
        """Give a ``sending`` row its final state; ``message`` is the platform's id of what was sent."""

    async def retry(self, row: OutboxRow, due: datetime) -> None:
        """Put a ``sending`` row back in the queue, not before ``due``."""

    async def recover(self, channel: str) -> int:
        """At start: replies caught in ``sending`` are queued again, broadcasts become ``unknown``. How many."""

    async def retention(self, now: datetime, days: int) -> dict[str, int]:
        """Delete what is past its time; counts per table."""

    async def reseal(self) -> int:
        """Seal every value that an older key sealed with the current one, in small batches; how many."""

    async def close(self) -> None:
        """Release connections."""
