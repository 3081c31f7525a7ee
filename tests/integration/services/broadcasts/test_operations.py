"""Broadcasts as what goes on by itself meets them: steps, holding, withdrawing, telling their authors."""

from datetime import timedelta

import pytest

from bot.messages import Chat
from bot.services.broadcasts import BroadcastOperations
from bot.store import Store
from handlers.broadcasts.notices import format_approval_request
from handlers.core import MarkupTranslator
from handlers.model import Broadcast, BroadcastState, Role
from locales import LANGUAGES
from tests.support.backends import DatabaseBackend
from tests.support.broadcasts import create_draft, move_broadcast
from tests.support.database import Database
from tests.support.people import OPERATOR, end_role, grant_role, insert_units, load_rights
from tests.support.store import CHANNEL, NOW, claim_rows, deliver_all, make_reply, open_chat, reply_texts


@pytest.fixture(autouse=True)
def units(store: Store, database: Database) -> None:
    insert_units(database.sql)


@pytest.fixture
async def chat(store: Store) -> Chat:
    """Of an owner and of an admin."""
    await grant_role(store, "chủ", Role.OWNER)
    await grant_role(store, "an", Role.ADMIN, "DN.NT", label="Anh an")
    return await open_chat(store, "1", "an")


async def test_what_waits_of_a_cancelled_one_is_withdrawn_in_batches(
    store: Store, ground: DatabaseBackend, database: Database
) -> None:
    name = (await create_draft(store)).id
    ground.stands(name, BroadcastState.RUNNING)
    for number, state in enumerate(("queued", "sending", "queued", "sent", "queued")):
        ground.add_row(name, str(number), state)
    assert not await store.broadcasts.withdraw(name, NOW)
    await move_broadcast(store, OPERATOR, name, BroadcastState.CANCELLED)

    assert [one.id for one in await store.broadcasts.list_open()] == [name]
    assert await store.broadcasts.withdraw(name, NOW, limit=2)
    assert not await store.broadcasts.withdraw(name, NOW, limit=2)

    assert await store.broadcasts.list_open() == ()
    gone = ("skipped", "cancelled")
    assert list(ground.rows_of(name).values()) == [gone, ("sending", None), gone, ("sent", None), gone]
    assert database.sql("SELECT COUNT(*) FROM outbox WHERE state = 'skipped' AND payload IS NOT NULL") == [(0,)]


async def broadcast_of(store: Store, chat: Chat) -> str:
    return (await create_draft(store, by=await load_rights(store, "an"), chat=chat)).id


async def test_its_author_is_told_each_thing_once(store: Store, chat: Chat) -> None:
    name = await broadcast_of(store, chat)
    for mark in ("ready", "ready", "finished"):
        await BroadcastOperations.over(store).notify_author(name, make_reply(mark), mark, NOW)
    assert reply_texts(await claim_rows(store)) == ["ready"]


async def test_the_moving_message_moves_in_its_place(store: Store, chat: Chat) -> None:
    name = await broadcast_of(store, chat)
    for number, at in enumerate((NOW, NOW + timedelta(seconds=1))):
        await BroadcastOperations.over(store).notify_author(name, make_reply(str(number)), "shown", at)
    assert [(one.paragraphs, one.action) for one in await deliver_all(store)] == [(("0",), "send")]

    for seconds in (2, 3):  # the second waits for the first
        await BroadcastOperations.over(store).notify_author(
            name, make_reply(str(seconds)), "shown", NOW + timedelta(seconds=seconds)
        )
    assert [(one.paragraphs, one.action, one.target) for one in await deliver_all(store)] == [(("2",), "edit", "42")]


async def test_it_moves_although_its_author_is_among_those_who_still_wait(
    store: Store, ground: DatabaseBackend, chat: Chat
) -> None:
    name = await broadcast_of(store, chat)
    ground.stands(name, BroadcastState.PAUSED)
    ground.add_row(name, chat.address)

    for seconds in (1, 2):
        assert await BroadcastOperations.over(store).notify_author(
            name, make_reply(str(seconds)), "shown", NOW + timedelta(seconds=seconds)
        )
        assert [one.paragraphs for one in await deliver_all(store)] == [(str(seconds),)]


async def test_whoever_has_lost_the_role_is_not_told_any_more(store: Store, chat: Chat) -> None:
    name = await broadcast_of(store, chat)
    assert await end_role(store, OPERATOR, "QT-000002") is None

    await BroadcastOperations.over(store).notify_author(name, make_reply("7 / 9"), "finished", NOW)

    assert await claim_rows(store) == []


async def test_those_who_may_approve_are_asked_once_for_a_check_in_their_language(
    store: Store, ground: DatabaseBackend, database: Database, chat: Chat
) -> None:
    """``chat`` is an owner's and an admin's: of its author, by the second role."""
    await grant_role(store, "an", Role.OWNER)
    for address, role, unit in (
        ("tỉnh", Role.ADMIN, "DN"),
        ("tâm", Role.FOCAL, "DN.NT"),
        ("xa", Role.ADMIN, "DN.DP"),
        ("gần", Role.ADMIN, "DN.NT"),
        ("gần", Role.ADMIN, "DN"),
    ):
        await grant_role(store, address, role, unit)
    database.sql("UPDATE chats SET language = 'en' WHERE id = ?", store.chats.at(CHANNEL, "gần").id)
    written = await create_draft(store, by=await load_rights(store, "an"), chat=chat)

    assert await BroadcastOperations.over(store).request_approvals(written, 7, NOW) == 0  # a draft
    ground.stands(written.id, BroadcastState.CHECKED)
    assert [await BroadcastOperations.over(store).request_approvals(written, 7, NOW) for _ in range(2)] == [3, 3]

    queued = database.sql("SELECT chat FROM outbox ORDER BY id")
    assert queued == [(store.chats.at(CHANNEL, one).id,) for one in ("gần", "tỉnh", "chủ")]
    asked = {language: request_of(written, language) for language in LANGUAGES}
    assert sorted("\n".join(row.reply.paragraphs) for row in await claim_rows(store)) == sorted(
        [asked["en"], asked["vi"], asked["vi"]]
    )


def request_of(written: Broadcast, language: str) -> str:
    labels = {"QT-000002": "Anh an"}
    return "\n".join(format_approval_request(MarkupTranslator(language), written, 7, labels).paragraphs)
