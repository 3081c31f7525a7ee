"""Several processes over one store: each sees who else lives, and what the dead had in hand is taken over."""

import asyncio
from pathlib import Path

import pytest

from bot.delivery.turn_pool import TurnPool
from bot.messages import BROADCAST, Chat, DeliveryState, PendingTurn
from bot.services.unit_of_work import open_turn
from bot.store import Query, Rows, Store, TurnClaims
from bot.store.workers import LeaseDuration, Presence
from tests.support.database import Database, OpenStore
from tests.support.store import (
    CHANNEL,
    NOW,
    answer_next,
    claim_rows,
    get_text,
    make_incoming,
    make_reply,
    open_chat,
    patch_method,
    reply_texts,
)

LEASE = LeaseDuration()
pytestmark = pytest.mark.postgres


@pytest.fixture
def database(postgres_url: str, tmp_path: Path) -> Database:
    return Database(postgres_url, tmp_path)


@pytest.fixture
async def other(another: OpenStore) -> Store:
    """Another process, which serves the same channel."""
    store = await another()
    await join(store)
    return store


async def join(store: Store) -> Presence:
    return await store.workers.join(CHANNEL, LEASE, NOW)


async def beat(store: Store, *, judge: bool = True) -> Presence:
    presence = await store.workers.beat(CHANNEL, NOW, judge=judge)
    assert presence
    return presence


def silent(database: Database, store: Store, seconds: float) -> None:
    """Nothing was heard of it for so long."""
    database.sql(
        "UPDATE workers SET seen_at = seen_at - CAST(? AS BIGINT) WHERE id = ?", seconds * 1_000_000, store.workers.id
    )


async def test_what_a_living_worker_has_in_hand_stays_its_own(store: Store, other: Store, database: Database) -> None:
    await answer_next(other, await open_chat(other), "một")
    await claim_rows(other)
    silent(database, other, 9)

    assert await join(store) == Presence(live=2)
    assert (await beat(store)).messages == 0
    assert await store.outbox.recover(CHANNEL, NOW) == 0
    assert await claim_rows(store) == []


async def test_what_a_dead_one_had_in_hand_is_taken_over(store: Store, other: Store, database: Database) -> None:
    await answer_next(other, await open_chat(other), "một")
    await claim_rows(other)
    await join(store)
    silent(database, other, 11)

    assert await beat(store) == Presence(live=1, dead=1, messages=1)
    assert reply_texts(await claim_rows(store)) == ["một"]


async def test_who_was_out_of_touch_itself_takes_nobody_for_dead(
    store: Store, other: Store, database: Database
) -> None:
    await join(store)
    silent(database, other, 60)

    assert (await beat(store, judge=False)).live == 2
    assert await beat(other)


async def test_who_was_given_up_learns_it_and_decides_about_nothing_any_more(
    store: Store, other: Store, database: Database
) -> None:
    await answer_next(other, await open_chat(other), "một")
    (late,) = await claim_rows(other)
    await join(store)
    silent(database, other, 11)
    await beat(store)

    assert await other.workers.beat(CHANNEL, NOW, judge=True) is None
    (again,) = await claim_rows(store)
    await other.outbox.retry(late, NOW)
    await other.outbox.settle(late, DeliveryState.FAILED, NOW)
    await store.outbox.settle(again, DeliveryState.SENT, NOW)
    assert database.sql("SELECT state FROM outbox") == [("sent",)]


async def test_of_a_broadcast_that_a_dead_one_was_sending_nobody_knows_until_it_says_so(
    store: Store, other: Store, database: Database
) -> None:
    await answer_next(other, await open_chat(other), "một")
    (late,) = await claim_rows(other)
    database.sql(
        "INSERT INTO broadcasts (id, state, author, content, created_at, changed_at)"
        " VALUES ('TB-000001', 'running', 'machine', '', 0, 0)"
    )
    database.sql("UPDATE outbox SET broadcast = 'TB-000001', priority = ?", BROADCAST)
    await join(store)
    silent(database, other, 11)

    assert await beat(store) == Presence(live=1, dead=1, unknown=1)
    assert database.sql("SELECT state, reason FROM outbox") == [("unknown", "crash")]
    await other.outbox.settle(late, DeliveryState.SENT, NOW, message="501")
    assert database.sql("SELECT state, reason FROM outbox") == [("sent", None)]


async def test_who_leaves_is_missed_at_once(store: Store, other: Store) -> None:
    await join(store)
    await other.workers.leave(CHANNEL)

    assert (await beat(store)).live == 1


async def test_who_joins_waits_for_those_who_may_be_sending_and_for_nobody_else(
    store: Store, other: Store, database: Database
) -> None:
    assert (await join(store)).wait == LEASE.fence
    silent(database, other, 6)
    assert await join(store) == Presence(live=2)
    await other.workers.leave(CHANNEL)
    assert await join(store) == Presence(live=1)


async def test_of_two_that_join_at_once_one_at_least_waits_for_the_other(store: Store, another: OpenStore) -> None:
    both = await asyncio.gather(join(store), join(await another()))

    assert max(presence.wait for presence in both) > 0
    assert max(presence.live for presence in both) == 2


async def test_a_chat_is_one_workers_until_its_turn_ends(store: Store, other: Store) -> None:
    await join(store)
    (chat,) = await store.inbox.receive([make_incoming("1", "một"), make_incoming("2", "hai")], NOW)

    turn = await other.inbox.claim_turn(chat)
    assert get_text(turn) == "một"
    assert await store.inbox.claim_turn(chat) is None
    assert await store.inbox.chats_waiting(CHANNEL) == []
    assert turn
    async with open_turn(other, turn, NOW) as unit:
        await unit.finish("{}", [])
    assert get_text(await store.inbox.claim_turn(chat)) == "hai"


async def test_an_update_of_a_chat_that_another_worker_is_at_is_stored_and_left_to_it(
    store: Store, other: Store, database: Database
) -> None:
    await join(store)
    (chat,) = await store.inbox.receive([make_incoming("1", "một")], NOW)
    turn = await other.inbox.claim_turn(chat)
    assert turn
    taken: list[PendingTurn] = []
    claims = TurnClaims(lambda chats: chats, taken.append)
    assert await store.inbox.receive([make_incoming("2", "hai")], NOW, claims) == [chat]
    assert taken == []
    assert database.sql("SELECT tries FROM inbox ORDER BY id") == [(1,), (0,)]

    async with open_turn(other, turn, NOW) as unit:
        await unit.finish("{}", [])
    await store.inbox.receive([make_incoming("3", "ba")], NOW, claims)
    assert [get_text(one) for one in taken] == ["hai"]
    assert await other.inbox.claim_turn(chat) is None


async def test_an_update_that_was_known_reserves_nothing(store: Store, other: Store) -> None:
    await join(store)
    chat = await open_chat(store)
    await answer_next(store, chat)
    claims = TurnClaims(lambda chats: chats, lambda turn: pytest.fail(f"nothing waited: {turn}"))
    assert await store.inbox.receive([make_incoming("1")], NOW, claims) == []

    await other.inbox.receive([make_incoming("2", "hai")], NOW)
    assert get_text(await other.inbox.claim_turn(chat)) == "hai"


@pytest.mark.parametrize("ends", [False, True])
async def test_no_worker_is_turned_away_for_an_update_that_was_known_without_a_second_look(
    store: Store, other: Store, database: Database, monkeypatch: pytest.MonkeyPatch, *, ends: bool
) -> None:
    await join(store)
    chat = await open_chat(store)
    if not ends:
        await answer_next(store, chat)
    really, first = store.driver.run, iter([True])
    seen: list[PendingTurn | None] = []

    async def run(*calls: Query, durable: bool = False) -> list[Rows]:
        if not next(first, False):
            return await really(*calls, durable=durable)
        *meet, take, _ = calls
        found = await really(*meet, take, durable=durable)
        if ends:
            await answer_next(store, chat)  # its turn ends between the two: it is reserved in vain
            database.sql("UPDATE chats SET worker = ?", store.workers.id)
        await other.inbox.receive([make_incoming("2", "hai")], NOW)
        seen.append(await other.inbox.claim_turn(chat))
        return [*found, []]

    patch_method(monkeypatch, store.driver, "run", run)
    claims = TurnClaims(lambda chats: chats, lambda turn: pytest.fail(f"nothing waited: {turn}"))
    again = await store.inbox.receive([make_incoming("1")], NOW, claims)
    assert again == ([chat] if seen == [None] else [])
    assert get_text(seen[0] or await store.inbox.claim_turn(chat)) == "hai"


async def test_an_answer_claimed_with_its_turn_is_a_living_workers_and_queued_after_its_death(
    store: Store, other: Store, database: Database
) -> None:
    await join(store)
    chat = await open_chat(store)
    turn = await other.inbox.claim_turn(chat)
    assert turn
    async with open_turn(other, turn, NOW) as unit:
        assert await unit.finish("{}", [make_reply("trả lời")], claim=True)
    await beat(store)
    assert await claim_rows(store) == []

    silent(database, other, 11)
    assert (await beat(store)).messages == 1
    assert reply_texts(await claim_rows(store)) == ["trả lời"]


async def test_a_poison_update_lets_go_of_its_chat(store: Store, other: Store) -> None:
    await join(store)
    (chat,) = await store.inbox.receive([make_incoming("1", "độc"), make_incoming("2", "lành")], NOW)
    turn = await other.inbox.claim_turn(chat)
    assert turn
    await other.inbox.give_up(turn, NOW, [make_reply("xin lỗi")])

    assert get_text(await store.inbox.claim_turn(chat)) == "lành"


async def test_a_chat_of_a_dead_one_is_taken_over_in_the_middle_of_its_turn(
    store: Store, other: Store, database: Database
) -> None:
    await join(store)
    chat = await open_chat(store)
    await other.inbox.claim_turn(chat)
    silent(database, other, 11)
    await beat(store)

    assert await store.inbox.chats_waiting(CHANNEL) == [chat]
    assert get_text(await store.inbox.claim_turn(chat))


async def test_two_workers_share_the_inbox_and_keep_the_order_of_each_chat(store: Store, other: Store) -> None:
    await join(store)
    handled: list[tuple[str, str, int]] = []

    def hands(of: Store) -> TurnPool:
        async def handle_next(chat: Chat) -> bool:
            turn = await of.inbox.claim_turn(chat)
            if turn is None:
                return False
            async with open_turn(of, turn, NOW) as unit:
                await unit.finish("{}", [])
            handled.append((chat.id, of.workers.id, int(get_text(turn))))
            return True

        return TurnPool(handle_next, lambda _chat: None)

    both = hands(store), hands(other)
    for number in range(60):
        chats = await store.inbox.receive([make_incoming(f"{number}", f"{number}", f"chat {number % 5}")], NOW)
        for each in both:
            each.submit(chats)
    for each in both:
        await each.drain()

    assert sorted(number for _, _, number in handled) == list(range(60)), "each once, none left behind"
    for chat_id in {chat for chat, _, _ in handled}:
        numbers = [number for chat, _, number in handled if chat == chat_id]
        assert numbers == sorted(numbers)
    assert {worker for _, worker, _ in handled} == {store.workers.id, other.workers.id}


async def test_others_hear_at_once_of_what_there_is_to_do_and_nobody_hears_itself(
    store: Store, other: Store, database: Database
) -> None:
    signals: asyncio.Queue[str] = asyncio.Queue()
    own: asyncio.Queue[str] = asyncio.Queue()
    ears = [
        asyncio.create_task(which.workers.listen(to.put_nowait, ["telegram"]))
        for which, to in ((other, signals), (store, own))
    ]
    async with asyncio.timeout(30):
        assert await signals.get() == await own.get() == ""

        chat = await open_chat(store)
        assert await signals.get() == "inbox"
        await answer_next(store, chat, "một")
        assert await signals.get() == "outbox"
        await answer_next(other, await open_chat(other, "2"), "hai")
        assert [await own.get(), await own.get()] == ["inbox", "outbox"]
    assert signals.empty()
    for ear in ears:
        ear.cancel()
    await asyncio.gather(*ears, return_exceptions=True)


async def test_each_worker_has_a_place_of_its_own_in_the_order_of_all(store: Store, other: Store) -> None:
    await join(store)
    joined = await join(other)
    known = await beat(store)

    assert {joined.rank, known.rank} == {0, 1}
