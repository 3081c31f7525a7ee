"""A process that rests starts to work within milliseconds when another one has received something."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.channels.pace import Pace
from bot.clock import Clock
from bot.concurrency import retry_while_unavailable
from bot.delivery.dispatcher import Dispatcher
from bot.delivery.pacing import Pacer
from bot.delivery.runner import ChannelService, Runner
from bot.delivery.turn_pool import TurnPool
from bot.delivery.worker_lease import ChangeListener, WorkerLease
from bot.store import Store
from bot.store.workers import LeaseDuration
from tests.support.database import LEAVE, Database, OpenStore
from tests.support.delivery import UNHURRIED, DeliveryPipeline, eventually, make_text_update

pytestmark = pytest.mark.postgres
#: Seconds; the looks that nothing signals are at least 5 s apart.
SOON = 2.0
LISTENING = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'"


@pytest.fixture
def database(postgres_url: str, tmp_path: Path) -> Database:
    return Database(postgres_url, tmp_path)


@asynccontextmanager
async def resting(store: Store, database: Database, *, listens: bool = True) -> AsyncIterator[DeliveryPipeline]:
    """A process that serves the channel and has nothing to do."""
    clock = Clock()
    roads, pacer = DeliveryPipeline(store, clock), Pacer(Pace(1e6, UNHURRIED), clock)
    membership = WorkerLease(store.workers, "telegram", clock, pacer.share, LeaseDuration(0.5))
    dispatcher = Dispatcher(store, roads.channel, pacer, clock, may_send=membership.may_send)
    workers = TurnPool(roads.turns.handle_next, lambda _chat: dispatcher.notify())
    stop = asyncio.Event()
    runner = Runner(store, workers, (ChannelService(membership, dispatcher),), ())
    running = asyncio.create_task(runner.run(stop))
    try:
        if listens:
            await eventually(lambda: database.sql(LISTENING))
        yield roads
    finally:
        stop.set()
        await running


async def test_what_another_process_receives_is_answered_at_once(
    store: Store, another: OpenStore, database: Database
) -> None:
    other = await another()
    async with resting(store, database) as roads:
        await other.inbox.receive([make_text_update("xin chào", 1)], Clock().now())
        await eventually(lambda: roads.channel.texts() == ["1: xin chào"], SOON)
    assert database.sql("SELECT * FROM workers") == []


async def test_what_a_dead_process_had_in_hand_is_answered_once_its_lease_is_over(
    store: Store, another: OpenStore, database: Database
) -> None:
    other, now = await another(), Clock().now()
    await other.workers.join("telegram", LeaseDuration(0.5), now)
    (chat,) = await other.inbox.receive([make_text_update("xin chào", 1)], now)
    await other.inbox.claim_turn(chat)
    async with resting(store, database) as roads:
        await eventually(lambda: roads.channel.texts() == ["1: xin chào"], 4)


async def test_signals_are_heard_again_after_the_connection_broke(
    store: Store, another: OpenStore, database: Database
) -> None:
    other, clock = await another(), Clock()
    signals: asyncio.Queue[str] = asyncio.Queue()
    listening = asyncio.create_task(ChangeListener(store.workers, ["telegram"], signals.put_nowait).run())
    async with asyncio.timeout(10):
        assert await signals.get() == ""
        database.sql(LEAVE)
        assert await signals.get() == ""
        await retry_while_unavailable(lambda: other.inbox.receive([make_text_update("xin chào", 1)], clock.now()))
        assert await signals.get() == "inbox"
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
