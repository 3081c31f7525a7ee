"""What is held about a person: all of it shown, nearly all of it deleted."""

import json
from datetime import timedelta

from bot.messages import DeliveryState
from bot.services.unit_of_work import open_turn
from bot.store import Store
from handlers.core import MarkupTranslator
from handlers.model import RETAINED_STATES, RequestState, Role
from tests.support.database import Database
from tests.support.dialogue import find_machine_labels, read_own_data, render_own_data
from tests.support.people import OPERATOR, admin_transaction, grant_role, load_rights
from tests.support.store import (
    ADDRESS,
    NAME,
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


async def test_the_export_holds_everything_and_is_json(store: Store) -> None:
    await answer_next(
        store, await open_chat(store), "đã gửi", "đang chờ", session='{"answers": {"subject": "organisation"}}'
    )
    await store.outbox.settle((await claim_rows(store))[0], DeliveryState.SENT, NOW, message="501")
    (chat,) = await store.inbox.receive([make_incoming("2", "/dulieu"), make_incoming("3", "còn nữa")], NOW)

    async with open_turn(store, await claim_next_turn(store, chat), NOW) as unit:
        request = await unit.requests.register(make_content())
        held = await read_own_data(unit.own_data)

    assert json.loads(json.dumps(held)) == held
    assert find_machine_labels(render_own_data(held, MarkupTranslator("vi")), held) == set()
    assert held["chat"] == {
        "channel": "telegram",
        "address": ADDRESS,
        "first_contact_at": NOW.isoformat(),
        "last_contact_at": NOW.isoformat(),
        "blocked_at": None,
        "unit": None,
        "told_of_requests": None,
    }
    assert held["session"] == {"answers": {"subject": "organisation"}}
    assert [(kept["code"], kept["content"]["subscriber"]) for kept in held["requests"]] == [(request.code, NAME)]
    assert [(update["id"], update["event"] and update["event"]["text"]) for update in held["received"]] == [
        ("1", None),
        ("2", "/dulieu"),
        ("3", "còn nữa"),
    ]
    sent, waiting = held["outgoing"]
    assert (sent["state"], sent["message_id"], sent["reply"]) == ("sent", "501", None)
    assert (waiting["state"], waiting["reply"]["paragraphs"]) == ("queued", ["đang chờ"])


async def test_the_export_holds_nothing_of_another_chat(store: Store) -> None:
    await answer_next(store, await open_chat(store, "1", "bình"), "lời cho Bình", session='"phiên của Bình"')
    chat = await open_chat(store, "2", "an")

    async with open_turn(store, await claim_next_turn(store, chat), NOW) as unit:
        held = json.dumps(await read_own_data(unit.own_data), ensure_ascii=False).lower()

    assert "bình" not in held


async def test_erasing_leaves_only_what_must_stay_and_this_turns_reply(store: Store) -> None:
    await answer_next(store, await open_chat(store), "chưa gửi", session='"phiên"')
    (chat,) = await store.inbox.receive([make_incoming("2", "/xoadulieu"), make_incoming("3", "gửi vội")], NOW)

    async with open_turn(store, await claim_next_turn(store, chat), NOW) as unit:
        codes = {state: (await unit.requests.register(make_content(), state)).code for state in RequestState}
        staying = await unit.own_data.erase()
        await unit.finish(None, [make_reply("đã xóa")])

    assert set(staying) == {codes[state] for state in RETAINED_STATES}
    assert await store.inbox.claim_turn(chat) is None
    assert reply_texts(await claim_rows(store)) == ["đã xóa"]
    await store.inbox.receive([make_incoming("4")], NOW)
    async with open_turn(store, await claim_next_turn(store, chat), NOW) as unit:
        kept = await unit.requests.mine()
        held = await read_own_data(unit.own_data)
    assert [request.code for request in kept] == list(staying)
    assert (kept[0].content.subscriber, kept[0].content.events, kept[0].content.decision) == (NAME, (), "")
    assert held["session"] is None
    assert [update["event"] for update in held["received"][:-1]] == [None, None, None]


async def test_an_erased_chat_goes_with_its_last_message(store: Store) -> None:
    chat = await open_chat(store)
    async with open_turn(store, await claim_next_turn(store, chat), NOW) as unit:
        await unit.own_data.erase()
        await unit.finish(None, [make_reply("đã xóa"), make_reply("tạm biệt")])

    for _ in range(2):
        await store.outbox.settle((await claim_rows(store))[0], DeliveryState.SENT, NOW)

    await store.inbox.receive([make_incoming("2")], NOW)
    async with open_turn(store, await claim_next_turn(store, chat), NOW) as unit:
        held = await read_own_data(unit.own_data)
    assert held["outgoing"] == []
    assert [update["id"] for update in held["received"]] == ["2"]
    assert await store.inbox.receive([make_incoming("1")], NOW) == []


async def test_who_writes_again_after_erasing_is_not_forgotten_with_the_next_message(store: Store) -> None:
    chat = await open_chat(store)
    async with open_turn(store, await claim_next_turn(store, chat), NOW) as unit:
        await unit.own_data.erase()
        await unit.finish(None, [make_reply("đã xóa")])
    await store.inbox.receive([make_incoming("2")], NOW)
    await answer_next(store, chat, "chào lại", session='"mới"')

    await store.outbox.settle((await claim_rows(store))[0], DeliveryState.SENT, NOW)

    assert reply_texts(await claim_rows(store)) == ["chào lại"]
    await store.inbox.receive([make_incoming("3")], NOW)
    assert (await claim_next_turn(store, chat)).session == '"mới"'


async def test_erasing_says_nothing_about_another_chat(store: Store) -> None:
    other = await open_chat(store, "1", "bình")
    await answer_next(store, other, "lời cho Bình", session='"của Bình"')
    chat = await open_chat(store, "2", "an")

    async with open_turn(store, await claim_next_turn(store, chat), NOW) as unit:
        await unit.own_data.erase()
        await unit.finish(None, [])

    await store.inbox.receive([make_incoming("3", address="bình")], NOW)
    assert (await claim_next_turn(store, other)).session == '"của Bình"'
    assert reply_texts(await claim_rows(store)) == ["lời cho Bình"]


async def test_a_turn_that_erases_and_goes_on_keeps_its_new_session(store: Store) -> None:
    chat = await open_chat(store)
    async with open_turn(store, await claim_next_turn(store, chat), NOW) as unit:
        await unit.own_data.erase()
        await unit.finish('{"language": "en"}', [make_reply("đã xóa")])

    await store.outbox.settle((await claim_rows(store))[0], DeliveryState.SENT, NOW)

    await store.inbox.receive([make_incoming("2")], NOW)
    assert (await claim_next_turn(store, chat)).session == '{"language": "en"}'


async def test_who_stopped_the_bot_and_writes_again_is_not_held_for_blocked(store: Store) -> None:
    chat = await open_chat(store)
    await answer_next(store, chat, "chào")
    await store.outbox.settle((await claim_rows(store))[0], DeliveryState.BLOCKED, NOW)

    blocked = []
    await store.inbox.receive([make_incoming("2")], NOW)
    async with open_turn(store, await claim_next_turn(store, chat), NOW) as unit:
        blocked.append((await read_own_data(unit.own_data))["chat"]["blocked_at"])

    assert blocked == [None]


async def test_who_writes_again_after_erasing_stays_without_a_session_too(store: Store) -> None:
    chat = await open_chat(store)
    async with open_turn(store, await claim_next_turn(store, chat), NOW) as unit:
        await unit.own_data.erase()
        await unit.finish(None, [])
    (chat,) = await store.inbox.receive([make_incoming("2")], NOW)
    await answer_next(store, chat, "chào lại", session=None)

    await store.outbox.settle((await claim_rows(store))[0], DeliveryState.SENT, NOW)

    assert (await store.retention.delete_expired(NOW, 180))["chats"] == 0


async def test_my_roles_are_shown_and_end_with_my_data(store: Store, database: Database) -> None:
    await grant_role(store, "chủ", Role.OWNER)
    ended = await grant_role(store, ADDRESS, Role.OWNER, label="Anh Nam")
    async with admin_transaction(store) as at:
        await at.admin.people.end(OPERATOR, ended.id)
    mine = await grant_role(store, ADDRESS, Role.OWNER, label="Anh Nam")
    chat = await open_chat(store)

    async with open_turn(store, await claim_next_turn(store, chat), NOW) as unit:
        held = await read_own_data(unit.own_data)
        await unit.own_data.erase()
        await unit.finish(None, [])

    assert find_machine_labels(render_own_data(held, MarkupTranslator("vi")), held) == set()
    assert [(role["id"], role["label"], role["ended_at"]) for role in held["roles"]] == [
        (ended.id, "Anh Nam", NOW.isoformat()),
        (mine.id, "Anh Nam", None),
    ]
    assert database.sql("SELECT id FROM grants WHERE chat = ?", chat.id) == []
    assert database.sql("SELECT actor, act, subject FROM audit ORDER BY number")[-1] == (mine.id, "leave_role", mine.id)
    assert (await store.audit.verify_journal()).fault is None


async def test_the_last_owner_keeps_the_role_and_the_chat(store: Store, database: Database) -> None:
    mine = await grant_role(store, ADDRESS, Role.OWNER)
    chat = await open_chat(store)
    async with open_turn(store, await claim_next_turn(store, chat), NOW) as unit:
        await unit.own_data.erase()
        await unit.finish(None, [make_reply("đã xóa")])

    await store.outbox.settle((await claim_rows(store))[0], DeliveryState.SENT, NOW)

    assert (await load_rights(store, ADDRESS)).grants == (mine,)
    assert (await store.retention.delete_expired(NOW + timedelta(days=400), 180))["chats"] == 0


async def test_an_erased_chat_whose_role_ended_goes_with_its_last_message(store: Store, database: Database) -> None:
    await grant_role(store, "chủ", Role.OWNER)
    await grant_role(store, ADDRESS, Role.OWNER)
    chat = await open_chat(store)
    async with open_turn(store, await claim_next_turn(store, chat), NOW) as unit:
        await unit.own_data.erase()
        await unit.finish(None, [make_reply("đã xóa")])

    await store.outbox.settle((await claim_rows(store))[0], DeliveryState.SENT, NOW)

    assert database.sql("SELECT 1 FROM chats WHERE id = ?", chat.id) == []
