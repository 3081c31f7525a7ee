"""The same conversation where Telegram calls us."""

import socket
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.acceptance.officer import Officer
from tests.support.fork_server import ForkServer
from tests.support.program import Program, run_program
from tests.support.telegram.api import BotApi
from tests.support.telegram.webhook import SECRET_HEADER


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@pytest.fixture
async def program(api: BotApi, tmp_path: Path, fast_start: ForkServer) -> AsyncIterator[Program]:
    listen = f"127.0.0.1:{free_port()}"
    settings = {
        "TROLY_TELEGRAM_WEBHOOK_URL": f"http://{listen}/telegram",
        "TROLY_TELEGRAM_WEBHOOK_SECRET": "bi-mat_1",
        "TROLY_TELEGRAM_WEBHOOK_LISTEN": listen,
    }
    async with run_program(api, tmp_path, settings, fast_start) as program:
        yield program


async def test_a_conversation_through_the_webhook(lan: Officer, api: BotApi) -> None:
    shown = await lan.answers(await lan.consents(), {"subject": "organisation"})
    assert lan.words.asked_in(shown.text) == "events"
    await api.acknowledged()
    assert set(api.pusher.answers) == {200}
    assert not api.calls_of("getUpdates")


@pytest.mark.parametrize("secret", [None, "", "bi-mat_2"])
async def test_a_call_without_the_secret_is_refused(lan: Officer, program: Program, secret: str | None) -> None:
    url = program.settings["TROLY_TELEGRAM_WEBHOOK_URL"]
    headers = {} if secret is None else {SECRET_HEADER: secret}
    async with httpx.AsyncClient(verify=False) as client:
        answer = await client.post(url, json={"update_id": 1}, headers=headers)
    assert answer.status_code in {401, 403}


async def test_what_comes_while_it_is_down_is_answered_after_the_start(lan: Officer, program: Program) -> None:
    await lan.consents()
    await program.kill()
    await lan.user.says("/visao")
    await program.launch_and_wait()
    why = lan.words("Why I ask")
    await lan.user.hears_until(lambda shown: why in shown.text)  # a reply in flight at the kill may come again
    await lan.user.hears_nothing()
