import asyncio
import gc
import sqlite3
import warnings
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.channels import ChannelError, Refused
from bot.channels.pace import Rate
from bot.channels.telegram import Poller
from bot.channels.telegram.api import TelegramApi
from bot.channels.telegram.updates import UpdateReceiver
from bot.clock import Clock
from bot.delivery.intake import Intake, Throttle
from bot.messages import Chat
from bot.store import Store
from bot.store.errors import StoreError, StoreLocked
from handlers.core import Event, Services, Session
from tests.integration.channels.telegram.conftest import Assembly, Settle
from tests.support.delivery import Answer, echo, eventually, make_conversation
from tests.support.store import patch_method
from tests.support.telegram.api import BotApi
from tests.support.telegram.errors import ApiError
from tests.support.telegram.limits import Limits


def poller(api: TelegramApi, store: Store, chats: list[Chat] | None = None) -> Poller:
    clock = Clock()
    found = [] if chats is None else chats
    intake = Intake(store, Throttle(Rate(100, 100), clock), clock, found.extend)
    return Poller(api, UpdateReceiver(api, intake.accept, intake.record_block_change), hold=1)


async def test_a_conversation_walks_there_and_back(server: BotApi, assembly: Assembly) -> None:
    lan = server.user("Lan")
    async with assembly.served():
        for number in range(1, 4):
            await lan.says(f"câu {number}")
            assert (await lan.hears()).text == f"{number}: câu {number}"


async def test_an_update_is_acknowledged_only_after_it_is_stored(
    server: BotApi, api: TelegramApi, store: Store
) -> None:
    await server.user("Lan").says("a")
    polls = poller(api, store)
    await polls.poll_once(asyncio.Event())
    assert len(await store.inbox.chats_waiting("telegram")) == 1
    assert len(server.account.updates) == 1
    await polls.poll_once(asyncio.Event())
    assert len(server.account.updates) == 0


async def test_a_kill_between_storing_and_acknowledging_repeats_nothing(
    server: BotApi, api: TelegramApi, store: Store
) -> None:
    update = await server.user("Lan").says("a")
    chats: list[Chat] = []
    await poller(api, store, chats).poll_once(asyncio.Event())
    await poller(api, store, chats).poll_once(asyncio.Event())  # the next process knows no offset
    assert update is not None
    assert server.account.updates.delivered[update] == 2
    assert len(chats) == 1


async def test_while_the_store_is_locked_nothing_is_acknowledged(
    server: BotApi, api: TelegramApi, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    receive, locked = store.inbox.receive, True

    async def sometimes(*args: Any) -> list[Chat]:
        if locked:
            raise StoreLocked
        return await receive(*args)

    patch_method(monkeypatch, store.inbox, "receive", sometimes)
    await server.user("Lan").says("a")
    polls = poller(api, store)
    polling = asyncio.create_task(polls.poll_once(asyncio.Event()))
    await asyncio.sleep(0.2)
    assert not polling.done()
    locked = False
    await polling
    assert len(await store.inbox.chats_waiting("telegram")) == 1


@pytest.mark.parametrize(
    "poison",
    [
        {"message": "not even an object"},
        {"message": {"chat": {"id": [], "type": {}}, "text": 7, "from": "x", "message_id": "y"}},
        {"callback_query": {"id": {}, "message": []}},
        {"something_from_the_future": {}},
    ],
)
async def test_a_poison_update_does_not_hold_up_the_ones_behind_it(
    server: BotApi, assembly: Assembly, poison: dict[str, Any]
) -> None:
    lan = server.user("Lan")
    server.poison(poison)
    async with assembly.served():
        await lan.says("a")
        assert (await lan.hears()).text == "1: a"
        await server.acknowledged()


async def test_updates_that_cannot_be_acknowledged_are_not_asked_for_in_a_hurry(
    api: TelegramApi, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def numberless(*_: Any, **__: Any) -> list[Any]:
        return [{"message": {}}, None]

    monkeypatch.setattr(api, "call", numberless)
    with pytest.raises(ChannelError):
        await poller(api, store).poll_once(asyncio.Event())


@pytest.mark.parametrize(
    "fault",
    [
        {"error": ApiError(409, "Conflict: terminated by other getUpdates request")},
        {"error": ApiError(502, "Bad Gateway")},
        {"error": ApiError(401, "Unauthorized")},
        {"drop": True},
    ],
)
async def test_polling_survives_what_goes_wrong(server: BotApi, assembly: Assembly, fault: dict[str, Any]) -> None:
    lan = server.user("Lan")
    server.fault("getUpdates", **fault)
    async with assembly.served():
        await lan.says("a")
        assert (await lan.hears()).text == "1: a"


@pytest.mark.parametrize("surprise", [StoreError(), KeyError("a surprise")])
async def test_polling_goes_on_where_the_store_refuses_a_batch_and_it_comes_again(
    server: BotApi, assembly: Assembly, store: Store, monkeypatch: pytest.MonkeyPatch, surprise: Exception
) -> None:
    receive, surprises = store.inbox.receive, [surprise]

    async def sometimes(*args: Any) -> list[Chat]:
        if surprises:
            raise surprises.pop()
        return await receive(*args)

    if isinstance(surprise, StoreError):
        patch_method(monkeypatch, store.inbox, "receive", sometimes)
    else:
        monkeypatch.setattr(UpdateReceiver, "receive", _once(UpdateReceiver.receive, surprises))
    lan = server.user("Lan")
    await lan.says("a")
    async with assembly.served():
        assert (await lan.hears()).text == "1: a"


def _once(take: Any, surprises: list[Exception]) -> Any:
    async def taken(front: UpdateReceiver, raw: Any) -> int | None:
        if raw and surprises:
            raise surprises.pop()
        number: int | None = await take(front, raw)
        return number

    return taken


@pytest.mark.parametrize("surprise", [StoreError(), KeyError("a surprise")])
async def test_a_sign_of_being_blocked_that_cannot_be_stored_holds_up_nothing(
    server: BotApi, assembly: Assembly, store: Store, monkeypatch: pytest.MonkeyPatch, surprise: Exception
) -> None:
    async def refused(*_: Any) -> None:
        raise surprise

    patch_method(monkeypatch, store.chats, "mark_blocked", refused)
    lan, minh = server.user("Lan"), server.user("Minh")
    await lan.says("a")
    async with assembly.served():
        await lan.hears()
        lan.blocks()
        await minh.says("b")
        assert (await minh.hears()).text == "1: b"
        await server.acknowledged()


async def test_a_stop_does_not_wait_long_for_taps_that_nobody_answers(server: BotApi, assembly: Assembly) -> None:
    lan = server.user("Lan")
    server.breaks("answerCallbackQuery", "slow")
    async with assembly.served():
        await lan.says("a")
        await lan.hears()
        query = {"id": "Q", "from": lan.as_json(), "data": "x"}
        message = {"message_id": 1, "chat": {"id": lan.id, "type": "private"}}
        server.account.updates.push("callback_query", lan.id, {**query, "message": message})
        await lan.hears()
        began = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - began < 4


async def test_a_token_that_is_refused_ends_the_start(server: BotApi, settings: Settle, store: Store) -> None:
    stranger = Assembly(settings(telegram_token="110201543:" + "x" * 35), store)
    with pytest.raises(Refused, match="TROLY_TELEGRAM_TOKEN"):
        async with stranger.served():
            await asyncio.sleep(0.5)


async def test_a_start_without_a_network_goes_on_when_it_is_back(server: BotApi, assembly: Assembly) -> None:
    server.fault("getMe", drop=True, times=2)
    lan = server.user("Lan")
    async with assembly.served():
        await lan.says("a")
        assert (await lan.hears()).text == "1: a"


async def test_a_start_drops_nothing_that_waited_and_ends_a_webhook(server: BotApi, assembly: Assembly) -> None:
    server.account.webhook = {"url": "http://127.0.0.1:1/hook", "secret": "s", "connections": 40}
    lan = server.user("Lan")
    await lan.says("sent while nobody listened")
    async with assembly.served():
        assert (await lan.hears()).text == "1: sent while nobody listened"
    assert not [call for call in server.calls if "drop_pending_updates" in call.fields]


async def test_commands_are_announced_in_both_languages(server: BotApi, assembly: Assembly) -> None:
    async with assembly.served():
        await eventually(lambda: len(server.account.commands) == 3)
    vietnamese, english = (
        {
            command["command"]: command["description"]
            for scope, menu in server.account.commands.items()
            for command in menu
            if f'"{language}"' in scope
        }
        for language in ("vi", "en")
    )
    assert vietnamese.keys() == english.keys() >= {"start", "lamlai", "trogiup", "xoadulieu"}
    assert vietnamese != english
    assert len(server.account.commands) == 3


async def test_a_tap_is_answered_before_it_is_handled(server: BotApi, settings: Settle, store: Store) -> None:
    gate = asyncio.Event()

    async def respond(session: Session | None, event: Event, world: Services) -> Answer:
        if event.kind == "tapped":
            await gate.wait()
        return await echo(session, event, world)

    lan = server.user("Lan")
    async with Assembly(settings(), store, make_conversation(respond)).served():
        tapped = {
            "id": "Q",
            "from": lan.as_json(),
            "data": "x",
            "message": {"message_id": 1, "chat": {"id": lan.id, "type": "private"}},
        }
        lan.chat.started = True
        server.account.callbacks.add("Q")
        server.account.updates.push("callback_query", lan.id, tapped)
        await eventually(lambda: server.calls_of("answerCallbackQuery"))
        assert not server.calls_of("sendMessage")
        gate.set()
        assert (await lan.hears()).text == "1: tapped"
        server.account.updates.push("callback_query", lan.id, tapped)  # by now it is too old to be answered
        assert (await lan.hears()).text == "2: tapped"


async def test_a_group_is_heard_only_where_it_calls_us(server: BotApi, assembly: Assembly) -> None:
    lan, group = server.user("Lan"), server.group("Phòng")
    async with assembly.served():
        await lan.says("chuyện riêng của phòng", group=group)
        await lan.says("/start@troly_bot", group=group)
        assert (await asyncio.wait_for(group.next_shown(), 30)).text == "1: /"


async def test_a_stop_is_quick_although_a_poll_is_held_open(server: BotApi, assembly: Assembly) -> None:
    async with assembly.served():
        await server.user("Lan").says("a")
        await server.user("Lan").hears()
        began = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - began < 2


async def test_a_stop_before_telegram_is_reached_leaves_nothing_begun(store: Store) -> None:
    unreached = TelegramApi(SecretStr("1:a"), "http://127.0.0.1:9")
    stop = asyncio.Event()
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        running = asyncio.create_task(poller(unreached, store).run(stop))
        await asyncio.sleep(0.1)
        stop.set()
        await asyncio.wait_for(running, 30)
        gc.collect()
    await unreached.close()
    assert [str(one.message) for one in warned if one.category is RuntimeWarning] == []


async def test_bursts_beyond_telegrams_limits_arrive_whole_and_in_order(store: Store, settings: Settle) -> None:
    # A chat recovers so slowly that its limit is met on a busy machine too.
    async with BotApi.start(limits=Limits(per_chat=0.25)) as strict:
        changes: dict[str, Any] = {"telegram_token": strict.token, "telegram_api_url": strict.url}
        people = [strict.user(f"Người {number}") for number in range(12)]
        async with Assembly(settings(**changes), store).served():
            for number in range(6):  # the server lets five a chat through at once
                for person in people:
                    await person.says(str(number))
            for person in people:
                assert [(await person.hears()).text for _ in range(6)] == [f"{n + 1}: {n}" for n in range(6)]
        assert [call for call in strict.calls if call.code == 429], "the limits were never met"


async def test_a_person_who_blocks_the_assistant_is_written_to_again_once_they_let_it(
    server: BotApi, api: TelegramApi, store: Store, tmp_path: Path
) -> None:
    lan = server.user("Lan")
    polls = poller(api, store)

    async def blocked() -> bool:
        await polls.poll_once(asyncio.Event())
        with closing(sqlite3.connect(tmp_path / "troly.sqlite3")) as connection:
            ((at,),) = connection.execute("SELECT blocked_at FROM chats").fetchall()
        return at is not None

    await lan.says("/start")
    lan.blocks()
    assert await blocked()  # both came in one batch
    lan.unblocks()
    assert not await blocked()
    lan.blocks()
    assert await blocked()
    lan.chat.blocked = False
    await lan.says("tôi đây")
    assert not await blocked()
