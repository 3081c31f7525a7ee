"""Whoever keeps the database busy with what they look up makes nobody else wait."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from bot.clock import Clock
from bot.delivery.turn_pool import TurnPool
from bot.messages import Incoming
from bot.store import Store
from bot.store.drivers import Query, Rows, Transaction
from handlers.core import Event, Services, Session, TextReceived
from handlers.model import NO_UNITS, Audience, Rights
from tests.support.delivery import Answer, DeliveryPipeline, echo, eventually, make_conversation, make_text_update
from tests.support.store import make_content

#: Looks at what was answered, ten milliseconds apart: two seconds, or as much longer as the machine does other things.
MOST_LOOKS = 200
#: Seconds. The slow questions are answered only after the officer: whoever waits for one waits for ever, so that any
#: bound tells it, and this one is never met by a machine that is merely slow.
FOR_EVER = 60.0
_SLOW_SECONDS = 0.1
BUSY = [f"busy {number}" for number in range(8)]


class SlowQuestions:
    """Answers questions about roles slowly at first, and from then on when it is told to."""

    def __init__(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        self._open: Callable[..., Any] = store.driver.transaction
        self.asked = 0
        self.counted: list[bool] = []  #: whether it was only read, for each time an audience was counted
        self.answering = asyncio.Event()
        monkeypatch.setattr(store.driver, "transaction", self._transaction)
        monkeypatch.setattr("bot.delivery.turns._MUCH", _SLOW_SECONDS / 2)

    @asynccontextmanager
    async def _transaction(self, *, reading: bool = False) -> AsyncIterator["_SlowTransaction"]:
        async with self._open(reading=reading) as opened:
            yield _SlowTransaction(opened, self, reading=reading)

    async def wait(self) -> None:
        self.asked += 1
        await (asyncio.sleep(_SLOW_SECONDS) if self.asked <= len(BUSY) else self.answering.wait())


class _SlowTransaction:
    def __init__(self, opened: Transaction, slow: SlowQuestions, *, reading: bool) -> None:
        self._opened = opened
        self._slow = slow
        self._reading = reading

    async def run(self, *calls: Query, commit: bool = False) -> list[Rows]:
        if any(call.query == "my_grants" for call in calls):
            await self._slow.wait()
        self._slow.counted += [self._reading for call in calls if call.query == "audience_linked"]
        return await self._opened.run(*calls, commit=commit)


async def respond(session: Session | None, event: Event, world: Services) -> Answer:
    """Answer as ``echo`` does; look up roles and own requests, count everybody, register one, as the line says."""
    assert isinstance(event, TextReceived)
    if event.text != "officer":
        await world.admin.people.mine()
    counts, everybody = event.text == "count and register", Rights.operator(NO_UNITS)
    if counts:
        await world.admin.broadcasts.count(everybody, Audience())
    if "register" in event.text:
        await world.requests.register(make_content())
    if counts:
        await world.admin.broadcasts.count(everybody, Audience())
    await world.requests.mine()
    return await echo(session, event, world)


class Assistant:
    """Receives, handles and answers lines, as a process does."""

    def __init__(self, store: Store) -> None:
        self.roads = DeliveryPipeline(store, Clock(), make_conversation(respond))
        self.pool = TurnPool(self.roads.turns.step, lambda _: None)

    async def hears(self, *updates: Incoming) -> None:
        await self.roads.intake.accept(updates)
        self.pool.submit(self.roads.submitted)
        self.roads.submitted.clear()

    async def answers(self, address: str, count: int = 1, most_looks: int | None = None) -> list[str]:
        looks = 0
        async with asyncio.timeout(60):
            while len(self.roads.channel.texts(address)) < count:
                assert looks != most_looks, "somebody waits for another's doing"
                looks += 1
                await self.roads.dispatcher.deliver()
                await asyncio.sleep(0.01)
        return self.roads.channel.texts(address)


async def test_an_officers_line_is_answered_beside_people_who_look_up_what_is_costly_again_and_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, assistant = SlowQuestions(store, monkeypatch), Assistant(store)
    await assistant.hears(*(make_text_update("list", number, one) for number, one in enumerate(BUSY)))
    await assistant.pool.drain()
    await assistant.hears(*(make_text_update("list", 10 + number, one) for number, one in enumerate(BUSY * 2)))
    await eventually(lambda: slow.asked > len(BUSY))
    async with asyncio.timeout(FOR_EVER):
        await assistant.hears(make_text_update("officer", 100, "officer"))
        await assistant.answers("officer", most_looks=MOST_LOOKS)
    slow.answering.set()
    for one in BUSY:
        assert await assistant.answers(one, 3) == ["1: list", "2: list", "3: list"]


async def test_what_somebody_who_looks_up_much_writes_is_written_once(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, assistant = SlowQuestions(store, monkeypatch), Assistant(store)
    slow.answering.set()
    await assistant.hears(
        *(make_text_update(line, number, "busy") for number, line in enumerate(("list", "register", "list")))
    )
    assert await assistant.answers("busy", 3) == ["1: list", "2: register", "3: list"]
    ((number,),) = (await store.driver.run(Query("desk_count")))[0]
    assert number == 1


async def test_people_are_counted_for_a_change_before_anybody_has_to_wait_for_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, assistant = SlowQuestions(store, monkeypatch), Assistant(store)
    slow.answering.set()
    await assistant.hears(
        *(make_text_update(line, number, "busy") for number, line in enumerate(("list", "count and register")))
    )
    assert await assistant.answers("busy", 2) == ["1: list", "2: count and register"]
    assert slow.counted == [True]


async def test_whoever_looks_at_everybody_for_the_first_time_keeps_nobody_from_writing(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, assistant = SlowQuestions(store, monkeypatch), Assistant(store)
    slow.answering.set()
    await assistant.hears(make_text_update("count and register", 0, "new"))
    assert await assistant.answers("new") == ["1: count and register"]
    assert slow.counted == [not store.driver.shared]  # PostgreSQL lets others write beside any look
    ((number,),) = (await store.driver.run(Query("desk_count")))[0]
    assert number == 1
