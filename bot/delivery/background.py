"""Loops beside turns and sending: retention, the overview of the morning, and the menus of commands."""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import date, datetime

import structlog

from bot.channels import ChannelError, MaybeSent, RetryLater, ShowMenu, Unreachable, Unsupported
from bot.clock import Clock
from bot.concurrency import cancel_on
from bot.services.request_notices import DigestSender
from bot.store import DueMenu, Store, StoreError, Upkeep
from handlers.commands import menu_digest
from handlers.model import DIGEST_TIME, SendingHours
from rules.calendar import to_vietnam_day, to_vietnam_time

_log = structlog.get_logger(__name__)

_DAY = 24 * 60 * 60.0
#: Seconds after which a deletion that failed is gone on with.
_AGAIN = 600.0


class Retention:
    """Deletes what is past its time, at start and then daily; a failed run is repeated some minutes later."""

    def __init__(self, store: Store, clock: Clock, days: int) -> None:
        self._store = store
        self._clock = clock
        self._days = days

    async def run(self, stop: asyncio.Event) -> None:
        """Delete until told to stop."""
        while not stop.is_set():
            done = await cancel_on(stop, self.forget())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_DAY if done else _AGAIN):
                    await stop.wait()

    async def forget(self) -> bool:
        """Delete what is past its time, and tell whether it came to its end.

        That goes by a clock to be trusted alone; where it is not, the heartbeat tells so.
        """
        try:
            await self._store.continuity.require_steady_clock(self._clock.now())
            await self._store.upkeep.note_first(Upkeep.RETENTION, self._clock.now())
            counts = await self._store.retention.delete_expired(self._clock.now(), self._days)
        except Exception as error:  # noqa: BLE001 - whatever it is, the assistant goes on
            _log.warning("retention_failed", error=type(error).__name__)
            await self._note(done=False)
            return False
        _log.info("retention", **counts)
        await self._note(done=True)
        return True

    async def _note(self, *, done: bool) -> None:
        """Note how it ended, for alarms and monitoring."""
        with contextlib.suppress(StoreError):
            await self._store.upkeep.note(Upkeep.RETENTION, self._clock.now(), done=done)


#: Seconds between looks for what is kept for minutes only.
_SHORT_SECONDS = 60.0


class ShortRetention:
    """Deletes, every minute, links and sessions past their time, uploads that were read, web chats that are over."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def run(self, stop: asyncio.Event) -> None:
        """Delete until told to stop; a failure waits for the next minute."""
        while not stop.is_set():
            await self.forget()
            await cancel_on(stop, asyncio.sleep(_SHORT_SECONDS))

    async def forget(self) -> None:
        """Delete by a clock to be trusted alone, as ``Retention`` does."""
        try:
            await self._store.continuity.require_steady_clock(self._clock.now())
            await self._store.links.delete_expired(self._clock.now())
            await self._store.web.sweep(self._clock.now())
            await self._store.desk.delete_expired(self._clock.now())
            await self._store.email.sweep(self._clock.now())
        except Exception as error:  # noqa: BLE001 - whatever it is, the assistant goes on
            _log.warning("retention_failed", error=type(error).__name__)


#: Seconds between two looks.
_DIGEST_SECONDS = 60.0


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
            await cancel_on(stop, self._clock.sleep(_DIGEST_SECONDS))

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


#: Seconds between two looks, and after a failure.
_MENU_SECONDS, _FAILED_SECONDS = 5.0, 60.0
#: After these a menu is tried again later; any other failure is the chat's own and would come again.
_PASSING = (RetryLater, Unreachable, MaybeSent)


class CommandMenuLoop:
    """Looks for chats that show another menu than their roles ask for; the store remembers what each shows.

    A menu that is set twice is the same menu: whoever is killed in between changes nothing.
    """

    def __init__(self, store: Store, channel: str, show: ShowMenu, clock: Clock) -> None:
        self._store = store
        self._channel = channel
        self._show = show
        self._clock = clock
        self._refused: dict[str, float] = {}  #: id of a chat -> when its menu was refused

    async def run(self, stop: asyncio.Event) -> None:
        """Look until told to stop, or until the platform turns out to know no menus."""
        while not stop.is_set():
            try:
                await self.work()
                pause = _MENU_SECONDS
            except Unsupported:
                await stop.wait()
                return
            except (ChannelError, StoreError) as error:
                _log.warning("menu_not_set", channel=self._channel, error=type(error).__name__)
                pause = max(_FAILED_SECONDS, error.after if isinstance(error, RetryLater) else 0.0)
            await cancel_on(stop, self._clock.sleep(pause))

    async def work(self) -> int:
        """Set the menus that are due, and return how many those were.

        Raises:
            ChannelError: the platform takes none at the moment, or none at all (Unsupported).
            StoreError: the store cannot be used.
        """
        due = [one for one in await self._store.menus.due(self._channel, menu_digest) if self._may_try(one)]
        for one in due:
            await self._set(one)
        return len(due)

    def _may_try(self, due: DueMenu) -> bool:
        """Leave a chat alone for a while that took no menu: its person may not have written yet."""
        return self._clock.monotonic() - self._refused.get(due.chat.id, float("-inf")) >= _FAILED_SECONDS

    async def _set(self, due: DueMenu) -> None:
        try:
            await self._show(due.chat.address, due.roles)
        except (*_PASSING, Unsupported):
            raise
        except ChannelError as error:
            _log.info("menu_refused", channel=self._channel, error=type(error).__name__)
            if due.roles:
                self._refused[due.chat.id] = self._clock.monotonic()
                return
        self._refused.pop(due.chat.id, None)
        await self._store.menus.keep(due)
