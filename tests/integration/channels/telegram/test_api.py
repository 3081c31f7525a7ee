import asyncio
import logging
import socket
import traceback
from typing import Any

import pytest
from pydantic import SecretStr

from bot.channels import Blocked, ChannelError, Gone, Invalid, MaybeSent, RetryLater, TooLarge, Unreachable, Unsupported
from bot.channels.telegram.api import TelegramApi
from tests.support.telegram.api import BotApi
from tests.support.telegram.errors import ApiError
from tests.support.telegram.faults import Fault

STRANGER = "110201543:" + "x" * 35


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize(
    ("fault", "meaning"),
    [
        ({"error": ApiError(429, "Too Many Requests: retry after 7", retry_after=7)}, RetryLater),
        ({"error": ApiError(403, "Forbidden: bot was blocked by the user")}, Blocked),
        ({"error": ApiError(400, "Bad Request: chat not found")}, Invalid),
        ({"error": ApiError(401, "Unauthorized")}, Unsupported),  # getMe is answered: it is not the token
        ({"error": ApiError(500, "Internal Server Error")}, MaybeSent),
        ({"error": ApiError(502, "Bad Gateway")}, MaybeSent),
        ({"error": ApiError(413, "Request Entity Too Large")}, Invalid),
        ({"drop": True}, MaybeSent),
        ({"drop": True, "when": "after"}, MaybeSent),
        ({"delay": 1.0}, MaybeSent),
    ],
)
async def test_what_the_server_does_is_told_as_an_outcome(
    server: BotApi, api: TelegramApi, fault: dict[str, object], meaning: type[ChannelError]
) -> None:
    lan = server.user("Lan")
    await lan.says("/start")
    server.fault("sendMessage", **fault)
    with pytest.raises(ChannelError) as failed:
        await api.call("sendMessage", {"chat_id": lan.id, "text": "a"}, read_timeout=0.2)
    assert type(failed.value) is meaning


async def test_the_seconds_to_wait_are_those_of_the_server(server: BotApi, api: TelegramApi) -> None:
    server.fault("getMe", error=ApiError(429, "Too Many Requests: retry after 7", retry_after=7))
    with pytest.raises(RetryLater) as told:
        await api.call("getMe")
    assert told.value.after == 7


async def test_a_server_that_is_not_there_was_told_nothing() -> None:
    api = TelegramApi(SecretStr(STRANGER), f"http://127.0.0.1:{free_port()}")
    with pytest.raises(Unreachable):
        await api.call("getMe")
    await api.close()


async def answering(reply: bytes) -> asyncio.Server:
    """A server that says the same to everybody."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(reply)
        await writer.drain()
        writer.close()

    return await asyncio.start_server(answer, "127.0.0.1", 0)


@pytest.mark.parametrize(
    "reply",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n<html",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]",
        b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"ok":true}',
        b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{",
        b"HTTP/1.1 503 No\r\nContent-Length: 5\r\n\r\n<html",
        b"no HTTP at all\r\n\r\n",
        b"",
    ],
)
async def test_an_answer_nobody_understands_leaves_the_fate_of_a_request_open(reply: bytes) -> None:
    async with await answering(reply) as odd:
        port = odd.sockets[0].getsockname()[1]
        api = TelegramApi(SecretStr(STRANGER), f"http://127.0.0.1:{port}/")
        with pytest.raises(MaybeSent):
            await api.call("getMe")
        await api.close()


async def test_the_token_is_in_no_error_and_in_no_log_line(
    server: BotApi, api: TelegramApi, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    told: list[str] = []
    others = [
        TelegramApi(SecretStr(STRANGER), url) for url in (server.url, f"http://127.0.0.1:{free_port()}", "ht!tp:")
    ]
    server.fault("getMe", drop=True)
    for one, method in [(api, "getMe"), (api, "noSuchMethod"), *((other, "getMe") for other in others)]:
        try:
            await one.call(method)
        except ChannelError as error:
            told += traceback.format_exception(error)
        try:
            await one.download("nothing", 10)
        except ChannelError as error:
            told += traceback.format_exception(error)
    assert len(told) > 5
    ours = "".join(record.getMessage() for record in caplog.records if not record.name.startswith("uvicorn"))
    for token in (server.token, STRANGER):
        secret = token.partition(":")[2]
        assert secret not in "".join(told)
        assert secret not in ours
        assert secret not in repr(api)
    for one in others:
        await one.close()


async def test_a_file_comes_whole(server: BotApi, api: TelegramApi) -> None:
    content = bytes(range(256)) * 1000
    document = server.account.keep_file("a.cer", "application/x", content)
    assert await api.download(document.file_id, len(content)) == content


async def test_a_file_over_the_limit_is_not_read_to_its_end(server: BotApi, api: TelegramApi) -> None:
    document = server.account.keep_file("a.cer", "application/x", b"x" * 1_000_000)
    with pytest.raises(TooLarge):
        await api.download(document.file_id, 999_999)


async def test_a_file_telegram_does_not_hand_out_is_too_large(server: BotApi, api: TelegramApi) -> None:
    document = server.account.keep_file("a.cer", "application/x", b"x" * (20 * 1024 * 1024 + 1))
    with pytest.raises(TooLarge):
        await api.download(document.file_id, 2**30)


async def test_a_file_that_is_no_longer_there_is_gone(server: BotApi, api: TelegramApi) -> None:
    with pytest.raises(Gone):
        await api.download("nothing", 10)
    server.fault("download", error=ApiError(404, "Not Found"))
    document = server.account.keep_file("a.cer", "application/x", b"x")
    with pytest.raises(Gone):
        await api.download(document.file_id, 10)


@pytest.mark.parametrize("fault", [{"drop": True}, {"error": ApiError(502, "Bad Gateway")}])
async def test_a_download_that_breaks_may_be_tried_again(
    server: BotApi, api: TelegramApi, fault: dict[str, Any]
) -> None:
    document = server.account.keep_file("a.cer", "application/x", b"x")
    with server.gate.faults.added(Fault("download", times=9, **fault)), pytest.raises(ChannelError) as failed:
        await api.download(document.file_id, 10)
    assert not isinstance(failed.value, Gone | TooLarge)
    assert await api.download(document.file_id, 10) == b"x"
