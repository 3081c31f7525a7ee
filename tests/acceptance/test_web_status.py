"""The real program is watched over HTTP wherever a channel runs, and listens nowhere else."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.acceptance.processes import troly
from tests.acceptance.test_terminal import piped
from tests.support.fork_server import ForkServer
from tests.support.program import Program, run_program
from tests.support.telegram.api import BotApi
from tests.support.web import free_port


@pytest.fixture
def taken() -> Iterator[str]:
    """An address where somebody else listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


async def test_a_program_that_asks_for_updates_is_watched(api: BotApi, tmp_path: Path, fast_start: ForkServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        listen = f"127.0.0.1:{probe.getsockname()[1]}"
    private = {"TROLY_WEB_PRIVATE_LISTEN": listen}
    async with run_program(api, tmp_path, private, fast_start), httpx.AsyncClient() as client:
        pages = [await client.get(f"http://{listen}{path}") for path in ("/healthz", "/readyz", "/metrics")]
    assert [page.status_code for page in pages] == [200, 200, 200]
    assert "troly_store_up 1.0" in pages[2].text


async def test_with_nothing_configured_the_chat_opens_in_a_browser_and_the_start_says_where(
    api: BotApi, tmp_path: Path
) -> None:
    listen = f"127.0.0.1:{free_port()}"
    program = Program(api, tmp_path, {"TROLY_TELEGRAM_TOKEN": "", "TROLY_WEB_LISTEN": listen, "TROLY_LANGUAGE": "en"})
    await program.launch()
    try:
        async with httpx.AsyncClient() as client:
            page = await first_answer(client, f"http://{listen}/")
            assert page.status_code == 200
            assert "automatic assistant" in page.text
            lost = await client.get(f"http://{listen}/metrics")
            assert lost.status_code == 404
            assert "There is no such page" in lost.text
        assert f"Open http://{listen} in a browser." in program.printed()
        assert "troly chat" in program.printed()
    finally:
        await program.stop()


async def first_answer(client: httpx.AsyncClient, url: str) -> httpx.Response:
    async with asyncio.timeout(30):
        while True:
            try:
                return await client.get(url)
            except httpx.ConnectError:
                await asyncio.sleep(0.1)


async def test_an_address_of_ones_own_that_is_taken_ends_the_start_by_its_variable(
    api: BotApi, tmp_path: Path, taken: str
) -> None:
    code, printed = await troly(Program(api, tmp_path, {"TROLY_WEB_LISTEN": taken}), "run")
    assert code == 2
    assert f"Nobody can listen on TROLY_WEB_LISTEN={taken}: " in printed
    assert "Traceback" not in printed
    assert "Open http" not in printed


def _remove_keys(folder: Path) -> None:
    (keys,) = folder.rglob("keys.json")
    keys.unlink()


async def test_a_start_that_refuses_for_its_missing_keys_sends_nobody_to_an_address(
    api: BotApi, tmp_path: Path
) -> None:
    program = Program(api, tmp_path, {"TROLY_WEB_LISTEN": f"127.0.0.1:{free_port()}"})
    assert (await troly(program, "retention"))[0] == 0
    _remove_keys(tmp_path)
    code, printed = await troly(program, "run")
    assert code != 0
    assert "is missing, and the database was sealed" in printed
    assert "Open http" not in printed


def test_a_chat_in_the_terminal_listens_nowhere(tmp_path: Path, taken: str) -> None:
    assert piped(tmp_path, b"/trogiup\n", TROLY_WEB_LISTEN=taken)
