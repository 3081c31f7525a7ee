"""The units as turns see them: a snapshot, read anew once an import has changed them."""

import asyncio

from bot.delivery.clock import Clock
from bot.store.api import Store
from handlers.office.units import NO_UNITS, UnitDirectory

#: Seconds that a snapshot may be behind an import.
_FRESH = 2.0


class Directory:
    """Asks for the version at most once in a while; the units themselves only where it changed."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._version = 0
        self._looked = float("-inf")
        self._units = NO_UNITS
        self._looking = asyncio.Lock()

    async def units(self) -> UnitDirectory:
        """The present units; who asks while somebody looks waits for what is found. Raises StoreError."""
        async with self._looking:
            now = self._clock.monotonic()
            if now - self._looked >= _FRESH:
                await self._renew()
                self._looked = now
            return self._units

    async def _renew(self) -> None:
        version = await self._store.units_version()
        if version != self._version:
            units = await self._store.units()
            self._units, self._version = await asyncio.to_thread(units.with_index), version
