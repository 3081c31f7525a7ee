"""The ends of many messages are stored together: one transaction for what was answered within a moment.

Where the store takes one of them in no way, the others are stored without it.
"""

import asyncio
from collections.abc import Awaitable, Sequence

from bot.delivery.backoff import retry_while_unavailable
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
        self._storing: asyncio.Task[dict[int, Exception]] | None = None

    async def settle(self, settlement: Settlement) -> None:
        """Store the end of a row. Raises StoreError other than a passing one, which is waited out."""
        self._joined.append(settlement)
        if self._storing is None:
            self._storing = asyncio.create_task(self._store_all())
        failed = await asyncio.shield(self._storing)
        if error := failed.get(settlement.row.id):
            raise error

    async def _store_all(self) -> dict[int, Exception]:
        """Rows whose end could not be stored, and why."""
        await self._clock.sleep(self._moment)
        settlements, self._joined, self._storing = self._joined, [], None
        failed = await self._store_results(settlements)
        for settlement in settlements:
            if settlement.row.id not in failed:
                self._metrics.record_delivery(self._channel, settlement.state)
        return failed

    async def _store_results(self, settlements: Sequence[Settlement]) -> dict[int, Exception]:
        def settle_all() -> Awaitable[None]:
            return self._store.settle_all(settlements, self._clock.now())

        try:
            await retry_while_unavailable(settle_all, self._metrics)
        except Exception as error:  # noqa: BLE001 - one of them spoils the batch: find it, store the others
            if len(settlements) == 1:
                return {settlements[0].row.id: error}
            return {row: why for one in settlements for row, why in (await self._store_results([one])).items()}
        return {}
