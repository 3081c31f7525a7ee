"""Our side of Telegram against the Bot API server of the tests, over the real store."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.channels.base import Channel
from bot.channels.telegram.api import TelegramApi
from bot.channels.telegram.channel import TelegramChannel
from bot.channels.telegram.wiring import serve_telegram
from bot.clock import SystemClock
from bot.delivery.broadcasts.scheduler import BroadcastScheduler
from bot.delivery.broadcasts.sending import SchedulerSettings
from bot.delivery.event_preparation import EventPreparer
from bot.delivery.exporter import Exporter, OwnDataExporter
from bot.delivery.heartbeat import Heartbeat, Witness
from bot.delivery.turns import Conversation, TurnHandler
from bot.exports.process import ExportChildren
from bot.metrics.base import NO_METRICS, Metrics
from bot.services.broadcasts.service import BroadcastOperations
from bot.services.opening import open_store
from bot.settings import Settings
from bot.store.sealing.keyring import open_keyring
from bot.store.store import Store
from tests.support.botapi.api import BotApi
from tests.support.botapi.limits import Limits
from tests.support.delivery import conversation
from tests.support.roads import CountingReader


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


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = await open_store(None, tmp_path, open_keyring(tmp_path / "keys.json")[0])
    yield store
    await store.close()


@dataclass
class Assembly:
    """What the composition root would hand over, with a conversation of the test's choice."""

    settings: Settings
    store: Store
    talk: Conversation = field(default_factory=conversation)
    clock: SystemClock = field(default_factory=SystemClock)
    reader: CountingReader = field(default_factory=CountingReader)
    metrics: Metrics = NO_METRICS

    @property
    def heartbeat(self) -> Heartbeat:
        return Heartbeat(self.store, Witness((self.settings.data_dir / "witness",)), (), self.clock)

    def turn_handler(self, channels: Mapping[str, Channel]) -> TurnHandler:
        preparer = EventPreparer(channels, self.reader)
        return TurnHandler(self.store, self.talk, preparer, channels, self.clock, metrics=self.metrics)

    def exporter(self, channel: Channel, queued: Callable[[], None]) -> Exporter:
        children = ExportChildren(self.settings, self.settings.data_dir / "exports")
        return Exporter(self.store, channel, children, self.clock, queued)

    def own_data_exporter(self, channel: Channel, queued: Callable[[], None]) -> OwnDataExporter:
        folder = self.settings.data_dir / "own-data"
        return OwnDataExporter(self.store, channel, folder, 1_000_000, self.clock, queued)

    def broadcast_scheduler(self, queued: Callable[[], None]) -> BroadcastScheduler:
        return BroadcastScheduler(
            BroadcastOperations.over(self.store), SchedulerSettings.of(self.settings), self.clock, queued
        )

    @asynccontextmanager
    async def served(self) -> AsyncIterator[None]:
        """Telegram served in this process until the end of the block, then stopped gracefully."""
        stop = asyncio.Event()
        serving = asyncio.create_task(serve_telegram(self, stop))
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
        }
        return Settings.model_validate({**known, **changes})

    return settled


@pytest.fixture
def assembly(settings: Settle, store: Store) -> Assembly:
    return Assembly(settings(), store)
