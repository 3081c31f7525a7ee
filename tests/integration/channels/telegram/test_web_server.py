"""One web server for all routes, with or without a webhook; who watches is answered wherever a channel runs."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from typing import Any

import aiohttp
import pytest
from structlog.testing import capture_logs

from bot.app import configured_channels, serve_channels
from bot.channels import AcceptUpdates, ListenAddress, Receiver, RecordBlockChange, ServedChannel
from bot.channels.pace import Pace
from bot.errors import SettingsError
from bot.metrics import Prometheus
from bot.settings import Settings
from bot.store import Store
from bot.web.server import Site, open_sites
from tests.integration.channels.telegram.conftest import Assembly, Settle
from tests.integration.channels.telegram.test_webhook import HEADER, SECRET, UPDATE, free_port
from tests.support.delivery import UNHURRIED, ScriptedChannel, eventually, make_text_update
from tests.support.telegram.api import BotApi


@contextmanager
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def hook_at(port: int) -> dict[str, Any]:
    return {
        "telegram_webhook_url": f"http://127.0.0.1:{port}/hook",
        "telegram_webhook_secret": SECRET,
        "telegram_webhook_listen": f"127.0.0.1:{port}",
    }


async def status(port: int, path: str, *, post: bool = False) -> int:
    sent: dict[str, Any] = {"json": UPDATE, "headers": {HEADER: SECRET}} if post else {}
    url = f"http://127.0.0.1:{port}{path}"
    async with aiohttp.ClientSession() as session, session.request("POST" if post else "GET", url, **sent) as answer:
        return answer.status


def is_heard(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


async def talks(server: BotApi) -> None:
    lan = server.user("Lan")
    await lan.says("a")
    assert (await lan.hears()).text == "1: a"


async def test_who_watches_is_answered_at_the_private_address_alone(
    server: BotApi, settings: Settle, store: Store
) -> None:
    public, private = free_port(), free_port()
    listen = {"web_listen": f"127.0.0.1:{public}", "web_private_listen": f"127.0.0.1:{private}"}
    async with Assembly(settings(**listen), store, metrics=Prometheus()).served():
        await talks(server)
        watched = ("/metrics", "/healthz", "/readyz")
        assert [await status(private, path) for path in watched] == [200] * 3
        assert [await status(public, path) for path in watched] == [404] * 3
        assert [await status(private, path) for path in ("/", "/hook", "/t/x", "/chat/events")] == [404] * 4
    assert not is_heard(public)
    assert not is_heard(private)


async def test_a_process_that_helps_is_watched_and_has_no_public_address(
    server: BotApi, settings: Settle, store: Store
) -> None:
    public, private = free_port(), free_port()
    listen = {"web_listen": f"127.0.0.1:{public}", "web_private_listen": f"127.0.0.1:{private}"}
    async with Assembly(settings(**listen), store).served(receiving=False):
        await eventually(lambda: server.calls_of("getMe"))
        await eventually(lambda: is_heard(private))
        assert await status(private, "/readyz") == 200
        assert not is_heard(public)


async def test_at_one_address_the_webhook_is_a_route_beside_the_pages(
    server: BotApi, settings: Settle, store: Store
) -> None:
    port = free_port()
    async with Assembly(settings(**hook_at(port), web_listen=f"127.0.0.1:{port}"), store).served():
        await talks(server)
        assert await status(port, "/") == 200
        assert await status(port, "/hook", post=True) == 200
        assert await status(port, "/", post=True) == 405


async def test_at_an_address_of_its_own_the_webhook_is_all_there_is(
    server: BotApi, settings: Settle, store: Store
) -> None:
    hook, public = free_port(), free_port()
    async with Assembly(settings(**hook_at(hook), web_listen=f"127.0.0.1:{public}"), store).served():
        await talks(server)
        assert [await status(hook, path) for path in ("/", "/readyz", "/t/x")] == [404] * 3
        assert await status(hook, "/hook", post=True) == 200
        assert await status(public, "/hook", post=True) == 404


async def test_what_watches_and_what_everybody_calls_have_not_the_same_address(settings: Settle, store: Store) -> None:
    port = free_port()
    listen = {"web_listen": f"127.0.0.1:{port}", "web_private_listen": f"127.0.0.1:{port}"}
    with pytest.raises(SettingsError, match="TROLY_WEB_PRIVATE_LISTEN"):
        await asyncio.wait_for(serve_channels(Assembly(settings(**listen), store).components()), 10)


@pytest.mark.parametrize("field", ["web_listen", "web_private_listen"])
async def test_a_port_that_the_operator_set_and_that_is_taken_is_an_error(
    field: str, settings: Settle, store: Store
) -> None:
    with taken_port() as port:
        parts = Assembly(settings(**{field: f"127.0.0.1:{port}"}), store).components()
        with pytest.raises(SettingsError, match=f"TROLY_{field.upper()}=127.0.0.1:{port}"):
            await asyncio.wait_for(serve_channels(parts), 10)


async def test_the_usual_ports_taken_are_a_warning_and_everybody_is_answered(
    server: BotApi, settings: Settle, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with taken_port() as port, taken_port() as other, capture_logs() as logs:
        monkeypatch.setattr("bot.settings.WEB_LISTEN", f"127.0.0.1:{port}")
        monkeypatch.setattr("bot.settings.WEB_PRIVATE_LISTEN", f"127.0.0.1:{other}")
        given = settings().model_dump(exclude={"web_listen", "web_private_listen"})
        async with Assembly(Settings.model_validate(given), store).served():
            await talks(server)
    taken = [log["address"] for log in logs if log["event"] == "web_server_not_listening"]
    assert sorted(taken) == sorted([f"127.0.0.1:{port}", f"127.0.0.1:{other}"])


async def test_a_process_that_helps_may_share_its_settings_with_the_one_it_helps_on_one_machine(
    settings: Settle, store: Store
) -> None:
    with taken_port() as port, capture_logs() as logs:
        async with Assembly(settings(web_private_listen=f"127.0.0.1:{port}"), store).served(receiving=False):
            await eventually(lambda: [log for log in logs if log["event"] == "telegram_ready"])
    taken = [log["setting"] for log in logs if log["event"] == "web_server_not_listening"]
    assert taken == ["TROLY_WEB_PRIVATE_LISTEN"]


async def test_a_stranger_who_watches_slowly_is_dropped_as_one_who_calls_slowly(
    settings: Settle, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.web.server.RECEIVING_SECONDS", 0.3)
    port = free_port()
    async with Assembly(settings(web_private_listen=f"127.0.0.1:{port}"), store).served():
        await eventually(lambda: is_heard(port))
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /metrics HTTP/1.1\r\nX-Slow: ")
        assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.close()


@pytest.mark.parametrize(
    ("hosts", "count"),
    [
        (("127.0.0.1", "127.0.0.1"), 1),
        (("0.0.0.0", "127.0.0.1"), 1),
        (("127.0.0.1", "0.0.0.0"), 1),
        (("127.0.0.1", "[::1]"), 2),
    ],
)
def test_addresses_that_mean_the_same_are_listened_at_once(hosts: tuple[str, str], count: int) -> None:
    port = free_port()
    wanted = [Site(ListenAddress(f"TROLY_{number}", f"{host}:{port}"), ()) for number, host in enumerate(hosts)]
    with ExitStack() as opened:
        assert len(open_sites(wanted, opened)) == count


def test_one_that_is_required_stays_required_where_a_wider_one_stands_for_it() -> None:
    with taken_port() as port, ExitStack() as opened:
        wide = ListenAddress("TROLY_WIDE", f"0.0.0.0:{port}", required=False)
        wanted = [Site(wide, ()), Site(ListenAddress("TROLY_HOOK", f"127.0.0.1:{port}"), ())]
        with pytest.raises(SettingsError, match="TROLY_WIDE"):
            open_sites(wanted, opened)


class MadeUpChannel:
    """A second channel in the same process: what somebody writes there is put in by hand."""

    def __init__(self) -> None:
        self.channel = ScriptedChannel("zalo")
        self.accepted = True
        self.accept: AcceptUpdates | None = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[ServedChannel]:
        yield ServedChannel(
            self.channel, Pace(1e6, UNHURRIED), 8, self._prepare, self._receive, self, lambda: self.accepted
        )

    async def _prepare(self) -> None:
        """Nothing is to be done."""

    def _receive(self, accept: AcceptUpdates, _: RecordBlockChange) -> Receiver:
        self.accept = accept
        return Receiver(self.run)

    async def run(self, stop: asyncio.Event) -> None:
        await stop.wait()


async def test_several_channels_are_served_by_one_process(server: BotApi, settings: Settle, store: Store) -> None:
    port, other = free_port(), MadeUpChannel()
    served = settings(web_private_listen=f"127.0.0.1:{port}")
    assembly = Assembly(served, store)
    channels = (*configured_channels(assembly.components()), other.open)
    async with assembly.served(channels=channels):
        await talks(server)
        assert other.accept is not None
        await other.accept([make_text_update("b", 1, "7", "zalo"), make_text_update("c", 2, "7", "zalo")])
        await eventually(lambda: other.channel.texts("7") == ["1: b", "2: c"])
        assert await status(port, "/readyz") == 200
        other.accepted = False
        async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/readyz") as answer:
            assert (answer.status, await answer.text()) == (503, "Zalo does not accept the token\n")


async def test_without_any_channel_nothing_is_served(settings: Settle, store: Store) -> None:
    with pytest.raises(SettingsError, match="TROLY_TELEGRAM_TOKEN"):
        await serve_channels(Assembly(settings(telegram_token=None), store).components())
