"""Register the bot with Telegram at every start: learn its name, set how updates come, and set the menu of commands.

Only getMe decides about the token, and only setWebhook about the webhook. All other calls are optional: a failure is
logged, delays nothing, and is repeated later.
"""

import asyncio
from collections.abc import Iterable
from functools import partial
from typing import Any

import structlog

from bot.channels import ChannelError, Invalid, Refused, RetryLater, Unsupported
from bot.channels.telegram.api import TelegramApi
from bot.channels.telegram.updates import CHANNEL
from bot.concurrency import cancel_on, retry, wait_at_most
from bot.errors import SettingsError
from handlers.commands import COMMANDS, menu_commands
from handlers.core import Command
from handlers.model import Role
from locales import LANGUAGES, N_, translator

#: The most seconds between two tries of an optional call.
_LONGEST_DELAY = 3600.0
#: A start waits so many seconds to learn the bot's name before it handles messages.
_NAMED_WITHIN = 5.0

_log = structlog.get_logger(__name__)


async def get_acquainted(api: TelegramApi) -> None:
    """Learn the bot's name before any message is handled: links contain it, and groups address the bot by it.

    If Telegram is not reached within a moment, work begins without the name, which is asked for again meanwhile.
    """
    await wait_at_most(_NAMED_WITHIN, _fetch_identity(api))


async def register_bot(api: TelegramApi, webhook: dict[str, Any]) -> None:
    """Ask for the bot's name and register the webhook; repeat until Telegram answers.

    An empty ``webhook`` means polling.

    Updates that wait at Telegram are never dropped.
    """
    await _fetch_identity(api)
    if webhook:
        await _set_webhook(api, webhook)
    _log.info("telegram_ready", channel=CHANNEL, bot=api.username, webhook=bool(webhook))


class BotIdentity:
    """Learns the bot's name in a process that receives no updates.

    The process that receives them sets the menu of commands and the way of updates.
    """

    def __init__(self, api: TelegramApi) -> None:
        self._api = api

    async def run(self, stop: asyncio.Event) -> None:
        """Learn the name, then wait until ``stop`` is set.

        Raises:
            Refused: Telegram does not accept the token.
        """
        await cancel_on(stop, _fetch_identity(self._api))
        _log.info("telegram_ready", channel=CHANNEL, bot=self._api.username)
        await stop.wait()


async def announce_commands(api: TelegramApi) -> None:
    """Set the menu of commands in every language; repeat what failed, ever more rarely."""
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


async def show_chat_menu(api: TelegramApi, address: str, roles: frozenset[Role]) -> None:
    """Set the menu of commands in one chat to that of these roles, in every language; of no roles take it away.

    Raises:
        ChannelError: Telegram did not do so, in one of the languages.
    """
    scope = {"type": "chat", "chat_id": address}
    for language in ("", *LANGUAGES):
        if roles:
            wanted = _menu_parameters(language, menu_commands(roles))
            await api.call("setMyCommands", {**wanted, "scope": scope})
        else:
            await api.call("deleteMyCommands", {"scope": scope, "language_code": language or None})


async def remove_webhook(api: TelegramApi) -> None:
    """Remove the webhook so that updates wait for polling, and drop none.

    Repeat until it succeeds, ever more rarely.
    """

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
    """Repeat a call that the start depends on and return its result.

    Raise the ``decisive`` errors and wait out all others.
    """

    def not_heard(error: Exception) -> bool | float:
        if isinstance(error, decisive) or not isinstance(error, ChannelError):
            return False
        _log.warning("telegram_not_reached", channel=CHANNEL, method=method, error=type(error).__name__)
        return _pause(error)

    return await retry(partial(api.call, method, parameters), not_heard)


def _pause(error: Exception) -> bool | float:
    """Return the seconds for which Telegram asks to wait, or True if it names none."""
    return isinstance(error, ChannelError) and (_requested_delay(error) or True)


def _requested_delay(error: ChannelError) -> float:
    """Return the seconds for which Telegram asks to wait, 0 if it names none."""
    return error.after if isinstance(error, RetryLater) else 0.0


def _log_optional_failure(method: str, error: ChannelError) -> None:
    _log.warning("telegram_did_not_take", channel=CHANNEL, method=method, error=type(error).__name__)


def _menu_parameters(language: str, wanted: Iterable[Command] = COMMANDS) -> dict[str, Any]:
    """Return the menu of a language; an empty language means everybody whose telephone uses neither."""
    t = translator(language or LANGUAGES[0])
    commands = [{"command": command.name, "description": t(command.description)} for command in wanted]
    return {"commands": commands, "language_code": language or None}
