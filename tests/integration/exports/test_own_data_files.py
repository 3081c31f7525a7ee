"""All that is held about a person, ordered in a chat: put together beside the turns, once, killed or not."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.clock import Clock
from bot.delivery.exporter import OwnDataExporter
from bot.messages import Chat, DeliveryState
from bot.services.unit_of_work import open_turn
from bot.store import Store, own_data_reader
from bot.store.own_data import OwnDataTasks
from handlers.core import Attachment, Reply
from handlers.model import Role
from tests.support.database import Database
from tests.support.delivery import ScriptedChannel
from tests.support.people import grant_role
from tests.support.store import (
    CHANNEL,
    NAME,
    NOW,
    answer_next,
    claim_next_turn,
    claim_rows,
    make_content,
    make_incoming,
    open_chat,
)

MB = 1_000_000


def collector(store: Store, database: Database, limit: int = MB) -> OwnDataExporter:
    return OwnDataExporter(store, ScriptedChannel(), database.folder / "own-data", limit, Clock(), lambda: None)


async def orders(store: Store, chat: Chat, update: str = "/dulieu") -> bool:
    await store.inbox.receive([make_incoming(update, "/dulieu")], NOW)
    async with open_turn(store, await claim_next_turn(store, chat), NOW) as unit:
        ordered = await unit.own_data.order("vi")
        await unit.finish("{}", [])
    return ordered


async def delivered(store: Store) -> list[Reply]:
    """What the person gets; all of it arrives."""
    replies = []
    while rows := await claim_rows(store, now=Clock().now() + timedelta(seconds=1)):
        for row in rows:
            replies.append(row.reply)
            await store.outbox.settle(row, DeliveryState.SENT, NOW, message="1")
    return replies


async def files(store: Store) -> dict[str, bytes]:
    return {file.name: file.content for reply in await delivered(store) for file in reply.attachments}


def left_behind(database: Database) -> list[Path]:
    return list((database.folder / "own-data").glob("*"))


async def held_by(store: Store, database: Database) -> Any:
    """What the JSON says."""
    assert await collector(store, database).work() == 1
    return json.loads((await files(store))["du-lieu-cua-toi.json"])


async def test_all_that_is_held_comes_as_a_text_and_as_json(store: Store, database: Database) -> None:
    chat = await open_chat(store)
    async with open_turn(store, await claim_next_turn(store, chat), NOW) as unit:
        request = await unit.requests.register(make_content())
        await unit.finish("{}", [])
    assert await orders(store, chat)

    assert await collector(store, database).work() == 1
    got = await files(store)
    assert list(got) == ["du-lieu-cua-toi.txt", "du-lieu-cua-toi.json"]
    assert NAME in got["du-lieu-cua-toi.txt"].decode()
    held = json.loads(got["du-lieu-cua-toi.json"])
    assert [one["code"] for one in held["requests"]] == [request.code]
    assert [one["id"] for one in held["received"]] == ["1", "/dulieu"]
    assert left_behind(database) == []


async def test_nineteen_orders_in_a_second_are_one(store: Store, database: Database) -> None:
    chat = await open_chat(store)
    await answer_next(store, chat)
    assert [await orders(store, chat, f"order {number}") for number in range(19)] == [True, *[False] * 18]
    await collector(store, database).work()
    assert not await orders(store, chat, "before they have left")
    assert len(await delivered(store)) == 2
    assert await orders(store, chat, "after that")


async def test_what_waits_to_be_sent_is_named_and_what_its_files_hold_is_not(store: Store, database: Database) -> None:
    """Otherwise an order for one's data holds the one before it, and so on."""
    chat = await open_chat(store)
    large, small = (Attachment.of(f"{size}.txt", "text/plain", b"secret " * size) for size in (100_000, 10))
    async with open_turn(store, await claim_next_turn(store, chat), NOW) as unit:
        await unit.finish("{}", [Reply(paragraphs=("a file",), attachments=(file,)) for file in (small, large)])
    await orders(store, chat)

    held = await held_by(store, database)
    assert held["outgoing"][0]["reply"]["attachments"] == [{"name": "10.txt", "media_type": "text/plain", "size": 70}]
    assert held["outgoing"][1]["reply"] is None
    assert "c2VjcmV0" not in json.dumps(held)


async def test_of_a_very_busy_person_the_newest_messages_are_listed_and_the_others_counted(
    store: Store, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_data_reader, "MOST_LISTED", 20)
    chat = await open_chat(store, "0")
    await answer_next(store, chat, "0")
    for number in range(1, 50):
        await store.inbox.receive([make_incoming(f"{number}")], NOW)
        await answer_next(store, chat, f"{number}")
    assert len(await delivered(store)) == 50
    await orders(store, chat)

    held = await held_by(store, database)
    assert [one["id"] for one in held["received"]] == [*map(str, range(31, 50)), "/dulieu"]
    assert (len(held["outgoing"]), held["earlier"]) == (20, {"received": 31, "outgoing": 30})


async def test_what_is_too_long_for_one_file_comes_in_parts_each_json_by_itself(
    store: Store, database: Database
) -> None:
    chat = await open_chat(store)
    async with open_turn(store, await claim_next_turn(store, chat), NOW) as unit:
        codes = [(await unit.requests.register(make_content(f"{at}"))).code for at in range(60)]
        await unit.finish("{}", [])
    await orders(store, chat)

    await collector(store, database, limit=20_000).work()
    got = await files(store)
    parts = [json.loads(got[name]) for name in got if name.endswith(".json")]
    assert len(parts) > 2
    assert {name for part in parts for name in part} >= {"chat", "session", "requests", "received", "outgoing"}
    assert [one["code"] for part in parts for one in part.get("requests", [])] == codes[::-1]
    assert max(map(len, got.values())) < 40_000 * 3
    text = "".join(got[name].decode() for name in got if name.endswith(".txt"))
    assert all(code in text for code in codes)


async def test_killed_while_it_is_made_it_is_begun_anew_and_comes_once(store: Store, database: Database) -> None:
    chat = await open_chat(store)
    await orders(store, chat)
    for _ in range(3):  # taken, and nobody lives who has it
        assert await store.own_data.take(CHANNEL, NOW)
        assert await store.own_data.take(CHANNEL, NOW) is None
        await collector(store, database).recover()
    assert await collector(store, database).work() == 1
    assert len(await delivered(store)) == 2
    assert await collector(store, database).work() == 0


async def test_an_order_that_ends_process_after_process_is_set_aside_and_told(store: Store, database: Database) -> None:
    await grant_role(store, "owner", Role.OWNER)
    chat = await open_chat(store)
    await orders(store, chat)
    for _ in range(10):
        await store.own_data.take(CHANNEL, NOW)
        await store.tasks.recover(CHANNEL)
    assert await collector(store, database).work() == 1
    replies = str(await delivered(store))
    assert "DL-000001" in replies
    assert "/dulieu" in replies
    assert database.sql("SELECT state FROM tasks") == [("failed",)]


async def test_what_is_erased_meanwhile_is_not_handed_over(
    store: Store, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat = await open_chat(store)
    await orders(store, chat)
    complete = OwnDataTasks.complete

    async def erased_first(self: OwnDataTasks, *wanted: Any) -> bool:
        await store.inbox.receive([make_incoming("/xoadulieu")], NOW)
        async with open_turn(store, await claim_next_turn(store, chat), NOW) as unit:
            await unit.own_data.erase()
            await unit.finish(None, [])
        return await complete(self, *wanted)

    monkeypatch.setattr(OwnDataTasks, "complete", erased_first)
    await collector(store, database).work()
    assert await delivered(store) == []


async def test_where_it_fails_its_person_is_told_and_may_order_it_again(
    store: Store, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat = await open_chat(store)
    await orders(store, chat)
    with monkeypatch.context() as patch:
        patch.setattr("bot.delivery.exporter.OwnDataFiles", lambda *_: 1 / 0)
        await collector(store, database).work()
    assert "/dulieu" in str(await delivered(store))
    assert left_behind(database) == []
    assert await orders(store, chat, "again")


async def test_an_order_that_cannot_be_read_is_told_to_its_person_who_may_order_it_again(
    store: Store, database: Database
) -> None:
    chat = await open_chat(store)
    await orders(store, chat)
    database.sql("UPDATE tasks SET spec = ?", b"\x00" * 64)

    await collector(store, database).work()

    assert "/dulieu" in str(await delivered(store))
    await store.inbox.chats_waiting(CHANNEL)
    assert database.sql("SELECT place FROM unreadable") == [("tasks.spec DL-000001",)]
    assert await orders(store, chat, "again")
