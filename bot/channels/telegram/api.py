"""Call the Bot API with python-telegram-bot as transport only: raw results, typed failures, no token in any message.

A failure becomes a ``ChannelError``; ``TokenCheck`` tells a wrong token from a method that the server lacks.
"""

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

import aiohttp
import structlog
from pydantic import SecretStr
from telegram import Bot, InputFile
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, TelegramError
from telegram.error import Conflict as TelegramConflict

from bot.channels import (
    Blocked,
    ChannelError,
    Conflict,
    Gone,
    Invalid,
    MaybeSent,
    Refused,
    TooLarge,
    Unreachable,
    Unsupported,
)
from bot.channels.http import read_bounded
from bot.channels.telegram.transport import AiohttpRequest, RequestFailedError, proxy_for
from bot.errors import SettingsError
from handlers.model import TELEGRAM
from locales import N_

#: A 400 about the method: Telegram itself answers 404, other servers use descriptions of their own.
_NO_METHOD = re.compile(r"not implemented|(unknown|unsupported|no such|invalid) method|method \S*\s*(is )?not \w+")
#: A 403 from Telegram concerns the recipient of a message; any other concerns the method on this server.
_ABOUT_A_CHAT = re.compile(r"\b(bots?|users?|chats?|groups?|supergroup|channel|member|rights|peer)\b")
#: The error kinds of python-telegram-bot whose description does not matter.
_ERROR_TYPES: tuple[tuple[type[TelegramError], type[ChannelError]], ...] = (
    (InvalidToken, Refused),
    (TelegramConflict, Conflict),
    (ChatMigrated, Invalid),
)

#: A method that getMe proved to be missing counts as missing for so many seconds.
_MISSING_METHOD_SECONDS = 30.0
#: A token that getMe refused counts as refused for so many seconds, so that simultaneous failures ask once.
_REFUSED_TOKEN_SECONDS = 1.0

_log = structlog.get_logger(__name__)

_TOKEN = re.compile(r"\d+:[\w-]+", re.ASCII)
#: Seconds to wait for an answer.
_TIMEOUT = 15.0
#: Seconds for a call that is optional.
_OPTIONAL_TIMEOUT = 5.0
_DOWNLOAD_TIMEOUT = aiohttp.ClientTimeout(total=120, sock_connect=_TIMEOUT, sock_read=_TIMEOUT)
#: These loggers write URLs, which contain the token, or people's texts.
_NOISY_LOGGERS = ("aiohttp", "telegram")


class MessageNotModified(Invalid):
    """The message already says that."""


class QueryTooOld(Invalid):
    """The tap can no longer be answered."""


class MessageGone(Invalid):
    """The message cannot be edited any more."""


class MarkupNotParsed(Invalid):
    """The markup cannot be read."""


#: Parts of the descriptions that Telegram sends with status 400, in lower case.
_BAD_REQUESTS: tuple[tuple[str, type[ChannelError]], ...] = (
    ("message is not modified", MessageNotModified),
    ("query is too old", QueryTooOld),
    ("message to edit not found", MessageGone),
    ("message can't be edited", MessageGone),
    ("there is no text in the message to edit", MessageGone),
    ("can't parse entities", MarkupNotParsed),
    ("file is too big", TooLarge),
    ("file_id", Gone),
    ("wrong file identifier", Gone),
)


def to_channel_error(error: Exception) -> ChannelError:
    """Translate the failure of a request; after an unknown failure the request may have been carried out."""
    if isinstance(error, RequestFailedError):
        return error.outcome
    if isinstance(error, BadRequest):
        return _to_bad_request_error(error.message.lower())
    if isinstance(error, Forbidden):
        return Blocked() if _ABOUT_A_CHAT.search(error.message.lower()) else Unsupported()
    for raised, outcome in _ERROR_TYPES:
        if isinstance(error, raised):
            return outcome()
    too_large = isinstance(error, TelegramError) and "Request Entity Too Large" in error.message
    return Invalid() if too_large else MaybeSent()


def _to_bad_request_error(description: str) -> ChannelError:
    known = next((kind() for part, kind in _BAD_REQUESTS if part in description), None)
    return known or (Unsupported() if _NO_METHOD.search(description) else Invalid())


class TokenCheck:
    """Judges the failures of one bot's calls; ``refused`` tells whether the last check found the token refused."""

    def __init__(self, get_me: Callable[[], Awaitable[object]], now: Callable[[], float] = time.monotonic) -> None:
        """Keep ``get_me``, which raises ``ChannelError``, or ``Refused`` if the token is not accepted."""
        self._get_me = get_me
        self._now = now
        self._asking = asyncio.Lock()
        self._missing: dict[
            str, float
        ] = {}  #: method -> the time at which getMe proved that only this method is at fault
        self._refused_at = float("-inf")
        self.refused = False

    async def judge(self, method: str, failure: ChannelError) -> ChannelError:
        """Return the meaning of a failed call: ``Unsupported`` with the method, ``Refused``, or the failure itself.

        Returns ``Unreachable`` if getMe does not answer either: nothing was carried out, and the cause is unknown.
        """
        if not isinstance(failure, Refused | Unsupported):
            return failure
        async with self._asking:
            if self._missing.get(method, float("-inf")) + _MISSING_METHOD_SECONDS > self._now():
                return Unsupported(method)
            if self._refused_at + _REFUSED_TOKEN_SECONDS > self._now():
                return Refused()
            return await self._ask(method)

    def note_accepted(self) -> None:
        """Note a successful call: the token is accepted."""
        if self.refused:
            self.refused = False
            _log.info("token_accepted_again", channel=TELEGRAM)

    async def _ask(self, method: str) -> ChannelError:
        try:
            await self._get_me()
        except Refused:
            self._refused_at, self.refused = self._now(), True
            _log.error("token_refused", channel=TELEGRAM, method=method, hint="ask @BotFather for the current token")
            return Refused()
        except ChannelError as error:
            _log.warning("token_not_checked", channel=TELEGRAM, method=method, error=type(error).__name__)
            return Unreachable()
        self._missing[method] = self._now()
        self.note_accepted()
        _log.warning("method_not_offered", channel=TELEGRAM, method=method)
        return Unsupported(method)


class _RawBot(Bot):
    """Gives the results of ``Bot`` undecoded: an update or a receipt that it cannot parse is still an answer."""

    async def call_raw(self, method: str, parameters: dict[str, Any], read_timeout: float) -> Any:
        return await self._post(method, parameters, read_timeout=read_timeout)


class TelegramApi:
    """Calls the Bot API for one bot; every failure is a ``ChannelError``."""

    def __init__(self, token: SecretStr, url: str, *, connections: int = 32) -> None:
        """Prepare the connections and open none.

        Raises:
            SettingsError: the token does not have the form of a token.
        """
        if not _TOKEN.fullmatch(token.get_secret_value()):
            raise SettingsError(N_("TROLY_TELEGRAM_TOKEN is not a token as @BotFather gives it"))
        for name in _NOISY_LOGGERS:
            logging.getLogger(name).setLevel(logging.ERROR)
        url = url.rstrip("/")
        proxy = proxy_for(url)
        self.username = ""  #: the bot's name without @; empty until Telegram has told it
        self._token = TokenCheck(self._get_me)
        self._requests = (AiohttpRequest(connections, proxy), AiohttpRequest(1, proxy))
        self._bot = _RawBot(
            token.get_secret_value(),
            base_url=f"{url}/bot",
            base_file_url=f"{url}/file/bot",
            request=self._requests[0],
            get_updates_request=self._requests[1],
        )

    @property
    def is_refused(self) -> bool:
        """Return whether Telegram refused the token the last time it was checked."""
        return self._token.refused

    async def call(
        self, method: str, parameters: dict[str, Any] | None = None, *, read_timeout: float = _TIMEOUT
    ) -> Any:
        """Call a Bot API method and return its ``result`` as parsed JSON; ``read_timeout`` is in seconds.

        Raises:
            Refused: the token is not accepted, and getMe confirms it.
            Unsupported: the server lacks this method, and accepts the token.
            ChannelError: its kind tells whether the request was carried out.
        """
        try:
            result = await self._call(method, parameters or {}, read_timeout)
        except ChannelError as error:
            if method == "getMe":
                raise
            failure = error
        else:
            self._token.note_accepted()
            return result
        raise await self._token.judge(method, failure)

    async def try_call(self, method: str, parameters: dict[str, Any] | None = None) -> ChannelError | None:
        """Call an optional method within a short time; return its failure, or None on success."""
        try:
            async with asyncio.timeout(_OPTIONAL_TIMEOUT):
                await self.call(method, parameters, read_timeout=_OPTIONAL_TIMEOUT)
        except ChannelError as error:
            return error
        except TimeoutError:
            return MaybeSent()
        return None

    async def _get_me(self) -> Any:
        try:
            async with asyncio.timeout(_OPTIONAL_TIMEOUT):
                return await self._call("getMe", {}, _OPTIONAL_TIMEOUT)
        except TimeoutError:
            failure = MaybeSent()
        raise failure

    async def _call(self, method: str, parameters: dict[str, Any], read_timeout: float) -> Any:
        transport = self._requests[method == "getUpdates"]
        try:
            if any(isinstance(value, InputFile) for value in parameters.values()):
                return await self._bot.call_raw(method, parameters, read_timeout)
            return await transport.post_json(f"{self._bot.base_url}/{method}", parameters, read_timeout)
        except Exception as error:  # noqa: BLE001 - an unexpected error of the library needs an outcome too
            failure = to_channel_error(error)
        raise failure  # outside the handler: the original may quote a text or an address

    async def download(self, file_id: str, limit: int) -> bytes:
        """Return the bytes of a file; reading stops at ``limit`` bytes.

        Raises:
            TooLarge: the file has more than ``limit`` bytes, or more than Telegram allows.
            Gone: Telegram no longer has the file.
            ChannelError: the file cannot be fetched now.
        """
        file = await self.call("getFile", {"file_id": file_id})
        path = file.get("file_path") if isinstance(file, dict) else None
        if not isinstance(path, str) or not path:
            raise Gone
        try:
            return await self._read(f"{self._bot.base_file_url}/{quote(path)}", limit)
        except (aiohttp.ClientError, TimeoutError):
            failure = MaybeSent()
        raise failure

    async def _read(self, address: str, limit: int) -> bytes:
        async with self._requests[0].session.get(address, timeout=_DOWNLOAD_TIMEOUT) as response:
            if 400 <= response.status < 500:
                raise Gone
            if not response.ok:
                raise ChannelError
            return await read_bounded(response, limit)

    async def close(self) -> None:
        for request in self._requests:
            await request.shutdown()
