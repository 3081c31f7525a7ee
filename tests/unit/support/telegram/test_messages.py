"""https://core.telegram.org/bots/api#sendmessage, #updating-messages, #senddocument"""

import json
from typing import Any

import httpx
import pytest

from tests.support.telegram.api import BotApi
from tests.support.telegram.user import User
from tests.unit.support.telegram.conftest import Ask


@pytest.fixture
async def lan(api: BotApi) -> User:
    lan = api.user("Lan")
    await lan.says("/start")
    return lan


def keyboard(*rows: list[dict[str, Any]]) -> str:
    return json.dumps({"inline_keyboard": rows})


YES = {"text": "Có", "callback_data": "yes"}
TOO_MANY = [[{"text": str(at), "callback_data": "x"}] for at in range(101)]

REFUSED = [
    ({"text": ""}, "message text is empty"),
    ({"text": " \n"}, "text must be non-empty"),
    ({"text": "x" * 4097}, "message is too long"),
    ({"text": "🙂" * 2049}, "message is too long"),  # 4098 UTF-16 units
    ({"text": "<b>" + "x" * 4097 + "</b>", "parse_mode": "HTML"}, "message is too long"),
    ({"text": "x", "parse_mode": "Word"}, "unsupported parse_mode"),
    ({"text": "x", "chat_id": ""}, "chat_id is empty"),
    ({"text": "x", "chat_id": "999"}, "chat not found"),  # nobody the bot has met
    ({"text": "x", "chat_id": "Lan"}, "chat not found"),
    ({"text": "x", "reply_markup": "{"}, "can't parse reply keyboard markup JSON object"),
    ({"text": "x", "reply_markup": "[]"}, "object expected as reply markup"),
    ({"text": "x", "reply_markup": keyboard([{"text": "x", "callback_data": "đ" * 33}])}, "BUTTON_DATA_INVALID"),
    ({"text": "x", "reply_markup": keyboard(*TOO_MANY)}, "reply markup is too long"),
    (
        {"text": "x", "reply_markup": keyboard([{"text": "x"}])},
        "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
    ),
]


@pytest.mark.parametrize(("fields", "why"), REFUSED)
async def test_what_telegram_refuses_to_send_is_refused(ask: Ask, lan: User, fields: dict[str, str], why: str) -> None:
    answer = await ask("sendMessage", **{"chat_id": lan.id, **fields})
    assert answer == {"ok": False, "error_code": 400, "description": f"Bad Request: {why}"}
    assert not lan.sees()


ACCEPTED = [
    {"text": "x" * 4096},
    {"text": "<b>" + "&lt;" * 4096 + "</b>", "parse_mode": "HTML"},  # counted after parsing
    {"text": "x", "reply_markup": keyboard([{"text": "x", "callback_data": "đ" * 32}])},  # 64 bytes
    {"text": "x", "reply_markup": keyboard(*TOO_MANY[:100])},
]


@pytest.mark.parametrize("fields", ACCEPTED)
async def test_the_limits_themselves_are_allowed(ask: Ask, lan: User, fields: dict[str, str]) -> None:
    assert (await ask("sendMessage", chat_id=lan.id, **fields))["ok"]


async def test_a_bot_cannot_write_first(api: BotApi, ask: Ask) -> None:
    answer = await ask("sendMessage", chat_id=api.user("Minh").id, text="x")
    assert answer["description"] == "Bad Request: chat not found"


async def test_a_person_who_blocks_the_bot_is_out_of_reach(ask: Ask, lan: User) -> None:
    lan.blocks()
    answer = await ask("sendMessage", chat_id=lan.id, text="x")
    assert (answer["error_code"], answer["description"]) == (403, "Forbidden: bot was blocked by the user")
    lan.unblocks()
    assert (await ask("sendMessage", chat_id=lan.id, text="x"))["ok"]


async def test_an_edit_changes_text_and_keyboard_in_place(ask: Ask, lan: User) -> None:
    sent = await ask("sendMessage", chat_id=lan.id, text="Một?", reply_markup=keyboard([YES]))
    number = sent["result"]["message_id"]
    await ask("editMessageText", chat_id=lan.id, message_id=number, text="Một: có")
    [message] = lan.sees()
    assert (message.id, message.text, message.rows) == (number, "Một: có", None)
    assert [shown.kind for shown in (await lan.hears(), await lan.hears())] == ["message", "edit"]


async def test_an_edit_that_changes_nothing_is_refused(ask: Ask, lan: User) -> None:
    sent = await ask("sendMessage", chat_id=lan.id, text="x")
    where = {"chat_id": lan.id, "message_id": sent["result"]["message_id"]}
    assert "message is not modified" in (await ask("editMessageText", **where, text="x"))["description"]
    assert "message is not modified" in (await ask("editMessageReplyMarkup", **where))["description"]


@pytest.mark.parametrize(
    ("method", "why"),
    [("editMessageText", "message to edit not found"), ("deleteMessage", "message to delete not found")],
)
async def test_a_message_that_is_not_there_is_not_found(ask: Ask, lan: User, method: str, why: str) -> None:
    answer = await ask(method, chat_id=lan.id, message_id=404, text="x")
    assert answer["description"] == f"Bad Request: {why}"
    answer = await ask(method, chat_id=lan.id, message_id="abc", text="x")
    assert answer["description"] == "Bad Request: message identifier is not specified"


async def test_the_message_of_a_person_can_be_deleted_but_not_edited(ask: Ask, lan: User) -> None:
    [number] = lan.chat.messages
    refused = await ask("editMessageText", chat_id=lan.id, message_id=number, text="x")
    assert refused["description"] == "Bad Request: message can't be edited"
    assert (await ask("deleteMessage", chat_id=lan.id, message_id=number))["ok"]
    assert not lan.chat.messages


async def test_a_document_arrives_whole(api: BotApi, lan: User) -> None:
    content = bytes(range(256)) * 50 + b"\r\n--\r\n"
    url = f"{api.url}/bot{api.token}/sendDocument"
    async with httpx.AsyncClient(verify=False) as client:
        fields = {"chat_id": str(lan.id), "caption": "<b>Dữ liệu</b>", "parse_mode": "HTML"}
        answer = await client.post(url, data=fields, files={"document": ("dữ liệu.json", content, "application/json")})
    assert answer.json()["result"]["caption"] == "Dữ liệu"
    shown = await lan.hears()
    assert shown.document is not None
    assert (shown.document.name, shown.document.content) == ("dữ liệu.json", content)


DOCUMENTS = [
    ({}, "there is no document in the request"),
    ({"document": "unknown-id"}, "wrong file identifier/HTTP URL specified"),
]


@pytest.mark.parametrize(("fields", "why"), DOCUMENTS)
async def test_a_document_must_be_there(ask: Ask, lan: User, fields: dict[str, str], why: str) -> None:
    answer = await ask("sendDocument", chat_id=lan.id, **fields)
    assert answer["description"] == f"Bad Request: {why}"


async def test_a_caption_has_1024_characters(api: BotApi, ask: Ask, lan: User) -> None:
    document = api.account.keep_file("a.txt", "text/plain", b"x").file_id
    assert (await ask("sendDocument", chat_id=lan.id, document=document, caption="x" * 1024))["ok"]
    answer = await ask("sendDocument", chat_id=lan.id, document=document, caption="x" * 1025)
    assert answer["description"] == "Bad Request: message caption is too long"
