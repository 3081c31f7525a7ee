"""The way out: rows of the outbox leave through their channel, paced, in order per chat, each with a final state.

Answers, files and messages to many have a queue each, so that an answer never waits behind a broadcast or an upload.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from functools import partial

import structlog

from bot.channels import Channel
from bot.clock import Clock
from bot.delivery import ClaimRecord, Cooldown
from bot.delivery.pacing import MessageKind, Pacer
from bot.delivery.send_queue import ChannelContext, QueueOptions, SendQueue, StartSending
from bot.messages import Chat, MessageSize, OutboxRow
from bot.metrics import NO_METRICS, Metrics
from bot.store import Store, StoreUnavailable
from locales import LANGUAGES

#: Seconds between looks for broadcasts that began, or go on. One that is paused or cancelled gives nothing at once.
_REFRESH_SECONDS = 0.5
#: Seconds between looks at the store when nothing signals: another process may have written there, unheard.
_SWEEP = 5.0
#: Seconds for which one that could not be claimed from is left out.
_FAILURE_REST_SECONDS = 30.0

_log = structlog.get_logger(__name__)


class RoundRobin:
    """Takes broadcasts in turn: ``claim`` gives the next few rows of the one whose turn it is."""

    def __init__(self, store: Store, channel: str, clock: Clock) -> None:
        self._store = store
        self._channel = channel
        self._clock = clock
        self._round: deque[str] = deque()
        self._resting: dict[str, float] = {}  #: not to be claimed from until this moment of the monotonic clock
        self._looked = float("-inf")
        self._skipped = False  #: a look came too soon behind the last one

    def sweep(self) -> float:
        """Return the seconds until the next look: soon while broadcasts run, or where one has not been looked for.

        That one begins or goes on is signalled, every second while any is open (``BroadcastScheduler``).
        """
        return _REFRESH_SECONDS if self._round or self._resting or self._skipped else _SWEEP

    def refresh_next(self) -> None:
        """Have the next claim look for broadcasts first."""
        self._looked = float("-inf")

    async def claim(self, limit: int, now: datetime) -> list[OutboxRow]:
        """Claim at most ``limit`` rows of one broadcast; none where nothing is due.

        Raises:
            Exception: as the store does; the broadcast at fault is left out for a while, and what was claimed of it is
                to be given back.
        """
        await self._look(now)
        while self._round:
            broadcast = self._round[0]
            try:
                rows = await self._store.outbox.claim_broadcast(broadcast, self._channel, limit, now)
            except StoreUnavailable:
                raise
            except Exception as error:
                self._rest(broadcast, error)
                raise
            self._round.rotate(-1)
            if rows:
                return rows
            self._round.pop()
        return []

    def _rest(self, broadcast: str, error: Exception) -> None:
        """Leave out a broadcast for a while; the others go on at the next claim."""
        _log.error("broadcast_not_claimed", broadcast=broadcast, error=type(error).__name__)
        self._resting[broadcast] = self._clock.monotonic() + _FAILURE_REST_SECONDS
        self._round.popleft()

    async def _look(self, now: datetime) -> None:
        """Look for broadcasts that run: known ones keep their turn, new ones come last."""
        self._skipped = self._clock.monotonic() - self._looked < _REFRESH_SECONDS
        if self._skipped:
            return
        running = dict.fromkeys(await self._store.outbox.running_broadcasts(self._channel, now))
        now_steady = self._looked = self._clock.monotonic()
        self._resting = {one: until for one, until in self._resting.items() if until > now_steady}
        running = {one: None for one in running if one not in self._resting}
        still_running = [broadcast for broadcast in self._round if broadcast in running]
        self._round = deque(dict.fromkeys([*still_running, *running]))


#: Ends of a broadcast's rows are stored together.
_BROADCAST_SETTLE_DELAY = 0.02


#: Files under way: each is in memory several times over while it is sent.
_FILES_AT_ONCE = 2
#: Seconds between two looks for files; that they leave a little later, nobody minds.
_FILE_PAUSE = 0.5
#: Seconds for which a file that was signalled may be looked for in vain: an answer of its chat has to leave before it.
_FILE_EXPECTED = 15.0


async def _claim_answers(
    store: Store, channel: str, limit: int, now: datetime, resting: Sequence[str]
) -> list[OutboxRow]:
    return await store.outbox.claim(channel, limit, now, resting, MessageSize.SMALL)


class _FileClaims:
    """Claims what is large. What is signalled is hardly ever a file: most signals cost no look at the store."""

    def __init__(self, store: Store, channel: str, clock: Clock) -> None:
        self._store = store
        self._channel = channel
        self._clock = clock
        self._expected = float("-inf")  #: until when there may be a file
        self.refresh_next()

    def refresh_next(self) -> None:
        """Have the next claim look in any case."""
        self._nothing = float("-inf")

    def expect(self) -> None:
        """Look often for a while: there may be a file."""
        self._expected = self._clock.monotonic() + _FILE_EXPECTED

    def sweep(self) -> float:
        """Return the seconds until the next look."""
        return _FILE_PAUSE if self._clock.monotonic() < self._expected else _SWEEP

    async def claim(self, limit: int, now: datetime, resting: Sequence[str]) -> list[OutboxRow]:
        """Claim at most ``limit`` rows. Raises StoreError."""
        if self._clock.monotonic() - self._nothing < _FILE_PAUSE:
            return []
        rows = await self._store.outbox.claim(self._channel, limit, now, resting, MessageSize.LARGE)
        if not rows:
            self._nothing = self._clock.monotonic()
        return rows


class Dispatcher:
    """Delivers the outbox of one channel. ``deliver()`` is idempotent over its rows."""

    def __init__(  # noqa: PLR0913 - the composition root names each of them
        self,
        store: Store,
        channel: Channel,
        pacer: Pacer,
        clock: Clock,
        *,
        concurrency: int = 8,
        broadcasts_at_once: int = 8,
        may_send: Callable[[], bool] = lambda: True,
        open_at: Callable[[datetime], bool] = lambda _: True,
        answering: Callable[[], bool] = lambda: False,
        language: str = LANGUAGES[0],
        metrics: Metrics = NO_METRICS,
    ) -> None:
        """``open_at`` tells whether broadcasts may leave at a moment, whoever holds them back or forgets to.

        ``answering``: whether somebody's turn is under way, for whose answer broadcasts wait a moment.

        ``language``: of people who have not chosen one.
        """
        context = ChannelContext(store, channel, pacer, clock, Cooldown(clock), may_send, metrics, language)
        self._rotation = RoundRobin(store, channel.name, clock)
        self._files = _FileClaims(store, channel.name, clock)
        give_back = partial(store.outbox.release_claims, channel.name)
        own, letters = (ClaimRecord(partial(give_back, broadcasts=many)) for many in (False, True))
        claim = partial(_claim_answers, store, channel.name)
        urgent, many = MessageKind.URGENT, MessageKind.BROADCAST
        answers = SendQueue(context, QueueOptions(urgent, claim, own, concurrency, lambda: _SWEEP))
        lanes = (
            QueueOptions(
                urgent, self._files.claim, own, _FILES_AT_ONCE, self._files.sweep, wake_others=self.notify_answers
            ),
            QueueOptions(
                many, self._claim_broadcasts, letters, broadcasts_at_once, self._rotation.sweep,
                _BROADCAST_SETTLE_DELAY, open_at, lambda: answering() or answers.is_busy, self.notify,
            ),
        )  # fmt: skip
        self._queues = (answers, *(SendQueue(context, lane) for lane in lanes))

    async def _claim_broadcasts(self, limit: int, now: datetime, _: Sequence[str]) -> list[OutboxRow]:
        """Claim from a broadcast: a chat that is resting is put back when it comes up, which is seldom."""
        return await self._rotation.claim(limit, now)

    def notify(self) -> None:
        """Wake the queues: there may be something to send, but hardly a file."""
        self._queues[0].notify()
        self._queues[2].notify()

    def notify_answers(self) -> None:
        """Wake the queue of answers alone: a turn has ended, and hardly any leaves a file or begins a broadcast."""
        self._queues[0].notify()

    def notify_files(self) -> None:
        """Wake the queues: a file was queued, perhaps behind an answer."""
        self._files.expect()
        self._files.refresh_next()
        for queue in self._queues:
            queue.notify()

    def promised(self, chat: Chat) -> AbstractContextManager[StartSending | None]:
        """Promise to send the answer of a turn that is claimed within the block, if it may leave at once.

        See ``SendQueue.promised``.
        """
        return self._queues[0].promised(chat.id)

    def takes_up(self) -> bool:
        """Tell whether an answer that is queued now would leave at once."""
        return self._queues[0].takes_up()

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until told to stop, then wait for what is under way; the rest stays in the store."""
        async with asyncio.TaskGroup() as running:
            for queue in self._queues:
                running.create_task(queue.run(stop))
            await stop.wait()
            self.notify_files()

    async def deliver(self) -> int:
        """Send all that is due and may leave now; how many rows were tried."""
        self._rotation.refresh_next()
        self._files.refresh_next()
        return sum([await queue.deliver() for queue in self._queues])
