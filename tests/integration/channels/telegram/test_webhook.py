import asyncio
import contextlib
import io
import json
import socket
from collections.abc import AsyncIterator
from contextlib import ExitStack
from typing import Any

import aiohttp
import pytest
from pydantic import SecretStr

from bot.channels import ListenAddress
from bot.channels.pace import Rate
from bot.channels.telegram import WebhookReceiver, WebhookSettings
from bot.channels.telegram.api import TelegramApi
from bot.channels.telegram.updates import UpdateReceiver
from bot.clock import Clock
from bot.delivery.intake import Intake, Throttle
from bot.errors import SettingsError
from bot.messages import Chat
from bot.store import Store
from bot.store.errors import StoreLocked
from bot.web.server import OpenSite, Site, WebServer, WebServerEndedError, open_sites
from tests.integration.channels.telegram.conftest import Assembly, Settle
from tests.support.delivery import eventually
from tests.support.store import patch_method
from tests.support.telegram.api import BotApi

SECRET = "made-up_webhook-secret"
HEADER = "X-Telegram-Bot-Api-Secret-Token"
UPDATE = {
    "update_id": 7,
    "message": {"message_id": 1, "chat": {"id": 5, "type": "private"}, "from": {"is_bot": False}, "text": "a"},
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Hook:
    """Our receiver, listening; called as Telegram would, and as others might."""

    def __init__(self, address: str, session: aiohttp.ClientSession, chats: list[Chat]) -> None:
        self.address = address
        self.chats = chats
        self._session = session

    async def called(
        self, body: bytes | dict[str, Any], method: str = "POST", path: str = "/hook", **headers: str
    ) -> int:
        data = io.BytesIO(body if isinstance(body, bytes) else json.dumps(body).encode())
        given = {HEADER: SECRET} | {name.replace("_", "-"): value for name, value in headers.items()}
        async with self._session.request(method, self.address + path, data=data, headers=given) as answer:
            return answer.status


@pytest.fixture
async def hook(server: BotApi, api: TelegramApi, store: Store) -> AsyncIterator[Hook]:
    chats: list[Chat] = []
    clock, port = Clock(), free_port()
    intake = Intake(store, Throttle(Rate(100, 100), clock), clock, chats.extend)
    updates = UpdateReceiver(api, intake.accept, intake.record_block_change)
    address, stop = f"http://127.0.0.1:{port}", asyncio.Event()
    receiver = WebhookReceiver(api, updates, WebhookSettings(f"{address}/hook", SecretStr(SECRET)))
    with ExitStack() as opened:
        listen = ListenAddress("TROLY_TELEGRAM_WEBHOOK_LISTEN", f"127.0.0.1:{port}")
        web = WebServer(open_sites([Site(listen, tuple(receiver.routes()))], opened))
        running = asyncio.gather(web.run(stop), receiver.run(stop))
        await eventually(lambda: len(server.calls_of("setMyCommands")) == 3)
        async with aiohttp.ClientSession() as session:
            yield Hook(address, session, chats)
        stop.set()
        await asyncio.wait_for(running, 5)
    await updates.close()


async def test_an_update_is_stored_before_it_is_answered(hook: Hook, store: Store) -> None:
    assert await hook.called(UPDATE) == 200
    assert len(await store.inbox.chats_waiting("telegram")) == 1


async def test_a_call_that_is_repeated_is_taken_once(hook: Hook) -> None:
    assert [await hook.called(UPDATE), await hook.called(UPDATE)] == [200, 200]
    assert len(hook.chats) == 1


@pytest.mark.parametrize("secret", ["", "wrong", SECRET + "x", SECRET[:-1]])
async def test_a_call_without_the_secret_is_refused(hook: Hook, store: Store, secret: str) -> None:
    assert await hook.called(UPDATE, X_Telegram_Bot_Api_Secret_Token=secret) == 403
    assert await store.inbox.chats_waiting("telegram") == []


@pytest.mark.parametrize("body", [b"", b"no JSON", b"[]", b"null", b'{"update_id": "x"}', b"\xff\xfe", b"[" * 100_000])
async def test_a_body_nobody_can_read_is_counted_and_not_asked_for_again(hook: Hook, body: bytes) -> None:
    assert await hook.called(body) == 200
    assert await hook.called(UPDATE) == 200
    assert len(hook.chats) == 1


async def test_a_body_without_end_is_cut_off(hook: Hook) -> None:
    assert await hook.called(b"x" * (2 * 1024 * 1024)) == 413


async def half_a_head(hook: Hook) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A stranger who begins a request and never ends it."""
    host, port = hook.address.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"POST /hook HTTP/1.1\r\nHost: x\r\nX-Slow: ")
    await writer.drain()
    return reader, writer


async def test_a_request_that_does_not_end_is_dropped_in_time(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.web.server.RECEIVING_SECONDS", 0.3)
    head, slow = await half_a_head(hook)
    body, slower = await half_a_head(hook)
    slower.write(b"1\r\nContent-Length: 100\r\n\r\n{")

    for reader in (head, body):
        with contextlib.suppress(ConnectionError):  # a reset is an end as well
            await asyncio.wait_for(reader.read(), 5)
    for writer in (slow, slower):
        writer.close()
    assert await hook.called(UPDATE) == 200


async def test_a_second_request_of_a_connection_has_the_same_time(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.web.server.RECEIVING_SECONDS", 0.3)
    reader, writer = await half_a_head(hook)
    writer.write(b"1\r\nContent-Length: 0\r\n\r\n")
    assert (await reader.readline()).startswith(b"HTTP/1.1 403")
    writer.write(b"POST /hook HTTP/1.1\r\nX-Slow: ")

    with contextlib.suppress(ConnectionError):
        await asyncio.wait_for(reader.read(), 5)
    writer.close()


async def test_many_who_send_half_a_request_keep_nobody_out_and_few_stay_open(
    hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.web.server.MOST_CONNECTIONS", 5)
    strangers = [await half_a_head(hook) for _ in range(30)]

    assert await hook.called(UPDATE) == 200

    async def over(reader: asyncio.StreamReader) -> bool:
        try:
            return await asyncio.wait_for(reader.read(), 0.2) == b""
        except (TimeoutError, ConnectionError) as error:
            return isinstance(error, ConnectionError)

    ended = [await over(reader) for reader, _ in strangers]
    assert ended.count(False) <= 5
    for _, writer in strangers:
        writer.close()


async def test_nothing_else_is_served(hook: Hook) -> None:
    assert await hook.called(UPDATE, method="GET") == 405
    assert await hook.called(UPDATE, path="/") == 404


async def test_while_the_store_is_locked_telegram_is_asked_to_come_again(
    hook: Hook, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def locked(*_: Any) -> list[Chat]:
        raise StoreLocked

    monkeypatch.setattr("bot.channels.telegram._STORING_TIMEOUT", 0.2)
    patch_method(monkeypatch, store.inbox, "receive", locked)
    assert await hook.called(UPDATE) == 503


@pytest.mark.parametrize("failure", [None, OSError()])
async def test_a_server_that_ends_by_itself_is_heard(
    monkeypatch: pytest.MonkeyPatch, failure: Exception | None
) -> None:
    async def ended(*_: Any, **__: Any) -> None:
        if failure:
            raise failure

    monkeypatch.setattr("uvicorn.Server.serve", ended)
    with socket.create_server(("127.0.0.1", 0)) as listener, pytest.raises(WebServerEndedError) as caught:
        await asyncio.wait_for(
            WebServer([OpenSite(Site(ListenAddress("X", "127.0.0.1:0"), ()), listener)]).run(asyncio.Event()), 5
        )
    assert caught.value.__cause__ is failure


async def test_the_webhook_is_registered_with_its_secret_and_drops_nothing(hook: Hook, server: BotApi) -> None:
    (call,) = server.calls_of("setWebhook")
    assert call.fields["secret_token"] == SECRET
    kinds = ["message", "edited_message", "callback_query", "my_chat_member"]
    assert json.loads(call.fields["allowed_updates"]) == kinds
    assert "drop_pending_updates" not in call.fields


async def test_a_conversation_over_the_webhook(server: BotApi, settings: Settle, store: Store) -> None:
    port = free_port()
    changes = {
        "telegram_webhook_url": f"http://127.0.0.1:{port}/hook",
        "telegram_webhook_secret": SECRET,
        "telegram_webhook_listen": f"127.0.0.1:{port}",
    }
    lan = server.user("Lan")
    await lan.says("trước khi mở")
    async with Assembly(settings(**changes), store).served():
        assert (await lan.hears()).text == "1: trước khi mở"
        await lan.says("b")
        assert (await lan.hears()).text == "2: b"
    assert set(server.pusher.answers) == {200}


async def test_an_address_telegram_does_not_take_ends_the_start_by_its_variable(
    server: BotApi, settings: Settle, store: Store
) -> None:
    changes = {
        "telegram_webhook_secret": SECRET,
        "telegram_webhook_listen": f"127.0.0.1:{free_port()}",
    }
    refused_there = {"telegram_webhook_url": "ftp://bot.vn/hook"}  # past our own check: Telegram may know better
    with pytest.raises(SettingsError, match="TROLY_TELEGRAM_WEBHOOK_URL"):
        async with Assembly(settings(**changes).model_copy(update=refused_there), store).served():
            await asyncio.sleep(1)


async def test_a_port_already_taken_ends_the_start_with_an_error(
    server: BotApi, settings: Settle, store: Store
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        changes = {
            "telegram_webhook_url": f"http://127.0.0.1:{port}/hook",
            "telegram_webhook_secret": SECRET,
            "telegram_webhook_listen": f"127.0.0.1:{port}",
        }
        with pytest.raises(SettingsError, match="TROLY_TELEGRAM_WEBHOOK_LISTEN"):
            async with Assembly(settings(**changes), store).served():
                await asyncio.sleep(1)
