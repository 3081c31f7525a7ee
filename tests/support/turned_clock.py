"""A clock that runs as the machine's own and that a test turns on."""

import asyncio
import contextlib
import time
from datetime import datetime, timedelta


class TurnedClock:
    """Implements ``bot.delivery.Clock``. Whoever sleeps past the moment that is turned to wakes up."""

    def __init__(self, start: datetime) -> None:
        self._start = start
        self._began = time.monotonic()
        self._turned = 0.0
        self._leapt = timedelta()
        self._news = asyncio.Event()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.monotonic()) + self._leapt

    def monotonic(self) -> float:
        """Seconds since the test began, those that it turned on included."""
        return time.monotonic() - self._began + self._turned

    async def sleep(self, seconds: float) -> None:
        until = self.monotonic() + seconds
        while (left := until - self.monotonic()) > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), left)

    def turn(self, by: timedelta) -> None:
        """Let so much time pass at once."""
        self._turned += by.total_seconds()
        self._news.set()
        self._news = asyncio.Event()

    def turn_to(self, moment: datetime) -> None:
        """Let time pass until then."""
        self.turn(moment - self.now())

    def leap(self, by: timedelta) -> None:
        """Set the clock on, or back: it shows another time, and none has passed."""
        self._leapt += by
