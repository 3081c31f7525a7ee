"""What came in is stored once and read in order."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from bot.messages import OutboxRow, PendingTurn
from bot.services.unit_of_work import open_turn
from bot.store import LeaseDuration, Store, TurnClaims
from bot.store.drivers import Query
from handlers.core import FileSent, TextReceived
from tests.support.database import OpenStore
from tests.support.store import (
    CHANNEL,
    NOW,
    answer_next,
    claim_next_turn,
    claim_rows,
    get_text,
    make_incoming,
    make_reply,
    open_chat,
    reply_texts,
)


async def test_a_redelivered_update_is_stored_once(store: Store) -> None:
    chat = await open_chat(store, "1")

    assert await store.inbox.receive([make_incoming("1")], NOW) == []
    await answer_next(store, chat)
    assert await store.inbox.receive([make_incoming("1")], NOW) == []
    assert await store.inbox.claim_turn(chat) is None


async def test_an_update_twice_in_one_batch_is_stored_once(store: Store) -> None:
    (chat,) = await store.inbox.receive([make_incoming("1", "một"), make_incoming("1", "một")], NOW)
    await answer_next(store, chat)

    assert await store.inbox.claim_turn(chat) is None


async def test_receiving_names_each_chat_with_something_new_once(store: Store) -> None:
    await store.inbox.receive([make_incoming("1", address="an")], NOW)

    chats = await store.inbox.receive(
        [make_incoming("1", address="an"), make_incoming("2", address="bình"), make_incoming("3", address="bình")], NOW
    )

    assert [chat.address for chat in chats] == ["bình"]


async def test_the_same_update_id_on_two_channels_is_two_updates(store: Store) -> None:
    chats = await store.inbox.receive([make_incoming("1", channel="telegram"), make_incoming("1", channel="zalo")], NOW)

    assert [chat.channel for chat in chats] == ["telegram", "zalo"]
    assert chats[0].id != chats[1].id


async def test_nothing_received_is_nothing_stored(store: Store) -> None:
    assert await store.inbox.receive([], NOW) == []


async def test_updates_of_a_chat_come_in_the_order_they_came(store: Store) -> None:
    (chat,) = await store.inbox.receive(
        [make_incoming("9", "một"), make_incoming("8", "hai"), make_incoming("7", "ba")], NOW
    )

    spoken = []
    while turn := await store.inbox.claim_turn(chat):
        spoken.append(get_text(turn))
        await answer_next(store, chat)

    assert spoken == ["một", "hai", "ba"]


async def test_an_update_knows_that_it_is_the_only_one_where_no_other_process_may_bring_another(store: Store) -> None:
    (chat,) = await store.inbox.receive([make_incoming("1", "một"), make_incoming("2", "hai")], NOW)

    alone = []
    while turn := await store.inbox.claim_turn(chat):
        alone.append(turn.alone)
        await answer_next(store, chat)

    assert alone == [False, not store.driver.shared]


async def test_every_kind_of_event_comes_back_as_it_came(store: Store) -> None:
    event = FileSent(message="12", reference="BQACAgUAAx", name="chứng thư.cer", size=1830)
    update = make_incoming("1")
    (chat,) = await store.inbox.receive([type(update)(CHANNEL, "1", "42", event)], NOW)

    turn = await claim_next_turn(store, chat)

    assert turn.event == event
    assert turn.chat == chat
    assert turn.received_at == NOW


async def test_a_follow_up_goes_before_what_the_chat_sent_later(store: Store) -> None:
    (chat,) = await store.inbox.receive([make_incoming("1", "tệp"), make_incoming("2", "sau đó")], NOW)

    await answer_next(store, chat, again=[TextReceived(text="đã đọc tệp"), TextReceived(text="rồi nữa")])

    spoken = []
    while turn := await store.inbox.claim_turn(chat):
        spoken.append(get_text(turn))
        await answer_next(store, chat)
    assert spoken == ["đã đọc tệp", "rồi nữa", "sau đó"]


async def test_a_start_finds_the_chats_that_still_wait(store: Store, another: OpenStore) -> None:
    await store.inbox.receive(
        [make_incoming("1", address="an"), make_incoming("2", address="bình"), make_incoming("3", address="chi")], NOW
    )
    await answer_next(store, (await store.inbox.chats_waiting(CHANNEL))[0])
    await store.close()

    restarted = await another()

    assert [chat.address for chat in await restarted.inbox.chats_waiting(CHANNEL)] == ["bình", "chi"]
    assert await restarted.inbox.chats_waiting("zalo") == []


async def test_two_processes_that_receive_the_same_updates_store_each_once(store: Store, another: OpenStore) -> None:
    other = await another()
    updates = [make_incoming(str(number), address=f"chat {number % 5}") for number in range(40)]

    new = await asyncio.gather(*(each.inbox.receive([update], NOW) for update in updates for each in (store, other)))

    assert sum(len(chats) for chats in new) == len(updates)


async def test_a_poison_update_steps_aside_with_an_apology(store: Store) -> None:
    (chat,) = await store.inbox.receive([make_incoming("1", "độc"), make_incoming("2", "lành")], NOW)

    await store.inbox.give_up(await claim_next_turn(store, chat), NOW, [make_reply("xin lỗi")])

    assert get_text(await store.inbox.claim_turn(chat)) == "lành"
    assert reply_texts(await claim_rows(store)) == ["xin lỗi"]
    assert (await claim_next_turn(store, chat)).session is None


async def test_an_update_that_no_database_takes_spoils_none_of_those_beside_it(store: Store) -> None:
    updates = [make_incoming(f"{number}", address=f"chat {number}") for number in range(9)]
    updates[4] = make_incoming("not text \ud800", address="chat 4")

    results = await asyncio.gather(*(store.inbox.receive([update], NOW) for update in updates), return_exceptions=True)

    assert [isinstance(result, Exception) for result in results] == [number == 4 for number in range(9)]
    assert len(await store.inbox.chats_waiting(CHANNEL)) == 8


async def test_what_waits_is_read_without_being_taken_the_newest_first(store: Store) -> None:
    for number, text in enumerate(("/lapho", "/huy"), 1):
        await store.inbox.receive([make_incoming(f"w{number}", text, address="lan")], NOW)
    chat = store.chats.at(CHANNEL, "lan")

    waiting = await store.inbox.waiting_events(chat, 5)
    assert [event.text for event in waiting if isinstance(event, TextReceived)] == ["/huy", "/lapho"]
    pending = await store.inbox.claim_turn(chat)
    assert pending is not None
    assert pending.event == TextReceived(text="/lapho")


async def test_the_disk_is_waited_for_unless_all_that_came_is_kept_already(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[bool] = []
    run = type(store.driver).run

    async def note(driver: Any, *queries: Query, durable: bool = False) -> Any:
        waited.append(durable)
        return await run(driver, *queries, durable=durable)

    monkeypatch.setattr(type(store.driver), "run", note)
    fresh, kept = make_incoming("1"), replace(make_incoming("2"), kept=True)
    for updates in ([fresh], [kept], [kept, replace(fresh, update_id="3")]):
        assert len(await store.inbox.receive(updates, NOW)) == 1
    assert waited == [True, False, True]


async def test_a_turn_that_begins_at_once_is_claimed_where_its_update_is_stored(store: Store) -> None:
    await store.workers.join(CHANNEL, LeaseDuration(), NOW)
    taken: list[PendingTurn] = []
    claims = TurnClaims(lambda chats: chats[:1], taken.append)
    updates = [make_incoming("1", "một"), make_incoming("2", "hai"), make_incoming("3", "ba", address="bình")]
    chats = await store.inbox.receive(updates, NOW, claims)

    (turn,) = taken
    assert (get_text(turn), turn.tries, turn.alone, len(chats)) == ("một", 1, False, 2)
    await finish(store, turn, "trả lời")
    assert get_text(await claim_next_turn(store, turn.chat)) == "hai"
    assert await store.inbox.receive(updates, NOW, TurnClaims(lambda _: (), taken.append)) == []
    assert len(taken) == 1


async def test_what_was_left_behind_is_claimed_before_the_update_that_comes(store: Store) -> None:
    chat = await open_chat(store)
    taken: list[PendingTurn] = []
    await store.inbox.receive([make_incoming("2", "sau")], NOW, TurnClaims(lambda chats: chats, taken.append))

    assert [(turn.chat, get_text(turn)) for turn in taken] == [(chat, "xin chào")]


async def finish(store: Store, turn: PendingTurn, *replies: str, claim: bool = False) -> OutboxRow | None:
    async with open_turn(store, turn, NOW) as unit:
        return await unit.finish("{}", [make_reply(reply) for reply in replies], claim=claim)
