"""What is held about a person: all of it shown, nearly all of it deleted."""

import json
from datetime import date, timedelta

from bot.messages import DeliveryState
from bot.services.unit_of_work import open_turn
from bot.store.store import Store
from handlers.core.text import MarkupTranslator
from handlers.model.request import RETAINED_STATES, RequestState
from handlers.model.request_list import InterviewStatus
from handlers.model.rights import Role
from handlers.own_data import render_own_data
from rules.outcome import Procedure
from tests.integration.store.conftest import Database
from tests.support.office import OPERATOR, given, office, rights
from tests.support.own_data import everything, machine_labels
from tests.support.storing import (
    ADDRESS,
    NAME,
    NOW,
    SERIAL,
    answer,
    claim,
    content,
    next_turn,
    one_chat,
    said,
    says,
    texts,
)

STANDING = InterviewStatus(
    interview=1,
    certificate_key=SERIAL,
    subscriber=NAME,
    not_after=date(2026, 11, 16),
    owed=(Procedure.REVOKE, Procedure.ISSUE_NEW),
)


async def test_the_export_holds_everything_and_is_json(store: Store) -> None:
    await answer(store, await one_chat(store), "đã gửi", "đang chờ", session='{"answers": {"subject": "organisation"}}')
    await store.outbox.settle((await claim(store))[0], DeliveryState.SENT, NOW, message="501")
    (chat,) = await store.inbox.receive([said("2", "/dulieu"), said("3", "còn nữa")], NOW)

    async with open_turn(store, await next_turn(store, chat), NOW) as unit:
        request = await unit.requests.register(content())
        held = await everything(unit.own_data)

    assert json.loads(json.dumps(held)) == held
    assert machine_labels(render_own_data(held, MarkupTranslator("vi")), held) == set()
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
    await answer(store, await one_chat(store, "1", "bình"), "lời cho Bình", session='"phiên của Bình"')
    chat = await one_chat(store, "2", "an")

    async with open_turn(store, await next_turn(store, chat), NOW) as unit:
        held = json.dumps(await everything(unit.own_data), ensure_ascii=False).lower()

    assert "bình" not in held


async def test_erasing_leaves_only_what_must_stay_and_this_turns_reply(store: Store) -> None:
    await answer(store, await one_chat(store), "chưa gửi", session='"phiên"')
    (chat,) = await store.inbox.receive([said("2", "/xoadulieu"), said("3", "gửi vội")], NOW)

    async with open_turn(store, await next_turn(store, chat), NOW) as unit:
        codes = {state: (await unit.requests.register(content(), state)).code for state in RequestState}
        staying = await unit.own_data.erase()
        await unit.finish(None, [says("đã xóa")])

    assert set(staying) == {codes[state] for state in RETAINED_STATES}
    assert await store.inbox.claim_turn(chat) is None
    assert texts(await claim(store)) == ["đã xóa"]
    await store.inbox.receive([said("4")], NOW)
    async with open_turn(store, await next_turn(store, chat), NOW) as unit:
        kept = await unit.requests.mine()
        held = await everything(unit.own_data)
    assert [request.code for request in kept] == list(staying)
    assert (kept[0].content.subscriber, kept[0].content.events, kept[0].content.decision) == (NAME, (), "")
    assert held["session"] is None
    assert [update["event"] for update in held["received"][:-1]] == [None, None, None]


async def test_an_erased_chat_goes_with_its_last_message(store: Store) -> None:
    chat = await one_chat(store)
    async with open_turn(store, await next_turn(store, chat), NOW) as unit:
        await unit.own_data.erase()
        await unit.finish(None, [says("đã xóa"), says("tạm biệt")])

    for _ in range(2):
        await store.outbox.settle((await claim(store))[0], DeliveryState.SENT, NOW)

    await store.inbox.receive([said("2")], NOW)
    async with open_turn(store, await next_turn(store, chat), NOW) as unit:
        held = await everything(unit.own_data)
    assert held["outgoing"] == []
    assert [update["id"] for update in held["received"]] == ["2"]
    assert await store.inbox.receive([said("1")], NOW) == []


async def test_who_writes_again_after_erasing_is_not_forgotten_with_the_next_message(store: Store) -> None:
    chat = await one_chat(store)
    async with open_turn(store, await next_turn(store, chat), NOW) as unit:
        await unit.own_data.erase()
        await unit.finish(None, [says("đã xóa")])
    await store.inbox.receive([said("2")], NOW)
    await answer(store, chat, "chào lại", session='"mới"')

    await store.outbox.settle((await claim(store))[0], DeliveryState.SENT, NOW)

    assert texts(await claim(store)) == ["chào lại"]
    await store.inbox.receive([said("3")], NOW)
    assert (await next_turn(store, chat)).session == '"mới"'


async def test_erasing_says_nothing_about_another_chat(store: Store) -> None:
    other = await one_chat(store, "1", "bình")
    await answer(store, other, "lời cho Bình", session='"của Bình"')
    chat = await one_chat(store, "2", "an")

    async with open_turn(store, await next_turn(store, chat), NOW) as unit:
        await unit.own_data.erase()
        await unit.finish(None, [])

    await store.inbox.receive([said("3", address="bình")], NOW)
    assert (await next_turn(store, other)).session == '"của Bình"'
    assert texts(await claim(store)) == ["lời cho Bình"]


async def test_a_turn_that_erases_and_goes_on_keeps_its_new_session(store: Store) -> None:
    chat = await one_chat(store)
    async with open_turn(store, await next_turn(store, chat), NOW) as unit:
        await unit.own_data.erase()
        await unit.finish('{"language": "en"}', [says("đã xóa")])

    await store.outbox.settle((await claim(store))[0], DeliveryState.SENT, NOW)

    await store.inbox.receive([said("2")], NOW)
    assert (await next_turn(store, chat)).session == '{"language": "en"}'


async def test_who_stopped_the_bot_and_writes_again_is_not_held_for_blocked(store: Store) -> None:
    chat = await one_chat(store)
    await answer(store, chat, "chào")
    await store.outbox.settle((await claim(store))[0], DeliveryState.BLOCKED, NOW)

    blocked = []
    await store.inbox.receive([said("2")], NOW)
    async with open_turn(store, await next_turn(store, chat), NOW) as unit:
        blocked.append((await everything(unit.own_data))["chat"]["blocked_at"])

    assert blocked == [None]


async def test_who_writes_again_after_erasing_stays_without_a_session_too(store: Store) -> None:
    chat = await one_chat(store)
    async with open_turn(store, await next_turn(store, chat), NOW) as unit:
        await unit.own_data.erase()
        await unit.finish(None, [])
    (chat,) = await store.inbox.receive([said("2")], NOW)
    await answer(store, chat, "chào lại", session=None)

    await store.outbox.settle((await claim(store))[0], DeliveryState.SENT, NOW)

    assert (await store.retention.delete_expired(NOW, 180))["chats"] == 0


async def test_my_roles_are_shown_and_end_with_my_data(store: Store, database: Database) -> None:
    await given(store, "chủ", Role.OWNER)
    ended = await given(store, ADDRESS, Role.OWNER, label="Anh Nam")
    async with office(store) as at:
        await at.admin.people.end(OPERATOR, ended.id)
    mine = await given(store, ADDRESS, Role.OWNER, label="Anh Nam")
    chat = await one_chat(store)

    async with open_turn(store, await next_turn(store, chat), NOW) as unit:
        held = await everything(unit.own_data)
        await unit.own_data.erase()
        await unit.finish(None, [])

    assert machine_labels(render_own_data(held, MarkupTranslator("vi")), held) == set()
    assert [(role["id"], role["label"], role["ended_at"]) for role in held["roles"]] == [
        (ended.id, "Anh Nam", NOW.isoformat()),
        (mine.id, "Anh Nam", None),
    ]
    assert database.sql("SELECT id FROM grants WHERE chat = ?", chat.id) == []
    assert database.sql("SELECT actor, act, subject FROM audit ORDER BY number")[-1] == (mine.id, "leave_role", mine.id)
    assert (await store.audit.verify_journal()).fault is None


async def test_the_last_owner_keeps_the_role_and_the_chat(store: Store, database: Database) -> None:
    mine = await given(store, ADDRESS, Role.OWNER)
    chat = await one_chat(store)
    async with open_turn(store, await next_turn(store, chat), NOW) as unit:
        await unit.own_data.erase()
        await unit.finish(None, [says("đã xóa")])

    await store.outbox.settle((await claim(store))[0], DeliveryState.SENT, NOW)

    assert (await rights(store, ADDRESS)).grants == (mine,)
    assert (await store.retention.delete_expired(NOW + timedelta(days=400), 180))["chats"] == 0


async def test_an_erased_chat_whose_role_ended_goes_with_its_last_message(store: Store, database: Database) -> None:
    await given(store, "chủ", Role.OWNER)
    await given(store, ADDRESS, Role.OWNER)
    chat = await one_chat(store)
    async with open_turn(store, await next_turn(store, chat), NOW) as unit:
        await unit.own_data.erase()
        await unit.finish(None, [says("đã xóa")])

    await store.outbox.settle((await claim(store))[0], DeliveryState.SENT, NOW)

    assert database.sql("SELECT 1 FROM chats WHERE id = ?", chat.id) == []
