"""Read the time and wait through a port, so that tests can turn the clock by hand."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """This port gives the time of day for stored rows, a steady clock for pacing, and a way to wait."""

    def now(self) -> datetime:
        """Return the time of day as an aware datetime in UTC."""

    def monotonic(self) -> float:
        """Return the seconds since an arbitrary moment; the value never goes back."""

    async def sleep(self, seconds: float) -> None:
        """Wait for so many seconds."""


class SystemClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
