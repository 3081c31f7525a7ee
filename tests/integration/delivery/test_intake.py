import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from bot.channels.pace import Rate
from bot.delivery.intake import TEXT_LIMIT, Intake, Throttle
from bot.messages import Chat, Incoming
from bot.services.unit_of_work import open_turn
from bot.store import Store
from bot.store.errors import StoreError
from bot.store.inbox import Inbox
from bot.store.messages import AbandonedRow
from handlers.core import TextReceived, Throttled, UnreadableReceived
from tests.support.delivery import DeliveryPipeline, ManualClock, make_text_update

KEY = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq\n-----END PRIVATE KEY-----"


async def event_of(roads: DeliveryPipeline) -> Any:
    (chat,) = roads.submitted
    pending = await roads.store.inbox.claim_turn(chat)
    assert pending is not None
    return pending.event


async def test_a_private_key_that_was_pasted_is_never_stored(store: Store, clock: ManualClock) -> None:
    roads = DeliveryPipeline(store, clock)
    await roads.intake.accept([make_text_update(f"khóa đây {KEY}", 1)])
    assert await event_of(roads) == TextReceived(text="-----BEGIN PRIVATE KEY-----", message="1")


@pytest.mark.parametrize("text", ["mã PIN của tôi là 12345678", "mật khẩu là Abc@xyz", "1 2 3 4 5 6 là mã pin"])
async def test_a_pin_that_was_typed_is_never_stored(store: Store, clock: ManualClock, text: str) -> None:
    roads = DeliveryPipeline(store, clock)
    await roads.intake.accept([make_text_update(text, 1)])
    assert await event_of(roads) == TextReceived(text="PIN: 0000", message="1")


async def test_a_text_beyond_any_answer_is_refused(store: Store, clock: ManualClock) -> None:
    roads = DeliveryPipeline(store, clock)
    await roads.intake.accept([make_text_update("a" * (TEXT_LIMIT + 1), 1)])
    assert await event_of(roads) == UnreadableReceived(what="text", message="1")


async def test_what_the_throttle_drops_is_not_stored(store: Store, clock: ManualClock) -> None:
    chats: list[Chat] = []
    intake = Intake(store, Throttle(Rate(1, 2), clock), clock, chats.extend)
    await intake.accept([make_text_update("a", number) for number in range(9)])
    events = []
    while (pending := await store.inbox.claim_turn(chats[0])) is not None:
        events.append(type(pending.event))
        async with open_turn(store, pending, clock.now()) as unit:
            await unit.finish(None, ())
    assert events == [TextReceived, TextReceived, Throttled]


async def test_what_arrives_while_others_are_written_is_written_together_and_each_hears_of_its_own(
    store: Store, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is cancelled meanwhile is stored all the same: its platform sends it again, which changes nothing."""
    written: list[list[str]] = []
    receive = Inbox.receive

    async def note(inbox: Inbox, updates: Sequence[Incoming], now: datetime) -> list[Chat]:
        written.append([one.update_id for one in updates])
        return await receive(inbox, updates, now)

    monkeypatch.setattr(Inbox, "receive", note)
    roads = DeliveryPipeline(store, clock)
    calls = [asyncio.create_task(roads.intake.accept([make_text_update("a", number)])) for number in range(20)]
    await asyncio.sleep(0)
    calls[7].cancel()
    ends = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(one) for one in ends if one is not None] == [asyncio.CancelledError]
    await roads.intake.accept([make_text_update("a", 20)])
    assert [len(one) for one in written] == [20, 1]
    assert written[0] == [make_text_update("a", number).update_id for number in range(20)]


class Choosy:
    """The real inbox, which chokes on one text."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    async def receive(self, updates: Sequence[Incoming], now: datetime) -> list[Chat]:
        if any(isinstance(update.event, TextReceived) and update.event.text == "poison" for update in updates):
            raise UnicodeError
        return await self._inbox.receive(updates, now)


async def test_one_update_nobody_can_store_takes_no_other_with_it(store: Store, clock: ManualClock) -> None:
    chats: list[Chat] = []
    inbox: Any = Choosy(store.inbox)
    intake = Intake(replace(store, inbox=inbox), Throttle(Rate(9, 9), clock), clock, chats.extend)
    await intake.accept(
        [make_text_update("a", 1, "1"), make_text_update("poison", 2, "2"), make_text_update("c", 3, "3")]
    )
    assert [chat.address for chat in chats] == ["1", "3"]
    assert intake.unstorable == 1


@pytest.mark.parametrize("text", ["mã số thuế 0312345678", "năm 2025", "PIN"])
async def test_an_ordinary_number_is_kept_as_it_is(store: Store, clock: ManualClock, text: str) -> None:
    roads = DeliveryPipeline(store, clock)
    await roads.intake.accept([make_text_update(text, 1)])
    assert (await event_of(roads)).text == text


class Refusing:
    """The real inbox and alerts, which refuse one text with an error of their own."""

    def __init__(self, store: Store) -> None:
        itself: Any = self
        self.store = replace(store, inbox=itself, alerts=itself)
        self._inbox = store.inbox
        self.told: list[tuple[AbandonedRow, int | str]] = []

    async def receive(self, updates: Sequence[Incoming], now: datetime) -> list[Chat]:
        if any(isinstance(update.event, TextReceived) and update.event.text == "poison" for update in updates):
            raise StoreError
        return await self._inbox.receive(updates, now)

    async def raise_alarm(self, what: AbandonedRow, row: int | str, now: datetime) -> None:
        del now
        self.told.append((what, row))


async def test_an_update_that_comes_again_alone_and_again_is_left_out_in_the_end_and_the_owners_are_told(
    store: Store, clock: ManualClock
) -> None:
    """As over a webhook: each call brings one update, and what is not acknowledged comes again."""
    refusing = Refusing(store)
    intake = Intake(refusing.store, Throttle(Rate(99, 99), clock), clock, lambda _: None)
    refusals = 0
    for number in range(20):
        try:
            await intake.accept([make_text_update("poison", 1, "1")])
        except StoreError:
            refusals += 1
        else:
            break
        await intake.accept([make_text_update("a", 2 + number, "2")])
    assert 3 <= refusals < 10
    assert refusing.told == [(AbandonedRow.UNSTORED, "1")]
    assert intake.unstorable == 1


async def test_while_the_store_takes_nothing_no_update_is_left_out(store: Store, clock: ManualClock) -> None:
    refusing = Refusing(store)
    intake = Intake(refusing.store, Throttle(Rate(99, 99), clock), clock, lambda _: None)
    for _ in range(50):
        with pytest.raises(StoreError):
            await intake.accept([make_text_update("poison", 1, "1")])
    assert refusing.told == []
