"""Introduces the assistant to Telegram at every start: which bot this is, how updates come, the menu of commands.

Only getMe decides about the token, and only setWebhook about the webhook. Everything else is a comfort: its failure is
named in the log, holds nothing up, and is made good later.
"""

import asyncio
from functools import partial
from typing import Any

import structlog

from bot.cancellation import cancel_on, wait_at_most
from bot.channels.base import ChannelError, Invalid, Refused, RetryLater, Unsupported
from bot.channels.telegram.api import TelegramApi
from bot.channels.telegram.updates import CHANNEL
from bot.errors import SettingsError
from bot.retry import retry
from handlers.commands import COMMANDS
from locales import LANGUAGES, N_, translator

#: Seconds between two tries of a comfort, at most.
_LONGEST_DELAY = 3600.0
#: Seconds that a start waits to learn the bot's name before anything is heard or answered.
_NAMED_WITHIN = 5.0

_log = structlog.get_logger(__name__)


async def get_acquainted(api: TelegramApi) -> None:
    """Learn the bot's name before anything is handled: links carry it, and groups call by it.

    Where Telegram is not reached within a moment, the work begins without; the name is asked for again meanwhile.

    Raises:
        Refused: Telegram does not accept the token.
    """
    await wait_at_most(_NAMED_WITHIN, _fetch_identity(api))


async def register_bot(api: TelegramApi, webhook: dict[str, Any]) -> None:
    """Ask which bot this is, and tell where updates go; repeat until heard. An empty ``webhook`` means polling.

    Nothing that waits is ever dropped.

    Raises:
        Refused: Telegram does not accept the token.
        SettingsError: Telegram does not accept the webhook's address or secret, or the server takes no webhook.
    """
    await _fetch_identity(api)
    if webhook:
        await _set_webhook(api, webhook)
    _log.info("telegram_ready", channel=CHANNEL, bot=api.username, webhook=bool(webhook))


class BotIdentity:
    """Asks, for a process that receives nothing, which bot this is, and leaves to others how updates come.

    The menu of commands and the way of updates are set by whoever receives.
    """

    def __init__(self, api: TelegramApi) -> None:
        self._api = api

    async def run(self, stop: asyncio.Event) -> None:
        """Until told to stop. Raises Refused where Telegram does not accept the token."""
        await cancel_on(stop, _fetch_identity(self._api))
        _log.info("telegram_ready", channel=CHANNEL, bot=self._api.username)
        await stop.wait()


async def announce_commands(api: TelegramApi) -> None:
    """Set the menu of commands in every language; try again, ever more rarely, what is not taken."""
    waiting = ["", *LANGUAGES]

    async def announce() -> None:
        failed: list[ChannelError] = []
        for language in tuple(waiting):
            error = await api.try_call("setMyCommands", _menu_parameters(language))
            if error is None:
                waiting.remove(language)
                continue
            failed.append(error)
            _log_optional_failure("setMyCommands", error)
        if failed:
            raise max(failed, key=_requested_delay)

    await retry(announce, _pause, first=1.0, longest=_LONGEST_DELAY)


async def remove_webhook(api: TelegramApi) -> None:
    """Have updates wait for polling; nothing that waits is dropped. Repeats until heard, ever more rarely."""

    async def remove() -> None:
        if error := await api.try_call("deleteWebhook"):
            _log_optional_failure("deleteWebhook", error)
            raise error

    await retry(remove, _pause, longest=_LONGEST_DELAY)


async def _fetch_identity(api: TelegramApi) -> None:
    """Learn the bot's name, unless it is known.

    Raises:
        Refused: Telegram does not accept the token.
    """
    if api.username:
        return
    try:
        bot = await _call_until_answered(api, "getMe", {}, decisive=(Refused,))
    except Refused:
        message = N_("Telegram does not accept TROLY_TELEGRAM_TOKEN. Ask @BotFather for the current token.")
        raise Refused(message) from None
    api.username = str(bot.get("username", "")) if isinstance(bot, dict) else ""


async def _set_webhook(api: TelegramApi, webhook: dict[str, Any]) -> None:
    try:
        await _call_until_answered(api, "setWebhook", webhook, decisive=(Invalid, Unsupported))
    except Invalid:
        message = N_("Telegram does not accept TROLY_TELEGRAM_WEBHOOK_URL or TROLY_TELEGRAM_WEBHOOK_SECRET.")
        raise SettingsError(message) from None
    except Unsupported:
        message = N_(
            "The server of TROLY_TELEGRAM_API_URL takes no webhook (setWebhook)."
            " Leave TROLY_TELEGRAM_WEBHOOK_URL unset, so that updates are asked for."
        )
        raise SettingsError(message) from None


async def _call_until_answered(
    api: TelegramApi, method: str, parameters: dict[str, Any], *, decisive: tuple[type[ChannelError], ...]
) -> Any:
    """The result of a call without which nothing can begin; raises what is ``decisive``, waits out all else."""

    def not_heard(error: Exception) -> bool | float:
        if isinstance(error, decisive) or not isinstance(error, ChannelError):
            return False
        _log.warning("telegram_not_reached", channel=CHANNEL, method=method, error=type(error).__name__)
        return _pause(error)

    return await retry(partial(api.call, method, parameters), not_heard)


def _pause(error: Exception) -> bool | float:
    """For how long Telegram asks to wait; True where it does not say."""
    return isinstance(error, ChannelError) and (_requested_delay(error) or True)


def _requested_delay(error: ChannelError) -> float:
    """Seconds for which Telegram asks to wait."""
    return error.after if isinstance(error, RetryLater) else 0.0


def _log_optional_failure(method: str, error: ChannelError) -> None:
    _log.warning("telegram_did_not_take", channel=CHANNEL, method=method, error=type(error).__name__)


def _menu_parameters(language: str) -> dict[str, Any]:
    """The menu of a language; without one, of everybody whose telephone speaks neither."""
    t = translator(language or LANGUAGES[0])
    commands = [{"command": command.name, "description": t(command.description)} for command in COMMANDS]
    return {"commands": commands, "language_code": language or None}
