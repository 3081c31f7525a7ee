"""What waits to be sent leaves in turns of its people, and what cannot be handled is set aside."""

from datetime import timedelta

import pytest

from bot.messages import MOST_SESSION, DeliveryState, MessageSize
from bot.services.unit_of_work import open_turn
from bot.store import Store
from bot.store.errors import MessageTooLarge, SessionTooLarge
from bot.store.messages import LARGE_MESSAGE
from bot.store.outbox import MAX_WORKER_DEATHS
from handlers.core import Attachment, Reply
from handlers.model import Role
from tests.support.database import Database
from tests.support.people import grant_role
from tests.support.store import (
    CHANNEL,
    NOW,
    answer_next,
    claim_next_turn,
    claim_rows,
    make_incoming,
    make_reply,
    open_chat,
    reply_texts,
)

OFFICER = "officer"


async def told(store: Store, address: str, *replies: str, update: str = "", second: float = 0) -> None:
    """A person says something and is to be told so much."""
    now = NOW + timedelta(seconds=second)
    chat = store.chats.at(CHANNEL, address)
    await store.inbox.receive([make_incoming(f"{address} {update or second}", address=address)], now)
    await answer_next(store, chat, *replies, now=now)


async def sent(store: Store, limit: int, second: float = 0) -> list[str]:
    """What leaves next, and has arrived."""
    now = NOW + timedelta(seconds=second)
    rows = await claim_rows(store, limit, now)
    for row in rows:
        await store.outbox.settle(row, DeliveryState.SENT, now)
    return reply_texts(rows)


async def test_an_officer_who_says_one_line_is_told_next_and_not_behind_the_backlog_of_sixty(store: Store) -> None:
    for number in range(60):
        await told(store, f"{number}", *(f"{number}.{at}" for at in range(20)))
    for second in (0.1, 0.2, 0.3):
        await sent(store, 25, second)
    await told(store, OFFICER, "at last", second=0.4)
    assert await sent(store, 1, 0.4) == ["at last"]


async def test_people_with_a_backlog_take_turns_and_each_hears_in_order(store: Store) -> None:
    for number in range(4):
        await told(store, f"{number}", *(f"{number}.{at}" for at in range(5)))
    heard = [text for _ in range(20) for text in await sent(store, 1, 1)]
    rounds = [sorted(heard[at : at + 4]) for at in range(0, 20, 4)]
    assert rounds == [[f"{number}.{at}" for number in range(4)] for at in range(5)]


async def test_somebody_new_who_was_told_something_lately_waits_for_the_round_and_not_longer(store: Store) -> None:
    await told(store, OFFICER, "before")
    await sent(store, 1, 0)
    for number in range(10):
        await told(store, f"{number}", *(f"{number}.{at}" for at in range(5)), second=1)
    await sent(store, 10, 1.5)
    await told(store, OFFICER, "again", second=2)
    assert "again" in await sent(store, 11, 2)


async def test_whoever_waits_for_each_answer_before_the_next_line_comes_three_times_a_round_before_all_backlogs(
    store: Store,
) -> None:
    for number in range(10):
        await told(store, f"{number}", "0", second=0.1)
        for at in range(1, 9):
            await told(store, f"{number}", f"{at}", second=0.1 + at / 100)
    await sent(store, 10, 0.3)
    heard = []
    for line in range(3):
        await told(store, OFFICER, f"line {line}", second=1 + line)
        heard += await sent(store, 2, 1 + line)
    assert heard == ["line 0", "1", "line 1", "1", "line 2", "1"]


async def test_whoever_asks_ever_so_often_leaves_a_turn_to_everybody_else(store: Store) -> None:
    for number in range(3):
        await told(store, f"{number}", "0", "1", "2", second=0.1)
    await sent(store, 3, 0.2)
    heard = []
    for line in range(20):
        await told(store, OFFICER, f"line {line}", second=1 + line)
        heard += await sent(store, 1, 1 + line)
    assert heard.count("1") == 3
    assert sum(text.startswith("line") for text in heard) >= 10


async def test_the_parts_of_one_answer_leave_one_behind_the_other_and_not_a_round_apart(store: Store) -> None:
    for number in range(10):
        for at in range(5):
            await told(store, f"{number}", f"{at}", second=0.1 + at / 100)
    await sent(store, 10, 0.3)
    await told(store, OFFICER, "part 1", "part 2", "part 3", second=1)
    assert [await sent(store, 1, 1 + at / 10) for at in range(3)] == [["part 1"], ["part 2"], ["part 3"]]


async def test_a_chat_that_has_to_wait_holds_back_nobody_else_and_no_place_in_the_queue(store: Store) -> None:
    """A 429, or its own pace, puts its message off: others do not come to stand behind its place."""
    await told(store, "flooded", "1", "2", "3")
    (row,) = await claim_rows(store, 1)
    await store.outbox.retry(row, NOW + timedelta(seconds=39), counted=False)
    for number in range(3):
        await told(store, f"{number}", "a", "b", "c", second=1)
    assert await sent(store, 9, 1) == ["a"] * 3
    assert await sent(store, 9, 2) == ["b"] * 3
    assert await sent(store, 9, 40) == ["1", *["c"] * 3]


async def test_chats_that_have_had_their_share_for_the_moment_are_passed_by(store: Store) -> None:
    await told(store, "busy", "1", "2")
    await told(store, OFFICER, "a")
    resting = [store.chats.at(CHANNEL, "busy").id]
    assert reply_texts(await store.outbox.claim(CHANNEL, 9, NOW, resting)) == ["a"]
    assert reply_texts(await store.outbox.claim(CHANNEL, 9, NOW)) == ["1"]


async def test_files_are_claimed_apart_from_answers_and_keep_their_order_within_the_chat(store: Store) -> None:
    file = Reply(paragraphs=("file",), attachments=(Attachment.of("a.bin", "application/pdf", b"\0" * LARGE_MESSAGE),))
    chat = await open_chat(store)
    async with open_turn(store, await claim_next_turn(store, chat), NOW) as unit:
        await unit.finish("{}", [file, make_reply("behind the file")])
    await told(store, OFFICER, "a")

    assert reply_texts(await store.outbox.claim(CHANNEL, 9, NOW, (), MessageSize.SMALL)) == ["a"]
    (row,) = await store.outbox.claim(CHANNEL, 9, NOW, (), MessageSize.LARGE)
    assert row.reply == file
    await store.outbox.settle(row, DeliveryState.SENT, NOW)
    assert reply_texts(await store.outbox.claim(CHANNEL, 9, NOW, (), MessageSize.SMALL)) == ["behind the file"]


async def test_a_message_that_is_too_large_is_not_queued_and_one_that_is_there_is_not_read(
    store: Store, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat = await open_chat(store)
    with pytest.raises(MessageTooLarge):
        async with open_turn(store, await claim_next_turn(store, chat), NOW) as unit:
            await unit.finish("{}", [make_reply("x" * LARGE_MESSAGE)])
    await grant_role(store, "owner", Role.OWNER)
    await answer_next(store, chat, "one", "two")
    monkeypatch.setattr("bot.store.outbox.MAX_MESSAGE_BYTES", 10)  # what an earlier version queued without any bound

    assert await claim_rows(store) == []
    assert await claim_rows(store) == []
    assert database.sql("SELECT state FROM outbox WHERE origin LIKE 'turn:%' ORDER BY id") == [("failed",)] * 2
    assert len(database.sql("SELECT origin FROM outbox WHERE origin LIKE 'aside:%'")) == 1


async def test_a_session_that_is_too_large_is_not_kept(store: Store) -> None:
    chat = await open_chat(store)
    with pytest.raises(SessionTooLarge):
        async with open_turn(store, await claim_next_turn(store, chat), NOW) as unit:
            await unit.finish("x" * (MOST_SESSION + 1), [])
    assert (await claim_next_turn(store, chat)).session is None


async def test_every_time_an_update_is_taken_in_hand_is_counted_before_it_is_handled(store: Store) -> None:
    chat = await open_chat(store)
    assert [(await claim_next_turn(store, chat)).tries for _ in range(3)] == [1, 2, 3]
    await store.inbox.receive([make_incoming("2")], NOW)
    await answer_next(store, chat)
    assert (await claim_next_turn(store, chat)).tries == 1


async def test_a_message_that_was_in_hand_at_death_after_death_is_set_aside_and_the_owners_are_told_once(
    store: Store, database: Database
) -> None:
    await grant_role(store, "owner", Role.OWNER)
    await told(store, "poison", "kills")
    for _ in range(MAX_WORKER_DEATHS):
        assert reply_texts(await claim_rows(store)) == ["kills"]
        await store.outbox.recover(CHANNEL, NOW)
    (notice,) = await claim_rows(store)
    assert (notice.chat.address, "tin đi số" in notice.reply.paragraphs[0]) == ("owner", True)
    assert database.sql("SELECT state, reason FROM outbox WHERE origin LIKE 'turn:%'") == [("failed", "crash")]


async def test_what_is_given_up_is_told_to_every_owner_once_a_day_and_names_nobody(
    store: Store, database: Database
) -> None:
    for owner in ("o1", "o2"):
        await grant_role(store, owner, Role.OWNER)
    for number in range(3):
        chat = await open_chat(store, f"{number}")
        await store.inbox.give_up(await claim_next_turn(store, chat), NOW)
    rows = await claim_rows(store)
    assert sorted(row.chat.address for row in rows) == ["o1", "o2"]
    assert all("xin chào" not in row.reply.paragraphs[0] for row in rows)
