"""A turn is committed as a whole or not at all."""

import asyncio

import pytest

from bot.messages import PendingTurn
from bot.services.unit_of_work import open_turn
from bot.store import Store
from bot.store.errors import StoreError, TurnTakenOver
from handlers.model import RequestState
from tests.support.database import OpenStore
from tests.support.store import (
    NOW,
    answer_next,
    claim_next_turn,
    claim_rows,
    make_content,
    make_incoming,
    make_reply,
    open_chat,
    reply_texts,
)


async def stumble(store: Store, turn: PendingTurn) -> None:
    async with open_turn(store, turn, NOW) as unit:
        await unit.requests.register(make_content())
        await unit.own_data.erase()
        raise LookupError


async def register_and_finish(store: Store, turn: PendingTurn) -> None:
    async with open_turn(store, turn, NOW) as unit:
        await unit.requests.register(make_content())
        await unit.finish('{"by": "me"}', [make_reply("hai lần")])


async def test_a_finished_turn_leaves_session_and_replies(store: Store) -> None:
    chat = await open_chat(store)
    await answer_next(store, chat, "một", "hai", session='{"a": 1}')

    await store.inbox.receive([make_incoming("2")], NOW)

    assert (await claim_next_turn(store, chat)).session == '{"a": 1}'
    assert reply_texts(await claim_rows(store)) == ["một"]


async def test_a_turn_left_without_finish_leaves_nothing(store: Store) -> None:
    chat = await open_chat(store)

    async with open_turn(store, await claim_next_turn(store, chat), NOW) as unit:
        await unit.requests.register(make_content())

    turn = await claim_next_turn(store, chat)
    async with open_turn(store, turn, NOW) as unit:
        assert await unit.requests.mine() == ()


async def test_a_turn_that_raises_leaves_nothing(store: Store) -> None:
    chat = await open_chat(store)

    with pytest.raises(LookupError):
        await stumble(store, await claim_next_turn(store, chat))

    async with open_turn(store, await claim_next_turn(store, chat), NOW) as unit:
        assert await unit.requests.mine() == ()


async def test_a_cancelled_turn_leaves_nothing_and_the_store_goes_on(store: Store) -> None:
    chat = await open_chat(store)
    turn = await claim_next_turn(store, chat)
    inside = asyncio.Event()

    async def stuck() -> None:
        async with open_turn(store, turn, NOW) as unit:
            await unit.requests.register(make_content())
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(stuck())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    await answer_next(store, chat, "vẫn chạy")
    assert reply_texts(await claim_rows(store)) == ["vẫn chạy"]


async def test_a_turn_that_two_processes_take_is_finished_by_one(store: Store, another: OpenStore) -> None:
    other = await another()
    chat = await open_chat(store)
    mine, theirs = await claim_next_turn(store, chat), await claim_next_turn(other, chat)

    async with open_turn(other, theirs, NOW) as unit:
        await unit.finish('{"by": "other"}', [make_reply("một lần")])
    with pytest.raises(TurnTakenOver):
        await register_and_finish(store, mine)

    assert reply_texts(await claim_rows(store)) == ["một lần"]
    await store.inbox.receive([make_incoming("2")], NOW)
    assert (await claim_next_turn(store, chat)).session == '{"by": "other"}'


async def test_a_turn_asked_for_something_is_finished_by_one_too(store: Store) -> None:
    chat = await open_chat(store)
    turn = await claim_next_turn(store, chat)
    await answer_next(store, chat, "một lần")

    with pytest.raises(TurnTakenOver):
        await register_and_finish(store, turn)

    await store.inbox.receive([make_incoming("2")], NOW)
    async with open_turn(store, await claim_next_turn(store, chat), NOW) as unit:
        assert await unit.requests.mine() == ()


async def test_a_turn_may_end_without_a_session(store: Store) -> None:
    (chat,) = await store.inbox.receive([make_incoming("1"), make_incoming("2"), make_incoming("3")], NOW)
    await answer_next(store, chat, session='{"a": 1}')

    await answer_next(store, chat, session=None)

    assert (await claim_next_turn(store, chat)).session is None


async def test_nothing_can_be_asked_of_a_turn_that_is_over(store: Store) -> None:
    chat = await open_chat(store)

    async with open_turn(store, await claim_next_turn(store, chat), NOW) as unit:
        request = await unit.requests.register(make_content())
        await unit.finish("{}", [])
        with pytest.raises(StoreError):
            await unit.requests.move(request.code, RequestState.WITHDRAWN)


async def test_turns_of_many_chats_at_once_stay_apart(store: Store) -> None:
    chats = await store.inbox.receive(
        [make_incoming(str(number), address=f"chat {number}") for number in range(30)], NOW
    )

    await asyncio.gather(*(answer_next(store, chat, chat.address, session=f'"{chat.address}"') for chat in chats))

    rows = await claim_rows(store)
    assert {(row.chat.address, row.reply.paragraphs[0]) for row in rows} == {
        (f"chat {n}", f"chat {n}") for n in range(30)
    }
