"""Broadcasts that run side by side take turns."""

from collections import deque
from datetime import datetime

from bot.delivery.clock import Clock
from bot.store.api import OutboxRow, Store

#: Seconds between looks for broadcasts that began, or go on. One that is paused or cancelled gives nothing at once.
_LOOK = 0.5


class Rotation:
    """``claim``: the next few rows of the broadcast whose turn it is."""

    def __init__(self, store: Store, channel: str, clock: Clock) -> None:
        self._store = store
        self._channel = channel
        self._clock = clock
        self._round: deque[str] = deque()
        self._looked = float("-inf")

    def look(self) -> None:
        """Have the next claim look for broadcasts first."""
        self._looked = float("-inf")

    async def claim(self, limit: int, now: datetime) -> list[OutboxRow]:
        """At most so many rows, of one broadcast; none where nothing is due. Raises StoreError."""
        await self._look(now)
        while self._round:
            broadcast = self._round[0]
            rows = await self._store.claim_broadcast(broadcast, self._channel, limit, now)
            self._round.rotate(-1)
            if rows:
                return rows
            self._round.pop()
        return []

    async def _look(self, now: datetime) -> None:
        """Those known keep their turn, new ones come last."""
        if self._clock.monotonic() - self._looked < _LOOK:
            return
        running = dict.fromkeys(await self._store.running(self._channel, now))
        self._looked = self._clock.monotonic()
        kept = [broadcast for broadcast in self._round if broadcast in running]
        self._round = deque(dict.fromkeys([*kept, *running]))
