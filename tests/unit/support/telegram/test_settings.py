"""https://core.telegram.org/bots/api#setwebhook, #setmycommands, #answercallbackquery, #sendchataction"""

import json

import pytest

from tests.support.telegram.api import BotApi
from tests.unit.support.telegram.conftest import Ask

COMMANDS = [
    ([{"command": "Start", "description": "x"}], "BOT_COMMAND_INVALID"),
    ([{"command": "x" * 33, "description": "x"}], "BOT_COMMAND_INVALID"),
    ([{"command": "x", "description": ""}], "BOT_COMMAND_DESCRIPTION_INVALID"),
    ([{"command": "x", "description": "x" * 257}], "BOT_COMMAND_DESCRIPTION_INVALID"),
    ([{"command": "x", "description": "x"}] * 101, "BOT_COMMANDS_TOO_MUCH"),
]


@pytest.mark.parametrize(("commands", "why"), COMMANDS)
async def test_commands_outside_the_limits_are_refused(ask: Ask, commands: list[dict[str, str]], why: str) -> None:
    assert (await ask("setMyCommands", commands=json.dumps(commands)))["description"] == f"Bad Request: {why}"


async def test_commands_are_kept_per_language(ask: Ask) -> None:
    commands = [{"command": "start", "description": "Bắt đầu"}]
    await ask("setMyCommands", commands=json.dumps(commands), language_code="vi")
    assert (await ask("getMyCommands", language_code="vi"))["result"] == commands
    assert (await ask("getMyCommands"))["result"] == []


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"url": "ftp://x"}, "bad webhook: An HTTPS URL must be provided for webhook"),
        ({"url": "https://x", "secret_token": "x" * 257}, "secret token is too long"),
        ({"url": "https://x", "secret_token": "một"}, "secret token contains unallowed characters"),
    ],
)
async def test_a_webhook_outside_the_limits_is_refused(ask: Ask, fields: dict[str, str], why: str) -> None:
    assert (await ask("setWebhook", **fields))["description"] == f"Bad Request: {why}"


async def test_pending_updates_are_dropped_only_on_demand(api: BotApi, ask: Ask) -> None:
    await api.user("Lan").says("x")
    await ask("deleteWebhook")
    assert (await ask("getWebhookInfo"))["result"]["pending_update_count"] == 1
    await ask("deleteWebhook", drop_pending_updates="true")
    assert (await ask("getWebhookInfo"))["result"]["pending_update_count"] == 0


async def test_a_tap_is_answered_once(api: BotApi, ask: Ask) -> None:
    lan = api.user("Lan")
    await lan.says("/start")
    markup = {"inline_keyboard": [[{"text": "Có", "callback_data": "1"}]]}
    await ask("sendMessage", chat_id=lan.id, text="?", reply_markup=json.dumps(markup))
    await lan.taps("Có")
    query = (await ask("getUpdates", offset=-1))["result"][0]["callback_query"]
    assert query["data"] == "1"
    assert query["message"]["text"] == "?"
    assert (await ask("answerCallbackQuery", callback_query_id=query["id"]))["ok"]
    again = await ask("answerCallbackQuery", callback_query_id=query["id"])
    assert again["description"].startswith("Bad Request: query is too old")


async def test_an_action_is_one_of_the_known(api: BotApi, ask: Ask) -> None:
    await api.user("Lan").says("x")
    assert (await ask("sendChatAction", chat_id=api.user("Lan").id, action="typing"))["ok"]
    refused = await ask("sendChatAction", chat_id=api.user("Lan").id, action="thinking")
    assert refused["description"] == "Bad Request: wrong parameter action in request"


SCOPES = [
    ({"type": "everybody"}, "can't parse BotCommandScope: unsupported type specified"),
    ({"type": "chat"}, "can't parse BotCommandScope: chat_id is empty"),
    ({"type": "chat", "chat_id": "5"}, "chat not found"),
    ({"type": "chat_member", "chat_id": "700001"}, "can't parse BotCommandScope: invalid user_id specified"),
    ([], "can't parse BotCommandScope: expected an Object"),
]


@pytest.mark.parametrize(("scope", "why"), SCOPES)
async def test_a_scope_that_names_no_chat_is_refused(ask: Ask, api: BotApi, scope: object, why: str) -> None:
    await api.user("Lan").says("/start")
    commands = json.dumps([{"command": "start", "description": "x"}])
    answer = await ask("setMyCommands", commands=commands, scope=json.dumps(scope) if scope else "[1]")
    assert answer["description"] == f"Bad Request: {why}"


async def test_a_chat_has_its_own_menu_in_each_language_until_it_is_taken_away(ask: Ask, api: BotApi) -> None:
    lan = api.user("Lan")
    await lan.says("/start")
    scope = json.dumps({"type": "chat", "chat_id": str(lan.id)})
    commands = [{"command": "banlamviec", "description": "x"}]
    await ask("setMyCommands", commands=json.dumps(commands), scope=scope, language_code="vi")
    same = json.dumps({"type": "chat", "chat_id": lan.id})
    assert (await ask("getMyCommands", scope=same, language_code="vi"))["result"] == commands
    assert (await ask("getMyCommands", scope=same))["result"] == []
    await ask("deleteMyCommands", scope=same, language_code="vi")
    assert (await ask("getMyCommands", scope=same, language_code="vi"))["result"] == []


async def test_a_language_that_is_no_code_is_refused(ask: Ask) -> None:
    answer = await ask("setMyCommands", commands="[]", language_code="vietnamese")
    assert answer["description"] == "Bad Request: invalid language code specified"


async def test_only_a_picture_of_bearable_size_is_a_photo(ask: Ask, api: BotApi) -> None:
    lan = api.user("Lan")
    await lan.says("/start")
    wide = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (2100).to_bytes(4, "big") + (100).to_bytes(4, "big")
    for content, why in ((b"no picture", "IMAGE_PROCESS_FAILED"), (wide, "PHOTO_INVALID_DIMENSIONS")):
        kept = api.account.keep_file("x.png", "image/png", content)
        answer = await ask("sendPhoto", chat_id=lan.id, photo=kept.file_id)
        assert answer["description"] == f"Bad Request: {why}"
