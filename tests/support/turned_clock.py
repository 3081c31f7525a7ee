"""A clock that runs like the machine's own and that a test can advance."""

import asyncio
import contextlib
import time
from datetime import datetime, timedelta


class TurnedClock:
    """Implements ``bot.clock.Clock``. A sleeper wakes up when the clock is advanced past its moment."""

    def __init__(self, start: datetime) -> None:
        self._start = start
        self._began = time.monotonic()
        self._turned = 0.0
        self._leapt = timedelta()
        self._news = asyncio.Event()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.monotonic()) + self._leapt

    def monotonic(self) -> float:
        """Return the seconds since the test began, including those that it advanced."""
        return time.monotonic() - self._began + self._turned

    async def sleep(self, seconds: float) -> None:
        until = self.monotonic() + seconds
        while (left := until - self.monotonic()) > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), left)

    def turn(self, by: timedelta) -> None:
        """Let time pass at once."""
        self._turned += by.total_seconds()
        self._news.set()
        self._news = asyncio.Event()

    def turn_to(self, moment: datetime) -> None:
        """Let time pass until a moment."""
        self.turn(moment - self.now())

    def leap(self, by: timedelta) -> None:
        """Set the clock forward or back without any time passing."""
        self._leapt += by
