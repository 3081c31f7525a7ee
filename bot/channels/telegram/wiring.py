"""Wires Telegram's parts to the roads of delivery, from what the composition root has."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Protocol

from bot.cancellation import cancel_on, stop_on_signals
from bot.channels.base import Channel
from bot.channels.telegram.api import TelegramApi
from bot.channels.telegram.channel import TelegramChannel
from bot.channels.telegram.identity import BotIdentity, get_acquainted
from bot.channels.telegram.polling import Poller
from bot.channels.telegram.updates import UpdateReceiver
from bot.channels.telegram.webhook import WebhookReceiver, WebhookSettings
from bot.clock import Clock
from bot.delivery.broadcasts.sending import SchedulerSettings
from bot.delivery.dispatcher import Dispatcher
from bot.delivery.intake import Intake, Rate, Throttle
from bot.delivery.pacing import Pace, Pacer
from bot.delivery.retention import Retention
from bot.delivery.runner import BackgroundService, ChannelService, NotifiableService, Runner
from bot.delivery.turn_pool import TurnPool
from bot.delivery.turns import TurnHandler
from bot.delivery.worker_lease import WorkerLease
from bot.errors import SettingsError
from bot.metrics.base import Metrics
from bot.settings import TELEGRAM, TELEGRAM_FREE, Settings
from bot.store.store import Store
from bot.store.workers import LeaseDuration
from bot.web import HealthEndpoints
from locales import N_

#: Messages that may go to one chat at once: one fewer than Telegram lets through, for two that leave a second apart may
#: arrive closer together.
_CHAT_BURST = 4
#: Broadcast messages under way: for answers that take so long, within these bounds.
_ANSWER_SECONDS = 0.25
_FEWEST, _MOST = 8, 256
#: Connections for everything else.
_CONNECTIONS = 32


class TelegramComponents(Protocol):
    """What the composition root hands over."""

    @property
    def settings(self) -> Settings: ...

    @property
    def store(self) -> Store: ...

    @property
    def clock(self) -> Clock: ...

    @property
    def metrics(self) -> Metrics: ...

    @property
    def heartbeat(self) -> BackgroundService: ...

    def turn_handler(self, channels: Mapping[str, Channel]) -> TurnHandler:
        """The turns of these channels."""

    def exporter(self, channel: Channel, queued: Callable[[], None]) -> BackgroundService:
        """The exports of a channel."""

    def own_data_exporter(self, channel: Channel, queued: Callable[[], None]) -> BackgroundService:
        """What is held about people of a channel, for those who ask."""

    def broadcast_scheduler(self, queued: Callable[[], None]) -> NotifiableService:
        """What goes on with broadcasts by itself."""


async def serve_telegram(
    services: TelegramComponents, stop: asyncio.Event | None = None, *, receiving: bool = True
) -> None:
    """Serve until ``stop`` is set or the process is told to end.

    One that is not ``receiving`` handles and delivers what others receive over the same store.

    Raises:
        SettingsError: no token is set, or one of Telegram's settings cannot be used.
        Refused: Telegram does not accept the token.
        StoreError: the store cannot be used.
    """
    stop = stop or asyncio.Event()
    api = _open_api(services.settings)
    try:
        with stop_on_signals(stop):
            await cancel_on(stop, get_acquainted(api))
            await _build_runner(services, api, receiving=receiving).run(stop)
    finally:
        await api.close()


def _open_api(settings: Settings) -> TelegramApi:
    if settings.telegram_token is None:
        raise SettingsError(N_("TROLY_TELEGRAM_TOKEN is not set"))
    connections = _CONNECTIONS + _broadcast_concurrency(settings)
    return TelegramApi(settings.telegram_token, settings.telegram_api_url, connections=connections)


def _sending_pace(settings: Settings) -> Pace:
    """Only paid broadcasts go beyond what Telegram takes free of charge; other servers have their own mind."""
    overall, chat = settings.telegram_messages_per_second, settings.telegram_chat_messages_per_second
    limited = settings.telegram_paid_broadcasts and settings.telegram_api_url.rstrip("/") == TELEGRAM
    urgent = min(overall, TELEGRAM_FREE) if limited else None
    return Pace(overall, Rate(chat, max(_CHAT_BURST, chat)), urgent)


def _broadcast_concurrency(settings: Settings) -> int:
    """Broadcast messages under way side by side, so that the pace is reached where an answer takes a while."""
    return max(_FEWEST, min(_MOST, int(settings.telegram_messages_per_second * _ANSWER_SECONDS)))


def _build_runner(services: TelegramComponents, api: TelegramApi, *, receiving: bool) -> Runner:
    settings, store, clock = services.settings, services.store, services.clock
    channel = TelegramChannel(api, paid=settings.telegram_paid_broadcasts)
    service = _build_service(services, channel)
    notify = service.dispatcher.notify
    workers = TurnPool(services.turn_handler({channel.name: channel}).step, lambda _chat: notify())
    intake = Intake(store, _build_throttle(settings, clock), clock, workers.submit, services.metrics)
    watch = HealthEndpoints(store, services.metrics, lambda: not api.is_refused)
    source = _build_receiver(settings, api, UpdateReceiver(api, intake), watch) if receiving else BotIdentity(api)
    herald = services.broadcast_scheduler(notify)
    retention = Retention(store, clock, settings.retention_days)
    orders = (services.exporter(channel, notify), services.own_data_exporter(channel, notify))
    parts = (source, retention, services.heartbeat, *orders, herald)
    return Runner(store, workers, (service,), parts, moved=herald.notify)


def _build_service(services: TelegramComponents, channel: Channel) -> ChannelService:
    """The way out of this channel, at the pace that it shares with other processes."""
    settings, store, clock = services.settings, services.store, services.clock
    pacer, at_once = Pacer(_sending_pace(settings), clock), _broadcast_concurrency(settings)
    lease = LeaseDuration(settings.worker_lease_seconds)
    membership = WorkerLease(store.workers, channel.name, clock, pacer.share, lease)
    dispatcher = Dispatcher(
        store, channel, pacer, clock,
        broadcasts_at_once=at_once, fence=membership.may_send, open_at=SchedulerSettings.of(settings).hours.is_open_at,
        language=settings.language, metrics=services.metrics,
    )  # fmt: skip
    return ChannelService(membership, dispatcher)


def _build_throttle(settings: Settings, clock: Clock) -> Throttle:
    return Throttle(Rate(settings.throttle_per_second, settings.throttle_burst), clock)


def _build_receiver(
    settings: Settings, api: TelegramApi, front: UpdateReceiver, watch: HealthEndpoints
) -> BackgroundService:
    """The webhook where its address is set, with what watches over it; else long polling."""
    url, secret = settings.telegram_webhook_url, settings.telegram_webhook_secret
    if url is None or secret is None:
        return Poller(api, front)
    return WebhookReceiver(api, front, WebhookSettings(url, secret, settings.telegram_webhook_listen), watch.routes())
