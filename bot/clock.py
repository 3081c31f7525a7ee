"""Read the time and wait through one object, so that tests can turn the clock by hand."""

import asyncio
import time
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
