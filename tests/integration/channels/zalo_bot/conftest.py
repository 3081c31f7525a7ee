"""Our side of a bot on the Bot Platform against the made-up one, over the real store."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from bot.channels.zalo.bot_platform.channel import BotApi, ZaloBotChannel
from bot.channels.zalo.http import ZaloHttp
from bot.clock import Clock
from bot.messages import BROADCAST, REPLY, OutboxRow
from bot.store import Store
from handlers.core import Reply
from tests.support.zalo.bot import TOKEN, FakeBot

LAN = "6ede9afa66b88fe6d6a9"


class MovedClock(Clock):
    """The time is what a test says; waiting moves it."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 20, 3, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    async def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@pytest.fixture
async def bot() -> AsyncIterator[FakeBot]:
    async with FakeBot.start() as bot:
        bot.people.add(LAN)
        yield bot


@dataclass
class Ours:
    """The channel and what it stands on."""

    api: BotApi
    channel: ZaloBotChannel
    clock: MovedClock
    store: Store

    def row(self, text: str = "", *, to: str = LAN, broadcast: bool = False, **more: Any) -> OutboxRow:
        chat = self.store.chats.at("zalobot", to)
        reply = Reply(paragraphs=(text,) if text else (), **more)
        name = "TB-000001" if broadcast else None
        return OutboxRow(1, chat, reply, 0, BROADCAST if broadcast else REPLY, "turn:1:0", broadcast=name)


@pytest.fixture
async def ours(bot: FakeBot, store: Store) -> AsyncIterator[Ours]:
    http, clock = ZaloHttp(4), MovedClock()
    api = BotApi(SecretStr(TOKEN), bot.url, http)
    yield Ours(api, ZaloBotChannel(api, store, clock, monthly=3, language="vi"), clock, store)
    await http.close()
