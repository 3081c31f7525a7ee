"""A process receives, handles and delivers; it starts from what the store holds and stops without a loss.

``Runner`` does all of it side by side, ``StepRunner`` one after the other for somebody who waits at a terminal.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog

from bot.channels import BackgroundService
from bot.clock import Clock
from bot.concurrency import cancel_on, retry_while_unavailable, run_in_background, wait_at_most
from bot.delivery.broadcast_scheduler import BroadcastScheduler
from bot.delivery.dispatcher import Dispatcher
from bot.delivery.exporter import Exporter, OwnDataExporter
from bot.delivery.turn_pool import TurnPool
from bot.delivery.turns import TurnHandler
from bot.delivery.worker_lease import ChangeListener, WorkerLease
from bot.messages import Chat
from bot.store import Store

#: Seconds that a stop waits for what is under way; what is cut off then is found again by the next start.
_GRACE = 20.0
#: Seconds between looks at the store for chats that wait and that nobody was told of.
_SWEEP = 30.0
#: Chats that a look submits where other processes handle them, too: the oldest, and others from a place of its own.
_OLDEST, _MOST_AT_ONCE = 4, 28

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ChannelService:
    """A channel that this process serves, perhaps beside others."""

    lease: WorkerLease
    dispatcher: Dispatcher

    @property
    def channel(self) -> str:
        """Return the name of the channel."""
        return self.lease.channel


class Runner:
    """Runs everything that one process does over one store."""

    def __init__(
        self,
        store: Store,
        workers: TurnPool,
        services: Sequence[ChannelService],
        loops: Sequence[BackgroundService],
        *,
        moved: Callable[[], None] = lambda: None,
    ) -> None:
        """Keep the parts; ``moved`` is called when another process may have moved a broadcast."""
        self._store = store
        self._workers = workers
        self._services = services
        self._loops = loops
        self._wakes: Mapping[str, Callable[[], None]] = {
            "inbox": self._look,
            "outbox": self._deliver,
            "broadcasts": moved,
        }
        self._left_behind = asyncio.Event()  # chats may wait that nobody was told of
        self._served = {service.channel: service for service in services}
        store.workers.take_up("inbox", lambda channel: self._takes_up(channel, workers.roomy.is_set()))
        store.workers.take_up("outbox", self._takes_messages)
        store.workers.take_up("tasks", lambda channel: self._takes_up(channel, False))
        store.workers.take_up("broadcasts", lambda _: all(service.lease.alone for service in services))

    async def run(self, stop: asyncio.Event) -> None:
        """Run until ``stop`` is set; the first failure of a part ends all of them and is raised.

        Raises:
            ChannelError: a part cannot work at all.
            StoreError: the store cannot be used.
        """
        try:
            await cancel_on(stop, self._start())
            async with run_in_background(self._background_work()) as beside:
                await self._serve(stop, beside)
        finally:
            for service in self._services:
                await service.lease.leave()

    async def _start(self) -> None:
        """Pick up what the last process left: messages in flight, and updates nobody has handled."""
        for service in self._services:
            await service.lease.join()
            waiting = await retry_while_unavailable(partial(self._store.inbox.chats_waiting, service.channel))
            _log.info("waiting", channel=service.channel, chats=len(waiting))
            self._workers.submit(waiting)

    def _background_work(self) -> list[Coroutine[Any, Any, None]]:
        """Return what goes on until the last message has left: a process that winds down is not dead."""
        signs = [service.lease.run(self._wake_all) for service in self._services]
        return [*signs, ChangeListener(self._store.workers, self._served, self._on_change).run()]

    async def _serve(self, stop: asyncio.Event, beside: Sequence[asyncio.Task[None]]) -> None:
        dispatchers = [service.dispatcher.run for service in self._services]
        tasks = [asyncio.create_task(loop(stop)) for loop in (*self._loops, *dispatchers)]
        tasks.append(asyncio.create_task(self._sweep(stop)))
        stopped = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait([stopped, *tasks, *beside], return_when=asyncio.FIRST_COMPLETED)
        finally:
            stop.set()
            stopped.cancel()
            await self._wind_down(tasks)
        for task in (*tasks, *(one for one in beside if one.done())):
            if not task.cancelled():
                task.result()

    def _takes_up(self, channel: str, has_room: bool) -> bool:
        """Tell whether this process does at once what is to be done for a channel, or is the only one that could."""
        service = self._served.get(channel)
        return service is not None and (has_room or service.lease.alone)

    def _takes_messages(self, channel: str) -> bool:
        service = self._served.get(channel)
        return service is not None and self._takes_up(channel, service.dispatcher.takes_up())

    def _on_change(self, table: str) -> None:
        """Wake what works on this table: another process has written to it."""
        for wake in [self._wakes[table]] if table in self._wakes else self._wakes.values():
            wake()

    def _wake_all(self) -> None:
        self._on_change("")

    def _look(self) -> None:
        self._left_behind.set()

    def _deliver(self) -> None:
        for service in self._services:
            service.dispatcher.notify()

    async def _sweep(self, stop: asyncio.Event) -> None:
        """Submit what waits: received by another process, or left behind by a turn that failed.

        A process that has its hands full does not look: what it was signalled are updates that others have in hand.
        """
        while not stop.is_set():
            await cancel_on(stop, wait_at_most(_SWEEP, self._left_behind.wait()))
            await cancel_on(stop, wait_at_most(_SWEEP, self._workers.roomy.wait()))
            self._left_behind.clear()
            for service in self._services:
                await cancel_on(stop, self._submit_waiting(service))

    async def _submit_waiting(self, service: ChannelService) -> None:
        """Submit some of the chats that wait, others than the processes beside this one do; the next look goes on."""
        try:
            waiting = await self._store.inbox.chats_waiting(service.channel)
        except Exception as error:  # noqa: BLE001 - the next look may succeed
            _log.warning("sweep_failed", channel=service.channel, error=type(error).__name__)
            return
        waiting = self._workers.unattended(waiting, _SWEEP / 2)
        part = waiting if service.lease.alone else _own_part(waiting, service.lease.place)
        self._workers.submit(part)
        if len(part) < len(waiting):
            self._left_behind.set()

    async def _wind_down(self, tasks: Sequence[asyncio.Task[None]]) -> None:
        handled = asyncio.create_task(self._workers.stop())
        _, late = await asyncio.wait([handled, *tasks], timeout=_GRACE)
        for task in late:
            _log.warning("stopped_while_busy")
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)


def _own_part(waiting: Sequence[Chat], place: float) -> Sequence[Chat]:
    """Return those that wait longest, and others from a place on (0 to 1), at which no other process begins.

    Several processes that took all of them would each find most of them taken.
    """
    oldest, others = waiting[:_OLDEST], waiting[_OLDEST:]
    begin = int(len(others) * place)
    return [*oldest, *[*others[begin:], *others[:begin]][:_MOST_AT_ONCE]]


class StepRunner:
    """Handles what one line brought, and delivers all that follows from it, before the next line is read."""

    def __init__(  # noqa: PLR0913, PLR0917 - the composition root names each of them
        self,
        store: Store,
        clock: Clock,
        turns: TurnHandler,
        dispatcher: Dispatcher,
        exporters: Sequence[Exporter | OwnDataExporter] = (),
        scheduler: BroadcastScheduler | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._turns = turns
        self._dispatcher = dispatcher
        self._exporters = exporters
        self._scheduler = scheduler
        self._chats: list[Chat] = []

    def submit(self, chats: Iterable[Chat]) -> None:
        """Take chats that have something to be handled at the next step."""
        self._chats.extend(chats)

    async def recover(self, channel: str) -> None:
        """Take up what the last process left in a channel.

        Raises:
            StoreError: the store cannot be used.
        """
        await self._store.outbox.recover(channel, self._clock.now())
        for exporter in self._exporters:
            await exporter.recover()

    async def step(self) -> None:
        """Handle what was submitted, write what was ordered meanwhile, go on with broadcasts; deliver each time.

        Raises:
            StoreError: the store cannot be used.
        """
        while self._chats:
            await self._turns.handle(self._chats.pop(0))
        await self._dispatcher.deliver()
        for exporter in self._exporters:
            if await exporter.work():
                await self._dispatcher.deliver()
        if self._scheduler:
            while await self._scheduler.work():
                await self._dispatcher.deliver()
            await self._dispatcher.deliver()
