import asyncio
import os
import signal
from collections.abc import Iterable
from pathlib import Path

import pytest

from bot.channels import Refused
from bot.channels.pace import Pace
from bot.clock import Clock
from bot.concurrency import cancel_on, run_service
from bot.delivery.background import Retention
from bot.delivery.dispatcher import Dispatcher
from bot.delivery.pacing import Pacer
from bot.delivery.runner import ChannelService, Runner
from bot.delivery.turn_pool import TurnPool
from bot.delivery.worker_lease import WorkerLease
from bot.messages import Chat
from bot.services.opening import open_store
from bot.store import Store
from bot.store.errors import UnknownKey
from bot.store.sealing import open_keyring
from bot.store.workers import LeaseDuration
from tests.support.delivery import UNHURRIED, DeliveryPipeline, ScriptedChannel, eventually, make_text_update
from tests.support.store import closing_async, patch_method


class Part:
    """Does what it is told when it runs."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.ended = False

    async def run(self, stop: asyncio.Event) -> None:
        if self.error:
            raise self.error
        await stop.wait()
        self.ended = True


class Process:
    """A runner over a store, as a start of the program makes it."""

    def __init__(self, store: Store, *parts: Part, delay: float = 0.0) -> None:
        clock = Clock()
        self.roads = DeliveryPipeline(store, clock, channel=ScriptedChannel(delay=delay))
        pacer = Pacer(Pace(1e6, UNHURRIED), clock)
        self.dispatcher = Dispatcher(store, self.roads.channel, pacer, clock)
        service = ChannelService(WorkerLease(store.workers, "telegram", clock, pacer.share), self.dispatcher)
        self.workers = TurnPool(self.roads.turns.handle_next, lambda _chat: self.dispatcher.notify())
        house = (Retention(store, clock, 180).run,)
        self.runner = Runner(store, self.workers, (service,), (*(part.run for part in parts), *house))

    async def until_sent(self, count: int) -> None:
        await eventually(lambda: len(self.roads.channel.sent) >= count)


async def test_a_start_picks_up_everything_the_last_process_left(store: Store, tmp_path: Path) -> None:
    clock = Clock()
    async with closing_async(await open_store(None, tmp_path, open_keyring(tmp_path / "keys.json")[0])) as last:
        await last.workers.join("telegram", LeaseDuration(), clock.now())
        before = DeliveryPipeline(last, clock)
        await before.take(make_text_update("in flight", 1, "1"), make_text_update("queued", 2, "2"))
        await last.outbox.claim("telegram", 1, clock.now())
        await before.intake.accept([make_text_update("not handled", 3, "3")])
    process, stop = Process(store), asyncio.Event()
    running = asyncio.create_task(process.runner.run(stop))
    await process.until_sent(3)
    stop.set()
    await running
    assert sorted(process.roads.channel.sent) == [("1", "1: in flight"), ("2", "1: queued"), ("3", "1: not handled")]


async def swept(store: Store, monkeypatch: pytest.MonkeyPatch, handled: list[str], failures: list[Exception]) -> None:
    """Run with a short sweep until the chat is handled; its first turns fail as told."""
    monkeypatch.setattr("bot.delivery.runner._SWEEP", 0.05)
    process, stop, started = Process(store), asyncio.Event(), asyncio.Event()
    handle_next, submit = process.workers._handle_next, process.workers.submit

    async def watched(chat: Chat) -> bool:
        if failures:
            raise failures.pop()
        handled.append(chat.address)
        return await handle_next(chat)

    def looked(chats: Iterable[Chat]) -> None:
        submit(chats)
        started.set()

    monkeypatch.setattr(process.workers, "_handle_next", watched)
    monkeypatch.setattr(process.workers, "submit", looked)
    running = asyncio.create_task(process.runner.run(stop))
    await started.wait()
    await store.inbox.receive([make_text_update("nobody was told", 1)], Clock().now())
    await process.until_sent(1)
    stop.set()
    await running
    assert process.roads.channel.sent == [("1", "1: nobody was told")]


async def test_an_update_stored_after_its_receiver_was_cut_off_is_handled(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    handled: list[str] = []
    await swept(store, monkeypatch, handled, [])
    assert handled


async def test_a_chat_whose_turn_met_a_store_in_trouble_is_tried_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures: list[Exception] = [UnknownKey(), UnknownKey()]
    await swept(store, monkeypatch, [], failures)
    assert failures == []


async def test_a_look_at_a_store_in_trouble_is_repeated(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting, troubles = store.inbox.chats_waiting, [UnknownKey(), UnknownKey()]

    async def troubled(channel: str) -> list[Chat]:
        found = await waiting(channel)
        if found and troubles:
            raise troubles.pop()
        return found

    patch_method(monkeypatch, store.inbox, "chats_waiting", troubled)
    await swept(store, monkeypatch, [], [])
    assert troubles == []


async def test_a_part_that_cannot_work_ends_the_others_and_is_heard(store: Store) -> None:
    healthy = Part()
    process = Process(store, healthy, Part(Refused()))
    with pytest.raises(Refused):
        await asyncio.wait_for(process.runner.run(asyncio.Event()), 30)
    assert healthy.ended


async def test_a_stop_finishes_the_turns_under_way_and_starts_no_more(store: Store) -> None:
    handled: list[str] = []
    gate = asyncio.Event()

    async def handle_next(chat: Chat) -> bool:
        await gate.wait()
        handled.append(chat.address)
        return True

    workers = TurnPool(handle_next, lambda _chat: None, concurrency=2)
    workers.submit(Chat(str(number), "telegram", str(number)) for number in range(4))
    await asyncio.sleep(0)
    stopping = asyncio.create_task(workers.stop())
    await asyncio.sleep(0)
    gate.set()
    await stopping
    assert handled == ["0", "1"]


async def test_a_chat_is_never_handled_by_two_workers_at_once() -> None:
    under_way, most, left = 0, 0, 20

    async def handle_next(chat: Chat) -> bool:
        nonlocal under_way, most, left
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1
        left -= 1
        return left % 5 != 0

    workers = TurnPool(handle_next, lambda _chat: None, concurrency=4)
    chat = Chat("1", "telegram", "1")
    async with asyncio.timeout(60):
        while left > 0:
            workers.submit([chat])
            await asyncio.sleep(0)
        await workers.drain()
    assert most == 1


async def test_what_arrives_while_a_chat_is_handled_is_handled_too() -> None:
    inbox = ["a"]
    handled: list[str] = []

    async def handle_next(chat: Chat) -> bool:
        await asyncio.sleep(0)
        if not inbox:
            return False
        handled.append(inbox.pop(0))
        return True

    workers = TurnPool(handle_next, lambda _chat: None)
    chat = Chat("1", "telegram", "1")
    workers.submit([chat])
    await asyncio.sleep(0)
    inbox.append("b")
    workers.submit([chat])
    await workers.drain()
    assert handled == ["a", "b"]


async def test_a_worker_that_fails_leaves_the_other_chats_alone() -> None:
    handled: list[str] = []

    async def handle_next(chat: Chat) -> bool:
        if chat.id == "0":
            raise RuntimeError
        handled.append(chat.id)
        return False

    workers = TurnPool(handle_next, lambda _chat: None, concurrency=1)
    workers.submit(Chat(str(number), "telegram", str(number)) for number in range(3))
    await workers.drain()
    assert handled == ["1", "2"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_end_is_taken_as_a_wish_to_stop(number: signal.Signals) -> None:
    async def work(stop: asyncio.Event) -> None:
        os.kill(os.getpid(), number)
        await asyncio.wait_for(stop.wait(), 30)

    before = [(one, signal.getsignal(one)) for one in (signal.SIGTERM, signal.SIGINT)]
    try:
        run_service(work)
    finally:
        for one, handler in before:
            signal.signal(one, handler)


async def test_waiting_ends_when_told_to_stop() -> None:
    stop = asyncio.Event()
    cancelled = asyncio.Event()

    async def wait_for_ever() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    waiting = asyncio.create_task(cancel_on(stop, wait_for_ever()))
    await asyncio.sleep(0)
    stop.set()
    assert await waiting is None
    assert cancelled.is_set()
