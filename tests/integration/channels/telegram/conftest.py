"""Our side of Telegram against the Bot API server of the tests, over the real store."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
from pydantic import SecretStr

from bot.app import Components, serve_channels
from bot.certificates.reader import CertificateReader
from bot.channels.telegram.api import TelegramApi
from bot.channels.telegram.channel import TelegramChannel
from bot.clock import Clock
from bot.delivery.turns import Conversation
from bot.delivery.worker_lease import Heartbeat, Witness
from bot.metrics import NO_METRICS, Metrics
from bot.settings import Settings
from bot.store import Store
from tests.support.delivery import CountingReader, make_conversation
from tests.support.telegram.api import BotApi
from tests.support.telegram.limits import Limits


@pytest.fixture
async def server() -> AsyncIterator[BotApi]:
    async with BotApi.start(limits=Limits.off()) as server:
        yield server


@pytest.fixture
async def api(server: BotApi) -> AsyncIterator[TelegramApi]:
    api = TelegramApi(SecretStr(server.token), server.url)
    yield api
    await api.close()


@pytest.fixture
def channel(api: TelegramApi) -> TelegramChannel:
    return TelegramChannel(api)


@dataclass
class Assembly:
    """What the composition root serves, with a conversation of the test's choice."""

    settings: Settings
    store: Store
    talk: Conversation = field(default_factory=make_conversation)
    clock: Clock = field(default_factory=Clock)
    reader: CountingReader = field(default_factory=CountingReader)
    metrics: Metrics = NO_METRICS

    def components(self) -> Components:
        heartbeat = Heartbeat(self.store, Witness((self.settings.data_dir / "witness",)), (), self.clock)
        reader = cast("CertificateReader", self.reader)
        return Components(self.settings, self.store, reader, reader, self.talk, self.clock, heartbeat, self.metrics)

    @asynccontextmanager
    async def served(self, **how: Any) -> AsyncIterator[None]:
        """Served in this process until the end of the block, then stopped gracefully; ``how`` as ``serve_channels``."""
        stop = asyncio.Event()
        serving = asyncio.create_task(serve_channels(self.components(), stop, **how))
        try:
            yield
        finally:
            stop.set()
            await asyncio.wait_for(serving, 10)


Settle = Callable[..., Settings]


@pytest.fixture
def settings(server: BotApi, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settle:
    monkeypatch.chdir(tmp_path)  # no .env of the developer's

    def settled(**changes: object) -> Settings:
        known = {
            "telegram_token": SecretStr(server.token),
            "telegram_api_url": server.url,
            "data_dir": tmp_path,
            "telegram_messages_per_second": 1e5,
            "telegram_chat_messages_per_second": 1e5,
            "throttle_burst": 10_000,
            "web_listen": "",
            "web_private_listen": "",
        }
        return Settings.model_validate({**known, **changes})

    return settled


@pytest.fixture
def assembly(settings: Settle, store: Store) -> Assembly:
    return Assembly(settings(), store)
