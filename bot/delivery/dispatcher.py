"""The way out: rows of the outbox leave through their channel, paced, in order per chat, each with a final state.

Answers and messages to many have a lane each, so that an answer never waits behind a broadcast.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime

from bot.channels.base import Channel
from bot.delivery.clock import Clock
from bot.delivery.lanes import Lane, Road, Traffic
from bot.delivery.pacing import Kind, Pacer
from bot.delivery.patience import Patience
from bot.delivery.rotation import Rotation
from bot.metrics import NO_METRICS, Metrics
from bot.store.api import Store
from locales import LANGUAGES

_SWEEP = 5.0
#: Broadcasts that begin are seen so soon.
_BROADCAST_SWEEP = 0.5
#: Ends of a broadcast's rows are stored together.
_BROADCAST_MOMENT = 0.02


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
        urgent = Traffic(Kind.URGENT, lambda limit, now: store.claim(channel.name, limit, now), concurrency, _SWEEP)
        many = Traffic(
            Kind.BROADCAST, self._rotation.claim, broadcasts_at_once, _BROADCAST_SWEEP, _BROADCAST_MOMENT, open_at
        )
        self._lanes = (Lane(road, urgent), Lane(road, many))

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
        self._rotation.look()
        return sum([await lane.deliver() for lane in self._lanes])
