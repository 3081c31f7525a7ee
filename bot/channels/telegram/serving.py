"""Wires Telegram's parts to the roads of delivery, from what the composition root has."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Protocol

from bot.channels.base import Channel
from bot.channels.telegram.api import TelegramApi
from bot.channels.telegram.channel import TelegramChannel
from bot.channels.telegram.front import Front
from bot.channels.telegram.polling import Poller
from bot.channels.telegram.watching import Watch
from bot.channels.telegram.webhook import WebhookReceiver, WebhookSettings
from bot.delivery import (
    Clock,
    Dispatcher,
    Intake,
    Pace,
    Pacer,
    Part,
    Rate,
    Retention,
    Runner,
    Throttle,
    Turns,
    Workers,
    stopped_by_signals,
)
from bot.errors import SettingsError
from bot.metrics import Metrics
from bot.settings import Settings
from bot.store.api import Store
from locales import N_

#: Messages that may go to one chat at once; more than that Telegram answers with "too many requests".
_CHAT_BURST = 5


class Services(Protocol):
    """What the composition root hands over."""

    @property
    def settings(self) -> Settings: ...

    @property
    def store(self) -> Store: ...

    @property
    def clock(self) -> Clock: ...

    @property
    def metrics(self) -> Metrics: ...

    def turns(self, channels: Mapping[str, Channel]) -> Turns:
        """The turns of these channels."""

    def exporter(self, channel: Channel, queued: Callable[[], None]) -> Part:
        """The exports of a channel."""

    def herald(self, queued: Callable[[], None]) -> Part:
        """What goes on with broadcasts by itself."""


async def serve_telegram(services: Services, stop: asyncio.Event | None = None) -> None:
    """Serve until ``stop`` is set or the process is told to end.

    Raises:
        SettingsError: no token is set, or one of Telegram's settings cannot be used.
        Refused: Telegram does not accept the token.
        StoreError: the store cannot be used.
    """
    stop = stop or asyncio.Event()
    api = _api(services.settings)
    try:
        with stopped_by_signals(stop):
            await _runner(services, api).run(stop)
    finally:
        await api.close()


def _api(settings: Settings) -> TelegramApi:
    if settings.telegram_token is None:
        raise SettingsError(N_("TROLY_TELEGRAM_TOKEN is not set"))
    return TelegramApi(settings.telegram_token, settings.telegram_api_url)


def _pace(settings: Settings) -> Pace:
    """A burst of a fifth on top of the rate: 25 a second never makes more than 30 in any second."""
    overall, chat = settings.telegram_messages_per_second, settings.telegram_chat_messages_per_second
    return Pace(overall=Rate(overall, max(1.0, overall / 5)), chat=Rate(chat, max(_CHAT_BURST, chat)))


def _runner(services: Services, api: TelegramApi) -> Runner:
    settings, store, clock, metrics = services.settings, services.store, services.clock, services.metrics
    channel = TelegramChannel(api)
    turns = services.turns({channel.name: channel})
    dispatcher = Dispatcher(store, channel, Pacer(_pace(settings), clock), clock, metrics=metrics)
    workers = Workers(turns.handle_next, lambda _chat: dispatcher.notify())
    throttle = Throttle(Rate(settings.throttle_per_second, settings.throttle_burst), clock)
    front = Front(api, Intake(store, throttle, clock, workers.submit, metrics))
    exporter = services.exporter(channel, dispatcher.notify)
    receiver = _receiver(settings, api, front, Watch(store, metrics))
    retention = Retention(store, clock, settings.retention_days)
    parts = (receiver, retention, exporter, services.herald(dispatcher.notify))
    return Runner(store, workers, {channel.name: dispatcher}, parts, clock)


def _receiver(settings: Settings, api: TelegramApi, front: Front, watch: Watch) -> Part:
    """The webhook where its address is set, with what watches over it; else long polling."""
    url, secret = settings.telegram_webhook_url, settings.telegram_webhook_secret
    if url is None or secret is None:
        return Poller(api, front)
    return WebhookReceiver(api, front, WebhookSettings(url, secret, settings.telegram_webhook_listen), watch.routes())
