"""Broadcasts that run side by side take turns."""

from collections import deque
from datetime import datetime

import structlog

from bot.delivery.clock import Clock
from bot.store.api import OutboxRow, Store
from bot.store.errors import StoreUnavailable

#: Seconds between looks for broadcasts that began, or go on. One that is paused or cancelled gives nothing at once.
_LOOK = 0.5
#: Seconds for which one that could not be claimed from is left out.
_REST = 30.0

_log = structlog.get_logger(__name__)


class Rotation:
    """``claim``: the next few rows of the broadcast whose turn it is."""

    def __init__(self, store: Store, channel: str, clock: Clock) -> None:
        self._store = store
        self._channel = channel
        self._clock = clock
        self._round: deque[str] = deque()
        self._resting: dict[str, float] = {}  #: that could not be claimed from, until this moment of the steady clock
        self._looked = float("-inf")

    def refresh_next(self) -> None:
        """Have the next claim look for broadcasts first."""
        self._looked = float("-inf")

    async def claim(self, limit: int, now: datetime) -> list[OutboxRow]:
        """At most so many rows, of one broadcast; none where nothing is due.

        Raises:
            Exception: as the store does; the broadcast at fault is left out for a while, and what was claimed of it is
                to be given back.
        """
        await self._look(now)
        while self._round:
            broadcast = self._round[0]
            try:
                rows = await self._store.claim_broadcast(broadcast, self._channel, limit, now)
            except StoreUnavailable:
                raise
            except Exception as error:
                self._rest(broadcast, error)
                raise
            self._round.rotate(-1)
            if rows:
                return rows
            self._round.pop()
        return []

    def _rest(self, broadcast: str, error: Exception) -> None:
        """Whatever is wrong with one, the others go on at the next claim."""
        _log.error("broadcast_not_claimed", broadcast=broadcast, error=type(error).__name__)
        self._resting[broadcast] = self._clock.monotonic() + _REST
        self._round.popleft()

    async def _look(self, now: datetime) -> None:
        """Those known keep their turn, new ones come last."""
        if self._clock.monotonic() - self._looked < _LOOK:
            return
        running = dict.fromkeys(await self._store.running_broadcasts(self._channel, now))
        now_steady = self._looked = self._clock.monotonic()
        self._resting = {one: until for one, until in self._resting.items() if until > now_steady}
        running = {one: None for one in running if one not in self._resting}
        kept = [broadcast for broadcast in self._round if broadcast in running]
        self._round = deque(dict.fromkeys([*kept, *running]))
