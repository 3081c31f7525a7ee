"""What goes wrong with one row, broadcast, update or look neither ends the process nor holds up the others."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from bot.channels import Blocked, Unsupported, unrepeated
from bot.channels.pace import Pace, Rate
from bot.clock import Clock
from bot.delivery import ResultBatcher
from bot.delivery.background import Retention
from bot.delivery.dispatcher import Dispatcher
from bot.delivery.intake import Intake, Throttle
from bot.delivery.pacing import Pacer
from bot.delivery.runner import Runner
from bot.delivery.turn_pool import TurnPool
from bot.delivery.worker_lease import ChangeListener, WorkerLease
from bot.messages import Chat, DeliveryState, Incoming, OutboxRow, Settlement
from bot.store import Store
from bot.store.errors import SealBroken, StoreError
from bot.store.inbox import Inbox
from bot.store.workers import LeaseDuration
from handlers.core import Attachment, Event, Reply, Services, Session
from tests.integration.delivery.test_dispatcher import Watched
from tests.integration.delivery.test_send_queue import ONE, TWO, Rows
from tests.support.delivery import (
    UNHURRIED,
    Answer,
    DeliveryPipeline,
    ManualClock,
    ScriptedChannel,
    eventually,
    make_conversation,
    make_text_update,
)
from tests.support.store import patch_method

SURPRISES = [StoreError(), KeyError("a surprise"), ValueError("another")]


@pytest.fixture
def rows(store: Store, tmp_path: Path) -> Rows:
    return Rows(tmp_path)


async def running(way_out: Dispatcher, until: Callable[[], object]) -> None:
    """Run it until that holds; it must still run then."""
    stop = asyncio.Event()
    task = asyncio.create_task(way_out.run(stop))
    try:
        await eventually(lambda: task.done() or until())
        assert not task.done(), task.exception()
    finally:
        stop.set()
        await asyncio.wait([task], timeout=5)


@pytest.mark.parametrize("surprise", SURPRISES)
async def test_a_broadcast_that_cannot_be_claimed_holds_up_neither_another_nor_an_answer(
    store: Store, rows: Rows, monkeypatch: pytest.MonkeyPatch, surprise: Exception
) -> None:
    claim = store.outbox.claim_broadcast

    async def claimed(broadcast: str, *wanted: Any) -> list[OutboxRow]:
        found = await claim(broadcast, *wanted)
        if broadcast == ONE:
            raise surprise
        return found

    patch_method(monkeypatch, store.outbox, "claim_broadcast", claimed)
    clock, channel = Clock(), ScriptedChannel()
    rows.queue(ONE, 3)
    rows.queue(TWO, 3, first=200)
    await DeliveryPipeline(store, clock, channel=channel).take(make_text_update("a", 1))
    await running(Dispatcher(store, channel, Pacer(Pace(1e6, UNHURRIED), clock), clock), lambda: len(channel.sent) == 4)
    assert rows.ends == [("queued", None)] * 3 + [("sent", None)] * 3


async def test_a_row_that_cannot_be_written_out_fails_alone(
    store: Store, clock: ManualClock, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot.services.broadcasts import recipients  # noqa: PLC0415 - patched below

    render, asked = recipients.render_broadcast, iter(range(9))

    def written(*about: Any, **more: Any) -> Reply:
        if next(asked) == 1:
            raise KeyError
        return render(*about, **more)

    monkeypatch.setattr(recipients, "render_broadcast", written)
    rows.queue(ONE, 3)
    channel = ScriptedChannel()
    await Dispatcher(store, channel, Pacer(Pace(1e6, UNHURRIED), clock), clock).deliver()
    assert sorted(state for state, _ in rows.ends) == ["failed", "sent", "sent"]


class BlockedBehindTheFirst(ScriptedChannel):
    """Takes the first part of a message, and is blocked then."""

    async def send(self, row: OutboxRow) -> None:
        with unrepeated(row, begun=True):
            raise Blocked


async def test_a_broadcast_that_is_blocked_behind_its_first_part_goes_on_nowhere_and_the_block_is_kept(
    store: Store, clock: ManualClock, rows: Rows
) -> None:
    rows.queue(ONE, 1)
    await Dispatcher(store, BlockedBehindTheFirst(), Pacer(Pace(1e6, UNHURRIED), clock), clock).deliver()
    assert rows.ends == [("unknown", "no_answer")], "only what surely did not arrive goes on to another channel"
    assert rows.run("SELECT COUNT(*) FROM chats WHERE blocked_at IS NOT NULL") == [(1,)]


@pytest.mark.parametrize("surprise", SURPRISES)
async def test_a_claim_that_is_refused_once_is_made_again(
    store: Store, monkeypatch: pytest.MonkeyPatch, surprise: Exception
) -> None:
    claim, surprises = store.outbox.claim, [surprise]

    async def claimed(*wanted: Any) -> list[OutboxRow]:
        found = await claim(*wanted)
        if found and surprises:
            raise surprises.pop()
        return found

    patch_method(monkeypatch, store.outbox, "claim", claimed)
    clock, channel = Clock(), ScriptedChannel()
    await DeliveryPipeline(store, clock, channel=channel).take(make_text_update("a", 1))
    await running(Dispatcher(store, channel, Pacer(Pace(1e6, UNHURRIED), clock), clock), lambda: channel.sent)


@pytest.mark.parametrize("surprise", SURPRISES)
async def test_an_end_that_cannot_be_stored_leaves_those_stored_with_it_alone(
    store: Store, clock: ManualClock, rows: Rows, monkeypatch: pytest.MonkeyPatch, surprise: Exception
) -> None:
    rows.queue(ONE, 4)
    claimed = await store.outbox.claim_broadcast(ONE, "telegram", 4, clock.now())
    settle_all = store.outbox.settle_all

    async def settled(settlements: Sequence[Settlement], now: datetime) -> frozenset[str]:
        if any(one.row.id == claimed[1].id for one in settlements):
            raise surprise
        return await settle_all(settlements, now)

    patch_method(monkeypatch, store.outbox, "settle_all", settled)
    settler = ResultBatcher(store, "telegram", clock)
    results = await asyncio.gather(
        *(settler.settle(Settlement(row, DeliveryState.SENT)) for row in claimed), return_exceptions=True
    )
    assert results == [False, surprise, False, False]
    assert rows.ends == [("sent", None), ("sending", None), ("sent", None), ("sent", None)]


class Choosy:
    """The real inbox, which refuses one text, or everything."""

    def __init__(self, inbox: Inbox, poison: str) -> None:
        self._inbox = inbox
        self._poison = poison

    async def receive(self, updates: Sequence[Incoming], now: datetime) -> list[Chat]:
        if any(self._poison in update.event.text for update in updates):  # type: ignore[union-attr]  # all are texts
            raise StoreError
        return await self._inbox.receive(updates, now)


def choosy(store: Store, poison: str) -> Store:
    inbox: Any = Choosy(store.inbox, poison)
    return replace(store, inbox=inbox)


async def test_an_update_that_the_store_refuses_is_passed_by_where_it_takes_others(
    store: Store, clock: ManualClock
) -> None:
    chats: list[Chat] = []
    intake = Intake(choosy(store, "poison"), Throttle(Rate(9, 9), clock), clock, chats.extend)
    await intake.accept(
        [make_text_update("a", 1, "1"), make_text_update("poison", 2, "2"), make_text_update("c", 3, "3")]
    )
    assert [chat.address for chat in chats] == ["1", "3"]
    assert intake.unstorable == 1


@pytest.mark.parametrize("texts", [["a", "b"], ["a"]])
async def test_where_the_store_refuses_everything_nothing_is_acknowledged(
    store: Store, clock: ManualClock, texts: list[str]
) -> None:
    intake = Intake(choosy(store, ""), Throttle(Rate(9, 9), clock), clock, lambda _chats: None)
    with pytest.raises(StoreError):
        await intake.accept([make_text_update(text, number) for number, text in enumerate(texts)])
    assert intake.unstorable == 0


@pytest.mark.parametrize("surprise", SURPRISES)
async def test_a_deletion_of_old_data_that_fails_is_tried_again_later(
    store: Store, clock: ManualClock, monkeypatch: pytest.MonkeyPatch, surprise: Exception
) -> None:
    async def failing(*_: Any, **__: Any) -> dict[str, int]:
        raise surprise

    patch_method(monkeypatch, store.retention, "delete_expired", failing)
    stop = asyncio.Event()
    task = asyncio.create_task(Retention(store, clock, 180).run(stop))
    await asyncio.sleep(0.05)
    assert not task.done()
    stop.set()
    await task


class Shared:
    """A book of workers that fails, or hears nothing, as told."""

    shared = True

    def __init__(self, surprise: Exception) -> None:
        self.surprise = surprise
        self.asked = 0

    async def beat(self, *_: Any, **__: Any) -> None:
        self.asked += 1
        raise self.surprise

    async def listen(self, *_: object) -> None:
        self.asked += 1
        raise self.surprise


@pytest.mark.parametrize("surprise", SURPRISES)
@pytest.mark.parametrize("what", ["sign of life", "signals"])
async def test_what_the_processes_tell_each_other_may_fail_and_is_tried_again(
    clock: ManualClock, what: str, surprise: Exception
) -> None:
    book: Any = Shared(surprise)
    membership = WorkerLease(book, "telegram", clock, lambda _live: None, LeaseDuration(0.1))
    work = (
        membership.run(lambda: None)
        if what == "sign of life"
        else ChangeListener(book, ["telegram"], lambda _table: None).run()
    )
    task = asyncio.create_task(work)
    await eventually(lambda: book.asked >= 2 or task.done())
    assert not task.done()
    task.cancel()


@pytest.mark.parametrize("surprise", [*SURPRISES, SealBroken("chats")])
async def test_a_look_for_what_waits_may_fail_and_is_repeated(
    store: Store, monkeypatch: pytest.MonkeyPatch, surprise: Exception
) -> None:
    monkeypatch.setattr("bot.delivery.runner._SWEEP", 0.02)
    waiting, looks = store.inbox.chats_waiting, [None, surprise, surprise]

    async def looked(channel: str) -> list[Chat]:
        trouble = looks.pop(0) if looks else None
        if trouble:
            raise trouble
        return await waiting(channel)

    patch_method(monkeypatch, store.inbox, "chats_waiting", looked)
    clock = Clock()
    roads = DeliveryPipeline(store, clock)
    pacer = Pacer(Pace(1e6, UNHURRIED), clock)
    from bot.delivery.runner import ChannelService  # noqa: PLC0415 - used here alone

    service = ChannelService(WorkerLease(store.workers, "telegram", clock, pacer.share), roads.dispatcher)
    workers = TurnPool(roads.turns.handle_next, lambda _chat: roads.dispatcher.notify())
    stop = asyncio.Event()
    task = asyncio.create_task(Runner(store, workers, (service,), ()).run(stop))
    await asyncio.sleep(0)
    await store.inbox.receive([make_text_update("a", 1)], clock.now())
    await eventually(lambda: roads.channel.sent or task.done())
    assert not task.done()
    stop.set()
    await task


async def sends_a_file(session: Session | None, event: Event, world: Services) -> Answer:
    return Answer(Session(), [Reply(paragraphs=("a",), attachments=(Attachment.of("a.txt", "text/plain", b"a"),))])


@pytest.mark.parametrize("broadcast", [None, ONE])
async def test_a_file_that_the_platform_cannot_send_fails_at_once_and_only_its_own_person_is_told(
    store: Store, clock: ManualClock, broadcast: str | None
) -> None:
    watched = Watched(store, broadcast)
    roads = DeliveryPipeline(watched.store, clock, talk=make_conversation(sends_a_file))
    roads.channel.failures.append(Unsupported("sendDocument"))
    await roads.flow(make_text_update("a", 1))
    await roads.dispatcher.deliver()
    assert watched.settled == [DeliveryState.FAILED, *([] if broadcast else [DeliveryState.SENT])]
    assert len(roads.channel.sent) == (0 if broadcast else 1)
