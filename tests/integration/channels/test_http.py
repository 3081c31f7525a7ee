"""A platform whose answer never ends, or is far too long, holds nobody up and takes no memory."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing, suppress

import pytest

from bot.channels import Doubtful, MaybeSent, http
from bot.channels.telegram.transport import AiohttpRequest, RequestFailedError
from bot.channels.zalo.http import ZaloHttp

#: Asks at an address.
Ask = Callable[[str], Awaitable[object]]


async def ask_telegram(address: str) -> object:
    request = AiohttpRequest(1)
    try:
        return await request.do_request(address, "POST", read_timeout=0.3)
    except RequestFailedError as error:
        raise error.outcome from None
    finally:
        await request.shutdown()


async def ask_zalo(address: str) -> object:
    client = ZaloHttp(1)
    try:
        return await client.exchange("POST", address, read_timeout=0.3)
    finally:
        await client.close()


@pytest.fixture(params=[0.05, 0.0], ids=["drop by drop", "without end"])
async def address(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """Yield the address of a server that never comes to the end of its answer, slowly or as fast as it is read."""
    monkeypatch.setattr(http, "CONNECT_SECONDS", 0.3)
    monkeypatch.setattr(http, "_SLACK_SECONDS", 0.4 if request.param else 30.0)
    drop = b" " if request.param else b" " * 65536

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError), closing(writer):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{")
            while True:
                writer.write(drop)
                await writer.drain()
                await asyncio.sleep(request.param)

    async with await asyncio.start_server(answer, "127.0.0.1") as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    await asyncio.sleep(0.1)  # the server's side of the connection ends, too


@pytest.mark.parametrize(("ask", "outcome"), [(ask_telegram, MaybeSent), (ask_zalo, Doubtful)])
async def test_an_answer_that_never_ends_is_given_up_and_what_was_sent_counts_as_not_known(
    address: str, ask: Ask, outcome: type[Exception]
) -> None:
    begun = time.monotonic()
    with pytest.raises(outcome):
        await ask(address)
    assert time.monotonic() - begun < 10
