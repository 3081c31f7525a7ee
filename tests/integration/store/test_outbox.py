"""What goes out is claimed in order and settled once."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.messages import Chat, DeliveryState, OutboxRow, Settlement
from bot.services.unit_of_work import open_turn
from bot.store import LeaseDuration, Store
from handlers.core import MakeDossier, Session
from handlers.model import DeliveryReason
from tests.support.database import OpenStore
from tests.support.store import (
    CHANNEL,
    NOW,
    answer_next,
    claim_next_turn,
    claim_rows,
    deliver_all,
    make_incoming,
    make_reply,
    open_chat,
    reply_texts,
)


async def test_a_chat_has_one_message_under_way_and_keeps_its_order(store: Store) -> None:
    await answer_next(store, await open_chat(store), "một", "hai")

    (first,) = await claim_rows(store)
    assert await claim_rows(store) == []
    await store.outbox.settle(first, DeliveryState.SENT, NOW, message="501")
    (second,) = await claim_rows(store)

    assert reply_texts([first, second]) == ["một", "hai"]


async def test_chats_do_not_wait_for_each_other(store: Store) -> None:
    for number in range(3):
        await answer_next(store, await open_chat(store, str(number), f"chat {number}"), f"lời {number}", "sau")

    assert reply_texts(await claim_rows(store, limit=2)) == ["lời 0", "lời 1"]
    assert reply_texts(await claim_rows(store, limit=2)) == ["lời 2"]


async def test_a_channel_claims_only_its_own(store: Store) -> None:
    (chat,) = await store.inbox.receive([make_incoming("1", channel="zalo")], NOW)
    await answer_next(store, chat, "chào")

    assert await claim_rows(store) == []
    assert reply_texts(await store.outbox.claim("zalo", 10, NOW)) == ["chào"]


async def test_a_message_put_back_waits_for_its_time_and_its_chat_with_it(store: Store) -> None:
    await answer_next(store, await open_chat(store), "một", "hai")
    (row,) = await claim_rows(store)

    await store.outbox.retry(row, NOW + timedelta(seconds=30))

    assert await claim_rows(store, now=NOW + timedelta(seconds=29)) == []
    (again,) = await claim_rows(store, now=NOW + timedelta(seconds=30))
    assert reply_texts([again]) == ["một"]
    assert (row.attempts, again.attempts) == (0, 1)


async def test_an_attempt_that_does_not_count_is_given_back(store: Store) -> None:
    await answer_next(store, await open_chat(store), "một")
    for counted in (True, False, False):
        (row,) = await claim_rows(store)
        await store.outbox.retry(row, NOW, counted=counted)

    assert [row.attempts for row in await claim_rows(store)] == [1]


async def test_a_crash_does_not_count_as_an_attempt(store: Store) -> None:
    await answer_next(store, await open_chat(store), "một")
    for _ in range(3):
        await claim_rows(store)
        await store.outbox.recover(CHANNEL, NOW)

    assert [row.attempts for row in await claim_rows(store)] == [0]


@pytest.mark.parametrize(
    "state",
    [
        DeliveryState.BLOCKED,
        DeliveryState.INVALID,
        DeliveryState.FAILED,
        DeliveryState.SKIPPED,
        DeliveryState.UNKNOWN,
        DeliveryState.SENT,
    ],
)
async def test_a_settled_message_is_never_claimed_again(store: Store, state: DeliveryState) -> None:
    await answer_next(store, await open_chat(store), "một")
    (row,) = await claim_rows(store)

    await store.outbox.settle(row, state, NOW)
    await store.outbox.retry(row, NOW)
    await store.outbox.settle(row, DeliveryState.FAILED, NOW)

    assert await claim_rows(store, now=NOW + timedelta(days=1)) == []
    assert await store.outbox.recover(CHANNEL, NOW) == 0


async def test_replies_caught_by_a_crash_are_sent_again(store: Store, another: OpenStore) -> None:
    await answer_next(store, await open_chat(store), "một", "hai")
    await claim_rows(store)
    await store.close()

    restarted = await another()

    assert await restarted.outbox.recover("zalo", NOW) == 0
    assert await restarted.outbox.recover(CHANNEL, NOW) == 1
    assert reply_texts(await claim_rows(restarted)) == ["một"]


async def test_two_processes_never_claim_the_same_message(store: Store, another: OpenStore) -> None:
    other = await another()
    chats = await store.inbox.receive(
        [make_incoming(str(number), address=f"chat {number}") for number in range(60)], NOW
    )
    for chat in chats:
        await answer_next(store, chat, chat.address)

    batches = await asyncio.gather(*(claim_rows(each, limit=7) for _ in range(6) for each in (store, other)))

    claimed = [row.id for rows in batches for row in rows]
    claimed += [row.id for row in await claim_rows(store)]
    assert sorted(claimed) == sorted(set(claimed))
    assert len(claimed) == len(chats)


async def test_what_is_said_instead_of_a_message_comes_once_however_many_of_its_parts_fail(store: Store) -> None:
    chat = await open_chat(store)
    await answer_next(store, chat, "a", "b", "c")
    instead = (make_reply("not a"), make_reply("nor b"))
    for expected in ("a", "b"):
        (row,) = await claim_rows(store)
        assert row.reply.paragraphs == (expected,)
        failed = Settlement(row, DeliveryState.FAILED, reason=DeliveryReason.NO_SEND_DOCUMENT, instead=instead)
        await store.outbox.settle_all([failed], NOW)
    assert [reply.paragraphs for reply in await deliver_all(store)] == [("c",), ("not a",), ("nor b",)]


@pytest.mark.parametrize(("session", "language"), [(None, None), (Session(language="en"), "en"), (Session(), "vi")])
async def test_the_language_of_a_person_is_known_once_it_is_chosen(
    store: Store, session: Session | None, language: str | None
) -> None:
    chat = await open_chat(store)
    if session:
        async with open_turn(store, await claim_next_turn(store, chat), NOW) as unit:
            await unit.finish(session.model_dump_json(), [])
    assert await store.chats.language(chat) == language
    assert await store.chats.language(replace(chat, id="nobody")) is None


async def test_the_last_message_of_a_turn_is_moved_while_nothing_else_waits_and_at_its_end_in_any_case(
    store: Store,
) -> None:
    chat = await open_chat(store)
    pending = await claim_next_turn(store, chat)
    async with open_turn(store, pending, NOW) as unit:
        await unit.finish(Session().model_dump_json(), [make_reply("trước"), make_reply("đang lập")])

    async def move(text: str, seconds: int, *, ending: bool = False) -> list[tuple[str, str | None, str]]:
        at = NOW + timedelta(seconds=seconds)
        await store.outbox.move_answer(chat, pending.inbox_id, make_reply(text), at, ending=ending)
        rows = await claim_rows(store)
        for row in rows:
            await store.outbox.settle(
                row, DeliveryState.SENT, NOW, message={"đang lập": "502"}.get(row.reply.paragraphs[0], "501")
            )
        return [(row.reply.action, row.reply.target, row.reply.paragraphs[0]) for row in rows]

    assert await move("1/9", 1) == [("send", None, "trước")]  # it was not sent yet: there is nothing to move
    assert await move("2/9", 2) == [("send", None, "đang lập")]
    assert await move("3/9", 3) == [("edit", "502", "3/9")]
    await answer_next(store, await open_chat(store, "2"), "xen vào")
    assert await move("4/9", 4) == [("send", None, "xen vào")]
    await answer_next(store, await open_chat(store, "3"), "xen vào nữa")
    assert await move("xong", 5, ending=True) == [("send", None, "xen vào nữa")]
    assert await move("xong", 5) == [("edit", "502", "xong")]


async def test_an_event_that_a_turn_asked_for_names_the_turn(store: Store) -> None:
    chat = await open_chat(store)
    pending = await claim_next_turn(store, chat)
    async with open_turn(store, pending, NOW) as unit:
        await unit.finish(Session().model_dump_json(), [], [MakeDossier(dossier="HS-000001", language="vi")])
    follow = await store.inbox.claim_turn(chat)

    assert (pending.turn, follow and follow.turn) == (None, pending.inbox_id)


async def answered(store: Store, chat: Chat, *replies: str) -> OutboxRow | None:
    """Answer the next update of a chat, and claim the first reply with the commit."""
    async with open_turn(store, await claim_next_turn(store, chat), NOW) as unit:
        return await unit.finish("{}", [make_reply(reply) for reply in replies], claim=True)


async def test_an_answer_is_claimed_with_the_commit_of_its_turn_as_a_claim_would(store: Store) -> None:
    chat = await open_chat(store)
    first = await answered(store, chat, "một", "hai")
    assert first
    assert await claim_rows(store) == []
    await store.outbox.retry(first, NOW)

    assert await claim_rows(store) == [replace(first, attempts=1)]
    await store.outbox.settle(first, DeliveryState.SENT, NOW, message="7")
    assert reply_texts(await claim_rows(store)) == ["hai"]


async def test_an_answer_is_not_claimed_with_its_turn_while_something_of_its_chat_comes_first(store: Store) -> None:
    chat = await open_chat(store)
    await answer_next(store, chat, "đang chờ")
    await store.inbox.receive([make_incoming("2")], NOW)
    assert await answered(store, chat, "sau") is None
    (waited,) = await claim_rows(store)
    await store.inbox.receive([make_incoming("3")], NOW)
    assert await answered(store, chat, "sau nữa") is None

    await store.outbox.settle(waited, DeliveryState.SENT, NOW)
    assert [reply.paragraphs[0] for reply in await deliver_all(store)] == ["sau", "sau nữa"]


async def test_killed_between_the_commit_of_a_turn_and_the_sending_its_answer_leaves_once(
    store: Store, another: OpenStore
) -> None:
    await store.workers.join(CHANNEL, LeaseDuration(), NOW)
    assert await answered(store, await open_chat(store), "trả lời")
    await store.workers.leave(CHANNEL)  # as good as dead: it settles nothing more

    later = await another()
    await later.workers.join(CHANNEL, LeaseDuration(), NOW)
    (row,) = await claim_rows(later)
    assert (reply_texts([row]), row.attempts) == (["trả lời"], 0)
    await later.outbox.settle(row, DeliveryState.SENT, NOW)
    assert await claim_rows(later) == []
