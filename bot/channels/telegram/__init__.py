"""Telegram: python-telegram-bot as transport; state, order and deliveries are the store's."""

from bot.channels.telegram.api import TelegramApi
from bot.channels.telegram.channel import TelegramChannel
from bot.channels.telegram.front import Front
from bot.channels.telegram.polling import Poller
from bot.channels.telegram.serving import serve_telegram
from bot.channels.telegram.webhook import WebhookReceiver, WebhookSettings

__all__ = [
    "Front",
    "Poller",
    "TelegramApi",
    "TelegramChannel",
    "WebhookReceiver",
    "WebhookSettings",
    "serve_telegram",
]
