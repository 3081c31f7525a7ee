import json
from pathlib import Path

import pytest

from tests.support.telegram.api import BotApi
from tests.unit.support.telegram.conftest import Ask

MENU = json.dumps({"inline_keyboard": [[{"text": "Cơ quan", "callback_data": "org"}]]})


async def test_a_command_carries_its_entity(api: BotApi, ask: Ask) -> None:
    await api.user("Lan").says("/start xin chào")
    [update] = (await ask("getUpdates", offset=1))["result"]
    assert update["message"]["entities"] == [{"type": "bot_command", "offset": 0, "length": 6}]
    assert update["message"]["chat"]["type"] == "private"


async def test_a_person_taps_only_what_is_on_the_screen(api: BotApi, ask: Ask) -> None:
    lan = api.user("Lan")
    await lan.says("x")
    sent = await ask("sendMessage", chat_id=lan.id, text="?", reply_markup=MENU)
    asked = await lan.hears()
    assert asked.labels == ["Cơ quan"]
    await ask("editMessageText", chat_id=lan.id, message_id=sent["result"]["message_id"], text="!")
    with pytest.raises(AssertionError, match="no button 'Cơ quan'"):
        await lan.taps("Cơ quan")
    assert await lan.taps("Cơ quan", on=asked) is not None  # a slow phone still shows the old one


async def test_silence_fails_the_one_who_waits(api: BotApi) -> None:
    with pytest.raises(AssertionError, match="Lan waited"):
        await api.user("Lan").hears(within=0.05)


async def test_a_file_keeps_its_name_and_type(api: BotApi, ask: Ask, tmp_path: Path) -> None:
    path = tmp_path / "chứng thư.pdf"
    path.write_bytes(b"%PDF")
    await api.user("Lan").sends_file(path)
    document = (await ask("getUpdates", offset=1))["result"][0]["message"]["document"]
    assert (document["file_name"], document["mime_type"]) == ("chứng thư.pdf", "application/pdf")


async def test_words_in_a_group_come_from_the_group(api: BotApi, ask: Ask) -> None:
    group = api.group("Phòng Nội vụ")
    await api.user("Lan").says("/start", group=group)
    message = (await ask("getUpdates", offset=1))["result"][0]["message"]
    assert message["chat"] == {"id": group.id, "type": "group", "title": "Phòng Nội vụ"}
    assert message["from"]["first_name"] == "Lan"
