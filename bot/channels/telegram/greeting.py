"""What is told to Telegram at every start: which bot this is, how updates come, and the menu of commands."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from bot.channels.errors import ChannelError, Invalid, Refused
from bot.channels.telegram.api import TelegramApi
from bot.channels.telegram.update import CHANNEL
from bot.delivery.backoff import Backoff
from bot.delivery.stopping import unless
from bot.errors import SettingsError
from handlers.commands import COMMANDS
from locales import LANGUAGES, N_, translator

_log = structlog.get_logger(__name__)


async def introduce(api: TelegramApi, webhook: dict[str, Any]) -> None:
    """Repeat until Telegram has heard it all. An empty ``webhook`` means polling; nothing waiting is ever dropped.

    Raises:
        Refused: Telegram does not accept the token.
        SettingsError: Telegram does not accept the webhook's address or secret.
    """
    await _until_heard(lambda: _introduce(api, webhook))
    _log.info("telegram_ready", channel=CHANNEL, bot=api.username, webhook=bool(webhook))


class Acquaintance:
    """Of a process that receives nothing: asks which bot this is, and leaves to others how updates come.

    The menu of commands and the way of updates are set by whoever receives.
    """

    def __init__(self, api: TelegramApi) -> None:
        self._api = api

    async def run(self, stop: asyncio.Event) -> None:
        """Until told to stop. Raises Refused where Telegram does not accept the token."""
        await unless(stop, _until_heard(lambda: _ask_who(self._api)))
        _log.info("telegram_ready", channel=CHANNEL, bot=self._api.username)
        await stop.wait()


async def _until_heard(say: Callable[[], Awaitable[None]]) -> None:
    backoff = Backoff()
    while True:
        try:
            await say()
        except Refused:
            message = N_("Telegram does not accept TROLY_TELEGRAM_TOKEN. Ask @BotFather for the current token.")
            raise Refused(message) from None
        except Invalid:
            message = N_("Telegram does not accept TROLY_TELEGRAM_WEBHOOK_URL or TROLY_TELEGRAM_WEBHOOK_SECRET.")
            raise SettingsError(message) from None
        except ChannelError as error:
            _log.warning("telegram_not_reached", channel=CHANNEL, error=type(error).__name__)
            await asyncio.sleep(backoff.next())
        else:
            return


async def _ask_who(api: TelegramApi) -> None:
    bot = await api.call("getMe")
    api.username = str(bot.get("username", "")) if isinstance(bot, dict) else ""


async def _introduce(api: TelegramApi, webhook: dict[str, Any]) -> None:
    await _ask_who(api)
    await (api.call("setWebhook", webhook) if webhook else api.call("deleteWebhook"))
    try:
        for language in ("", *LANGUAGES):
            await api.call("setMyCommands", _menu(language))
    except Invalid:  # a menu is a comfort: the commands work without it
        _log.warning("commands_not_announced", channel=CHANNEL)


def _menu(language: str) -> dict[str, Any]:
    """The menu of a language; without one, of everybody whose telephone speaks neither."""
    t = translator(language or LANGUAGES[0])
    commands = [{"command": command.name, "description": t(command.description)} for command in COMMANDS]
    return {"commands": commands, "language_code": language or None}
