"""Open Telegram as the settings say: its API, its pace, and how updates come.

The store keeps the state, the order and the deliveries.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from bot.channels import AcceptUpdates, ListenAddress, Pace, Rate, Receiver, RecordBlockChange, ServedChannel
from bot.channels.telegram.api import TelegramApi
from bot.channels.telegram.channel import TelegramChannel
from bot.channels.telegram.identity import BotIdentity, get_acquainted, show_chat_menu
from bot.channels.telegram.receivers import Poller, WebhookReceiver, WebhookSettings
from bot.channels.telegram.updates import UpdateReceiver
from bot.errors import SettingsError
from bot.settings import TELEGRAM, TELEGRAM_FREE, Settings
from locales import N_

#: Messages that may go to one chat at once: one fewer than Telegram lets through, for two that leave a second apart may
#: arrive closer together.
_CHAT_BURST = 4
#: Broadcast messages under way: for answers that take so long, within these bounds.
_ANSWER_SECONDS = 0.25
_FEWEST, _MOST = 8, 256
#: Connections for everything else.
_CONNECTIONS = 32


@asynccontextmanager
async def open_telegram(settings: Settings) -> AsyncIterator[ServedChannel]:
    """Open Telegram with the token of the settings; nothing is asked of it yet.

    Raises:
        SettingsError: the token is not set, or cannot be one.
    """
    if settings.telegram_token is None:
        raise SettingsError(N_("TROLY_TELEGRAM_TOKEN is not set"))
    at_once = _broadcast_concurrency(settings.telegram_messages_per_second)
    async with AsyncExitStack() as closing:
        api = TelegramApi(settings.telegram_token, settings.telegram_api_url, connections=_CONNECTIONS + at_once)
        closing.push_async_callback(api.close)

        def receive(accept: AcceptUpdates, record_block_change: RecordBlockChange) -> Receiver:
            updates = UpdateReceiver(api, accept, record_block_change)
            closing.push_async_callback(updates.close)
            return _receiver(settings, api, updates)

        yield ServedChannel(
            channel=TelegramChannel(api, paid=settings.telegram_paid_broadcasts),
            pace=_sending_pace(settings),
            broadcasts_at_once=at_once,
            prepare=partial(get_acquainted, api),
            receive=receive,
            stand_by=BotIdentity(api).run,
            show_menu=partial(show_chat_menu, api),
            is_accepted=lambda: not api.is_refused,
            probe=partial(api.call, "getMe", {}),
        )


def _receiver(settings: Settings, api: TelegramApi, updates: UpdateReceiver) -> Receiver:
    """The webhook where its address is set, else long polling."""
    url, secret = settings.telegram_webhook_url, settings.telegram_webhook_secret
    if url is None or secret is None:
        return Receiver(Poller(api, updates).run)
    webhook = WebhookReceiver(api, updates, WebhookSettings(url, secret))
    listen = ListenAddress("TROLY_TELEGRAM_WEBHOOK_LISTEN", settings.telegram_webhook_listen)
    return Receiver(webhook.run, webhook.routes(), listen)


def _sending_pace(settings: Settings) -> Pace:
    """Only paid broadcasts go beyond what Telegram takes free of charge; other servers have their own mind."""
    overall, chat = settings.telegram_messages_per_second, settings.telegram_chat_messages_per_second
    limited = settings.telegram_paid_broadcasts and settings.telegram_api_url.rstrip("/") == TELEGRAM
    urgent = min(overall, TELEGRAM_FREE) if limited else None
    return Pace(overall, Rate(chat, max(_CHAT_BURST, chat)), urgent)


def _broadcast_concurrency(messages_per_second: float) -> int:
    """Broadcast messages under way side by side, so that the pace is reached where an answer takes a while."""
    return max(_FEWEST, min(_MOST, int(messages_per_second * _ANSWER_SECONDS)))
