"""https://core.telegram.org/bots/api#getfile"""

import httpx
import pytest

from tests.support.telegram.api import BotApi
from tests.unit.support.telegram.conftest import Ask


async def sent_file(ask: Ask) -> str:
    [update] = (await ask("getUpdates", offset=1))["result"]
    file_id: str = update["message"]["document"]["file_id"]
    return file_id


async def test_a_file_a_person_sends_can_be_downloaded(api: BotApi, ask: Ask) -> None:
    await api.user("Lan").sends_file(b"0\x82certificate", "chứng thư.cer")
    file = (await ask("getFile", file_id=await sent_file(ask)))["result"]
    assert file["file_size"] == 13
    async with httpx.AsyncClient(verify=False) as client:
        answer = await client.get(f"{api.url}/file/bot{api.token}/{file['file_path']}")
    assert answer.content == b"0\x82certificate"


async def test_files_over_20_mb_cannot_be_fetched(api: BotApi, ask: Ask) -> None:
    await api.user("Lan").sends_file(bytes(20 * 1024 * 1024 + 1), "big.zip")
    refused = await ask("getFile", file_id=await sent_file(ask))
    assert refused["description"] == "Bad Request: file is too big"


@pytest.mark.parametrize(("file_id", "why"), [("", "file_id not specified"), ("x", "invalid file_id")])
async def test_an_unknown_file_is_refused(ask: Ask, file_id: str, why: str) -> None:
    assert (await ask("getFile", file_id=file_id))["description"] == f"Bad Request: {why}"


async def test_a_download_needs_the_token(api: BotApi) -> None:
    async with httpx.AsyncClient(verify=False) as client:
        answer = await client.get(f"{api.url}/file/bot1:{'x' * 35}/documents/x")
    assert answer.status_code == 401
