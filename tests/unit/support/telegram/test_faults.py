import httpx
import pytest

from tests.support.telegram.api import BotApi
from tests.support.telegram.errors import ApiError
from tests.unit.support.telegram.conftest import Ask


@pytest.mark.parametrize(("when", "seen"), [("before", 0), ("after", 1)])
async def test_a_dropped_connection_leaves_the_caller_in_doubt(api: BotApi, ask: Ask, when: str, seen: int) -> None:
    lan = api.user("Lan")
    await lan.says("x")
    api.fault("sendMessage", when=when, drop=True)
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        await ask("sendMessage", chat_id=lan.id, text="y")
    assert len(lan.sees()) == seen
    assert (await ask("sendMessage", chat_id=lan.id, text="z"))["ok"]
    assert [call.code for call in api.calls_of("sendMessage")] == [0, 200]


async def test_an_error_can_be_asked_for_one_chat_only(api: BotApi, ask: Ask) -> None:
    lan, minh = api.user("Lan"), api.user("Minh")
    await lan.says("x")
    await minh.says("x")
    api.fault("sendMessage", error=ApiError(500, "Internal Server Error"), chat=minh.id, times=2)
    assert (await ask("sendMessage", chat_id=lan.id, text="y"))["ok"]
    codes = [(await ask("sendMessage", chat_id=minh.id, text="y")).get("error_code") for _ in range(3)]
    assert codes == [500, 500, None]


async def test_a_slow_answer_is_performed_all_the_same(api: BotApi, ask: Ask) -> None:
    await api.user("Lan").says("x")
    api.fault("sendMessage", when="after", delay=0.05)
    assert (await ask("sendMessage", chat_id=api.user("Lan").id, text="y"))["ok"]


async def test_a_poison_update_is_handed_out_as_it_stands(api: BotApi, ask: Ask) -> None:
    number = api.poison({"message": {"message_id": "không phải số"}})
    [update] = (await ask("getUpdates", offset=1))["result"]
    assert update == {"update_id": number, "message": {"message_id": "không phải số"}}
