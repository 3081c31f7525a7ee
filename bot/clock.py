"""Read the time and wait through one object, so that tests can turn the clock by hand; tell who took long lately."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime


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
