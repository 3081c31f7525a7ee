"""The way out: rows of the outbox leave through their channel, paced, in order per chat, each with a final state.

Answers, files and messages to many have a lane each, so that an answer never waits behind a broadcast or an upload.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from bot.channels.base import Channel
from bot.delivery.clock import Clock
from bot.delivery.lanes import Lane, Road, Traffic
from bot.delivery.pacing import Kind, Pacer
from bot.delivery.patience import Patience
from bot.delivery.rotation import Rotation
from bot.metrics import NO_METRICS, Metrics
from bot.store.api import OutboxRow, Size, Store
from locales import LANGUAGES

_SWEEP = 5.0
#: Broadcasts that begin are seen so soon.
_BROADCAST_SWEEP = 0.5
#: Ends of a broadcast's rows are stored together.
_BROADCAST_MOMENT = 0.02


#: Files under way: each is in memory several times over while it is sent.
_FILES_AT_ONCE = 2
#: Seconds between looks for files; that they leave a little later, nobody minds.
_FILE_SWEEP = 0.5


async def _answers(store: Store, channel: str, limit: int, now: datetime, resting: Sequence[str]) -> list[OutboxRow]:
    return await store.claim(channel, limit, now, resting, Size.SMALL)


class _Files:
    """Claims what is large. A turn signals answers, hardly ever a file: most signals cost no look at the store."""

    def __init__(self, store: Store, channel: str, clock: Clock) -> None:
        self._store = store
        self._channel = channel
        self._clock = clock
        self.refresh_next()

    def refresh_next(self) -> None:
        """Have the next claim look in any case."""
        self._nothing = float("-inf")

    async def claim(self, limit: int, now: datetime, resting: Sequence[str]) -> list[OutboxRow]:
        """At most so many rows. Raises StoreError."""
        if self._clock.monotonic() - self._nothing < _FILE_SWEEP:
            return []
        rows = await self._store.claim(self._channel, limit, now, resting, Size.LARGE)
        if not rows:
            self._nothing = self._clock.monotonic()
        return rows


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
        broadcasts_at_once: int = 8,
        fence: Callable[[], bool] = lambda: True,
        open_at: Callable[[datetime], bool] = lambda _: True,
        language: str = LANGUAGES[0],
        metrics: Metrics = NO_METRICS,
    ) -> None:
        """``open_at``: the hours at which broadcasts may leave, whoever holds them back or forgets to.

        ``language``: of people who have not chosen one.
        """
        road = Road(store, channel, pacer, clock, Patience(clock), fence, metrics, language)
        self._rotation = Rotation(store, channel.name, clock)
        self._files = _Files(store, channel.name, clock)
        urgent = Traffic(Kind.URGENT, partial(_answers, store, channel.name), concurrency, _SWEEP)
        files = Traffic(Kind.URGENT, self._files.claim, _FILES_AT_ONCE, _FILE_SWEEP)
        many = Traffic(
            Kind.BROADCAST, self._claim_broadcasts, broadcasts_at_once, _BROADCAST_SWEEP, _BROADCAST_MOMENT, open_at
        )
        self._lanes = (Lane(road, urgent), Lane(road, files), Lane(road, many))

    async def _claim_broadcasts(self, limit: int, now: datetime, _: Sequence[str]) -> list[OutboxRow]:
        """Of a broadcast: a chat that is resting is put back when it comes up, which is seldom."""
        return await self._rotation.claim(limit, now)

    def notify(self) -> None:
        """There may be something to send."""
        for lane in self._lanes:
            lane.notify()

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until told to stop, then wait for what is under way; the rest stays in the store."""
        async with asyncio.TaskGroup() as running:
            for lane in self._lanes:
                running.create_task(lane.run(stop))
            await stop.wait()
            self.notify()

    async def deliver(self) -> int:
        """Send all that is due and may leave now; how many rows were tried."""
        self._rotation.refresh_next()
        self._files.refresh_next()
        return sum([await lane.deliver() for lane in self._lanes])
