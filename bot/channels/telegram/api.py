"""The Bot API through python-telegram-bot as transport only: raw results, typed outcomes, no token in any message."""

import asyncio
import logging
import re
from typing import Any
from urllib.parse import quote

import aiohttp
from pydantic import SecretStr
from telegram import Bot

from bot.channels.errors import ChannelError, Gone, MaybeSent, TooLarge
from bot.channels.telegram.failures import outcome
from bot.channels.telegram.token_check import TokenCheck
from bot.channels.telegram.transport import AiohttpRequest, proxy_for
from bot.errors import SettingsError
from locales import N_

_TOKEN = re.compile(r"\d+:[\w-]+", re.ASCII)
#: Seconds to wait for an answer.
_PATIENCE = 15.0
#: Seconds for a call that decides nothing.
_COMFORT = 5.0
_DOWNLOAD = aiohttp.ClientTimeout(total=120, sock_connect=_PATIENCE, sock_read=_PATIENCE)
_CHUNK = 64 * 1024
#: These write URLs, which contain the token, or what people wrote, into their logs.
_TALKATIVE = ("aiohttp", "telegram")


class _Bot(Bot):
    """``Bot`` with its results as they come: an update or a receipt it cannot parse is still an answer."""

    async def call_raw(self, method: str, parameters: dict[str, Any], read_timeout: float) -> Any:
        return await self._post(method, parameters, read_timeout=read_timeout)


class TelegramApi:
    """Calls of one bot. Every failure is a ``ChannelError``."""

    def __init__(self, token: SecretStr, url: str, *, connections: int = 32) -> None:
        """Opens nothing yet.

        Raises:
            SettingsError: that is no token.
        """
        if not _TOKEN.fullmatch(token.get_secret_value()):
            raise SettingsError(N_("TROLY_TELEGRAM_TOKEN is not a token as @BotFather gives it"))
        for name in _TALKATIVE:
            logging.getLogger(name).setLevel(logging.ERROR)
        url = url.rstrip("/")
        proxy = proxy_for(url)
        self.username = ""  #: of the bot, without @, once Telegram has told it
        self._token = TokenCheck(self._get_me)
        self._requests = (AiohttpRequest(connections, proxy), AiohttpRequest(1, proxy))
        self._bot = _Bot(
            token.get_secret_value(),
            base_url=f"{url}/bot",
            base_file_url=f"{url}/file/bot",
            request=self._requests[0],
            get_updates_request=self._requests[1],
        )

    @property
    def is_refused(self) -> bool:
        """Whether Telegram no longer accepts the token, as far as is known."""
        return self._token.refused

    async def call(self, method: str, parameters: dict[str, Any] | None = None, *, patience: float = _PATIENCE) -> Any:
        """The ``result`` of a Bot API method, as JSON gives it.

        Raises:
            Refused: the token is not accepted: getMe says so too.
            Unsupported: the server lacks this method, and accepts the token.
            ChannelError: in the kind that tells what became of the request.
        """
        try:
            result = await self._call(method, parameters or {}, patience)
        except ChannelError as error:
            if method == "getMe":
                raise
            failure = error
        else:
            self._token.note_accepted()
            return result
        raise await self._token.judge(method, failure)

    async def try_call(self, method: str, parameters: dict[str, Any] | None = None) -> ChannelError | None:
        """Call a method that decides nothing, within a short time; what went wrong, or None."""
        try:
            async with asyncio.timeout(_COMFORT):
                await self.call(method, parameters, patience=_COMFORT)
        except ChannelError as error:
            return error
        except TimeoutError:
            return MaybeSent()
        return None

    async def _get_me(self) -> Any:
        try:
            async with asyncio.timeout(_COMFORT):
                return await self._call("getMe", {}, _COMFORT)
        except TimeoutError:
            failure = MaybeSent()
        raise failure

    async def _call(self, method: str, parameters: dict[str, Any], patience: float) -> Any:
        try:
            return await self._bot.call_raw(method, parameters, patience)
        except Exception as error:  # noqa: BLE001 - a library's surprise has an outcome too
            failure = outcome(error)
        raise failure  # outside the handler: the original may quote a text or an address

    async def download(self, file_id: str, limit: int) -> bytes:
        """The bytes of a file, read no further than the limit.

        Raises:
            TooLarge: it has more than ``limit`` bytes, or more than Telegram hands out.
            Gone: Telegram no longer has it.
            ChannelError: it could not be had now.
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
        async with self._requests[0].session.get(address, timeout=_DOWNLOAD) as response:
            if 400 <= response.status < 500:
                raise Gone
            if not response.ok:
                raise ChannelError
            data = bytearray()
            async for chunk in response.content.iter_chunked(_CHUNK):
                data += chunk
                if len(data) > limit:
                    raise TooLarge
            return bytes(data)

    async def close(self) -> None:
        """Close all connections."""
        for request in self._requests:
            await request.shutdown()
