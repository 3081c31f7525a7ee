"""Who is invited gets a link with the bot's name in it; where Telegram does not tell the name soon, it goes without."""

import asyncio

import pytest
from pydantic import SecretStr

from bot.app import serve_channels
from bot.cli.admins import fetch_start_link
from bot.messages import Incoming
from bot.settings import Settings
from bot.store import Store
from handlers.core import Event, Services, Session, TextReceived
from tests.integration.channels.telegram.conftest import Assembly, Settle
from tests.integration.channels.telegram.test_webhook import SECRET, free_port
from tests.support.delivery import Answer, make_conversation
from tests.support.store import NOW
from tests.support.telegram.api import BotApi
from tests.support.telegram.user import User


async def test_a_code_is_written_behind_the_bots_own_address(server: BotApi) -> None:
    settings = Settings(telegram_token=SecretStr(server.token), telegram_api_url=server.url)

    link = await fetch_start_link(settings)

    assert link is not None
    assert link.startswith("https://t.me/")
    assert link.endswith("?start=")


async def test_without_telegram_there_is_no_link(server: BotApi) -> None:
    wrong = Settings(telegram_token=SecretStr("1:abc"), telegram_api_url=server.url)
    nobody = Settings(telegram_token=SecretStr("1:abc"), telegram_api_url="http://127.0.0.1:1")

    assert [await fetch_start_link(settings) for settings in (Settings(telegram_token=None), wrong, nobody)] == [
        None
    ] * 3


async def linking(session: Session | None, event: Event, world: Services) -> Answer:
    del event
    return Answer(session, [world.start_link or "no link"])


async def left_behind(server: BotApi, store: Store) -> User:
    """Somebody whose line was stored, and handled by nobody before the process was killed."""
    lan = server.user("Lan")
    lan.chat.started = True
    await store.inbox.receive([Incoming("telegram", "1", str(lan.id), TextReceived(text="a"))], NOW)
    return lan


@pytest.mark.parametrize("way", ["polling", "webhook", "helping"])
async def test_what_a_killed_process_left_unanswered_is_answered_with_the_bots_name(
    server: BotApi, settings: Settle, store: Store, way: str
) -> None:
    port = free_port()
    hook = {
        "telegram_webhook_url": f"http://127.0.0.1:{port}/hook",
        "telegram_webhook_secret": SecretStr(SECRET),
        "telegram_webhook_listen": f"127.0.0.1:{port}",
    }
    assembly = Assembly(settings(**(hook if way == "webhook" else {})), store, make_conversation(linking))
    lan, stop = await left_behind(server, store), asyncio.Event()
    server.fault("getMe", delay=0.3)

    serving = asyncio.create_task(serve_channels(assembly.components(), stop, receiving=way != "helping"))
    heard = await lan.hears()
    stop.set()
    await asyncio.wait_for(serving, 10)

    assert heard.text == "https://t.me/troly_bot?start="
    assert len(server.calls_of("getMe")) == 1


async def test_where_telegram_does_not_tell_the_name_soon_answers_wait_no_longer(
    server: BotApi, settings: Settle, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.channels.telegram.identity._NAMED_WITHIN", 0.1)
    server.breaks("getMe", "slow")
    lan = await left_behind(server, store)

    async with Assembly(settings(), store, make_conversation(linking)).served():
        assert (await lan.hears()).text == "no link"
