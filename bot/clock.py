"""Read the time through one object, which tests turn by hand; keep for a moment what was read or took long lately."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Generic, TypeVar


class Clock:
    """The clock of this machine; tests give a subclass."""

    def now(self) -> datetime:
        """Return the time of day as an aware datetime in UTC, for stored rows."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return the seconds since an arbitrary moment, for pacing; the value never goes back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait for so many seconds."""
        await asyncio.sleep(seconds)


#: Chats remembered; the one that took something longest ago is forgotten first.
_KEPT = 4096
#: Seconds after which half is forgotten.
_HALF_LIFE = 60.0


class Lately:
    """The seconds that each chat took lately, by a clock that does not jump."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._taken: dict[str, tuple[float, float]] = {}  #: seconds, as of when

    def add(self, chat: str, seconds: float) -> None:
        """Add seconds that a chat took."""
        taken = self.of(chat) + seconds
        self._taken.pop(chat, None)
        self._taken[chat] = taken, self._now()
        if len(self._taken) > _KEPT:
            del self._taken[next(iter(self._taken))]

    def of(self, chat: str) -> float:
        """Return the seconds of a chat that are not forgotten yet."""
        seconds, since = self._taken.get(chat, (0.0, 0.0))
        return seconds and float(seconds * 0.5 ** ((self._now() - since) / _HALF_LIFE))


#: Seconds that a snapshot may be behind an import.
_CACHE_SECONDS = 2.0
Kept = TypeVar("Kept")


class SnapshotCache(Generic[Kept]):
    """Asks for the version at most once in a while; for the snapshot itself only where it changed.

    Args:
        version: Returns a number that grows with every change.
        read: Returns the snapshot as it is now.
        clock: Tells how long ago the last look was.
        empty: The snapshot before the first change ever.
    """

    def __init__(
        self, version: Callable[[], Awaitable[int]], read: Callable[[], Awaitable[Kept]], clock: Clock, empty: Kept
    ) -> None:
        self._read_version, self._read = version, read
        self._clock = clock
        self._version = 0
        self._looked = float("-inf")
        self._kept = empty
        self._looking = asyncio.Lock()

    async def current(self) -> Kept:
        """Return the present snapshot; turns that ask during a look wait for its result. Raises StoreError."""
        async with self._looking:
            now = self._clock.monotonic()
            if now - self._looked >= _CACHE_SECONDS:
                await self._renew()
                self._looked = now
            return self._kept

    async def _renew(self) -> None:
        version = await self._read_version()
        if version != self._version:
            self._kept, self._version = await self._read(), version
