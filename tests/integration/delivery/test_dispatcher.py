import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from bot.channels import (
    Blocked,
    ChannelError,
    Conflict,
    Deferred,
    Doubtful,
    Gone,
    Invalid,
    MaybeSent,
    Refused,
    RetryLater,
    TooLarge,
    Unreachable,
    Unsupported,
)
from bot.channels.pace import Pace, Rate
from bot.clock import Clock
from bot.delivery.dispatcher import Dispatcher
from bot.delivery.pacing import Pacer
from bot.messages import DeliveryState, OutboxRow, Settlement
from bot.store import Store
from tests.support.delivery import (
    UNHURRIED,
    DeliveryPipeline,
    ManualClock,
    ScriptedChannel,
    eventually,
    make_text_update,
)


class Watched:
    """The real outbox; remembers what became of each row, and says of each that it is part of what it is told to."""

    def __init__(self, store: Store, broadcast: str | None = None) -> None:
        itself: Any = self
        self.store = replace(store, outbox=itself)
        self._outbox = store.outbox
        self._broadcast = broadcast
        self.settled: list[DeliveryState] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._outbox, name)

    async def claim(self, *args: Any) -> list[OutboxRow]:
        rows = await self._outbox.claim(*args)
        return [replace(row, broadcast=self._broadcast) for row in rows]

    async def settle_all(self, settlements: Sequence[Settlement], *args: Any) -> frozenset[str]:
        self.settled += [settlement.state for settlement in settlements]
        return await self._outbox.settle_all(settlements, *args)


async def delivered(watched: Watched, clock: ManualClock, *failures: Exception) -> DeliveryPipeline:
    """One message, tried until it has a final state."""
    roads = DeliveryPipeline(watched.store, clock)
    roads.channel.failures.extend(failures)
    await roads.flow(make_text_update("a", 1))
    for _ in range(50):
        if watched.settled:
            break
        clock.seconds += 60
        await roads.dispatcher.deliver()
    return roads


@pytest.mark.parametrize(
    ("failures", "state", "tried"),
    [
        ([], DeliveryState.SENT, 1),
        ([Blocked()], DeliveryState.BLOCKED, 1),  # the person stopped the bot
        ([Invalid()], DeliveryState.INVALID, 1),  # no second try makes it valid
        ([RetryLater(3)] * 9, DeliveryState.SENT, 10),  # patience has no end
        ([Deferred(3)] * 9, DeliveryState.SENT, 10),
        ([Unreachable()] * 20, DeliveryState.SENT, 21),  # an outage is not the message's fault
        ([Refused()], DeliveryState.SENT, 2),
        ([Conflict()], DeliveryState.SENT, 2),
        ([MaybeSent()], DeliveryState.SENT, 2),  # a reply may come twice rather than never
        ([MaybeSent()] * 9, DeliveryState.UNKNOWN, 6),
        ([Doubtful()], DeliveryState.UNKNOWN, 1),  # a platform that may deliver and report an error
        ([ChannelError()] * 9, DeliveryState.FAILED, 6),
        ([Gone()] * 9, DeliveryState.FAILED, 6),
        ([TooLarge()] * 9, DeliveryState.FAILED, 6),
        ([Unsupported("sendMessage")], DeliveryState.SENT, 2),  # a text has no other way: perhaps it was a mishap
        ([Unsupported("sendMessage")] * 9, DeliveryState.FAILED, 6),
        ([Unreachable()] * 20 + [MaybeSent()], DeliveryState.SENT, 22),  # only what may be the message's fault counts
        ([RetryLater(3)] * 9 + [ChannelError()], DeliveryState.SENT, 11),
        ([Refused(), Conflict()] * 5 + [MaybeSent()] * 5, DeliveryState.SENT, 16),
        ([MaybeSent(), Unreachable(), RetryLater(3)] * 6, DeliveryState.UNKNOWN, 16),
        ([Conflict(), ChannelError()] * 6, DeliveryState.FAILED, 12),
        ([KeyError("a surprise")], DeliveryState.SENT, 2),  # nobody knows whether it left
    ],
)
async def test_every_outcome_of_a_reply_has_its_state(
    store: Store, clock: ManualClock, failures: list[Exception], state: DeliveryState, tried: int
) -> None:
    watched = Watched(store)
    roads = await delivered(watched, clock, *failures)
    assert watched.settled == [state]
    assert roads.channel.tried == tried


@pytest.mark.parametrize("failure", [MaybeSent(), KeyError("a surprise")])
async def test_a_broadcast_that_may_have_left_is_never_sent_again(
    store: Store, clock: ManualClock, failure: Exception
) -> None:
    watched = Watched(store, broadcast="TB-000001")
    roads = await delivered(watched, clock, failure)
    assert watched.settled == [DeliveryState.UNKNOWN]
    assert roads.channel.tried == 1


def test_every_kind_of_channel_error_is_in_the_table_above() -> None:
    named = {Blocked, Invalid, RetryLater, Unreachable, Refused, Conflict, MaybeSent, Gone, TooLarge, Unsupported}
    assert {kind for kind in ChannelError.__subclasses__() if kind.__module__ == "bot.channels"} == named


async def test_patience_with_one_chat_does_not_stop_the_others(store: Store, clock: ManualClock) -> None:
    roads = DeliveryPipeline(store, clock)
    roads.channel.failures.append(RetryLater(30))
    await roads.flow(make_text_update("a", 1, "1"))
    await roads.flow(make_text_update("b", 2, "2"), make_text_update("c", 3, "1"))
    assert roads.channel.sent == [("2", "1: b")]
    clock.seconds += 31
    await roads.dispatcher.deliver()
    assert roads.channel.texts("1") == ["1: a", "2: c"]


@pytest.mark.parametrize("killed", [False, True])
async def test_a_chat_told_to_wait_five_minutes_is_left_alone_so_long_also_by_the_next_process(
    store: Store, clock: ManualClock, killed: bool
) -> None:
    roads = DeliveryPipeline(store, clock)
    roads.channel.failures.append(RetryLater(300))
    await roads.flow(make_text_update("a", 1, "1"))
    if killed:  # it took the next message of that chat, and died with it
        roads = DeliveryPipeline(store, clock, channel=roads.channel)
        await store.outbox.recover("telegram", clock.now())
    tried = roads.channel.tried
    for number in range(9):
        clock.seconds += 30
        await roads.flow(make_text_update("b", 10 + number, "2"), make_text_update("c", 50 + number, "1"))
        assert len(roads.channel.texts("2")) == number + 1
    assert roads.channel.tried == tried + 9  # nothing of the chat that waits, whatever its person writes meanwhile
    clock.seconds += 31
    await roads.dispatcher.deliver()
    assert roads.channel.texts("1")[0] == "1: a"
    for _ in range(20):
        clock.seconds += 30
        await roads.dispatcher.deliver()
    assert len(roads.channel.texts("1")) == 10
    assert not any("⚠" in text for text in roads.channel.texts("1"))


async def test_two_chats_that_are_told_to_wait_make_nobody_else_wait(store: Store, clock: ManualClock) -> None:
    roads = DeliveryPipeline(store, clock)
    roads.channel.failures.extend([RetryLater(39), RetryLater(35)])
    for number in range(2):
        await roads.flow(make_text_update("a", number, str(number)))
    await roads.flow(make_text_update("c", 3, "3"))
    assert roads.channel.sent == [("3", "1: c")]
    clock.seconds += 40
    await roads.dispatcher.deliver()
    assert len(roads.channel.sent) == 3


async def test_many_chats_told_to_wait_between_answers_that_get_through_make_nobody_else_wait(
    store: Store, clock: ManualClock
) -> None:
    roads = DeliveryPipeline(store, clock)
    for number in range(10):
        roads.channel.failures.extend([RetryLater(39), None])
        await roads.flow(make_text_update("a", number, str(number)))
        await roads.flow(make_text_update("b", 100 + number, "officer"))
        assert len(roads.channel.texts("officer")) == number + 1


async def test_messages_that_wait_for_a_reason_of_their_own_make_nobody_else_wait(
    store: Store, clock: ManualClock
) -> None:
    roads = DeliveryPipeline(store, clock)
    roads.channel.failures.extend([Deferred(8 * 3600)] * 9)
    await roads.flow(*(make_text_update("a", number, str(number)) for number in range(9)))
    await roads.flow(make_text_update("b", 100, "officer"))
    assert roads.channel.sent == [("officer", "1: b")]


@pytest.mark.parametrize("failure", [Deferred, RetryLater])
async def test_a_message_that_has_to_wait_until_tomorrow_is_not_tried_again_and_again(
    store: Store, clock: ManualClock, failure: type[RetryLater]
) -> None:
    roads = DeliveryPipeline(store, clock)
    roads.channel.failures.append(failure(9 * 3600))
    await roads.flow(make_text_update("a", 1, "1"))
    for _ in range(3):
        await roads.dispatcher.deliver()
    assert roads.channel.tried == 1
    clock.seconds += 3600
    await roads.dispatcher.deliver()
    assert roads.channel.sent == [("1", "1: a")]


async def test_where_chat_after_chat_is_refused_everything_pauses_and_one_message_at_a_time_finds_out(
    store: Store, clock: ManualClock
) -> None:
    """The bot as a whole is too fast: it is not asked again and again, nor is a whole minute lost to a wrong guess."""
    roads = DeliveryPipeline(store, clock)
    roads.channel.failures.extend([RetryLater(30)] * 4)
    await roads.flow(*(make_text_update("a", number, str(number)) for number in range(3)))
    await roads.flow(*(make_text_update("a", number, str(number)) for number in range(3, 9)))
    assert roads.channel.tried == 3
    clock.seconds += 1
    await roads.dispatcher.deliver()
    assert (roads.channel.tried, roads.channel.sent) == (4, [])
    clock.seconds += 2
    await roads.dispatcher.deliver()
    assert len(roads.channel.sent) == 5
    clock.seconds += 31
    await roads.dispatcher.deliver()
    assert sorted(address for address, _ in roads.channel.sent) == [str(number) for number in range(9)]


async def test_messages_of_a_chat_leave_in_order_while_chats_overlap(store: Store) -> None:
    roads = DeliveryPipeline(store, Clock(), channel=ScriptedChannel(delay=0.005))
    updates = [
        make_text_update(f"{number}", 100 * chat + number, str(chat)) for number in range(5) for chat in range(8)
    ]
    began = asyncio.get_running_loop().time()
    await roads.flow(*updates)
    for chat in range(8):
        assert roads.channel.texts(str(chat)) == [f"{number + 1}: {number}" for number in range(5)]
    assert asyncio.get_running_loop().time() - began < 40 * 0.005 + 5


async def test_a_message_in_trouble_keeps_the_ones_behind_it_waiting(store: Store, clock: ManualClock) -> None:
    roads = DeliveryPipeline(store, clock)
    roads.channel.failures.append(MaybeSent())
    await roads.flow(make_text_update("a", 1), make_text_update("b", 2))
    assert roads.channel.sent == []
    clock.seconds += 60
    await roads.dispatcher.deliver()
    assert roads.channel.texts() == ["1: a", "2: b"]


async def test_no_more_leave_at_once_than_the_platform_takes(store: Store, clock: ManualClock) -> None:
    roads = DeliveryPipeline(store, clock, pace=Pace(overall=30, chat=UNHURRIED))
    await roads.flow(*(make_text_update("a", number, str(number)) for number in range(70)))
    assert len(roads.channel.sent) == 30
    clock.seconds += 1.1
    await roads.dispatcher.deliver()
    assert len(roads.channel.sent) == 60


async def test_a_chat_that_gets_much_is_slowed_to_its_pace(store: Store, clock: ManualClock) -> None:
    roads = DeliveryPipeline(store, clock, pace=Pace(overall=1e6, chat=Rate(1, 2)))
    await roads.flow(*(make_text_update("a", number) for number in range(5)))
    assert len(roads.channel.sent) == 5
    assert sum(clock.slept) == pytest.approx(3)


async def test_what_a_crash_caught_on_its_way_is_sent_by_the_next_process(store: Store, clock: ManualClock) -> None:
    first = DeliveryPipeline(store, clock)
    await first.take(make_text_update("a", 1))
    assert len(await store.outbox.claim("telegram", 10, clock.now())) == 1
    later = DeliveryPipeline(store, clock)
    assert await later.dispatcher.deliver() == 0
    await store.outbox.recover("telegram", clock.now())
    await later.dispatcher.deliver()
    assert later.channel.texts() == ["1: a"]


async def test_the_loop_sends_on_a_signal_and_stops_with_nothing_half_done(store: Store) -> None:
    clock = Clock()
    roads = DeliveryPipeline(store, clock, channel=ScriptedChannel(delay=0.05))
    dispatcher = Dispatcher(store, roads.channel, Pacer(Pace(1e6, UNHURRIED), clock), clock)
    stop = asyncio.Event()
    running = asyncio.create_task(dispatcher.run(stop))
    await asyncio.sleep(0.05)
    await roads.take(make_text_update("a", 1))
    dispatcher.notify()
    await eventually(lambda: roads.channel.under_way)
    stop.set()
    await asyncio.wait_for(running, 30)
    assert roads.channel.texts() == ["1: a"]
    assert await store.outbox.recover("telegram", clock.now()) == 0


async def test_the_loop_sends_again_when_a_retry_falls_due(store: Store) -> None:
    clock = Clock()
    roads = DeliveryPipeline(store, clock)
    roads.channel.failures.append(RetryLater(0.05))
    stop = asyncio.Event()
    running = asyncio.create_task(roads.dispatcher.run(stop))
    await roads.take(make_text_update("a", 1))
    roads.dispatcher.notify()
    await eventually(lambda: roads.channel.sent, within=2)
    stop.set()
    await running


async def test_the_loop_goes_on_with_a_chat_as_soon_as_its_last_message_has_left(store: Store) -> None:
    roads = DeliveryPipeline(store, Clock())
    await roads.take(*(make_text_update(str(number), number) for number in range(5)))
    stop = asyncio.Event()
    running = asyncio.create_task(roads.dispatcher.run(stop))
    await eventually(lambda: len(roads.channel.sent) == 5, within=3)  # sooner than the sweep would find them
    stop.set()
    await running


async def test_a_process_whose_part_of_the_pace_is_used_up_takes_no_answer_up(store: Store) -> None:
    roads = DeliveryPipeline(store, Clock(), pace=Pace(overall=1, chat=UNHURRIED))
    before = roads.dispatcher.takes_up()
    await roads.flow(make_text_update("xin chào", 1))

    assert before
    assert not roads.dispatcher.takes_up()
