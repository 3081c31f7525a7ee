"""https://core.telegram.org/bots/api#getupdates"""

import asyncio

import httpx
import pytest

from tests.support.telegram.api import BotApi
from tests.support.telegram.updates import Updates
from tests.unit.support.telegram.conftest import Ask


async def test_an_update_comes_again_until_a_higher_offset_confirms_it(api: BotApi, ask: Ask) -> None:
    first = await api.user("Lan").says("một")
    second = await api.user("Lan").says("hai")
    assert first is not None
    assert [one["update_id"] for one in (await ask("getUpdates"))["result"]] == [first, second]
    assert [one["update_id"] for one in (await ask("getUpdates", offset=first + 1))["result"]] == [second]
    assert [one["update_id"] for one in (await ask("getUpdates", offset=first))["result"]] == [second]
    assert len(api.account.updates) == 1


async def test_limit_bounds_a_batch(api: BotApi, ask: Ask) -> None:
    for text in "abc":
        await api.user("Lan").says(text)
    assert len((await ask("getUpdates", offset=1, limit=2))["result"]) == 2


async def test_a_negative_offset_forgets_what_is_before(api: BotApi, ask: Ask) -> None:
    for text in "abc":
        await api.user("Lan").says(text)
    [last] = (await ask("getUpdates", offset=-1))["result"]
    assert last["message"]["text"] == "c"
    assert len(api.account.updates) == 1


async def test_a_long_poll_waits_for_an_update(api: BotApi, ask: Ask) -> None:
    poll = asyncio.create_task(ask("getUpdates", offset=1, timeout=5))
    await asyncio.sleep(0.05)
    assert not poll.done()
    await api.user("Lan").says("xin chào")
    [update] = (await poll)["result"]
    assert update["message"]["text"] == "xin chào"


async def test_a_long_poll_ends_empty_after_its_time() -> None:
    assert await Updates().poll(1, 100, 0.05) == []


async def test_a_second_poller_ends_the_first_with_409(api: BotApi, ask: Ask) -> None:
    first = asyncio.create_task(ask("getUpdates", offset=1, timeout=5))
    await asyncio.sleep(0.05)
    second = asyncio.create_task(ask("getUpdates", offset=2, timeout=5))
    answer = await first
    await api.user("Lan").says("x")
    assert answer["error_code"] == 409
    assert answer["description"].startswith("Conflict: terminated by other getUpdates request")
    assert (await second)["ok"]


async def test_polling_is_refused_while_a_webhook_is_set(ask: Ask) -> None:
    await ask("setWebhook", url="http://127.0.0.1:1/")
    refused = await ask("getUpdates")
    assert refused["error_code"] == 409
    assert refused["description"].startswith("Conflict: can't use getUpdates method while webhook is active")
    await ask("deleteWebhook")
    assert (await ask("getUpdates", offset=1))["ok"]


async def test_only_the_kinds_asked_for_are_queued(api: BotApi, ask: Ask) -> None:
    await ask("getUpdates", allowed_updates='["message"]')
    assert api.user("Lan").blocks() is None
    await ask("getUpdates", offset=1, allowed_updates="[]")
    assert api.user("Lan").unblocks() is not None


async def test_a_poll_that_repeats_its_offset_at_once_gets_one_update() -> None:
    updates = Updates()
    updates.push("message", 1, {})
    updates.push("message", 1, {})
    assert [len(await updates.poll(5, 100, 0)) for _ in range(2)] == [2, 1]


@pytest.mark.parametrize(
    ("token", "code", "description"),
    [
        ("nonsense", 404, "Not Found"),
        ("1:" + "x" * 35, 401, "Unauthorized"),
    ],
)
async def test_the_token_is_in_the_path(api: BotApi, token: str, code: int, description: str) -> None:
    async with httpx.AsyncClient(verify=False) as client:
        answer = await client.get(f"{api.url}/bot{token}/getMe")
    assert answer.status_code == code
    assert answer.json() == {"ok": False, "error_code": code, "description": description}


async def test_methods_are_found_in_any_case_and_unknown_ones_are_not(api: BotApi, ask: Ask) -> None:
    assert (await ask("GETME"))["result"]["is_bot"]
    assert (await ask("getMee"))["description"] == "Not Found: method not found"
    assert [call.method for call in api.calls] == ["getme", "getmee"]


async def test_json_and_query_strings_are_read_too(api: BotApi) -> None:
    await api.user("Lan").says("x")
    async with httpx.AsyncClient(base_url=f"{api.url}/bot{api.token}/", verify=False) as client:
        by_json = await client.post("sendMessage", json={"chat_id": api.user("Lan").id, "text": "x"})
        by_query = await client.get("sendMessage", params={"chat_id": api.user("Lan").id, "text": "y"})
    assert by_json.is_success
    assert by_query.is_success
    assert [message.text for message in api.user("Lan").sees()] == ["x", "y"]
