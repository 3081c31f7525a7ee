"""The ends of many messages are stored together: one transaction for what was answered within a moment."""

import asyncio

from bot.delivery.backoff import until_stored
from bot.delivery.clock import Clock
from bot.metrics import NO_METRICS, Metrics
from bot.store.api import Settlement, Store


class Settler:
    """``settle`` returns once the end is stored; waits ``moment`` seconds for others to join."""

    def __init__(
        self, store: Store, channel: str, clock: Clock, *, moment: float = 0.0, metrics: Metrics = NO_METRICS
    ) -> None:
        self._store = store
        self._channel = channel
        self._clock = clock
        self._moment = moment
        self._metrics = metrics
        self._joined: list[Settlement] = []
        self._storing: asyncio.Task[None] | None = None

    async def settle(self, settlement: Settlement) -> None:
        """Store the end of a row. Raises StoreError other than a passing one, which is waited out."""
        self._joined.append(settlement)
        if self._storing is None:
            self._storing = asyncio.create_task(self._store_all())
        await asyncio.shield(self._storing)

    async def _store_all(self) -> None:
        await self._clock.sleep(self._moment)
        settlements, self._joined, self._storing = self._joined, [], None
        await until_stored(self._clock, lambda: self._store.settle_all(settlements, self._clock.now()), self._metrics)
        for settlement in settlements:
            self._metrics.delivered(self._channel, settlement.state)
