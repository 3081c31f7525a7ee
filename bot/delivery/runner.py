"""The loop of a process: receive, handle, deliver; started from what the store holds, stopped without a loss."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Protocol

import structlog

from bot.delivery.backoff import until_stored
from bot.delivery.clock import Clock
from bot.delivery.dispatcher import Dispatcher
from bot.delivery.stopping import unless
from bot.delivery.workers import Workers
from bot.store.api import Store
from bot.store.errors import StoreError

#: Seconds that a stop waits for what is under way; what is cut off then is found again by the next start.
_GRACE = 20.0
#: Seconds between looks at the store for chats that wait and that nobody was told of.
_SWEEP = 30.0

_log = structlog.get_logger(__name__)


class Part(Protocol):
    """Works until told to stop: brings the updates of a channel in, keeps the house clean."""

    async def run(self, stop: asyncio.Event) -> None:
        """Returns soon after ``stop`` is set.

        Raises:
            ChannelError: it cannot work at all (its credentials are refused).
        """


class Runner:
    """Runs the roads of one process over one store."""

    def __init__(
        self,
        store: Store,
        workers: Workers,
        dispatchers: Mapping[str, Dispatcher],
        parts: Sequence[Part],
        clock: Clock,
    ) -> None:
        self._store = store
        self._workers = workers
        self._dispatchers = dispatchers
        self._parts = parts
        self._clock = clock

    async def run(self, stop: asyncio.Event) -> None:
        """Until ``stop`` is set; the first failure of a part ends all of them and is raised.

        Raises:
            ChannelError: a part cannot work at all.
            StoreError: the store cannot be used.
        """
        await unless(stop, self._recover())
        parts = [asyncio.create_task(part.run(stop)) for part in (*self._parts, *self._dispatchers.values())]
        parts.append(asyncio.create_task(self._sweep(stop)))
        stopped = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait([stopped, *parts], return_when=asyncio.FIRST_COMPLETED)
        finally:
            stop.set()
            stopped.cancel()
            await self._wind_down(parts)
        for part in parts:
            if not part.cancelled():
                part.result()

    async def _recover(self) -> None:
        """Pick up what the last process left: replies in flight, and updates nobody has handled."""
        for name in self._dispatchers:
            recovered = await until_stored(self._clock, partial(self._store.recover, name))
            waiting = await until_stored(self._clock, partial(self._store.waiting, name))
            _log.info("recovered", channel=name, messages=recovered, chats=len(waiting))
            self._workers.submit(waiting)

    async def _sweep(self, stop: asyncio.Event) -> None:
        """Submit again what waits: stored although its receiver was cut off, or left behind by a turn that failed."""
        while not stop.is_set():
            await unless(stop, asyncio.sleep(_SWEEP))
            for name in self._dispatchers:
                await unless(stop, self._submit_waiting(name))

    async def _submit_waiting(self, name: str) -> None:
        try:
            self._workers.submit(await self._store.waiting(name))
        except StoreError as error:  # the next look may succeed
            _log.warning("sweep_failed", channel=name, error=type(error).__name__)

    async def _wind_down(self, parts: Sequence[asyncio.Task[None]]) -> None:
        handled = asyncio.create_task(self._workers.stop())
        _, late = await asyncio.wait([handled, *parts], timeout=_GRACE)
        for task in late:
            _log.warning("stopped_while_busy")
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
