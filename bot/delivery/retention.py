"""Deletes once a day what is past its time."""

import asyncio
import contextlib

import structlog

from bot.clock import Clock
from bot.store.store import Store

_DAY = 24 * 60 * 60.0

_log = structlog.get_logger(__name__)


class Retention:
    """At start and then daily; a failure waits for the next day."""

    def __init__(self, store: Store, clock: Clock, days: int) -> None:
        self._store = store
        self._clock = clock
        self._days = days

    async def run(self, stop: asyncio.Event) -> None:
        """Delete until told to stop."""
        while not stop.is_set():
            await self.forget()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_DAY):
                    await stop.wait()

    async def forget(self) -> None:
        """Delete what is past its time, by a clock to be trusted alone; where it is not, the heartbeat tells so."""
        try:
            await self._store.continuity.require_steady_clock(self._clock.now())
            counts = await self._store.retention.delete_expired(self._clock.now(), self._days)
        except Exception as error:  # noqa: BLE001 - whatever it is, the assistant goes on
            _log.warning("retention_failed", error=type(error).__name__)
        else:
            _log.info("retention", **counts)
