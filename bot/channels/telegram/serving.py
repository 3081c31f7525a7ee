"""Wires Telegram's parts to the roads of delivery, from what the composition root has."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Protocol

from bot.channels.base import Channel
from bot.channels.telegram.api import TelegramApi
from bot.channels.telegram.channel import TelegramChannel
from bot.channels.telegram.front import Front
from bot.channels.telegram.greeting import Acquaintance
from bot.channels.telegram.polling import Poller
from bot.channels.telegram.watching import Watch
from bot.channels.telegram.webhook import WebhookReceiver, WebhookSettings
from bot.delivery import (
    Clock,
    Dispatcher,
    Intake,
    Membership,
    Pace,
    Pacer,
    Part,
    Rate,
    Retention,
    Runner,
    Service,
    Throttle,
    Turns,
    Wakeful,
    Workers,
    stopped_by_signals,
)
from bot.errors import SettingsError
from bot.metrics import Metrics
from bot.settings import Settings
from bot.store.api import Store
from bot.store.worker_api import Lease
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

    def herald(self, queued: Callable[[], None]) -> Wakeful:
        """What goes on with broadcasts by itself."""


async def serve_telegram(services: Services, stop: asyncio.Event | None = None, *, receiving: bool = True) -> None:
    """Serve until ``stop`` is set or the process is told to end.

    One that is not ``receiving`` handles and delivers what others receive over the same store.

    Raises:
        SettingsError: no token is set, or one of Telegram's settings cannot be used.
        Refused: Telegram does not accept the token.
        StoreError: the store cannot be used.
    """
    stop = stop or asyncio.Event()
    api = _api(services.settings)
    try:
        with stopped_by_signals(stop):
            await _runner(services, api, receiving=receiving).run(stop)
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


def _runner(services: Services, api: TelegramApi, *, receiving: bool) -> Runner:
    settings, store, clock = services.settings, services.store, services.clock
    channel = TelegramChannel(api)
    service = _service(services, channel)
    notify = service.dispatcher.notify
    workers = Workers(services.turns({channel.name: channel}).handle_next, lambda _chat: notify())
    intake = Intake(store, _throttle(settings, clock), clock, workers.submit, services.metrics)
    watch = Watch(store, services.metrics)
    source = _receiver(settings, api, Front(api, intake), watch) if receiving else Acquaintance(api)
    herald = services.herald(notify)
    retention = Retention(store, clock, settings.retention_days)
    parts = (source, retention, services.exporter(channel, notify), herald)
    return Runner(store, workers, (service,), parts, clock, moved=herald.notify)


def _service(services: Services, channel: Channel) -> Service:
    """The way out of this channel, at the pace that it shares with other processes."""
    settings, store, clock = services.settings, services.store, services.clock
    pacer = Pacer(_pace(settings), clock)
    lease = Lease(settings.worker_lease_seconds)
    membership = Membership(store.workers, channel.name, clock, pacer.share, lease)
    dispatcher = Dispatcher(store, channel, pacer, clock, metrics=services.metrics, fence=membership.fence)
    return Service(membership, dispatcher)


def _throttle(settings: Settings, clock: Clock) -> Throttle:
    return Throttle(Rate(settings.throttle_per_second, settings.throttle_burst), clock)


def _receiver(settings: Settings, api: TelegramApi, front: Front, watch: Watch) -> Part:
    """The webhook where its address is set, with what watches over it; else long polling."""
    url, secret = settings.telegram_webhook_url, settings.telegram_webhook_secret
    if url is None or secret is None:
        return Poller(api, front)
    return WebhookReceiver(api, front, WebhookSettings(url, secret, settings.telegram_webhook_listen), watch.routes())
