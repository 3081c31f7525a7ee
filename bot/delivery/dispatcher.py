"""The way out: rows of the outbox leave through their channel, paced, in order per chat, each with a final state."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeVar

import structlog

from bot.channels.base import Channel
from bot.channels.errors import Blocked, ChannelError, Conflict, Invalid, MaybeSent, Refused, RetryLater, Unreachable
from bot.delivery.backoff import Backoff, until_stored
from bot.delivery.clock import Clock
from bot.delivery.pacing import Pacer
from bot.metrics import NO_METRICS, Metrics
from bot.store.api import Delivery, OutboxRow, Store

T = TypeVar("T")

#: Deliveries before a row is ``failed`` (or ``unknown``); what an outage or a plea for patience ended does not count.
_ATTEMPTS = 6
_BROADCAST = 2
_SWEEP = 5.0  #: seconds between looks at the store when nothing signals; finds what another process queued
_LONGEST_DELAY = 60.0

_log = structlog.get_logger(__name__)


class Dispatcher:
    """``deliver()``: idempotent over the rows of one channel's outbox."""

    def __init__(  # noqa: PLR0913 - the composition root names each of them
        self,
        store: Store,
        channel: Channel,
        pacer: Pacer,
        clock: Clock,
        *,
        concurrency: int = 8,
        metrics: Metrics = NO_METRICS,
        fence: Callable[[], bool] = lambda: True,
    ) -> None:
        self._fence = fence
        self._store = store
        self._channel = channel
        self._pacer = pacer
        self._clock = clock
        self._concurrency = concurrency
        self._metrics = metrics
        self._wake = asyncio.Event()
        self._sending: set[asyncio.Task[None]] = set()
        self._paused_until = 0.0  #: of the steady clock
        self._patient_chats: dict[str, float] = {}  #: chats told to wait, and until when
        self._outage = Backoff(longest=_LONGEST_DELAY)

    def notify(self) -> None:
        """There may be something to send."""
        self._wake.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until told to stop, then wait for what is under way; the rest stays in the store."""
        stopping = asyncio.create_task(_then(stop, self.notify))
        while not stop.is_set():
            self._wake.clear()
            room = self._room()
            await self._start_some(room)
            await self._rest(self._pause_after(room))
        await stopping
        await self._all_sent()

    async def deliver(self) -> int:
        """Send all that is due now; how many rows were tried."""
        tried = 0
        while started := await self._start_some(self._room()):
            tried += started
            await self._all_sent()
        return tried

    async def _all_sent(self) -> None:
        while self._sending:
            await asyncio.wait(self._sending)

    def _room(self) -> int:
        """How many rows may leave now."""
        if self._clock.monotonic() < self._paused_until or not self._fence():
            return 0
        return max(0, min(self._concurrency - len(self._sending), self._pacer.available()))

    async def _start_some(self, room: int) -> int:
        """Claim at most so many rows and start them; how many there were."""
        if room == 0:
            return 0
        rows = await self._stored(lambda: self._store.claim(self._channel.name, room, self._clock.now()))
        for row in rows:
            hold = self._pacer.take(row.chat.id)
            task = asyncio.create_task(self._deliver_one(row, hold))
            self._sending.add(task)
            task.add_done_callback(self._sent)
        return len(rows)

    def _sent(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        self._wake.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("delivery_not_recorded", channel=self._channel.name, error=type(error).__name__)

    def _pause_after(self, room: int) -> float:
        """Seconds until something may have become possible without a signal."""
        paused = self._paused_until - self._clock.monotonic()
        if paused > 0:
            return min(paused, _SWEEP)
        waits_for_pace = room == 0 and self._fence() and len(self._sending) < self._concurrency
        return self._pacer.wait_for_one() if waits_for_pace else _SWEEP

    async def _rest(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()

    async def _deliver_one(self, row: OutboxRow, hold: float) -> None:
        if hold > 0:
            await self._clock.sleep(hold)
        try:
            message = await self._channel.send(row)
        except ChannelError as error:
            await self._after(row, error)
        except Exception as error:  # noqa: BLE001 - one row's surprise must not stop the others
            await self._after(row, MaybeSent(type(error).__name__))
        else:
            self._outage.reset()
            await self._settle(row, Delivery.SENT, message)

    async def _after(self, row: OutboxRow, error: ChannelError) -> None:
        """What becomes of a row that did not get through."""
        kind = type(error).__name__
        _log.info("not_delivered", channel=self._channel.name, row=row.id, error=kind, attempts=row.attempts + 1)
        match error:
            case RetryLater():
                await self._be_patient(row, error)
            case Blocked():
                await self._settle(row, Delivery.BLOCKED)
            case Invalid():
                await self._settle(row, Delivery.INVALID)
            case Unreachable() | Refused() | Conflict():  # nobody can be reached now, whoever comes next
                await self._retry(row, self._pause(self._outage.next()), counted=False)
            case MaybeSent() if row.priority >= _BROADCAST:  # never silently a second time
                await self._settle(row, Delivery.UNKNOWN)
            case _ if row.attempts + 1 >= _ATTEMPTS:
                await self._settle(row, Delivery.UNKNOWN if isinstance(error, MaybeSent) else Delivery.FAILED)
            case _:
                await self._retry(row, min(_LONGEST_DELAY, 2.0**row.attempts))

    async def _be_patient(self, row: OutboxRow, error: RetryLater) -> None:
        """One chat waits; a second chat told to wait meanwhile means that the bot as a whole is too fast."""
        now = self._clock.monotonic()
        self._patient_chats = {chat: until for chat, until in self._patient_chats.items() if until > now}
        if self._patient_chats.keys() - {row.chat.id}:
            self._pause(error.after)
        self._patient_chats[row.chat.id] = now + error.after
        await self._retry(row, error.after, counted=False)

    def _pause(self, seconds: float) -> float:
        self._paused_until = max(self._paused_until, self._clock.monotonic() + seconds)
        return seconds

    async def _settle(self, row: OutboxRow, state: Delivery, message: str | None = None) -> None:
        await self._stored(lambda: self._store.settle(row, state, self._clock.now(), message=message))
        self._metrics.delivered(self._channel.name, state)

    async def _retry(self, row: OutboxRow, seconds: float, *, counted: bool = True) -> None:
        due: datetime = self._clock.now() + timedelta(seconds=seconds)
        await self._stored(lambda: self._store.retry(row, due, counted=counted))
        asyncio.get_running_loop().call_later(seconds, self.notify)

    async def _stored(self, operation: Callable[[], Awaitable[T]]) -> T:
        return await until_stored(self._clock, operation, self._metrics)


async def _then(event: asyncio.Event, call: Callable[[], None]) -> None:
    await event.wait()
    call()
