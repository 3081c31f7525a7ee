"""Servers made elsewhere: methods that are missing, refused, or answered by whatever stands in front."""

import httpx
import pytest

from tests.support.telegram.api import BotApi
from tests.support.telegram.faults import Kind
from tests.unit.support.telegram.conftest import Ask


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("missing", 404),
        ("unauthorized", 401),
        ("forbidden", 403),
        ("not_allowed", 405),
        ("not_implemented", 501),
        ("unknown_method", 400),
        ("broken", 500),
        ("busy", 429),
    ],
)
async def test_a_method_is_broken_until_it_is_mended_and_the_others_work(
    api: BotApi, ask: Ask, kind: Kind, code: int
) -> None:
    api.breaks("sendDocument", kind)
    await api.user("Lan").says("x")
    for _ in range(3):
        assert (await ask("sendDocument", chat_id=api.user("Lan").id))["error_code"] == code
        assert (await ask("sendMessage", chat_id=api.user("Lan").id, text="y"))["ok"]
    api.mends("sendDocument")
    assert (await ask("sendDocument", chat_id=api.user("Lan").id))["description"].startswith("Bad Request: there is no")


@pytest.mark.parametrize(
    ("kind", "status", "begins"),
    [
        ("garbage", 200, b'{"ok": tr'),
        ("page_404", 404, b"<html>"),
        ("page_502", 502, b"<html>"),
        ("nothing_502", 502, b""),
        ("not_ok_200", 200, b'{"ok": false'),
    ],
)
async def test_what_is_no_answer_is_given_as_it_stands(api: BotApi, kind: Kind, status: int, begins: bytes) -> None:
    api.breaks("getMe", kind)
    async with httpx.AsyncClient(verify=False) as client:
        answer = await client.get(f"{api.url}/bot{api.token}/getMe")
    assert answer.status_code == status
    assert answer.content.startswith(begins)
    assert bool(answer.content) == bool(begins)


async def test_a_revoked_token_is_accepted_by_no_method(api: BotApi, ask: Ask) -> None:
    api.account.revoked = True
    assert [(await ask(method))["error_code"] for method in ("getMe", "getUpdates", "sendMessage")] == [401] * 3
