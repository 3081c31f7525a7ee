"""Answers and broadcasts leave side by side: what one of them meets must not hold up the other."""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.channels import Blocked, ChannelError, Deferred, Invalid, MaybeSent, RetryLater, Unreachable, Unsupported
from bot.channels.pace import Pace, Rate
from bot.channels.zalo.oa.errors import NoMoney, OutsideWindow, TemplateRefused
from bot.clock import Clock
from bot.delivery.dispatcher import Dispatcher
from bot.delivery.pacing import Pacer
from bot.delivery.send_queue import _LATEST_CLAIM
from bot.messages import MessageSize, OutboxRow, Receipt
from bot.services.unit_of_work import TurnTransaction, open_turn
from bot.store import Query, Store
from bot.store import Rows as FoundRows
from bot.store.errors import StoreUnavailable
from bot.store.messages import LARGE_MESSAGE
from bot.store.sealing import open_keyring
from handlers.core import Attachment, Event, Reply, Services, Session
from handlers.model import BroadcastDraft, BroadcastText, DeliveryReason
from tests.support.broadcasts import BroadcastWriter, Row
from tests.support.delivery import (
    UNHURRIED,
    Answer,
    DeliveryPipeline,
    ManualClock,
    ScriptedChannel,
    echo,
    eventually,
    make_conversation,
    make_text_update,
)
from tests.support.store import patch_method

#: Before the manual clock begins.
_EARLIER = datetime(2026, 11, 22, tzinfo=UTC)
ONE, TWO = "TB-000001", "TB-000002"
SAYS = {name: BroadcastDraft(title="", text=BroadcastText(vi=name, en=name), buttons=()) for name in (ONE, TWO)}


class Rows:
    """Broadcasts behind the store's back, and what became of their rows."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "troly.sqlite3"
        self._outgoing = BroadcastWriter(open_keyring(folder / "keys.json")[0], self._many)

    def _many(self, statement: str, rows: Sequence[Row]) -> None:
        with closing(sqlite3.connect(self._file)) as connection, connection:
            connection.executemany(statement, rows)

    def queue(self, name: str, count: int, first: int = 100) -> None:
        self._outgoing.queue(name, map(str, range(first, first + count)), draft=SAYS[name], now=_EARLIER)

    def run(self, statement: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self._file, isolation_level=None)) as connection:
            return connection.execute(statement).fetchall()

    def move(self, name: str, state: str) -> None:
        self.run(f"UPDATE broadcasts SET state = '{state}' WHERE id = '{name}'")

    @property
    def ends(self) -> list[tuple[object, ...]]:
        return self.run("SELECT state, reason FROM outbox WHERE broadcast IS NOT NULL ORDER BY id")


@pytest.fixture
def rows(store: Store, tmp_path: Path) -> Rows:
    return Rows(tmp_path)


@pytest.fixture
def channel() -> ScriptedChannel:
    return ScriptedChannel()


def dispatcher(store: Store, channel: ScriptedChannel, clock: Clock, pace: float = 1e6) -> Dispatcher:
    return Dispatcher(store, channel, Pacer(Pace(pace, UNHURRIED), clock), clock)


class NotingChannel(ScriptedChannel):
    """Remembers what ``look`` gave when each message came."""

    def __init__(self, look: Callable[[], float]) -> None:
        super().__init__()
        self.look, self.noted = look, list[float]()

    async def send(self, row: OutboxRow) -> str | None:
        self.noted.append(self.look())
        return await super().send(row)


@pytest.mark.parametrize(
    ("pace", "answered", "waited"),
    [(1e6, 0.0, 0.0), (1e6, 0.01, 0.01), (1e6, 60.0, 0.02), (25, 60.0, 0.0)],  # at a slow one there is room enough
)
async def test_messages_to_many_wait_a_moment_for_an_answer_under_way_and_then_go_on(
    store: Store, clock: ManualClock, rows: Rows, *, pace: float, answered: float, waited: float
) -> None:
    rows.queue(ONE, 1)
    begun, pacer, channel = clock.seconds, Pacer(Pace(pace, UNHURRIED), clock), NotingChannel(clock.monotonic)
    way_out = Dispatcher(store, channel, pacer, clock, answering=lambda: clock.seconds < begun + answered)
    await way_out.deliver()
    assert [at - begun for at in channel.noted] == [pytest.approx(waited, abs=0.0015)]


async def test_whatever_is_ready_comes_between_two_messages_of_a_broadcast(
    store: Store, clock: ManualClock, rows: Rows
) -> None:
    passes = 0

    async def count_passes() -> None:
        nonlocal passes
        while True:
            passes += 1
            await asyncio.sleep(0)

    rows.queue(ONE, 8)
    channel = NotingChannel(lambda: passes)
    counting = asyncio.create_task(count_passes())
    await dispatcher(store, channel, clock).deliver()
    counting.cancel()
    assert len(channel.noted) == len(set(channel.noted)) == 8


async def within(seconds: float, way_out: Dispatcher, clock: ManualClock) -> int:
    """How many were tried meanwhile."""
    tried, until = 0, clock.seconds + seconds
    while clock.seconds < until:
        tried += await way_out.deliver()
        clock.seconds += 0.05
    return tried


def which(channel: ScriptedChannel) -> list[str]:
    return [text[:9] for _, text in channel.sent]


async def test_broadcasts_take_turns(store: Store, clock: ManualClock, channel: ScriptedChannel, rows: Rows) -> None:
    rows.queue(ONE, 20)
    rows.queue(TWO, 20, first=200)
    way_out = dispatcher(store, channel, clock, pace=4)
    for _ in range(5):
        await way_out.deliver()
        clock.seconds += 1.1
    assert set(which(channel)) == {ONE, TWO}
    assert abs(which(channel).count(ONE) - which(channel).count(TWO)) <= 1


async def test_a_second_message_of_a_chat_leaves_behind_the_first_and_behind_the_last_nobody_looks_for_more(
    store: Store, channel: ScriptedChannel, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim, found = store.outbox.claim, list[int]()

    async def claimed(*wanted: Any) -> list[OutboxRow]:
        answers = await claim(*wanted)
        if wanted[-1] is MessageSize.SMALL:
            found.append(len(answers))
        return answers

    patch_method(monkeypatch, store.outbox, "claim", claimed)
    clock, stop = Clock(), asyncio.Event()
    await DeliveryPipeline(store, clock, channel=channel).take(make_text_update("a", 1), make_text_update("b", 2))
    sending = asyncio.create_task(dispatcher(store, channel, clock).run(stop))
    await eventually(
        lambda: rows.run("SELECT COUNT(*) FROM outbox WHERE state = 'sent'") == [(2,)], within=4
    )  # no sweep
    await asyncio.sleep(0.05)  # a further look would be made by now
    stop.set()
    await sending
    assert found == [1, 1]


@pytest.mark.parametrize("state", ["paused", "cancelled"])
async def test_a_pause_acts_at_once_and_what_goes_on_later_loses_nobody(
    store: Store, clock: ManualClock, channel: ScriptedChannel, rows: Rows, state: str
) -> None:
    rows.queue(ONE, 40)
    way_out = dispatcher(store, channel, clock, pace=10)
    assert 5 <= await within(1, way_out, clock) <= 10

    rows.move(ONE, state)
    assert await within(1, way_out, clock) == 0

    rows.move(ONE, "running")
    assert 30 <= await within(6, way_out, clock) < 40
    assert sorted(address for address, _ in channel.sent) == sorted(map(str, range(100, 140)))


@pytest.mark.parametrize(
    "outcome",
    [
        ([], ("sent", None), 1),
        ([Blocked()], ("blocked", None), 1),
        ([Invalid()], ("invalid", "refused"), 1),
        ([OutsideWindow()], ("invalid", "window"), 1),
        ([NoMoney()], ("invalid", "money"), 1),
        ([TemplateRefused()], ("invalid", "template"), 1),
        ([Deferred(3)] * 9, ("sent", None), 10),
        ([MaybeSent()], ("unknown", "no_answer"), 1),  # never silently a second time
        ([KeyError("a surprise")], ("unknown", "no_answer"), 1),
        ([RetryLater(3)] * 9, ("sent", None), 10),
        ([Unreachable()] * 9, ("sent", None), 10),
        ([ChannelError()] * 9, ("failed", "gave_up"), 6),
        ([Unsupported("sendMessage")] * 9, ("failed", "no_sendMessage"), 6),
        ([Unsupported("sendRainbow")] * 9, ("failed", "not_offered"), 6),
    ],
)
async def test_every_outcome_of_a_broadcast_row_has_its_state_and_reason(
    store: Store, clock: ManualClock, rows: Rows, outcome: tuple[list[Exception], tuple[str, str | None], int]
) -> None:
    failures, end, tried = outcome
    rows.queue(ONE, 1)
    channel = ScriptedChannel()
    channel.failures.extend(failures)
    way_out = dispatcher(store, channel, clock)
    for _ in range(15):
        await way_out.deliver()
        clock.seconds += 61
    assert (rows.ends, channel.tried) == ([end], tried)


class TemplateChannel(ScriptedChannel):
    """Everything leaves as an approved text."""

    async def send(self, row: OutboxRow) -> Receipt:  # type: ignore[override]
        return Receipt("7", DeliveryReason.BY_TEMPLATE)


async def test_a_message_that_left_in_another_way_says_so(store: Store, clock: ManualClock, rows: Rows) -> None:
    rows.queue(ONE, 1)
    await dispatcher(store, TemplateChannel(), clock).deliver()
    assert rows.ends == [("sent", "by_template")]


async def test_an_outage_rests_the_whole_channel_and_grows_once_however_many_fail_together(
    store: Store, clock: ManualClock, channel: ScriptedChannel, rows: Rows
) -> None:
    rows.queue(ONE, 8)
    channel.failures.extend([Unreachable()] * 8)
    way_out = dispatcher(store, channel, clock)
    await way_out.deliver()
    assert (channel.tried, await way_out.deliver()) == (8, 0)

    clock.seconds += 0.6  # the first pause is half a second at most, whoever else failed with it
    await way_out.deliver()
    assert rows.ends == [("sent", None)] * 8


async def test_a_plea_for_patience_is_one_chats_own_affair_until_chat_after_chat_is_refused(
    store: Store, clock: ManualClock, channel: ScriptedChannel, rows: Rows
) -> None:
    rows.queue(ONE, 6)
    way_out = dispatcher(store, channel, clock, pace=4)
    channel.failures.extend([RetryLater(30)])
    assert await within(1, way_out, clock) == 4  # the first has to wait, the others do not
    assert len(channel.sent) == 3
    channel.failures.extend([RetryLater(30)])
    assert await within(1, way_out, clock) == 2
    assert len(channel.sent) == 4  # all that need not wait
    await within(40, way_out, clock)
    assert rows.ends == [("sent", None)] * 6

    rows.queue(TWO, 8, first=200)
    channel.failures.extend([RetryLater(30)] * 3)
    assert await within(0.95, way_out, clock) == 3  # the third at half a second, and then half a second's rest at least
    assert await within(40, way_out, clock) == 8


async def test_a_process_that_may_not_send_any_more_claims_nothing_and_gives_back_what_it_has(
    store: Store, clock: ManualClock, channel: ScriptedChannel, rows: Rows
) -> None:
    rows.queue(ONE, 3)
    pacer = Pacer(Pace(1e6, UNHURRIED), clock)
    answers = iter([True, True, True, False, False, False])  # every lane may claim, and then nothing may leave
    way_out = Dispatcher(store, channel, pacer, clock, may_send=lambda: next(answers, False))
    assert await way_out.deliver() == 3
    assert await way_out.deliver() == 0
    assert channel.tried == 0
    assert rows.ends == [("queued", None)] * 3


async def test_nothing_is_claimed_nor_leaves_out_of_hours_though_nobody_has_held_it_back_yet(
    store: Store, clock: ManualClock, channel: ScriptedChannel, rows: Rows
) -> None:
    rows.queue(ONE, 3)
    roads = DeliveryPipeline(store, clock, channel=channel)
    await roads.take(make_text_update("a", 1))
    hours = iter([True])  # open for the claim, and closed ever after
    way_out = Dispatcher(
        store, channel, Pacer(Pace(1e6, UNHURRIED), clock), clock, open_at=lambda _: next(hours, False)
    )
    assert await within(2, way_out, clock) == 4
    assert which(channel) == ["1: a"]
    assert rows.ends == [("queued", None)] * 3


@pytest.mark.parametrize("kind", ["claim", "claim_broadcast"])
async def test_what_was_claimed_as_the_store_went_away_is_sent_once_by_the_same_process(
    store: Store, clock: ManualClock, rows: Rows, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    channel = ScriptedChannel()
    rows.queue(ONE, 3)
    await DeliveryPipeline(store, clock, channel=channel).take(make_text_update("a", 1))
    really, lost = getattr(store.outbox, kind), iter([True])

    async def claim(*wanted: object) -> list[OutboxRow]:
        claimed: list[OutboxRow] = await really(*wanted)
        if claimed and next(lost, False):
            raise StoreUnavailable
        return claimed

    patch_method(monkeypatch, store.outbox, kind, claim)
    await within(3, dispatcher(store, channel, clock), clock)
    assert sorted(address for address, _ in channel.sent) == ["1", "100", "101", "102"]
    assert rows.run("SELECT DISTINCT state, attempts FROM outbox") == [("sent", 1)]


@pytest.mark.parametrize("kind", ["claim", "claim_broadcast"])
async def test_what_a_claim_takes_long_after_its_connection_has_gone_is_sent_once(
    store: Store, rows: Rows, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    loop, later = asyncio.get_running_loop(), list[Callable[[], None]]()
    call_later = loop.call_later

    def call(seconds: float, act: Callable[..., None], *wanted: Any) -> asyncio.TimerHandle:
        if seconds == _LATEST_CLAIM:
            later.append(act)
        return call_later(seconds, act, *wanted)

    monkeypatch.setattr(loop, "call_later", call)
    monkeypatch.setattr("bot.delivery.dispatcher._SWEEP", 0.1)
    really, give_back = getattr(store.outbox, kind), store.outbox.release_claims
    lost, taken = iter([True]), list[OutboxRow]()

    async def claim(*wanted: object) -> list[OutboxRow]:
        if next(lost, False):
            raise StoreUnavailable  # the server goes on with it
        claimed: list[OutboxRow] = await really(*wanted)
        return claimed

    async def given_back(*wanted: Any, **more: Any) -> None:
        await give_back(*wanted, **more)
        taken.extend([] if taken else await really(*late))

    late = ("telegram", 9, Clock().now()) if kind == "claim" else (ONE, "telegram", 9, Clock().now())
    rows.queue(ONE, 2)
    await DeliveryPipeline(store, Clock()).take(make_text_update("a", 1))
    patch_method(monkeypatch, store.outbox, kind, claim)
    patch_method(monkeypatch, store.outbox, "release_claims", given_back)
    stop, channel = asyncio.Event(), ScriptedChannel()
    running = asyncio.create_task(dispatcher(store, channel, Clock()).run(stop))
    await eventually(lambda: taken and later)
    later[0]()
    await eventually(lambda: rows.run("SELECT DISTINCT state FROM outbox") == [("sent",)], within=20)
    stop.set()
    await running
    assert sorted(address for address, _ in channel.sent) == ["1", "100", "101"]


class SlowSecond(ScriptedChannel):
    """All but the first message hang until they may go on."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = asyncio.Event()

    async def _take_time(self, row: OutboxRow) -> None:
        if self.tried > 1:
            await self.go_on.wait()


async def test_what_is_in_hand_again_is_not_put_back_once_more_because_the_first_answer_was_lost(
    store: Store, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel, put_back, lost = SlowSecond(), store.outbox.retry, iter([True])

    async def unanswered(*wanted: Any, **counted: Any) -> None:
        await put_back(*wanted, **counted)
        if next(lost, False):
            roads.dispatcher.notify_answers()
            await eventually(lambda: channel.under_way)
            raise StoreUnavailable
        roads.dispatcher.notify_answers()
        await eventually(lambda: not answers._wake.is_set())
        channel.go_on.set()

    patch_method(monkeypatch, store.outbox, "retry", unanswered)
    channel.failures.append(RetryLater(0))
    roads = DeliveryPipeline(store, Clock(), channel=channel)
    answers = roads.dispatcher._queues[0]
    async with roads.sending():
        await roads.take(make_text_update("a", 1))
        await eventually(lambda: rows.run("SELECT state, attempts FROM outbox") == [("sent", 1)], within=20)
    assert channel.tried == 2


async def test_what_is_in_hand_again_before_its_putting_back_is_answered_is_not_given_back(
    store: Store, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel, put_back = SlowSecond(), store.outbox.retry

    async def slowly(*wanted: Any, **counted: Any) -> None:
        await put_back(*wanted, **counted)
        roads.dispatcher.notify_answers()
        await eventually(lambda: channel.under_way)

    patch_method(monkeypatch, store.outbox, "retry", slowly)
    channel.failures.append(RetryLater(0))
    roads = DeliveryPipeline(store, Clock(), channel=channel)
    answers = roads.dispatcher._queues[0]
    claims = answers._options.claims
    async with roads.sending():
        await roads.take(make_text_update("a", 1))
        await eventually(lambda: channel.tried == 2 and len(answers._sending) == 1)
        claims.doubt()
        roads.dispatcher.notify_answers()
        await eventually(lambda: not claims.unsure)
        channel.go_on.set()
    assert channel.tried == 2
    assert rows.run("SELECT state, attempts FROM outbox") == [("sent", 1)]


async def test_a_chat_that_gets_much_has_its_answer_before_the_broadcast(
    store: Store, clock: ManualClock, channel: ScriptedChannel, rows: Rows
) -> None:
    pacer = Pacer(Pace(1e6, Rate(1, 2)), clock)
    way_out, roads = Dispatcher(store, channel, pacer, clock), DeliveryPipeline(store, clock, channel=channel)
    for number, name in enumerate((ONE, TWO)):
        rows.queue(name, 1)
        await roads.take(make_text_update(str(number), number, address="100"))
        await way_out.deliver()  # the second time the answer takes the last that the chat may get at once
    assert clock.slept.count(1.0) == 0
    await roads.take(make_text_update("2", 2, address="100"))
    await within(4, way_out, clock)
    assert [text[:4] for text in channel.texts("100")] == ["1: 0", "TB-0", "2: 1", "3: 2", "TB-0"]
    assert rows.ends == [("sent", None)] * 2


async def test_an_answer_overtakes_a_broadcast_that_takes_all_connections(store: Store, rows: Rows) -> None:
    clock, slow = Clock(), _Slow()
    roads = DeliveryPipeline(store, clock, channel=slow)
    way_out = Dispatcher(store, slow, Pacer(Pace(1e6, Rate(1e6, 1e6)), clock), clock)
    rows.queue(ONE, 50)
    stop = asyncio.Event()
    running = asyncio.create_task(way_out.run(stop))
    await eventually(lambda: len(slow.under_way) == 8)

    await roads.take(make_text_update("a", 1))
    way_out.notify()
    await eventually(slow.texts)

    assert which(slow) == ["1: a"]
    slow.go_on.set()
    await eventually(lambda: len(slow.sent) == 51)
    stop.set()
    await running
    assert rows.ends == [("sent", None)] * 50


class _Slow(ScriptedChannel):
    """Broadcasts hang until they may go on."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = asyncio.Event()

    async def _take_time(self, row: OutboxRow) -> None:
        if row.broadcast:
            await self.go_on.wait()


def note_claims(monkeypatch: pytest.MonkeyPatch, store: Store) -> list[int]:
    """Note how many messages each claim took."""
    claim, found = store.outbox.claim, list[int]()

    async def claimed(*wanted: Any) -> list[OutboxRow]:
        taken = await claim(*wanted)
        found.append(len(taken))
        return taken

    patch_method(monkeypatch, store.outbox, "claim", claimed)
    return found


async def test_an_answer_leaves_with_the_commit_of_its_turn_and_nobody_looks_for_it(
    store: Store, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = note_claims(monkeypatch, store)
    roads = DeliveryPipeline(store, Clock())
    async with roads.sending():
        for number in range(3):
            await roads.take(make_text_update(str(number), number))
            roads.turns.wake_outlet(roads.store.chats.at("telegram", "1"))
            await eventually(lambda: rows.run("SELECT DISTINCT state FROM outbox") == [("sent",)])
    assert roads.channel.texts() == ["1: 0", "2: 1", "3: 2"]
    assert sum(found) == 0
    assert rows.run("SELECT DISTINCT attempts FROM outbox") == [(1,)]


async def test_what_waits_already_and_chats_that_rest_are_not_overtaken_by_an_answer(store: Store, rows: Rows) -> None:
    roads = DeliveryPipeline(store, Clock(), pace=Pace(1e6, Rate(5, 1)))
    async with roads.sending():
        for number in range(3):
            await roads.take(make_text_update(str(number), number))
            roads.dispatcher.notify_answers()
        await eventually(lambda: len(roads.channel.sent) == 3)
    assert roads.channel.texts() == ["1: 0", "2: 1", "3: 2"]
    assert rows.run("SELECT DISTINCT state, attempts FROM outbox") == [("sent", 1)]


@pytest.mark.parametrize("committed", [True, False])
async def test_an_answer_whose_commit_is_not_answered_leaves_once(
    store: Store, rows: Rows, monkeypatch: pytest.MonkeyPatch, committed: bool
) -> None:
    really, lost = TurnTransaction.finish, iter([True])

    async def finish(unit: TurnTransaction, *args: Any, claim: bool = False) -> OutboxRow | None:
        if next(lost, False):
            if committed:
                assert await really(unit, *args, claim=claim)
            raise StoreUnavailable
        return await really(unit, *args, claim=claim)

    monkeypatch.setattr(TurnTransaction, "finish", finish)
    roads = DeliveryPipeline(store, Clock())
    async with roads.sending():
        await roads.take(make_text_update("a", 1))
        roads.turns.wake_outlet(store.chats.at("telegram", "1"))
        await eventually(lambda: rows.run("SELECT state, attempts FROM outbox") == [("sent", 1)])
    assert roads.channel.texts() == ["1: a"]


async def test_an_answer_whose_commit_comes_through_after_all_leaves_though_the_next_try_was_promised_nothing(
    store: Store, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    really, tries = TurnTransaction.finish, iter(["lost", "late"])

    async def finish(unit: TurnTransaction, *args: Any, claim: bool = False) -> OutboxRow | None:
        match next(tries):
            case "lost":  # the server goes on with it, and tells nobody
                raise StoreUnavailable
            case "late":
                assert not claim
                async with open_turn(store, unit._pending, unit._now) as late:
                    assert await really(late, *args, claim=True)
        return await really(unit, *args, claim=claim)

    async def heard(session: Session | None, event: Event, world: Services) -> Answer:
        await eventually(lambda: not roads.dispatcher._queues[0]._options.claims.unsure)
        roads.dispatcher.notify_answers()  # something may wait: nothing is promised
        return await echo(session, event, world)

    monkeypatch.setattr(TurnTransaction, "finish", finish)
    roads = DeliveryPipeline(store, Clock(), make_conversation(heard))
    async with roads.sending():
        await roads.take(make_text_update("a", 1))
        await eventually(lambda: rows.run("SELECT state, attempts FROM outbox") == [("sent", 1)], within=20)
    assert roads.channel.texts() == ["1: a"]


async def test_a_stop_waits_for_an_answer_whose_turn_is_being_committed(
    store: Store, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    really, begun, gate = TurnTransaction.finish, asyncio.Event(), asyncio.Event()

    async def finish(unit: TurnTransaction, *args: Any, claim: bool = False) -> OutboxRow | None:
        begun.set()
        await gate.wait()
        return await really(unit, *args, claim=claim)

    monkeypatch.setattr(TurnTransaction, "finish", finish)
    roads = DeliveryPipeline(store, Clock())
    async with roads.sending():
        turn = asyncio.create_task(roads.take(make_text_update("a", 1)))
        await begun.wait()
        asyncio.get_running_loop().call_later(0.05, gate.set)
    await turn
    assert rows.run("SELECT state FROM outbox") == [("sent",)]


class Gated(ScriptedChannel):
    """Files hang until they may go on."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = asyncio.Event()

    async def _take_time(self, row: OutboxRow) -> None:
        if row.reply.attachments:
            await self.go_on.wait()


async def with_file(session: Session | None, event: Event, world: Services) -> Answer:
    heard = await echo(session, event, world)
    file = Attachment.of("a.txt", "text/plain", b"x" * 2 * LARGE_MESSAGE)
    return Answer(heard.session, [Reply(paragraphs=("a file",), attachments=(file,)), *heard.replies])


async def test_an_answer_behind_a_file_leaves_as_soon_as_the_file_has_and_no_lost_claim_repeats_that(
    store: Store, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.delivery.dispatcher._SWEEP", 1000.0)
    claim, lost = store.outbox.claim, iter([True])

    async def claimed(*wanted: Any) -> list[OutboxRow]:
        taken = await claim(*wanted)
        if taken and wanted[-1] is MessageSize.SMALL and next(lost, False):
            raise StoreUnavailable
        return taken

    channel = Gated()
    roads = DeliveryPipeline(store, Clock(), make_conversation(with_file), channel)
    async with roads.sending():
        await roads.take(make_text_update("a", 1))
        await eventually(lambda: channel.under_way)
        patch_method(monkeypatch, store.outbox, "claim", claimed)
        await DeliveryPipeline(store, Clock()).take(make_text_update("b", 2, address="2"))
        roads.dispatcher.notify_answers()
        await eventually(lambda: ("2", "1: b") in channel.sent)
        channel.go_on.set()
        await eventually(lambda: rows.run("SELECT DISTINCT state FROM outbox") == [("sent",)], within=20)
    assert channel.texts() == ["a file", "1: a"]
    assert channel.tried == 3


async def test_an_answer_behind_a_broadcast_leaves_as_soon_as_that_has(
    store: Store, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.delivery.dispatcher._SWEEP", 1000.0)
    rows.queue(ONE, 1)
    slow = _Slow()
    roads = DeliveryPipeline(store, Clock(), channel=slow)
    async with roads.sending():
        await eventually(lambda: slow.under_way)
        await roads.take(make_text_update("a", 1, address="100"))
        roads.dispatcher.notify_answers()
        slow.go_on.set()
        await eventually(lambda: len(slow.sent) == 2, within=20)
    assert which(slow) == [ONE, "1: a"]


async def test_a_dispatcher_with_nothing_to_do_hardly_looks(
    store: Store, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, asked = store.driver.run, list[str]()

    async def noted(*calls: Query, durable: bool = False) -> list[FoundRows]:
        asked.extend(call.query for call in calls)
        return await run(*calls, durable=durable)

    patch_method(monkeypatch, store.driver, "run", noted)
    async with DeliveryPipeline(store, clock).sending():
        await asyncio.sleep(1.2)
    assert sorted(asked) == ["claim", "claim", "running"]


async def test_an_answer_that_the_database_has_forgotten_to_have_left_does_not_leave_again(
    store: Store, clock: ManualClock, rows: Rows
) -> None:
    roads = DeliveryPipeline(store, clock)
    await roads.take(make_text_update("a", 1))
    rows.run("CREATE TABLE standby AS SELECT * FROM outbox")
    await roads.dispatcher.deliver()
    rows.run("UPDATE outbox SET state = 'queued', payload = (SELECT payload FROM standby)")
    await roads.take(make_text_update("b", 2))
    await within(1, roads.dispatcher, clock)

    assert roads.channel.texts() == ["1: a", "2: b"]
    assert rows.run("SELECT DISTINCT state FROM outbox") == [("sent",)]
