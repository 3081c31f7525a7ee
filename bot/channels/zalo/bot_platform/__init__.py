"""Open the bot of the settings on Zalo's Bot Platform: a pilot for a small office, without an Official Account."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import structlog

from bot.channels import AcceptUpdates, ChannelError, ListenAddress, Receiver, RecordBlockChange, ServedChannel
from bot.channels.pace import Pace, Rate
from bot.channels.zalo.bot_platform.channel import BotApi, ZaloBotChannel
from bot.channels.zalo.bot_platform.receivers import Poller, UpdateReceiver, WebhookReceiver, WebhookSettings
from bot.channels.zalo.http import ZaloHttp
from bot.clock import Clock
from bot.errors import SettingsError
from bot.settings import Settings
from bot.store import Store
from locales import N_

_CONNECTIONS, _BROADCASTS_AT_ONCE = 8, 2
_CHAT_PACE = Rate(1.0, 4)

_log = structlog.get_logger(__name__)


@asynccontextmanager
async def open_zalo_bot(settings: Settings, store: Store, clock: Clock) -> AsyncIterator[ServedChannel]:
    """Open the bot; nothing is asked of Zalo yet.

    Raises:
        SettingsError: the token is not set.
    """
    if settings.zalo_bot_token is None:
        raise SettingsError(N_("TROLY_ZALO_BOT_TOKEN is not set"))
    async with AsyncExitStack() as closing:
        http = ZaloHttp(_CONNECTIONS)
        closing.push_async_callback(http.close)
        api = BotApi(settings.zalo_bot_token, settings.zalo_bot_api_url.rstrip("/"), http)

        def receive(accept: AcceptUpdates, _: RecordBlockChange) -> Receiver:
            return _receiver(settings, api, UpdateReceiver(accept, store, clock), clock)

        monthly = settings.zalo_bot_monthly_messages
        yield ServedChannel(
            channel=ZaloBotChannel(api, store, clock, monthly=monthly, language=settings.language),
            pace=Pace(settings.zalo_bot_messages_per_second, _CHAT_PACE),
            broadcasts_at_once=_BROADCASTS_AT_ONCE,
            prepare=partial(_prepare, api),
            receive=receive,
            stand_by=_wait,
            is_accepted=lambda: api.is_accepted,
            probe=partial(api.call, "getMe", {}),
        )


async def _prepare(api: BotApi) -> None:
    """Ask who the bot is; where that fails, even for its token, the other channels are served all the same."""
    try:
        await api.call("getMe", {})
    except ChannelError as error:
        _log.error("zalo_bot_not_ready", error=type(error).__name__)


def _receiver(settings: Settings, api: BotApi, updates: UpdateReceiver, clock: Clock) -> Receiver:
    """Build the webhook where its address is set, else polling."""
    url, secret = settings.zalo_bot_webhook_url, settings.zalo_bot_webhook_secret
    if url is None or secret is None:
        return Receiver(Poller(api, updates, clock).run)
    webhook = WebhookReceiver(api, updates, WebhookSettings(url, secret), clock)
    listen = ListenAddress("TROLY_ZALO_BOT_WEBHOOK_LISTEN", settings.zalo_bot_webhook_listen)
    return Receiver(webhook.run, webhook.routes(), listen)


async def _wait(stop: asyncio.Event) -> None:
    await stop.wait()
