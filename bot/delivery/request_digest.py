"""Sends the overview of the morning to those who chose it."""

import asyncio
from collections.abc import Callable
from datetime import date, datetime

import structlog

from bot.cancellation import cancel_on
from bot.clock import Clock
from bot.services.request_notices import DigestSender
from handlers.model import DIGEST_TIME, SendingHours
from rules.calendar import to_vietnam_day, to_vietnam_time

#: Seconds between two looks.
_LOOK_SECONDS = 60.0

_log = structlog.get_logger(__name__)


class RequestDigests:
    """Looks every minute; the store remembers who was told on which day, so a look may be repeated or killed."""

    def __init__(
        self,
        sender: DigestSender,
        clock: Clock,
        hours: SendingHours,
        queued: Callable[[], None],
        leapt: Callable[[], bool] = lambda: False,
    ) -> None:
        """Keep what is needed.

        Args:
            sender: Sends what is due.
            clock: The clock.
            hours: The hours in which reminders may leave.
            queued: Told when there is something to send.
            leapt: Whether the clock is not to be trusted at the moment.
        """
        self._sender = sender
        self._clock = clock
        self._hours = hours
        self._queued = queued
        self._leapt = leapt
        self._done: date | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Look until told to stop; a look that fails is made again."""
        while not stop.is_set():
            await self.work()
            await cancel_on(stop, self._clock.sleep(_LOOK_SECONDS))

    async def work(self) -> int:
        """Send what is due at this moment, and return how many overviews that were."""
        now = self._clock.now()
        if not self._is_due(now):
            return 0
        try:
            sent = await self._sender.send_due(now)
        except Exception as error:  # noqa: BLE001 - whatever it is, the assistant goes on and looks again
            _log.warning("digest_failed", error=type(error).__name__)
            return 0
        self._done = to_vietnam_day(now)
        if sent:
            _log.info("digests_queued", count=sent)
            self._queued()
        return sent

    def _is_due(self, now: datetime) -> bool:
        """Return whether it is the morning or later on a day that was not done by this process, and nobody sleeps."""
        if self._leapt() or to_vietnam_day(now) == self._done:
            return False
        return to_vietnam_time(now).time() >= DIGEST_TIME and self._hours.is_open_at(now)
