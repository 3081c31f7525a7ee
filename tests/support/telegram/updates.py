"""The queue of updates: https://core.telegram.org/bots/api#getting-updates."""

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Any

from tests.support.telegram.errors import ApiError, conflict

#: Kinds that are sent only if named: https://core.telegram.org/bots/api#getupdates (allowed_updates).
ON_REQUEST = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
POLL_LIMIT = 50  #: seconds the original waits at most
OTHER_POLL = "terminated by other getUpdates request; make sure that only one bot instance is running"
CALM = 3.0  #: seconds between two 409s; a second poller is slowed down so


@dataclass(frozen=True)
class Update:
    id: int
    chat: int  #: webhook calls keep the order within a chat
    body: dict[str, Any]


class Updates:
    """The unacknowledged updates; a poll with a higher offset, or a webhook, confirms an update."""

    def __init__(self, first: int = 1000) -> None:
        self._queue: deque[Update] = deque()
        self._next = first
        self._waiting: asyncio.Future[None] | None = None
        self._last_poll = (0, -CALM)
        self._last_conflict = -CALM
        self.confirmed = asyncio.Event()  #: set while nothing waits for confirmation
        self.allowed: frozenset[str] | None = None
        self.delivered: dict[int, int] = {}  #: update id -> how often it was handed out

    def __len__(self) -> int:
        return len(self._queue)

    def push(self, kind: str, chat: int, content: dict[str, Any]) -> int | None:
        """Queue an update and return its id, or ``None`` if the bot did not ask for this kind."""
        if kind not in self.allowed if self.allowed else kind in ON_REQUEST:
            return None
        return self.push_raw(chat, {kind: content})

    def push_raw(self, chat: int, body: dict[str, Any]) -> int:
        update = Update(self._next, chat, {"update_id": self._next, **body})
        self._next += 1
        self._queue.append(update)
        self.confirmed.clear()
        self.wake()
        return update.id

    def skip_to(self, number: int) -> None:
        """Number updates from here on, as if the ones before had been handed out."""
        self._next = max(self._next, number)

    def wake(self) -> None:
        if self._waiting and not self._waiting.done():
            self._waiting.set_result(None)

    def pending(self) -> list[Update]:
        return list(self._queue)

    def drop(self, update: Update) -> None:
        """Remove an update that a webhook has confirmed."""
        self._queue.remove(update)
        self._note_confirmed()

    def _note_confirmed(self) -> None:
        if not self._queue:
            self.confirmed.set()

    async def poll(self, offset: int, limit: int, seconds: float) -> list[dict[str, Any]]:
        self.abort(conflict(OTHER_POLL))
        limit, seconds = self._slowed(offset, limit, seconds)
        self._acknowledge(offset)
        if not self._queue and seconds > 0:
            await self._wait(seconds)
        batch = [self._queue[at] for at in range(min(limit, len(self._queue)))]
        for update in batch:
            self.delivered[update.id] = self.delivered.get(update.id, 0) + 1
        return [update.body for update in batch]

    def _slowed(self, offset: int, limit: int, seconds: float) -> tuple[int, float]:
        """Answer repeated polls with the same offset late and with one update at a time, as the original does."""
        now = asyncio.get_running_loop().time()
        (last, at), self._last_poll = self._last_poll, (offset, now)
        if offset != last:
            return limit, seconds
        return 1 if now < at + 0.5 else limit, max(seconds, CALM) if now < at + CALM else seconds

    def _acknowledge(self, offset: int) -> None:
        if offset < 0:  # "starting from -offset update from the end of the updates queue"
            while len(self._queue) > -offset:
                self._queue.popleft()
        while self._queue and self._queue[0].id < offset:
            self._queue.popleft()
        self._note_confirmed()

    async def _wait(self, seconds: float) -> None:
        self._waiting = waiting = asyncio.get_running_loop().create_future()
        try:
            await asyncio.wait_for(waiting, seconds)
        except TimeoutError:
            return
        except ApiError:
            await asyncio.sleep(self._conflict_delay())
            raise
        finally:
            if self._waiting is waiting:
                self._waiting = None
        await asyncio.sleep(0.002)  # updates that arrive together are sent together

    def _conflict_delay(self) -> float:
        now = asyncio.get_running_loop().time()
        if now < self._last_conflict + CALM:
            return CALM
        self._last_conflict = now
        return 0

    def abort(self, error: ApiError) -> None:
        """End the waiting poll now."""
        if self._waiting and not self._waiting.done():
            self._waiting.set_exception(error)
