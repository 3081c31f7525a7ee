"""Chats with something to handle are handled side by side, each of them by one task at a time."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from functools import partial

import structlog

from bot.store.api import Chat

_log = structlog.get_logger(__name__)


class Workers:
    """``submit`` chats; ``handle_next`` is called for each until nothing is left, and ``handled`` after each call."""

    def __init__(
        self, handle_next: Callable[[Chat], Awaitable[bool]], handled: Callable[[Chat], None], *, concurrency: int = 32
    ) -> None:
        self._handle_next = handle_next
        self._handled = handled
        self._concurrency = concurrency
        self._queue: deque[Chat] = deque()
        self._queued: set[str] = set()
        self._running: dict[str, asyncio.Task[None]] = {}
        self._stopping = False
        self.roomy = asyncio.Event()  #: whether another chat would be handled at once
        self.roomy.set()

    def submit(self, chats: Iterable[Chat]) -> None:
        """These chats have something to handle."""
        for chat in chats:
            if chat.id not in self._queued:
                self._queued.add(chat.id)
                self._queue.append(chat)
        self._start()

    async def drain(self) -> None:
        """Wait until every chat submitted so far is handled."""
        while self._running:
            await asyncio.wait(self._running.values())

    async def stop(self) -> None:
        """Start no more turns and wait for those under way; the rest stays in the store."""
        self._stopping = True
        await self.drain()

    def _start(self) -> None:
        """Start as many as there is room for; a chat that is being handled keeps its place in the queue."""
        for _ in range(len(self._queue)):
            if self._stopping or len(self._running) >= self._concurrency:
                break
            chat = self._queue.popleft()
            if chat.id in self._running:
                self._queue.append(chat)
                continue
            self._queued.discard(chat.id)
            task = asyncio.create_task(self._handle_all(chat))
            self._running[chat.id] = task
            task.add_done_callback(partial(self._finished, chat))
        (self.roomy.set if len(self._running) < self._concurrency else self.roomy.clear)()

    async def _handle_all(self, chat: Chat) -> None:
        while not self._stopping and await self._handle_next(chat):
            self._handled(chat)

    def _finished(self, chat: Chat, task: asyncio.Task[None]) -> None:
        del self._running[chat.id]
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("chat_not_handled", channel=chat.channel, error=type(error).__name__)
        self._start()
