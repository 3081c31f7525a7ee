"""What is held about people, put together for those who ordered it: one after the other, beside the turns."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import structlog

from bot.channels.base import Channel
from bot.delivery.backoff import retry, retry_while_unavailable
from bot.delivery.clock import Clock
from bot.delivery.stopping import unless
from bot.exports.folders import clean, private_folder
from bot.exports.own_data import OwnDataFiles
from bot.store.api import Store
from bot.store.task_api import OwnDataTask
from handlers.own_data import failed
from handlers.voice import Voice

#: Seconds between looks at the store for a new order.
_LOOK = 1.0
#: One that was begun this often without an end is set aside.
_TRIES = 10

_log = structlog.get_logger(__name__)


class Collector:
    """``work()``: idempotent over the rows of ``tasks``. What a killed process had begun is begun anew."""

    def __init__(  # noqa: PLR0913, PLR0917 - the composition root names each of them
        self, store: Store, channel: Channel, folder: Path, limit: int, clock: Clock, queued: Callable[[], None]
    ) -> None:
        """``folder`` is for files under way, ``limit`` the bytes of one; ``queued`` is told of something to send."""
        self._store = store
        self._channel = channel
        self._folder = folder
        self._limit = limit
        self._clock = clock
        self._queued = queued

    async def run(self, stop: asyncio.Event) -> None:
        """Until told to stop; what is under way then is begun anew by the next start."""
        await self._retry_until_done(stop, self.recover)
        while not stop.is_set():
            await self._retry_until_done(stop, self.work)
            await unless(stop, asyncio.sleep(_LOOK))

    async def _retry_until_done(self, stop: asyncio.Event, step: Callable[[], Coroutine[Any, Any, object]]) -> None:
        """A step, tried until nothing goes wrong: whatever does, the turns of the channel go on."""
        await unless(stop, retry(step, self._failed))

    def _failed(self, error: Exception) -> bool:
        _log.error("own_data_failed", channel=self._channel.name, kind=type(error).__name__)
        return True

    async def recover(self) -> None:
        """Throw away what a killed process left, and queue again what it was at."""
        await asyncio.to_thread(clean, self._folder)
        await retry_while_unavailable(lambda: self._store.tasks.recover(self._channel.name))

    async def work(self) -> int:
        """Put together all that is ordered; how many orders that was."""
        worked = 0
        while task := await self._store.own_data.take(self._channel.name, self._clock.now()):
            await self._collect(task)
            self._queued()
            worked += 1
        return worked

    async def _collect(self, task: OwnDataTask) -> None:
        sorry = failed(Voice(task.language))
        if task.tries > _TRIES:
            _log.error("own_data_set_aside", task=task.id, tries=task.tries)
            await retry_while_unavailable(lambda: self._store.own_data.set_aside(task, sorry, self._clock.now()))
            return
        try:
            await self._write_files(task)
        except Exception as error:  # noqa: BLE001 - whatever it is, its person is told and may order it again
            _log.error("own_data_not_written", task=task.id, kind=type(error).__name__)
            await retry_while_unavailable(lambda: self._store.own_data.fail(task, sorry, self._clock.now()))

    async def _write_files(self, task: OwnDataTask) -> None:
        """Reads a page, writes it off the event loop, reads the next: neither turns nor memory notice."""
        with private_folder(self._folder) as folder:
            files = OwnDataFiles(folder, Voice(task.language), self._limit)
            async for name, value in self._store.own_data.sections(task, self._clock.now()):
                await asyncio.to_thread(files.add, name, value)
            await asyncio.to_thread(files.finish)
            messages = files.messages()
            await retry_while_unavailable(lambda: self._store.own_data.complete(task, messages, self._clock.now()))
